/**
 * Calls a function when a signal fires. A signal that has already fired calls nothing.
 *
 * @param signal without a signal nothing is called
 * @returns a function that removes the listener
 */
export function onAbort(signal: AbortSignal | undefined, handle: () => void): () => void {
  signal?.addEventListener("abort", handle, { once: true });
  return () => signal?.removeEventListener("abort", handle);
}
