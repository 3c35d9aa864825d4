/** Lets `await using` close something, where the platform has the symbol: some browsers don't yet. */
export function withAsyncDispose<T extends { close(): Promise<void> }>(
  closable: T,
): T & { [Symbol.asyncDispose](): Promise<void> } {
  const { asyncDispose } = Symbol as { asyncDispose?: typeof Symbol.asyncDispose };
  const disposable = closable as T & { [Symbol.asyncDispose](): Promise<void> };
  if (asyncDispose !== undefined) Object.assign(disposable, { [asyncDispose]: () => closable.close() });
  return disposable;
}
