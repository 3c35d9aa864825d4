// @ts-check
// Reads and validates the start form.
import { isAddress } from "../base58-address.js";

/** @typedef {import("../contract.d.ts").Settings} Settings */
/** @typedef {import("../../../dist/browser.js").AuthMode} AuthMode */
/**
 * The form's fields by name. `discover`: programs whose transactions the server reports in advance.
 *
 * @typedef {object} Fields
 * @property {"inPage" | "url"} kind
 * @property {string} seed
 * @property {string} tps
 * @property {string} delay
 * @property {string} skip
 * @property {string} url
 * @property {string} apiKey
 * @property {string} auth
 * @property {string} startSlot
 * @property {string} slotCount
 * @property {string} step
 * @property {string} rows
 * @property {boolean} parallel
 * @property {string} programs
 * @property {boolean} transactions
 * @property {boolean} accountDiffs
 * @property {string} discover
 */
/** @typedef {Partial<Record<keyof Fields, string>>} Problems error messages by field */

/** @type {Fields} */
export const DEFAULTS = {
  kind: "inPage",
  seed: "1",
  tps: "4",
  delay: "15",
  skip: "0.05",
  url: "ws://127.0.0.1:4100/backtest",
  apiKey: "",
  auth: "subprotocol",
  startSlot: "300000000",
  slotCount: "2000",
  step: "10",
  rows: "10000",
  parallel: false,
  programs: "",
  transactions: true,
  accountDiffs: true,
  discover: "",
};

const MOST_U64 = 2n ** 64n - 1n;
const MOST_ROWS = 200_000;

/**
 * Reads the form's values from the page's query, so that a run can be shared as a link:
 * `?url=ws://127.0.0.1:4100&startSlot=300000000&slotCount=2000&programs=A,B&step=10&autostart=1`.
 *
 * | name | |
 * | --- | --- |
 * | `url`, `auth` | simulator URL; without it, the simulator in the page. API keys are never read from the query, because URLs are logged |
 * | `seed`, `tps`, `delay`, `skip` | for the simulator in the page: ledger, transactions per slot, ms between blocks, share of skipped slots |
 * | `startSlot`, `slotCount` | first slot, and number of slots |
 * | `programs`, `discover` | addresses, separated by commas |
 * | `step`, `rows` | slots per step, rows per table |
 * | `transactions`, `accountDiffs`, `parallel` | `0` or `1` |
 * | `autostart` | `1` starts the run on load |
 *
 * @param {URLSearchParams} query
 * @returns {Fields}
 */
export function readQuery(query) {
  const fields = { ...DEFAULTS };
  for (const name of /** @type {const} */ ([
    "seed",
    "tps",
    "delay",
    "skip",
    "url",
    "auth",
    "startSlot",
    "slotCount",
    "step",
    "rows",
  ])) {
    fields[name] = query.get(name) ?? fields[name];
  }
  for (const name of /** @type {const} */ (["programs", "discover"]))
    fields[name] = (query.get(name) ?? "").replaceAll(",", "\n");
  for (const name of /** @type {const} */ (["transactions", "accountDiffs", "parallel"])) {
    const value = query.get(name);
    if (value !== null) fields[name] = value !== "0";
  }
  if (query.has("url")) fields.kind = "url";
  return fields;
}

/**
 * Validates all fields.
 *
 * @param {Fields} fields
 * @returns {{ settings: Settings } | { problems: Problems }}
 */
export function readSettings(fields) {
  /** @type {Problems} */
  const problems = {};
  /** @param {keyof Fields} field @param {number} least @param {number} most @param {boolean} [isWhole] */
  const number = (field, least, most, isWhole = true) => {
    const text = String(fields[field]).trim();
    const value = Number(text);
    const isGood = text !== "" && value >= least && value <= most && (!isWhole || Number.isInteger(value));
    if (!isGood) problems[field] = `Enter a ${isWhole ? "whole " : ""}number from ${english(least)} to ${english(most)}.`;
    return value;
  };
  /** @param {"startSlot" | "slotCount"} field @param {bigint} [least] */
  const slots = (field, least = 0n) => {
    const value = readSlot(fields[field]);
    if (value === undefined || value < least) {
      problems[field] = `Enter a whole number from ${least} to ${english(MOST_U64)}; digits may be grouped.`;
    }
    return value ?? least;
  };
  /** @param {"programs" | "discover"} field */
  const addresses = (field) => {
    const all = [...new Set(fields[field].split(/[\s,]+/).filter((text) => text !== ""))];
    const wrong = all.find((text) => !isAddress(text));
    if (wrong !== undefined) problems[field] = `${wrong} is not an address: expected 32 bytes in base58.`;
    return all;
  };

  const startSlot = slots("startSlot");
  const slotCount = slots("slotCount", 1n);
  if (!problems.startSlot && !problems.slotCount && startSlot + slotCount - 1n > MOST_U64) {
    problems.slotCount = `The last slot would exceed ${english(MOST_U64)}. Enter at most ${english(MOST_U64 - startSlot + 1n)}.`;
  }
  const programs = addresses("programs");
  const discoverPrograms = addresses("discover");
  const { transactions, accountDiffs, parallel } = fields;
  if (fields.kind === "url" && programs.length === 0 && !problems.programs && (transactions || accountDiffs)) {
    problems.programs = "Enter at least one program. A simulator at a URL does not list its programs; “serve” prints some.";
  }

  /** @type {Settings["source"]} */
  const source =
    fields.kind === "url"
      ? {
          kind: "url",
          url: readUrl(fields.url, problems),
          apiKey: fields.apiKey.trim(),
          auth: /** @type {AuthMode} */ (fields.auth),
        }
      : {
          kind: "inPage",
          seed: fields.seed,
          transactionsPerSlot: number("tps", 1, 10_000),
          slotDelayMs: number("delay", 0, 60_000, false),
          skipRate: number("skip", 0, 1, false),
        };
  const step = number("step", 1, 1_000_000);
  const rows = number("rows", 100, MOST_ROWS);
  if (Object.keys(problems).length > 0) return { problems };
  const streams = { transactions, accountDiffs };
  return { settings: { source, startSlot, slotCount, programs, streams, discoverPrograms, step, parallel, rows } };
}

/** Parses a slot up to 2^64 − 1. Digits may be grouped. @param {string} text @returns {bigint | undefined} */
export function readSlot(text) {
  const digits = text.trim().replace(/(?<=\d)[,_ ’'](?=\d)/g, "");
  if (!/^\d{1,20}$/.test(digits)) return undefined;
  const value = BigInt(digits);
  return value <= MOST_U64 ? value : undefined;
}

/** @param {string} text @param {Problems} problems @returns {string} */
function readUrl(text, problems) {
  const spelled = text.trim();
  const withScheme = spelled.includes("://") ? spelled : `wss://${spelled}`;
  const parsed = /^wss?:\/\/[^/?#]/i.test(withScheme) && URL.canParse(withScheme) ? new URL(withScheme) : undefined;
  if (parsed === undefined) problems.url = "Enter wss://HOST or ws://HOST:PORT, such as ws://127.0.0.1:4100.";
  else if (parsed.username !== "" || parsed.password !== "" || parsed.searchParams.has("api_key")) {
    problems.url = "Remove the key from the URL. Use the API key field.";
  } else if (parsed.hash !== "") problems.url = "Remove the # fragment: WebSocket URLs cannot have one.";
  return withScheme;
}

/** @param {number | bigint} value */
function english(value) {
  return value.toLocaleString("en-US");
}
