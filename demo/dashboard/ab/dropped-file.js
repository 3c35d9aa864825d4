// @ts-check
import { readAccountStates, readInjections } from "../../../dist/browser-compare.js";
import { isAddress } from "../base58-address.js";

/** @typedef {import("../../../dist/browser.js").AccountData} AccountData */
/** @typedef {import("../../../dist/browser-compare.js").Injection<string>} Injection */
/**
 * A file that the user dropped or chose.
 *
 * @typedef {{ kind: "program", name: string, elf: Uint8Array, digest: string, address: string }
 *   | { kind: "accounts", name: string, accounts: Record<string, AccountData>, digest: string }
 *   | { kind: "transactions", name: string, transactions: Injection[], digest: string }
 *   | { kind: "record", file: File }} DroppedFile
 */

const ELF = [0x7f, 0x45, 0x4c, 0x46];
/** Programs on Solana have at most 10 MiB. */
const MAX_CHANGE_BYTES = 32 * 1024 * 1024;
/** A record starts with a header, whose first member is `type`. A JSON file of accounts or transactions has no such member. */
const RECORD = /^\s*\{"type":"/;
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
  if (text.startsWith("PAR1")) throw new Error(`${name}: ${onlyFigures("a Parquet file")}`);
  if (RECORD.test(text)) return { kind: "record", file };
  const isElf = ELF.every((byte, at) => head[at] === byte);
  const isJson = /^\s*[{[]/.test(text);
  if (!isElf && /^[a-z]+,[a-zA-Z,]+\r?\n/.test(text)) throw new Error(`${name}: ${onlyFigures("a CSV file")}`);
  if (!isElf && !isJson) {
    throw new Error(`${name}: not a program (ELF), not JSON, and not a record (NDJSON).`);
  }
  if (file.size > MAX_CHANGE_BYTES) throw new Error(`${name}: larger than 32 MB, the limit for programs and JSON files.`);
  const bytes = new Uint8Array(await file.arrayBuffer());
  const digest = await digestOf(bytes);
  if (isElf) return { kind: "program", name, elf: bytes, digest, address: addressIn(name) };
  const json = new TextDecoder().decode(bytes);
  // The keys of transactions are slots, the keys of accounts are addresses.
  if (/^\s*\{\s*"\d+"/.test(text)) return { kind: "transactions", name, transactions: readInjections(json, { name }), digest };
  return { kind: "accounts", name, accounts: readAccountStates(json, { name }), digest };
}

/** @param {string} what */
const onlyFigures = (what) =>
  `${what} has only figures, and cannot be compared. Record the run again with “run --out FILE.ndjson”.`;

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
