import { encodeBase58 } from "../codec/base58.js";
import { type AddressLookup, readTransaction } from "../protocol/transaction-message.js";
import { type AccountUse, type MessageView, toAccounts } from "./message-view.js";

/** Reads a wire transaction of any version. @throws RangeError if the bytes are not a transaction */
export function readTransactionBytes(bytes: Uint8Array): MessageView {
  const { signatures, message } = readTransaction(bytes);
  const { version, keys, instructions, lookups, config } = message;
  const header = {
    signers: message.numRequiredSignatures,
    readonlySigners: message.numReadonlySignedAccounts,
    readonlyOthers: message.numReadonlyUnsignedAccounts,
  };
  return {
    signature: signatures[0] && encodeBase58(signatures[0]),
    version,
    accounts: toAccounts(keys.map(encodeBase58), header),
    // First the writable accounts of all lookup tables, then the read-only accounts of all lookup tables.
    lookups: [...lookups.flatMap((lookup) => useLookup(lookup, true)), ...lookups.flatMap((lookup) => useLookup(lookup, false))],
    instructions: instructions.map(({ programIdIndex, accounts, data }) => ({
      program: programIdIndex,
      accounts: [...accounts],
      data,
    })),
    ...(config !== undefined && { config }),
  };
}

function useLookup({ table, writable, readonly }: AddressLookup, isWritable: boolean): AccountUse[] {
  const name = encodeBase58(table);
  return [...(isWritable ? writable : readonly)].map((index) => ({
    address: `${name}[${index}]`,
    signer: false,
    writable: isWritable,
  }));
}
