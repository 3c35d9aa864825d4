// @ts-check
import { readAccountStates, readInjections } from "../../../dist/browser-compare.js";
import { isAddress } from "../base58-address.js";
import { isElf, MAX_PROGRAM_BYTES, programProblem } from "./program-file.js";

/** @typedef {import("../../../dist/browser.js").AccountData} AccountData */
/** @typedef {import("../../../dist/browser-compare.js").Injection<string>} Injection */
/**
 * The kinds of files that the user can drop or choose.
 *
 * @typedef {{ kind: "program", name: string, elf: Uint8Array, digest: string, address: string }
 *   | { kind: "accounts", name: string, accounts: Record<string, AccountData>, digest: string }
 *   | { kind: "transactions", name: string, transactions: Injection[], digest: string }
 *   | { kind: "record", file: File }} DroppedFile
 */

/** The size limit of a JSON file. A file can have the data of several accounts, in base64. */
const MAX_JSON_BYTES = 32 * 1024 * 1024;
/** Matches a record: its first line is a header, whose first member is `type`. A JSON file of accounts or transactions has no `type`. */
const RECORD = /^\s*\{"type":"/;
/** Matches a file that the dashboard exported from one of its tables. */
const TABLE_EXPORT = /^\s*(?:\{"id":\d+,"slot":\d+,|slot,(?:index,|account,)?signature,)/;
/**
 * Matches the first line of a CSV file. Some spreadsheets separate the columns by semicolons or tabs, and quote the names of the
 * columns.
 */
const CSV = /^"?[a-z]\w*"?(?:[,;\t]"?[a-z]\w*"?)+\r?\n/i;
/** The first bytes of compressed files: gzip, Zstandard and ZIP. @type {[string, number[]][]} */
const COMPRESSED = [
  ["gzip", [0x1f, 0x8b]],
  ["Zstandard", [0x28, 0xb5, 0x2f, 0xfd]],
  ["ZIP", [0x50, 0x4b, 0x03, 0x04]],
];
const HEAD_BYTES = 4096;

/**
 * Reads a file, and determines its kind from its content.
 *
 * @param {File} file
 * @returns {Promise<DroppedFile>}
 * @throws {Error} with a message for the user, if the content is not valid
 */
export async function readDroppedFile(file) {
  const { name } = file;
  const head = new Uint8Array(await file.slice(0, HEAD_BYTES).arrayBuffer());
  const text = new TextDecoder().decode(head);
  if (RECORD.test(text)) return { kind: "record", file };
  if (isElf(head)) return readProgram(file);
  if (file.size === 0) throw new Error(`${name}: the file is empty.`);
  const problem = problemOf(name, head, text);
  if (problem !== undefined) throw new Error(`${name}: ${problem}`);
  if (file.size > MAX_JSON_BYTES) throw new Error(`${name}: larger than 32 MB, the limit for JSON files.`);
  const bytes = new Uint8Array(await file.arrayBuffer());
  const digest = await digestOf(bytes);
  const json = new TextDecoder().decode(bytes);
  // A file of transactions has slots as its keys. A file of accounts has addresses as its keys.
  if (/^\s*\{\s*"\d+"/.test(text)) return { kind: "transactions", name, transactions: readInjections(json, { name }), digest };
  return { kind: "accounts", name, accounts: readAccountStates(json, { name }), digest };
}

/** @param {File} file @returns {Promise<DroppedFile>} */
async function readProgram(file) {
  const { name, size } = file;
  // Does not read the rest of a file that is too large.
  const elf = new Uint8Array(await file.slice(0, MAX_PROGRAM_BYTES + 1).arrayBuffer());
  const problem = programProblem(elf, size);
  if (problem !== undefined) throw new Error(`${name}: ${problem}`);
  return { kind: "program", name, elf, digest: await digestOf(elf), address: addressIn(name) };
}

/**
 * Returns why the file cannot be used, or `undefined` if the file looks like JSON. The caller has already
 * excluded records and programs.
 *
 * @param {string} name @param {Uint8Array} head the first bytes @param {string} text the first bytes as text @returns {string | undefined}
 */
function problemOf(name, head, text) {
  const record = recordName(name);
  if (text.startsWith("PAR1")) return onlyFigures("Parquet", record);
  if (TABLE_EXPORT.test(text)) {
    return `this is the export of a table, not the record of a run. Use “Export” beside a stored run, or record it with “run --out ${record}”.`;
  }
  if (CSV.test(text)) return onlyFigures("CSV", record);
  const packed = COMPRESSED.find(([, magic]) => magic.every((byte, at) => head[at] === byte));
  if (packed !== undefined) return `the file is compressed (${packed[0]}). Unpack it, and drop the file inside.`;
  if (/^\s*[{[]/.test(text)) return undefined;
  return "not a program (ELF), not JSON, and not a record (NDJSON).";
}

/** @param {string} format @param {string} record the name of a record that can be compared */
const onlyFigures = (format, record) =>
  `a ${format} record has no logs, balances and instructions, so it cannot be compared. Record the run again with “run --out ${record}”, and drop that file.`;

/** Returns the file name with the extension of a record: `run.csv` becomes `run.ndjson`. @param {string} name */
const recordName = (name) => `${name.replace(/\.\w+$/, "")}.ndjson`;

/** Returns the address in a file name such as `ADDRESS.so`. @param {string} name */
function addressIn(name) {
  return name.split(/[^1-9A-HJ-NP-Za-km-z]/).find(isAddress) ?? "";
}

/** @param {Uint8Array<ArrayBuffer>} bytes */
async function digestOf(bytes) {
  // `crypto.subtle` exists only in secure contexts.
  if (crypto.subtle === undefined) return "";
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return [...digest.subarray(0, 6)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
