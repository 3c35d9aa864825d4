/** A browser that the smoke tests drive, whichever it is. */
export interface SmokeBrowser {
  /** As it calls itself, for people. */
  readonly version: string;
  /** Opens a page in a tab that shares nothing with the others', storage included. */
  open(url: string): Promise<SmokeTab>;
  /**
   * Whether a page that had sockets open when it was left is still there when one goes back to it (the back/forward cache), or is
   * loaded anew.
   */
  readonly keepsLeftPages: boolean;
  close(): Promise<void>;
}

export interface SmokeTab {
  /**
   * Calls a function in the page, and waits for what it gives. It is sent as its text and knows nothing of the test's variables;
   * arguments and result travel as JSON, in which a bigint is kept.
   */
  ask<Args extends unknown[], Result>(what: (...args: Args) => Result | Promise<Result>, ...args: Args): Promise<Result>;
  /** Waits until it holds in the page, for which it is asked again and again; what throws doesn't hold yet. */
  until<Args extends unknown[]>(holds: (...args: Args) => boolean, ...args: Args): Promise<void>;
  reload(): Promise<void>;
  /** Leaves the page for another of the same site. */
  leaveFor(path: string): Promise<void>;
  /** As the browser's own button. */
  goBack(): Promise<void>;
  /** Console errors, uncaught errors and rejections so far, but for the browser's own lines on a connection that failed. */
  problems(): readonly string[];
  close(): Promise<void>;
}

/** A bigint's place in JSON: no text of the tests looks like one. Written for both sides, since a page is sent its text. */
const toJson = (value: unknown): string =>
  JSON.stringify(value ?? null, (_, inner: unknown) => (typeof inner === "bigint" ? `bigint:${inner}` : inner));
const fromJson = (text: string): unknown =>
  JSON.parse(text, (_, inner: unknown) =>
    typeof inner === "string" && inner.startsWith("bigint:") ? BigInt(inner.slice("bigint:".length)) : inner,
  );

/** An expression that calls the function in a page, and gives the promise of its result's text. */
export function callIn(what: unknown, args: readonly unknown[]): string {
  return `(async () => (${String(toJson)})(await (${String(what)})(...(${String(fromJson)})(${JSON.stringify(toJson(args))}))))()`;
}

/** What `callIn`'s promise gave. */
export function readAnswer<Result>(text: string): Result {
  return fromJson(text) as Result;
}

/** An expression whose promise settles once the function gives true in the page. */
export function waitIn(holds: unknown, args: readonly unknown[]): string {
  return `new Promise((resolve) => {
    const args = (${String(fromJson)})(${JSON.stringify(toJson(args))});
    const holds = () => { try { return (${String(holds)})(...args); } catch { return false; } };
    const look = () => (holds() ? resolve("null") : setTimeout(look, 10));
    look();
  })`;
}
