/** A browser that the smoke tests control. */
export interface SmokeBrowser {
  /** Name and version, for the test output. */
  readonly version: string;
  /** Opens a page in a tab with its own storage. */
  open(url: string): Promise<SmokeTab>;
  /**
   * Whether the back/forward cache keeps pages that have open sockets. If not, the browser loads such a page again when the user
   * goes back.
   */
  readonly keepsLeftPages: boolean;
  close(): Promise<void>;
}

export interface SmokeTab {
  /**
   * Calls a function in the page and resolves with its result. The function is sent as source text, so it cannot use variables of
   * the test. Arguments and results are sent as JSON that supports bigint.
   */
  ask<Args extends unknown[], Result>(what: (...args: Args) => Result | Promise<Result>, ...args: Args): Promise<Result>;
  /** Polls a condition in the page until it is true. An error counts as false. */
  until<Args extends unknown[]>(holds: (...args: Args) => boolean, ...args: Args): Promise<void>;
  reload(): Promise<void>;
  /** Navigates to another page of the same site. */
  leaveFor(path: string): Promise<void>;
  /** Goes back, like the button of the browser. */
  goBack(): Promise<void>;
  /** Console errors, uncaught errors and rejections so far, except the messages of the browser about failed connections. */
  problems(): readonly string[];
  close(): Promise<void>;
}

/** Writes JSON with bigints as marked strings. Pages get the source text of this function and of the next one. */
const toJson = (value: unknown): string =>
  JSON.stringify(value ?? null, (_, inner: unknown) => (typeof inner === "bigint" ? `bigint:${inner}` : inner));
const fromJson = (text: string): unknown =>
  JSON.parse(text, (_, inner: unknown) =>
    typeof inner === "string" && inner.startsWith("bigint:") ? BigInt(inner.slice("bigint:".length)) : inner,
  );

/** An expression that calls the function in a page. Its promise resolves with the result as text. */
export function callIn(what: unknown, args: readonly unknown[]): string {
  return `(async () => (${String(toJson)})(await (${String(what)})(...(${String(fromJson)})(${JSON.stringify(toJson(args))}))))()`;
}

/** Parses the result of `callIn`. */
export function readAnswer<Result>(text: string): Result {
  return fromJson(text) as Result;
}

/** An expression whose promise resolves when the function returns true in the page. */
export function waitIn(holds: unknown, args: readonly unknown[]): string {
  return `new Promise((resolve) => {
    const args = (${String(fromJson)})(${JSON.stringify(toJson(args))});
    const holds = () => { try { return (${String(holds)})(...args); } catch { return false; } };
    const look = () => (holds() ? resolve("null") : setTimeout(look, 10));
    look();
  })`;
}
