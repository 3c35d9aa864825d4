// @ts-check
import { byId, h } from "./dom.js";
import { readStoredSetting, storeSetting } from "./stored-setting.js";

const SETTING = "dashboard-shortcuts";
const WRITABLE = "input, textarea, select, [contenteditable]";
/** Elements that handle the space bar themselves. */
const PRESSABLE = "button, a[href], summary, [role=tab], [role=grid], [role=button], [tabindex='0']";

/** @typedef {{ keys: string[], name: string, run: (() => void) | undefined }} Shortcut single keys; `Space` is the space bar */

/**
 * Single-key shortcuts, and the dialog that lists them. Users can disable the shortcuts in the dialog, because single keys interfere
 * with speech input (WCAG 2.1.4).
 *
 * @param {Shortcut[]} shortcuts
 */
export function createShortcuts(shortcuts) {
  const dialog = /** @type {HTMLDialogElement} */ (byId("help-dialog"));
  const areOn = /** @type {HTMLInputElement} */ (byId("shortcuts-on"));
  const all = [...shortcuts, { keys: ["?"], name: "Show this list", run: open }];

  areOn.checked = readStoredSetting(SETTING) !== "off";
  areOn.addEventListener("change", () => storeSetting(SETTING, areOn.checked ? "on" : "off"));
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
