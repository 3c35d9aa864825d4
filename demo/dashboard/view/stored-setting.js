// @ts-check
// A browser may have its storage shut: what is asked of it is then forgotten with the page.

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
    // Shut, or full.
  }
}
