import type { AccountDiffEvent, TransactionEvent } from "../../../src/channels/managed-events.js";
import { encodeBase64 } from "../../../src/codec/base64.js";

export const PROGRAM = "TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA";
export const ACCOUNT = "HekmACfHqEub9aW13tEhifC9LHbW6bPof4aiHLZjYCBZ";

/** Returns a transaction event. All bytes of its signature are equal. */
export function transactionEvent(
  byte: number,
  meta: Partial<NonNullable<TransactionEvent["transaction"]["meta"]>> = {},
): TransactionEvent {
  const wire = new Uint8Array(66).fill(byte);
  wire[0] = 1;
  return {
    type: "transaction",
    subscriptionId: "transaction-1",
    program: PROGRAM,
    transaction: {
      slot: 300_000_000n,
      blockTime: 1_704_368_940n,
      transaction: [encodeBase64(wire), "base64"],
      meta: {
        err: null,
        fee: 5_000n,
        preBalances: [10n],
        postBalances: [5n],
        logMessages: ["Program log: hi"],
        computeUnitsConsumed: 150n,
        ...meta,
      },
      version: "legacy",
      transactionIndex: 3,
    },
  };
}

const account = (lamports: bigint, data: string): NonNullable<AccountDiffEvent["diff"]["pre"]> => ({
  lamports,
  data: [data, "base64"],
  owner: PROGRAM,
  executable: false,
  rentEpoch: 2n ** 64n - 1n,
});

export function accountDiffEvent(): AccountDiffEvent {
  return {
    type: "accountDiff",
    subscriptionId: "accountDiff-1",
    program: PROGRAM,
    diff: {
      context: { slot: 300_000_001n },
      account: ACCOUNT,
      signature: "5igna,ture",
      txIndex: 2,
      blockTime: 1_704_368_941n,
      pre: { ...account(7n, ""), space: 165n },
      post: account(2n ** 63n, "AAAA"),
    },
  };
}
