// @ts-check
// Loaded before the first paint, so that the stored theme applies without a flash.
import { readStoredSetting, storeSetting } from "./stored-setting.js";

const root = document.documentElement;
const KEY = "dashboard-theme";

apply(readStoredSetting(KEY));

/** @param {string | undefined} theme `light` or `dark`; any other value means the system theme */
function apply(theme) {
  if (theme === "light" || theme === "dark") root.dataset.theme = theme;
  else delete root.dataset.theme;
}

/** Connects the `<select>` element for the theme to the stored setting. @param {HTMLSelectElement} select */
export function createTheme(select) {
  select.value = root.dataset.theme ?? "";
  select.addEventListener("change", () => {
    storeSetting(KEY, select.value);
    apply(select.value);
  });
}
