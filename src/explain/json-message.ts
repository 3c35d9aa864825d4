import { decodeBase58 } from "../codec/base58.js";
import { type AccountUse, MAX_BASE58, type MessageView, type RawInstruction, toAccounts } from "./message-view.js";
import { asIndex, asList, asObject, asText, type Members, objectsOf } from "./unknown-values.js";

/** Reads the transaction in a `getTransaction` response with the encoding `json` or `jsonParsed`. */
export function readJsonMessage({ signatures, message: given }: Members): MessageView | undefined {
  const message = asObject(given);
  if (message === undefined) return undefined;
  const keys = asList(message.accountKeys) ?? [];
  const instructions = (asList(message.instructions) ?? []).flatMap((item) => readJsonInstruction(item) ?? []);
  return {
    signature: asText(asList(signatures)?.[0]),
    version: undefined,
    accounts: keys.every((key) => typeof key === "string") ? withHeader(keys, message.header) : keys.map(toAccount),
    lookups: readLookups(message.addressTableLookups),
    instructions,
  };
}

function withHeader(keys: readonly string[], given: unknown): AccountUse[] {
  const header = asObject(given);
  return toAccounts(keys, {
    signers: asIndex(header?.numRequiredSignatures) ?? 0,
    readonlySigners: asIndex(header?.numReadonlySignedAccounts) ?? 0,
    readonlyOthers: asIndex(header?.numReadonlyUnsignedAccounts) ?? 0,
  });
}

/** Reads an account in the encoding `jsonParsed`. */
function toAccount(key: unknown): AccountUse {
  const members = asObject(key);
  const address = asText(key) ?? asText(members?.pubkey) ?? "unknown";
  return { address, signer: members?.signer === true, writable: members?.writable === true };
}

function readLookups(given: unknown): AccountUse[] {
  const tables = objectsOf(given);
  const read = (name: "writableIndexes" | "readonlyIndexes"): AccountUse[] =>
    tables.flatMap((table) =>
      (asList(table[name]) ?? []).map((index) => ({
        address: `${asText(table.accountKey) ?? "unknown"}[${asIndex(index) ?? "?"}]`,
        signer: false,
        writable: name === "writableIndexes",
      })),
    );
  // First the writable accounts of all lookup tables, then the read-only accounts of all lookup tables.
  return [...read("writableIndexes"), ...read("readonlyIndexes")];
}

/** Reads an instruction in JSON. The accounts are indices or addresses. `parsed` is set if the RPC node decoded the instruction. */
export function readJsonInstruction(value: unknown): RawInstruction | undefined {
  const members = asObject(value);
  if (members === undefined) return undefined;
  const program = asIndex(members.programIdIndex) ?? asText(members.programId);
  if (program === undefined) return undefined;
  const text = asText(members.data);
  return {
    program,
    accounts: (asList(members.accounts) ?? []).map((used) => asIndex(used) ?? asText(used) ?? "unknown"),
    data: text === undefined ? undefined : decodeBase58(text, MAX_BASE58),
    parsed: members.parsed,
    stackHeight: asIndex(members.stackHeight),
  };
}
