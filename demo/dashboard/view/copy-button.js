// @ts-check
import { h, setText } from "./dom.js";

/** How long it says that it has copied, in ms. */
const SAID_MS = 1500;

/** @param {string} text @param {string} what names it to who can't see where it stands */
export function createCopyButton(text, what) {
  const said = h("span", { role: "status" }, "Copy");
  const button = h("button", { type: "button", class: "quiet copy", "aria-label": `Copy ${what}`, onclick: copy }, said);

  async function copy() {
    try {
      await navigator.clipboard.writeText(text);
      setText(said, "Copied");
    } catch {
      // Not a secure context, or not allowed: the text is there to be selected.
      setText(said, "Not allowed");
    }
    setTimeout(() => setText(said, "Copy"), SAID_MS);
  }

  return button;
}
