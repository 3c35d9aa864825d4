// @ts-check
// Addresses of programs and URLs of simulators that were used before, in `localStorage`. API keys are never stored.
import { isAddress } from "../base58-address.js";

/** @typedef {{ programs: string[], urls: string[] }} History newest first */

const KEY = "dashboard-addresses";
const MAX_PROGRAMS = 30;
const MAX_URLS = 10;
const MAX_URL_LENGTH = 300;

/** @param {() => Pick<Storage, "getItem" | "setItem" | "removeItem">} storage may throw, as `localStorage` does if it is disabled */
export function addressHistory(storage) {
  let history = load(storage);

  return {
    /** @returns {History} */
    read: () => history,
    /** Adds the addresses of a run. @param {Pick<import("../contract.js").Settings, "source" | "programs" | "discoverPrograms">} settings */
    add({ source, programs, discoverPrograms }) {
      const url = source.kind === "url" ? withoutSecrets(source.url) : undefined;
      history = {
        programs: merge([...programs, ...discoverPrograms], history.programs, MAX_PROGRAMS),
        urls: merge(url === undefined ? [] : [url], history.urls, MAX_URLS),
      };
      try {
        storage().setItem(KEY, JSON.stringify(history));
      } catch {
        // Storage is disabled or full: the history lasts until the page is closed.
      }
    },
    clear() {
      history = { programs: [], urls: [] };
      try {
        storage().removeItem(KEY);
      } catch {
        // Storage is disabled.
      }
    },
  };
}

/** @param {() => Pick<Storage, "getItem">} storage @returns {History} */
function load(storage) {
  try {
    const { programs, urls } = JSON.parse(storage().getItem(KEY) ?? "{}");
    return {
      programs: texts(programs).filter(isAddress).slice(0, MAX_PROGRAMS),
      urls: texts(urls)
        .flatMap((url) => withoutSecrets(url) ?? [])
        .slice(0, MAX_URLS),
    };
  } catch {
    return { programs: [], urls: [] };
  }
}

/** @param {readonly string[]} added @param {readonly string[]} before @param {number} most */
const merge = (added, before, most) => [...new Set([...added, ...before])].slice(0, most);

/** @param {unknown} value @returns {string[]} */
const texts = (value) => (Array.isArray(value) ? value.filter((one) => typeof one === "string") : []);

/** Returns the URL without the parts that may contain a key: user name, password, query and fragment. @param {string} text */
function withoutSecrets(text) {
  if (text.length > MAX_URL_LENGTH || !/^wss?:\/\//i.test(text) || !URL.canParse(text)) return undefined;
  const { protocol, host, pathname } = new URL(text);
  return `${protocol}//${host}${pathname}`;
}
