import type { Page } from "playwright";

/**
 * Records every text that an element has from now on. Use it for a text that is shown only for a moment, such as a countdown or
 * "Copied". A poll may miss such a text. Call it before the action that shows the text.
 *
 * @param selector of the element. The page may create the element later
 * @returns a function that reads the texts so far, each once
 */
export async function observeTexts(page: Page, selector: string): Promise<() => Promise<string[]>> {
  const texts = await page.evaluateHandle((selector) => {
    const shown = new Set<string>();
    const record = () => void shown.add(document.querySelector(selector)?.textContent ?? "");
    record();
    new MutationObserver(record).observe(document.body, { subtree: true, childList: true, characterData: true });
    return shown;
  }, selector);
  return () => texts.evaluate((shown) => [...shown]);
}
