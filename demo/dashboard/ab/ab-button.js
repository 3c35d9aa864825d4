// @ts-check
import { h, setAttribute, show } from "../view/dom.js";
import { readStoredSetting, storeSetting } from "../view/stored-setting.js";

const SETTING = "dashboard-open-ab";

/**
 * The button that opens the panel of A/B runs. The panel and its worker are loaded when the panel is opened.
 *
 * @param {HTMLElement} button
 * @param {HTMLElement} root the panel
 * @param {import("../view/start-form.js").StartForm} startForm
 */
export function createAbButton(button, root, startForm) {
  let isLoaded = false;
  button.addEventListener("click", () => toggle(root.hidden));
  toggle(readStoredSetting(SETTING) === "1");

  /** @param {boolean} isOpen */
  function toggle(isOpen) {
    setAttribute(button, "aria-expanded", String(isOpen));
    show(root, isOpen);
    storeSetting(SETTING, isOpen ? "1" : "0");
    if (isOpen && !isLoaded) void load();
  }

  async function load() {
    isLoaded = true;
    try {
      const { createAbPanel } = await import("./ab-panel.js");
      createAbPanel(root, startForm);
    } catch (error) {
      isLoaded = false;
      root.replaceChildren(h("p", { "data-tone": "bad" }, `The panel could not be loaded: ${String(error)}. Reload the page.`));
    }
  }
}
