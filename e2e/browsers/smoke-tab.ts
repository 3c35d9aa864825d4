/** A browser that the smoke tests control. */
export interface SmokeBrowser {
  /** Name and version of the browser, for the test output. */
  readonly version: string;
  /** Opens a page in a tab with its own storage. */
  open(url: string): Promise<SmokeTab>;
  /**
   * Whether the back/forward cache keeps pages with open sockets. If `false`, the browser loads such a page again when the user goes
   * back.
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
  /** Goes back in the history, like the browser's Back button. */
  goBack(): Promise<void>;
  /** Console errors, uncaught errors and rejections so far, except the messages of the browser about failed connections. */
  problems(): readonly string[];
  close(): Promise<void>;
}

/** Converts a value to JSON, with bigints as marked strings. The source text of `toJson` and `fromJson` is also sent to pages. */
const toJson = (value: unknown): string =>
  JSON.stringify(value ?? null, (_, inner: unknown) => (typeof inner === "bigint" ? `bigint:${inner}` : inner));
const fromJson = (text: string): unknown =>
  JSON.parse(text, (_, inner: unknown) =>
    typeof inner === "string" && inner.startsWith("bigint:") ? BigInt(inner.slice("bigint:".length)) : inner,
  );

/** Returns JavaScript code for the page. The code calls `what`, and creates a promise that resolves with the result as text. */
export function callIn(what: unknown, args: readonly unknown[]): string {
  return `(async () => (${String(toJson)})(await (${String(what)})(...(${String(fromJson)})(${JSON.stringify(toJson(args))}))))()`;
}

/** Parses the result of `callIn`. */
export function readAnswer<Result>(text: string): Result {
  return fromJson(text) as Result;
}

/** Returns JavaScript code for the page. The code creates a promise that resolves when the given function returns true. */
export function waitIn(holds: unknown, args: readonly unknown[]): string {
  return `new Promise((resolve) => {
    const args = (${String(fromJson)})(${JSON.stringify(toJson(args))});
    const holds = () => { try { return (${String(holds)})(...args); } catch { return false; } };
    const look = () => (holds() ? resolve("null") : setTimeout(look, 10));
    look();
  })`;
}
