/** Adds `Symbol.asyncDispose` where the platform has it. Some browsers do not. */
export function withAsyncDispose<T extends { close(): Promise<void> }>(
  closable: T,
): T & { [Symbol.asyncDispose](): Promise<void> } {
  const { asyncDispose } = Symbol as { asyncDispose?: typeof Symbol.asyncDispose };
  const disposable = closable as T & { [Symbol.asyncDispose](): Promise<void> };
  if (asyncDispose !== undefined) Object.assign(disposable, { [asyncDispose]: () => closable.close() });
  return disposable;
}
