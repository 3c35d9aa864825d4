import { decodeBase64 } from "../codec/base64.js";
import { parseJson } from "../codec/json.js";
import { requireOptions } from "../protocol/arguments.js";
import { members } from "../protocol/message.js";
import { PROGRAM_LOADERS } from "../protocol/program-loaders.js";
import { isAddress, readU64 } from "../protocol/scalars.js";
import type { AccountData } from "../protocol/shapes.js";
import { SimulatorError } from "../protocol/simulator-error.js";
import type { Injection } from "./changed-run.js";

type Refuse = (problem: string) => SimulatorError;

/**
 * Reads account states by address from JSON, for `RunChanges.accounts`. Each state has the form of a `getAccountInfo` result in
 * base64.
 *
 * @param options `name`: the name of the text in error messages. @default "account states"
 * @throws SimulatorError `invalidParams`
 * @example readAccountStates('{"ADDRESS":{"lamports":5,"owner":"OWNER","data":["","base64"],"executable":false}}')
 */
export function readAccountStates(text: string, options: { name?: string } = {}): Record<string, AccountData> {
  requireOptions(options, ["name"]);
  const refuse = refuser(options.name ?? "account states");
  const accounts = Object.entries(objectIn(text, refuse));
  if (accounts.length === 0) throw refuse("contains no accounts");
  return Object.fromEntries(accounts.map(([address, state]) => [address, readAccountState(address, state, refuse)]));
}

function readAccountState(address: string, state: unknown, refuse: Refuse): AccountData {
  if (!isAddress(address)) throw refuse(`${address} is not a base58 address`);
  const { data, executable = false, lamports, owner } = members(state);
  const encoded = Array.isArray(data) && data[1] === "base64" ? data[0] : members(data).data;
  if (typeof encoded !== "string" || !isBase64(encoded)) throw refuse(`${address}: data is not ["…", "base64"]`);
  const amount = readU64(lamports);
  if (amount === undefined) throw refuse(`${address}: lamports is not a whole number`);
  if (!isAddress(owner)) throw refuse(`${address}: owner is not a base58 address`);
  if (executable !== false || PROGRAM_LOADERS.has(owner)) {
    throw refuse(`${address} is a program; pass its ELF file instead (--program-so on the command line)`);
  }
  const space = BigInt(decodeBase64(encoded).length);
  return { data: { data: encoded, encoding: "base64" }, executable: false, lamports: amount, owner, space };
}

/**
 * Reads transactions by slot from JSON, for `RunChanges.transactions`.
 *
 * @param options `name`: the name of the text in error messages. @default "transactions"
 * @throws SimulatorError `invalidParams`
 * @example readInjections('{"300000010":["AQAB…"]}') // [{ slot: 300000010n, transactions: ["AQAB…"] }]
 */
export function readInjections(text: string, options: { name?: string } = {}): Injection<string>[] {
  requireOptions(options, ["name"]);
  const refuse = refuser(options.name ?? "transactions");
  const bySlot = Object.entries(objectIn(text, refuse));
  if (bySlot.length === 0) throw refuse("contains no transactions");
  return bySlot.map(([key, list]) => {
    const slot = /^\d{1,20}$/.test(key) ? readU64(BigInt(key)) : undefined;
    if (slot === undefined) throw refuse(`"${key.slice(0, 40)}" is not a slot`);
    if (!Array.isArray(list) || list.length === 0) throw refuse(`slot ${key}: expected a list of transactions in base64`);
    for (const transaction of list) {
      if (typeof transaction !== "string" || transaction === "" || !isBase64(transaction)) {
        throw refuse(`slot ${key}: a transaction is not base64`);
      }
    }
    return { slot, transactions: list as string[] };
  });
}

function refuser(name: string): Refuse {
  return (problem) => new SimulatorError("invalidParams", `${name}: ${problem}`);
}

function objectIn(text: string, refuse: Refuse): Record<string, unknown> {
  let value: unknown;
  try {
    value = parseJson(text);
  } catch {
    throw refuse("not JSON");
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw refuse("expected a JSON object");
  return value as Record<string, unknown>;
}

function isBase64(text: string): boolean {
  return text.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(text);
}
