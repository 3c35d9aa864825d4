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
  /** The result that the VM returned. `undefined` for a transaction that the VM did not run. */
  native: NativeMeta | undefined;
}

/** An executed transaction, with its accounts and its result. */
export interface Run {
  accounts: MessageAccounts;
  outcome: Outcome;
  /** Whether the transaction is in the block. If it failed before its execution, it is not in the block and paid no fee. */
  included: boolean;
}

/**
 * Runs transactions in a VM. Also determines the fees and the account states before and after a transaction, because the VM does
 * not report them.
 */
export class Executor {
  readonly #vm: Vm;
  readonly #blocks: RecentBlocks;
  readonly #onExecute: ((transaction: Transaction) => void) | undefined;
  /** The decimals of each mint, by the address of the mint. They never change. */
  readonly #decimals = new Map<string, number>();
  /** The identities (`identityOf`) of the executed transactions. Used to refuse duplicates. */
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

  /** Marks a transaction as processed, so that it is not executed again. */
  markProcessed(identity: string): void {
    this.#processed.add(identity);
  }

  /** Returns the reason to refuse a transaction that a client sent, if any. */
  refusal({ message }: Transaction, identity: string): string | undefined {
    if (this.isProcessed(identity)) return "AlreadyProcessed";
    if (this.#blocks.isValid(addressText(message.blockhash))) return undefined;
    return hasDurableNonce(message, (address) => this.#vm.account(address)) ? undefined : "BlockhashNotFound";
  }

  /** Builds the result of a refused transaction. */
  refuse(transaction: Transaction, err: string): Run {
    const accounts = this.accountsOf(transaction);
    const states = accounts.addresses.map((address) => this.#vm.account(address));
    const outcome = { err, fee: 0n, before: states, after: states, native: undefined, decimals: this.#learnDecimals(states) };
    return { accounts, outcome, included: false };
  }

  /** Runs a transaction. `bytes` is the wire transaction, or a copy of it with a higher compute limit. */
  run(transaction: Transaction, accounts: MessageAccounts, bytes: Uint8Array, verifySignatures: boolean): Run {
    const { addresses, writable } = accounts;
    const before = addresses.map((address) => this.#vm.account(address));
    this.#onExecute?.(transaction);
    const { err: nativeErr, meta } = this.#vm.send(bytes, verifySignatures);
    const err = nativeErr === undefined ? null : transactionError(nativeErr);
    if (isFeeOnly(err)) this.#charge(addresses[0] as string, feeOf(transaction.message));
    const after = addresses.map((address, index) => {
      // A failed transaction can change only the balance of its payer.
      const mayHaveChanged = err === null ? writable[index] : index === 0;
      return mayHaveChanged ? this.#vm.refreshed(address) : before[index];
    });
    // A block contains a failed transaction only if the payer has paid the fee. The payment changes the payer's account.
    const included = err === null || after[0] !== before[0];
    const decimals = this.#learnDecimals(after);
    return { accounts, outcome: { err, fee: lost(before, after), before, after, native: meta, decimals }, included };
  }

  /** Charges the fee of a failed transaction if Solana charges it and the VM does not. */
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

/**
 * Computes the fee: the lamports that the accounts lose in total. Instructions only move lamports between accounts, so only the
 * fee reduces the total.
 */
function lost(before: readonly (AccountState | undefined)[], after: readonly (AccountState | undefined)[]): bigint {
  let sum = 0n;
  for (let index = 0; index < before.length; index++) {
    const [pre, post] = [before[index], after[index]];
    if (pre !== post) sum += (pre?.lamports ?? 0n) - (post?.lamports ?? 0n);
  }
  return sum;
}
