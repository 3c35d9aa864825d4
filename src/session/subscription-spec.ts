import type { CursorState } from "../channels/cursor.js";
import type { SubscriptionKindName } from "../channels/subscription-kinds.js";

/** What is subscribed to. */
export interface SubscriptionSpec {
  readonly kind: SubscriptionKindName;
  readonly filters: readonly string[];
  /** Goes into the config of each subscribe. */
  readonly config?: Readonly<Record<string, unknown>>;
  /** The position at which the stream of each filter continues. */
  readonly cursors?: readonly (CursorState | undefined)[];
  /** `Subscription.id` of a checkpoint; absent for a new subscription. */
  readonly id?: string;
}

/** Numbers the subscriptions of a session: `accountDiff-1`, `accountDiff-2`, `transaction-1`. */
export class SubscriptionIds {
  readonly #used: Set<string | undefined>;

  /** @param used ids of a checkpoint */
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
