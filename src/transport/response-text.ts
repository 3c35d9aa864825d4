/** The longest body of a response, in UTF-16 units. */
export const MAX_RESPONSE = 64 * 2 ** 20;

/** The text of a response's body, cut a bit after `limit` UTF-16 units. A body without an end is not read to its end. */
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
  // Not awaited: the rest may never arrive.
  reader.cancel().catch(() => {});
  return text;
}
