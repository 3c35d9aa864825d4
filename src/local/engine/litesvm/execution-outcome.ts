import { encodeBase58 } from "../../../codec/base58.js";
import type { Transaction } from "../../../protocol/transaction-message.js";
import type { AccountDiff, AccountState, ExecutedTransaction, InnerInstructions, TransactionMeta } from "../engine.js";
import { addressText } from "./address-text.js";
import type { NativeMeta } from "./native-litesvm.js";
import type { MessageAccounts } from "./resolve-accounts.js";
import { tokenBalances } from "./token-balances.js";

/** A transaction, with its slot and index. */
export interface Placed {
  slot: bigint;
  index: number;
  blockTime: bigint | null;
  transaction: Transaction;
  /** Base58. */
  signatures: readonly string[];
  wire: Uint8Array;
  accounts: MessageAccounts;
}

/** The result of an execution. */
export interface Outcome {
  /** A TransactionError of Solana in JSON, or null if it succeeded. */
  err: unknown;
  fee: bigint;
  /** The accounts of the message, in order. */
  before: readonly (AccountState | undefined)[];
  after: readonly (AccountState | undefined)[];
  /** `undefined` for a transaction that the VM did not run. */
  native: NativeMeta | undefined;
  /** Decimals of the mints of all token accounts. */
  decimals: ReadonlyMap<string, number>;
}

/**
 * An executed transaction. Logs and calls are read from the VM on demand, and balances are computed for each read. Sessions
 * store all results, and most are read at most once.
 */
export function executedTransaction(placed: Placed, outcome: Outcome, included: boolean): ExecutedTransaction {
  const { slot, index, blockTime, signatures, accounts, wire } = placed;
  const { version, instructions } = placed.transaction.message;
  // The bytes instead of the message, which is several times as large.
  const called = instructions.map(({ programIdIndex }) => programIdIndex);
  const { err, fee, before, after, decimals } = outcome;
  let { native } = outcome;
  let calls: Calls | undefined;
  const getCalls = (): Calls => {
    calls ??= readCalls(native);
    native = undefined;
    return calls;
  };
  return {
    slot,
    index,
    blockTime,
    signatures,
    get wire() {
      return Buffer.from(wire.buffer, wire.byteOffset, wire.byteLength).toString("base64");
    },
    version,
    accounts: accounts.addresses,
    ...(!included && { included }),
    get programs() {
      return invokedPrograms(called, accounts, getCalls());
    },
    get diffs() {
      return accountDiffs(accounts, before, after);
    },
    get meta() {
      return metaOf({ err, fee, before, after, decimals }, accounts, getCalls());
    },
  };
}

/** Logs, calls and return data of a transaction. */
type Calls = Required<Pick<TransactionMeta, "logMessages" | "innerInstructions" | "returnData" | "computeUnitsConsumed">>;

const NO_CALLS: Calls = { logMessages: [], innerInstructions: [], returnData: null, computeUnitsConsumed: 0 };

function readCalls(native: NativeMeta | undefined): Calls {
  if (native === undefined) return NO_CALLS;
  const returned = native.returnData();
  const data = returned.data();
  return {
    logMessages: native.logs(),
    innerInstructions: native.innerInstructions().flatMap((list, index): InnerInstructions[] => {
      if (list.length === 0) return [];
      const instructions = list.map((inner) => {
        const called = inner.instruction();
        return {
          programIdIndex: called.programIdIndex(),
          accounts: Array.from(called.accounts()),
          data: encodeBase58(called.data()),
          stackHeight: inner.stackHeight(),
        };
      });
      return [{ index, instructions }];
    }),
    returnData:
      data.length === 0
        ? null
        : { programId: addressText(returned.programId()), data: [Buffer.from(data).toString("base64"), "base64"] },
    computeUnitsConsumed: Number(native.computeUnitsConsumed()),
  };
}

function metaOf(
  { err, fee, before, after, decimals }: Omit<Outcome, "native">,
  { loaded }: MessageAccounts,
  calls: Calls,
): TransactionMeta {
  return {
    err,
    status: err === null ? { Ok: null } : { Err: err },
    fee,
    preBalances: before.map((state) => state?.lamports ?? 0n),
    postBalances: after.map((state) => state?.lamports ?? 0n),
    preTokenBalances: tokenBalances(before, decimals),
    postTokenBalances: tokenBalances(after, decimals),
    rewards: [],
    loadedAddresses: loaded,
    ...calls,
  };
}

function invokedPrograms(called: readonly number[], { addresses }: MessageAccounts, { innerInstructions }: Calls): string[] {
  const inner = innerInstructions.flatMap(({ instructions }) => instructions.map(({ programIdIndex }) => programIdIndex));
  return [...new Set([...called, ...inner])].map((position) => addresses[position] as string);
}

/** An unchanged account is the same object before and after. */
function accountDiffs(
  { addresses }: MessageAccounts,
  before: readonly (AccountState | undefined)[],
  after: readonly (AccountState | undefined)[],
): AccountDiff[] {
  const diffs: AccountDiff[] = [];
  for (const [index, address] of addresses.entries()) {
    const pre = before[index];
    const post = after[index];
    if (pre !== post) diffs.push({ address, ...(pre !== undefined && { pre }), ...(post !== undefined && { post }) });
  }
  return diffs;
}
