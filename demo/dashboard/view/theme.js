// @ts-check
// Loaded before the first paint: who has chosen dark isn't to see a flash of light.
import { readStoredSetting, storeSetting } from "./stored-setting.js";

const root = document.documentElement;
const KEY = "dashboard-theme";

apply(readStoredSetting(KEY));

/** @param {string | undefined} theme `light`, `dark`; else the system's */
function apply(theme) {
  if (theme === "light" || theme === "dark") root.dataset.theme = theme;
  else delete root.dataset.theme;
}

/**
 * Charts are drawn on a canvas, in colours that they were told: so that they hear of another theme.
 *
 * @param {HTMLSelectElement} select
 */
export function createTheme(select) {
  select.value = root.dataset.theme ?? "";
  select.addEventListener("change", () => {
    storeSetting(KEY, select.value);
    apply(select.value);
    dispatchEvent(new Event("themechange"));
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => dispatchEvent(new Event("themechange")));
}
