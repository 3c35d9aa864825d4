// @ts-check
// User settings in `localStorage`. If storage is unavailable, they last until the page is closed.

/** @param {string} key @returns {string | undefined} */
export function readStoredSetting(key) {
  try {
    return localStorage.getItem(key) ?? undefined;
  } catch {
    return undefined;
  }
}

/** @param {string} key @param {string} value */
export function storeSetting(key, value) {
  try {
    localStorage.setItem(key, value);
  } catch {
    // Storage is disabled or full.
  }
}
