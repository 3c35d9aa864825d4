import { isSameState } from "../engine/account-state.js";
import type { AccountDiff, AccountState, ExecutedTransaction } from "../engine/engine.js";

/** Returns the error message for an operation that a session with `replayAccountState` does not support. */
export function unsupportedInReplay(operation: string, remedy: string): string {
  return `${operation} cannot be used with replayAccountState, because such a session applies recorded account states and executes no transactions. ${remedy}`;
}

/** The same error texts as on the published server. A client may check the text of an error. */
export const NO_TRANSACTIONS = "Create the session without replayAccountState to execute and persist transactions.";
export const SEND_TRANSACTION = "Simulate it against the replayed states, or create the session without replayAccountState.";
export const SEND_ACTION =
  "Take kind: simulate, put states in place by an action of accountOverrides alone, or create the session without replayAccountState.";

/** Reduces the transactions of a block to one change per account, for a session that replays account states. */
export class StateReplay {
  readonly #changed = new Map<string, { pre: AccountState | undefined; post: AccountState | undefined }>();

  take(transactions: readonly ExecutedTransaction[]): void {
    for (const { diffs } of transactions) {
      for (const { address, pre, post } of diffs) {
        const change = this.#changed.get(address);
        if (change === undefined) this.#changed.set(address, { pre, post });
        else change.post = post;
      }
    }
  }

  /** Returns the changes since the last call. */
  takeDiffs(): AccountDiff[] {
    const diffs: AccountDiff[] = [];
    for (const [address, { pre, post }] of this.#changed) {
      if (isSameState(pre, post)) continue;
      diffs.push({ address, ...(pre !== undefined && { pre }), ...(post !== undefined && { post }) });
    }
    this.#changed.clear();
    return diffs;
  }
}
