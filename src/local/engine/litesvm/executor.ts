import type { Transaction } from "../../../protocol/transaction-message.js";
import type { AccountState } from "../engine.js";
import { addressText } from "./address-text.js";
import type { ExecutionParts } from "./execution.js";
import { feeOf } from "./fees.js";
import type { NativeMeta } from "./native-litesvm.js";
import { hasDurableNonce } from "./nonce.js";
import type { RecentBlocks } from "./recent-blocks.js";
import { type MessageAccounts, resolveAccounts } from "./resolve-accounts.js";
import { mintOf, readDecimals } from "./token-balances.js";
import type { Vm } from "./vm.js";
import { isFeeOnly, transactionError } from "./vm-errors.js";

/** The result of an execution. */
interface Outcome extends Pick<ExecutionParts, "err" | "fee" | "before" | "after" | "decimals"> {
  /** `undefined` for a transaction that the VM did not run. */
  native: NativeMeta | undefined;
}

/** A run transaction, with its accounts and its result. */
export interface Run {
  accounts: MessageAccounts;
  outcome: Outcome;
  /** Whether it is in the block. A transaction that failed before its execution is not, and paid no fee. */
  included: boolean;
}

/** Runs transactions in a VM, and computes fees and states before and after, which the VM does not report. */
export class Executor {
  readonly #vm: Vm;
  readonly #blocks: RecentBlocks;
  readonly #onExecute: ((transaction: Transaction) => void) | undefined;
  /** Decimals by mint. They never change. */
  readonly #decimals = new Map<string, number>();
  /** First signatures of all transactions in blocks, and the identities of those without a signature. */
  readonly #processed = new Set<string>();

  /** @param onExecute called before each execution */
  constructor(vm: Vm, blocks: RecentBlocks, onExecute: ((transaction: Transaction) => void) | undefined) {
    this.#vm = vm;
    this.#blocks = blocks;
    this.#onExecute = onExecute;
  }

  accountsOf({ message }: Transaction): MessageAccounts {
    return resolveAccounts(message, (address) => this.#vm.account(address));
  }

  isProcessed(identity: string): boolean {
    return this.#processed.has(identity);
  }

  /** Records a transaction, so that it is executed once. */
  markProcessed(identity: string): void {
    this.#processed.add(identity);
  }

  /** The reason to refuse a transaction of a client, if any. */
  refusal({ message }: Transaction, identity: string): string | undefined {
    if (this.isProcessed(identity)) return "AlreadyProcessed";
    if (this.#blocks.isValid(addressText(message.blockhash))) return undefined;
    return hasDurableNonce(message, (address) => this.#vm.account(address)) ? undefined : "BlockhashNotFound";
  }

  /** The result of a refused transaction. */
  refuse(transaction: Transaction, err: string): Run {
    const accounts = this.accountsOf(transaction);
    const states = accounts.addresses.map((address) => this.#vm.account(address));
    const outcome = { err, fee: 0n, before: states, after: states, native: undefined, decimals: this.#learnDecimals(states) };
    return { accounts, outcome, included: false };
  }

  /** `bytes` are the bytes of the transaction, or a copy with a higher compute limit. */
  run(transaction: Transaction, accounts: MessageAccounts, bytes: Uint8Array, verifySignatures: boolean): Run {
    const { addresses, writable } = accounts;
    const before = addresses.map((address) => this.#vm.account(address));
    this.#onExecute?.(transaction);
    const { err: nativeErr, meta } = this.#vm.send(bytes, verifySignatures);
    const err = nativeErr === undefined ? null : transactionError(nativeErr);
    if (isFeeOnly(err)) this.#charge(addresses[0] as string, feeOf(transaction.message));
    const after = addresses.map((address, index) => {
      // A failed transaction changes only the balance of its payer.
      const mayHaveChanged = err === null ? writable[index] : index === 0;
      return mayHaveChanged ? this.#vm.refreshed(address) : before[index];
    });
    // An executed transaction has paid its fee. One without a fee was refused before.
    const included = err === null || after[0] !== before[0];
    const decimals = this.#learnDecimals(after);
    return { accounts, outcome: { err, fee: lost(before, after), before, after, native: meta, decimals }, included };
  }

  /** Errors for which Solana charges a fee, but the VM does not. */
  #charge(payer: string, fee: bigint): void {
    const state = this.#vm.account(payer);
    if (state === undefined) return;
    const lamports = state.lamports > fee ? state.lamports - fee : 0n;
    this.#vm.put(payer, lamports === 0n ? undefined : { ...state, lamports });
  }

  #learnDecimals(states: readonly (AccountState | undefined)[]): ReadonlyMap<string, number> {
    for (const state of states) {
      const mint = mintOf(state);
      if (mint === undefined || this.#decimals.has(mint)) continue;
      const decimals = readDecimals(this.#vm.account(mint));
      if (decimals !== undefined) this.#decimals.set(mint, decimals);
    }
    return this.#decimals;
  }
}

/** The fee: the difference of all lamports before and after, because a transaction only moves them. */
function lost(before: readonly (AccountState | undefined)[], after: readonly (AccountState | undefined)[]): bigint {
  let sum = 0n;
  for (const [index, state] of before.entries()) {
    if (state !== after[index]) sum += (state?.lamports ?? 0n) - (after[index]?.lamports ?? 0n);
  }
  return sum;
}
