import type { CursorState } from "../channels/cursor.js";
import type { SubscriptionKindName } from "../channels/subscription-kinds.js";

/** A subscription to open. */
export interface SubscriptionSpec {
  readonly kind: SubscriptionKindName;
  readonly filters: readonly string[];
  /** Additional members of the config in each subscribe request. */
  readonly config?: Readonly<Record<string, unknown>>;
  /** The position at which the stream of each filter continues. */
  readonly cursors?: readonly (CursorState | undefined)[];
  /** The `Subscription.id` from a checkpoint. Absent for a new subscription. */
  readonly id?: string;
}

/** Generates the ids of a session's subscriptions: `accountDiff-1`, `accountDiff-2`, `transaction-1`. */
export class SubscriptionIds {
  readonly #used: Set<string | undefined>;

  /** @param used the ids in the checkpoint; new subscriptions get other ids */
  constructor(used: readonly (string | undefined)[]) {
    this.#used = new Set(used);
  }

  next(kind: SubscriptionKindName): string {
    let number = 1;
    while (this.#used.has(`${kind}-${number}`)) number++;
    const id = `${kind}-${number}`;
    this.#used.add(id);
    return id;
  }
}
