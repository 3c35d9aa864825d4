// @ts-check
import { readStoredSetting, storeSetting } from "./stored-setting.js";

/** Stores whether a `<details>` element is open, and restores this state after a reload. @param {HTMLDetailsElement} details */
export function rememberOpen(details) {
  const key = `dashboard-open-${details.id}`;
  details.open = readStoredSetting(key) === "1";
  details.addEventListener("toggle", () => storeSetting(key, details.open ? "1" : "0"));
}

/** Closes a menu on Escape, and on a click outside of the menu. @param {HTMLDetailsElement} menu */
export function closeLikeMenu(menu) {
  menu.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !menu.open) return;
    event.stopPropagation();
    menu.open = false;
    menu.querySelector("summary")?.focus();
  });
  document.addEventListener("pointerdown", ({ target }) => {
    if (menu.open && target instanceof Node && !menu.contains(target)) menu.open = false;
  });
}
