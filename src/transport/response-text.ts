/** The maximum length of a response body, in UTF-16 code units. */
export const MAX_RESPONSE = 64 * 2 ** 20;

/** Reads the text of a response body. Stops reading soon after `limit` UTF-16 code units, because a body may be endless. */
export async function responseText(response: Response, limit: number): Promise<string> {
  const reader = response.body?.getReader?.();
  if (!reader) return response.text();
  const decoder = new TextDecoder();
  let text = "";
  while (text.length <= limit) {
    const { done, value } = await reader.read();
    if (done) return text + decoder.decode();
    text += decoder.decode(value, { stream: true });
  }
  // The cancellation is not awaited, because the rest of the body may never arrive.
  reader.cancel().catch(() => {});
  return text;
}
