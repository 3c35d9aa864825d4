// @ts-check
import { h, setText } from "./dom.js";

/** How long it says that it was done, in ms. */
const SAID_MS = 1500;

/**
 * A button that says, for a while and to all, what came of it.
 *
 * @param {string} text
 * @param {string | undefined} label where the text alone wouldn't tell one from another
 * @param {() => Promise<string> | string} act resolves with what came of it
 */
export function createFeedbackButton(text, label, act) {
  // Apart from the button: what is in one is read as its name, and not when it changes.
  const said = h("span", { class: "visually-hidden", role: "status" });
  const button = h("button", { type: "button", "aria-label": label, onclick: () => void press() }, text);

  async function press() {
    const outcome = await act();
    setText(button, outcome);
    setText(said, outcome);
    setTimeout(() => {
      setText(button, text);
      setText(said, "");
    }, SAID_MS);
  }

  return h("span", { class: "saying" }, button, said);
}

/** @param {string} text @param {string} what names it to who can't see where it stands */
export function createCopyButton(text, what) {
  const element = createFeedbackButton("Copy", `Copy ${what}`, async () => {
    try {
      await navigator.clipboard.writeText(text);
      return "Copied";
    } catch {
      // Not a secure context, or not allowed: the text is there to be selected.
      return "Not allowed";
    }
  });
  element.classList.add("copy");
  element.firstElementChild?.classList.add("quiet");
  return element;
}
