import type { BrowserContext } from "playwright";
import { expect } from "vitest";

/**
 * Time limit in ms for everything that a test waits for in a page. Only a test that fails reaches it: a loaded machine takes ten times
 * as long as an idle one.
 */
const PATIENCE_MS = 120_000;

/**
 * Asserts on a value that a page shows sooner or later: reads it until the assertion holds. Each read after an action needs this,
 * because the page is updated by messages of its worker, by animation frames, and by modules that it loads.
 */
export const eventually = <T>(read: () => T | Promise<T>, message?: string) =>
  expect.poll(read, { interval: 40, timeout: PATIENCE_MS, ...(message !== undefined && { message }) });

/** Lets all actions and waits of Playwright in a context take as long as an assertion. */
export function waitPatiently(context: BrowserContext): void {
  context.setDefaultTimeout(PATIENCE_MS);
}
