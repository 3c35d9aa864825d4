// @ts-check
// What the start form holds, as text, and what is meant by it.

/** @typedef {import("../contract.d.ts").Settings} Settings */
/** @typedef {import("../../../dist/browser.js").AuthMode} AuthMode */
/**
 * The form's fields, by their names. `discover` are programs to stop ahead of.
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
/** @typedef {Partial<Record<keyof Fields, string>>} Problems what is wrong, by the field; each says what to write instead */

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
const BASE58 = /^[1-9A-HJ-NP-Za-km-z]+$/;
const ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";

/**
 * The page's own query, in which a run can be handed on as a link:
 * `?url=ws://127.0.0.1:4100&startSlot=300000000&slotCount=2000&programs=A,B&step=10&autostart=1`.
 *
 * | name | |
 * | --- | --- |
 * | `url`, `auth` | the simulator at an address; without it, the one in the page. A key is never read from here: addresses are logged |
 * | `seed`, `tps`, `delay`, `skip` | of the one in the page: ledger, transactions a slot, ms after a block, share of skipped slots |
 * | `startSlot`, `slotCount` | the range |
 * | `programs`, `discover` | addresses, with commas between |
 * | `step`, `rows` | slots a step, rows a table |
 * | `transactions`, `accountDiffs`, `parallel` | `0` or `1` |
 * | `autostart` | `1`: starts by itself |
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
 * Checks all fields before anything is sent.
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
    if (!isGood) problems[field] = `Write a ${isWhole ? "whole " : ""}number from ${english(least)} to ${english(most)}.`;
    return value;
  };
  /** @param {"startSlot" | "slotCount"} field */
  const slots = (field) => {
    const value = readSlot(fields[field]);
    if (value === undefined) problems[field] = `Write a whole number from 0 to ${english(MOST_U64)}; digits may be grouped.`;
    return value ?? 0n;
  };
  /** @param {"programs" | "discover"} field */
  const addresses = (field) => {
    const all = [...new Set(fields[field].split(/[\s,]+/).filter((text) => text !== ""))];
    const wrong = all.find((text) => !isAddress(text));
    if (wrong !== undefined) problems[field] = `${wrong} is no address: one has 32 bytes, written in base58.`;
    return all;
  };

  const startSlot = slots("startSlot");
  const slotCount = slots("slotCount");
  if (!problems.startSlot && !problems.slotCount && startSlot + slotCount > MOST_U64) {
    problems.slotCount = `The last slot would be beyond ${english(MOST_U64)}: ${english(MOST_U64 - startSlot)} at most can follow the first one.`;
  }
  const programs = addresses("programs");
  const discoverPrograms = addresses("discover");
  const { transactions, accountDiffs, parallel } = fields;
  if (fields.kind === "url" && programs.length === 0 && !problems.programs && (transactions || accountDiffs)) {
    problems.programs =
      "Name at least one program to watch: a simulator at an address doesn’t tell which it has, but “serve” prints some.";
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

/** A slot, exact to the last one that there is; its digits may be grouped. @param {string} text @returns {bigint | undefined} */
export function readSlot(text) {
  const digits = text.trim().replace(/(?<=\d)[,_ ’'](?=\d)/g, "");
  if (!/^\d{1,20}$/.test(digits)) return undefined;
  const value = BigInt(digits);
  return value <= MOST_U64 ? value : undefined;
}

/** @param {string} text */
export function isAddress(text) {
  if (!BASE58.test(text) || text.length < 32 || text.length > 44) return false;
  let value = 0n;
  for (const character of text) value = value * 58n + BigInt(ALPHABET.indexOf(character));
  const zeros = /^1*/.exec(text)?.[0].length ?? 0;
  return zeros + Math.ceil(value.toString(16).length / 2) === (value === 0n ? 33 : 32);
}

/** @param {string} text @param {Problems} problems @returns {string} */
function readUrl(text, problems) {
  const spelled = text.trim();
  const withScheme = spelled.includes("://") ? spelled : `wss://${spelled}`;
  const parsed = /^wss?:\/\/[^/?#]/i.test(withScheme) && URL.canParse(withScheme) ? new URL(withScheme) : undefined;
  if (parsed === undefined) problems.url = "Write wss://HOST or ws://HOST:PORT, such as ws://127.0.0.1:4100.";
  else if (parsed.username !== "" || parsed.password !== "" || parsed.searchParams.has("api_key")) {
    problems.url = "Leave the key out of the address: it has a field of its own.";
  } else if (parsed.hash !== "") problems.url = "Take the # and what is behind it out: a WebSocket's address can't have it.";
  return withScheme;
}

/** @param {number | bigint} value */
function english(value) {
  return value.toLocaleString("en-US");
}
