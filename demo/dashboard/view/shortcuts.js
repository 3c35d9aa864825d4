// @ts-check
import { byId, h } from "./dom.js";
import { readStoredSetting, storeSetting } from "./stored-setting.js";

const KEPT = "dashboard-shortcuts";
const WRITABLE = "input, textarea, select, [contenteditable]";
/** What the space bar does something to by itself. */
const PRESSABLE = "button, a[href], summary, [role=tab], [role=grid], [role=button], [tabindex='0']";

/** @typedef {{ keys: string[], name: string, run: (() => void) | undefined }} Shortcut one of single keys; `Space` is the bar */

/**
 * Single keys, shown in a dialog where they can be switched off: they are in the way of who speaks to the computer (WCAG 2.1.4).
 *
 * @param {Shortcut[]} shortcuts
 */
export function createShortcuts(shortcuts) {
  const dialog = /** @type {HTMLDialogElement} */ (byId("help-dialog"));
  const areOn = /** @type {HTMLInputElement} */ (byId("shortcuts-on"));
  const all = [...shortcuts, { keys: ["?"], name: "This list", run: open }];

  areOn.checked = readStoredSetting(KEPT) !== "off";
  areOn.addEventListener("change", () => storeSetting(KEPT, areOn.checked ? "on" : "off"));
  byId("help-button").addEventListener("click", open);
  byId("shortcuts").append(
    ...all.flatMap(({ keys, name }) => [
      h("dt", {}, ...keys.flatMap((key, index) => [...(index > 0 ? [" or "] : []), h("kbd", {}, key)])),
      h("dd", {}, name),
    ]),
  );
  document.addEventListener("keydown", (event) => {
    if (!areOn.checked || event.ctrlKey || event.metaKey || event.altKey || event.repeat || event.defaultPrevented) return;
    const target = /** @type {Element} */ (event.target);
    if (target.closest(WRITABLE) !== null || document.querySelector("dialog[open]:modal") !== null) return;
    const key = event.key === " " ? "Space" : event.key.toLowerCase();
    if (key === "Space" && target.closest(PRESSABLE) !== null) return;
    const shortcut = all.find(({ keys }) => keys.includes(key));
    if (shortcut === undefined) return;
    event.preventDefault();
    shortcut.run?.();
  });

  function open() {
    dialog.showModal();
  }
}
