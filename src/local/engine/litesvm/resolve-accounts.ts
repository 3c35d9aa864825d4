import { isWritableKey, type Message } from "../../../protocol/transaction-message.js";
import type { AccountState } from "../engine.js";
import { addressText } from "./address-text.js";
import { LOOKUP_TABLE_PROGRAM } from "./programs.js";

/** The accounts of a message, in the order of the indices that its instructions use. */
export interface MessageAccounts {
  addresses: readonly string[];
  /** Whether each account is writable. */
  writable: readonly boolean[];
  /** The accounts from lookup tables. */
  loaded: { writable: readonly string[]; readonly: readonly string[] };
  /** Lookup tables that are missing or too short. Accounts from these tables may be absent from `addresses`. */
  missingTables: readonly string[];
}

const NO_LOOKUPS = { loaded: { writable: [], readonly: [] }, missingTables: [] } as const;

/** Resolves the accounts of a message. `read` returns the states of its lookup tables. */
export function resolveAccounts(message: Message, read: (address: string) => AccountState | undefined): MessageAccounts {
  const keys = message.keys.map(addressText);
  const keysWritable = keys.map((_, index) => isWritableKey(message, index));
  if (message.lookups.length === 0) return { addresses: keys, writable: keysWritable, ...NO_LOOKUPS };
  const writable: string[] = [];
  const readonly: string[] = [];
  const missingTables: string[] = [];
  for (const lookup of message.lookups) {
    const table = addressText(lookup.table);
    const state = read(table);
    const found = [lookup.writable, lookup.readonly].map((indices) => lookUp(state, indices));
    if (found.includes(undefined)) missingTables.push(table);
    writable.push(...(found[0] ?? []));
    readonly.push(...(found[1] ?? []));
  }
  return {
    addresses: [...keys, ...writable, ...readonly],
    writable: [...keysWritable, ...writable.map(() => true), ...readonly.map(() => false)],
    loaded: { writable, readonly },
    missingTables,
  };
}

/** The addresses of a lookup table start after a header of 56 bytes. */
const TABLE_HEADER_BYTES = 56;
const ADDRESS_BYTES = 32;

function lookUp(table: AccountState | undefined, indices: Uint8Array): string[] | undefined {
  if (table?.owner !== LOOKUP_TABLE_PROGRAM) return undefined;
  const addresses: string[] = [];
  for (const index of indices) {
    const at = TABLE_HEADER_BYTES + index * ADDRESS_BYTES;
    if (at + ADDRESS_BYTES > table.data.length) return undefined;
    addresses.push(addressText(table.data.subarray(at, at + ADDRESS_BYTES)));
  }
  return addresses;
}
