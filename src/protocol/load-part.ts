import { SimulatorError } from "./simulator-error.js";

/**
 * Waits for a part of this package that is loaded when it is asked for: a chunk of its own for Node.js and bundlers,
 * `browser-NAME.js` beside `browser.js` for a page without one.
 *
 * @throws SimulatorError `unsupported` if it can't be fetched
 * @example const { Steps } = await loadPart("steps", import("./steps.js"));
 */
export async function loadPart<T>(name: string, part: Promise<T>): Promise<T> {
  try {
    return await part;
  } catch (cause) {
    throw new SimulatorError("unsupported", `browser-${name}.js could not be loaded from beside browser.js`, { cause });
  }
}
