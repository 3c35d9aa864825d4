// @ts-check
import { h, setText } from "./dom.js";

/** How long the outcome is shown, in ms. */
const FEEDBACK_MS = 1500;

/**
 * A button that shows the outcome of its action for a short time, and announces it.
 *
 * @param {string} text
 * @param {string | undefined} label accessible name, if the text is ambiguous
 * @param {() => Promise<string> | string} act returns the outcome
 */
export function createFeedbackButton(text, label, act) {
  // The status is outside the button, because screen readers do not announce changes to a button's name.
  const status = h("span", { class: "visually-hidden", role: "status" });
  const button = h("button", { type: "button", "aria-label": label, onclick: () => void press() }, text);

  async function press() {
    const outcome = await act();
    setText(button, outcome);
    setText(status, outcome);
    setTimeout(() => {
      setText(button, text);
      setText(status, "");
    }, FEEDBACK_MS);
  }

  return h("span", { class: "feedback" }, button, status);
}

/** @param {string} text @param {string} what names the copied value in the accessible name */
export function createCopyButton(text, what) {
  const element = createFeedbackButton("Copy", `Copy ${what}`, async () => {
    try {
      await navigator.clipboard.writeText(text);
      return "Copied";
    } catch {
      // The context is insecure, or the permission was denied. The user can still select the text.
      return "Not allowed";
    }
  });
  element.classList.add("copy");
  element.firstElementChild?.classList.add("quiet");
  return element;
}
