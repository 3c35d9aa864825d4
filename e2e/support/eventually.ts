import type { BrowserContext } from "playwright";
import { expect } from "vitest";

/**
 * Time limit, in ms, for everything that a test waits for in a page. Only a failing test waits for so long. The limit is long, because a
 * loaded machine takes ten times as long as an idle machine.
 */
const PATIENCE_MS = 120_000;

/**
 * Reads a value from a page until the assertion holds. Use it for each read after an action, because the page is updated later: by
 * messages of its worker, by animation frames, and by modules that it loads.
 */
export const eventually = <T>(read: () => T | Promise<T>, message?: string) =>
  expect.poll(read, { interval: 40, timeout: PATIENCE_MS, ...(message !== undefined && { message }) });

/** Sets the time limit of Playwright in this context to the time limit of `eventually`. */
export function waitPatiently(context: BrowserContext): void {
  context.setDefaultTimeout(PATIENCE_MS);
}
