/**
 * Calls a function when a signal fires. If the signal has already fired, the function is not called.
 *
 * @param signal if absent, the function is never called
 * @returns a function that removes the listener
 */
export function onAbort(signal: AbortSignal | undefined, handle: () => void): () => void {
  signal?.addEventListener("abort", handle, { once: true });
  return () => signal?.removeEventListener("abort", handle);
}
