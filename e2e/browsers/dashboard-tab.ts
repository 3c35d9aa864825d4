import type { SmokeBrowser, SmokeTab } from "./smoke-tab.js";

/** Functions that a test adds to the page. */
interface PageTools {
  /** Returns the first visible element that matches the selector and whose text contains `text`. */
  find(selector: string, text: string): HTMLElement | undefined;
}

declare global {
  interface Window {
    tools: PageTools;
  }
}

/** A file that is dropped on the page. */
export interface DroppedFile {
  name: string;
  text: string;
}

/** The time limit of each wait, in ms. The error after this time names the missing element. */
const WAIT_MS = 150_000;

/** Drives the dashboard in a browser that Playwright does not control. Each method waits for the element that it uses. */
export class DashboardTab {
  readonly tab: SmokeTab;

  private constructor(tab: SmokeTab) {
    this.tab = tab;
  }

  static async open(browser: SmokeBrowser, url: string): Promise<DashboardTab> {
    const dashboard = new DashboardTab(await browser.open(url));
    await dashboard.#addTools();
    return dashboard;
  }

  async reload(): Promise<void> {
    await this.tab.reload();
    await this.#addTools();
  }

  /** Waits until a visible element that matches the selector contains the text. */
  until(selector: string, text = ""): Promise<void> {
    const waiting = this.tab.until((selector, text) => window.tools.find(selector, text) !== undefined, selector, text);
    return limit(waiting, `no visible ${selector} contains “${text}”`);
  }

  untilPhase(word: string): Promise<void> {
    const waiting = this.tab.until((word) => document.querySelector("#phase")?.textContent?.startsWith(word) === true, word);
    return limit(waiting, `the phase is not “${word}”`);
  }

  /** Waits until the selector matches no visible element with this text. */
  untilGone(selector: string, text = ""): Promise<void> {
    const waiting = this.tab.until((selector, text) => window.tools.find(selector, text) === undefined, selector, text);
    return limit(waiting, `a visible ${selector} still contains “${text}”`);
  }

  /** Clicks an element, as soon as it is visible and enabled. */
  async click(selector: string, text = ""): Promise<void> {
    const enabled = `${selector}:not(:disabled, [aria-disabled=true])`;
    await this.until(enabled, text);
    await this.tab.ask((selector, text) => window.tools.find(selector, text)?.click(), enabled, text);
  }

  /** Enters a value in a field, as a user would. */
  async fill(selector: string, value: string): Promise<void> {
    await this.until(selector);
    await this.tab.ask(
      (selector, value) => {
        const field = window.tools.find(selector, "") as HTMLInputElement | HTMLSelectElement;
        field.value = value;
        for (const type of ["input", "change"]) field.dispatchEvent(new Event(type, { bubbles: true }));
      },
      selector,
      value,
    );
  }

  async pressKey(selector: string, key: string): Promise<void> {
    await this.until(selector);
    await this.tab.ask(
      (selector, key) => {
        const init = { key, bubbles: true, cancelable: true };
        window.tools.find(selector, "")?.dispatchEvent(new KeyboardEvent("keydown", init));
      },
      selector,
      key,
    );
  }

  async drop(selector: string, file: DroppedFile): Promise<void> {
    await this.until(selector);
    await this.tab.ask(
      (selector, { name, text }) => {
        const dataTransfer = new DataTransfer();
        dataTransfer.items.add(new File([text], name));
        const init = { dataTransfer, bubbles: true, cancelable: true };
        window.tools.find(selector, "")?.dispatchEvent(new DragEvent("drop", init));
      },
      selector,
      file,
    );
  }

  async #addTools(): Promise<void> {
    // The modules of the page have been executed when `readyState` is `complete`.
    await this.tab.until(() => document.readyState === "complete");
    await this.tab.ask(() => {
      window.tools = {
        find: (selector, text) =>
          [...document.querySelectorAll<HTMLElement>(selector)].find(
            (element) => element.checkVisibility() && element.textContent?.includes(text),
          ),
      };
    });
  }
}

/** Rejects with a message if the promise does not settle in time. */
async function limit(waiting: Promise<void>, message: string): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${message}, after ${WAIT_MS / 1000} s`)), WAIT_MS);
  });
  try {
    await Promise.race([waiting, late]);
  } finally {
    clearTimeout(timer);
  }
}
