import * as v from "valibot";
import { decodeBase64, encodeBase64 } from "../../../codec/base64.js";
import { stringifyJson } from "../../../codec/json.js";
import { decompress } from "../../../codec/zstd.js";
import { findProblem } from "../../../protocol/message.js";
import { address, readU64, u64 } from "../../../protocol/scalars.js";
import { boolean, oneOf, opt, pair, text } from "../../../protocol/schema.js";
import type { SimulatorError } from "../../../protocol/simulator-error.js";
import type { AccountState } from "../engine.js";
import { brokenLedger } from "./ledger-files.js";

/** The accounts of a ledger before its first block. */
export interface LedgerAccounts {
  accounts: ReadonlyMap<string, AccountState>;
  /** Addresses without an account. */
  absent: ReadonlySet<string>;
}

/** An account in a `getMultipleAccounts` or `getProgramAccounts` response with `encoding: "base64"` or `"base64+zstd"`. */
const rpcAccount = v.object({
  lamports: u64,
  owner: address,
  executable: boolean,
  data: pair(text, oneOf(["base64", "base64+zstd"])),
});
export type RpcAccount = {
  lamports: number | bigint;
  owner: string;
  executable: boolean;
  data: [string, "base64" | "base64+zstd"];
};

const multipleAccounts = v.object({ addresses: v.array(address), value: v.array(opt(rpcAccount)) });
const programAccounts = v.array(v.object({ pubkey: address, account: rpcAccount }));

const REMEDY = "write it in the form that docs/litesvm.md describes, or capture it again";

/** Creates the error for accounts that cannot be read. */
type ToError = (problem: string, remedy: string, cause?: unknown) => SimulatorError;

/**
 * Reads accounts.json: the result of `getMultipleAccounts`, plus the requested `addresses`. A null in `value` means a missing
 * account. Also accepts the list that `getProgramAccounts` returns.
 *
 * @param broken creates the error. @default `invalidParams`, with the name of the file
 * @throws SimulatorError `invalidParams`
 */
export function readAccountsFile(
  json: unknown,
  file: string,
  broken: ToError = (...problem) => brokenLedger(file, ...problem),
): LedgerAccounts {
  const isList = Array.isArray(json);
  const problem = findProblem(isList ? programAccounts : multipleAccounts, json);
  if (problem !== undefined) throw broken(problem, REMEDY);
  const entries = isList
    ? (json as { pubkey: string; account: RpcAccount }[]).map(({ pubkey, account }) => [pubkey, account] as const)
    : pairUp(json as { addresses: string[]; value: (RpcAccount | null)[] }, broken);
  const accounts = new Map<string, AccountState>();
  const absent = new Set<string>();
  for (const [key, account] of entries) {
    if (accounts.has(key) || absent.has(key)) throw broken(`the account ${key} is listed twice`, "delete one of the entries");
    const state = account === null ? undefined : readState(key, account, broken);
    // An account without lamports does not exist on Solana.
    if (state === undefined || state.lamports === 0n) absent.add(key);
    else accounts.set(key, state);
  }
  return { accounts, absent };
}

/** Returns the text of an accounts.json file. */
export function writeAccountsFile({ accounts, absent }: LedgerAccounts, slot: bigint): string {
  const addresses = [...accounts.keys(), ...absent].sort();
  const lines = addresses.map((key) => {
    const state = accounts.get(key);
    return state === undefined ? "null" : stringifyJson(toRpcAccount(state));
  });
  // Each account is on its own line, so that a diff tool can compare two files.
  return `{"context":{"slot":${slot}},"addresses":${JSON.stringify(addresses, null, 0)},"value":[\n${lines.join(",\n")}\n]}\n`;
}

function toRpcAccount({ lamports, owner, executable, data }: AccountState): RpcAccount & { space: number } {
  return { lamports, owner, executable, data: [encodeBase64(data), "base64"], space: data.length };
}

function pairUp({ addresses, value }: { addresses: string[]; value: (RpcAccount | null)[] }, broken: ToError) {
  if (addresses.length !== value.length) {
    throw broken(`addresses has ${addresses.length} items, but value has ${value.length}`, REMEDY);
  }
  return addresses.map((key, index) => [key, value[index] ?? null] as const);
}

/** Converts an account of a response to its state. @throws SimulatorError `invalidParams` */
function readState(key: string, { lamports, owner, executable, data }: RpcAccount, broken: ToError): AccountState {
  const [encoded, encoding] = data;
  try {
    const bytes = decodeBase64(encoded);
    return {
      lamports: readU64(lamports) as bigint,
      owner,
      executable,
      data: encoding === "base64" ? bytes : decompress(bytes),
    };
  } catch (cause) {
    throw broken(`the data of the account ${key} is not valid ${encoding}`, "capture it again", cause);
  }
}
