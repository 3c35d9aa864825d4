import type { NotificationEvent } from "../channels/managed-events.js";
import type { EventsByKind, SubscriptionKindName } from "../channels/subscription-kinds.js";
import type { ConnectionStatus } from "../connection/status.js";
import type { ObservedSession } from "../session/observed-session.js";
import type { Subscription } from "../session/subscription.js";
import type { AnySession } from "./any-session.js";
import { EventRing } from "./event-ring.js";
import { FrameStore } from "./frame-store.js";
import { sameContent } from "./same-content.js";

/** A session on which you can subscribe, including an observed session from `client.observe`. */
export type AnySubscribable = AnySession | ObservedSession;

/** A subscription, as a component sees it. */
export interface SubscriptionState<E extends NotificationEvent> {
  /** The state of the connection. Absent while no subscription exists, for example without a session or a filter. */
  readonly connection?: ConnectionStatus;
  /** The newest events, oldest first. */
  readonly events: readonly E[];
  /** Number of older events that were dropped. */
  readonly dropped: number;
  /** Number of reported gaps. If it is not 0, events are missing. */
  readonly gaps: number;
  /** Number of notifications that could not be read. */
  readonly unrecognized: number;
  /**
   * A `SimulatorError` if the subscription could not be opened. If the subscription fails later, the session ends, and `connection`
   * contains the reason.
   */
  readonly error?: unknown;
}

export const NO_SUBSCRIPTION: SubscriptionState<never> = { events: [], dropped: 0, gaps: 0, unrecognized: 0 };

export interface SubscriptionPlan<K extends SubscriptionKindName> {
  readonly session: AnySubscribable;
  readonly kind: K;
  readonly filters: readonly string[];
  readonly intraSlotUpdates: boolean;
  readonly limit: number;
}

/** The functions that open each kind of subscription. */
const OPEN: {
  readonly [K in SubscriptionKindName]: (session: AnySubscribable, filters: string[], intraSlotUpdates: boolean) => Subscription;
} = {
  accountDiff: (session, programs) => session.subscribeAccountDiffs(programs),
  singleAccountDiff: (session, accounts) => session.subscribeAccountDiffsOf(accounts),
  transaction: (session, programs) => session.subscribeTransactions(programs),
  action: (session) => session.subscribeActions(),
  diagnostic: (session) => session.subscribeDiagnostics(),
  replacement: (session) => session.subscribeReplacements(),
  logs: (session, addresses) => session.subscribeLogs(addresses),
  account: (session, addresses, intraSlotUpdates) => session.subscribeAccounts(addresses, { intraSlotUpdates }),
  program: (session, programs, intraSlotUpdates) => session.subscribeProgramAccounts(programs, { intraSlotUpdates }),
  signature: (session, signatures) => session.subscribeSignatures(signatures),
  slot: (session) => session.subscribeSlots(),
};

/** The value of `type` in the events of each kind. */
const EVENT_TYPE: { readonly [K in SubscriptionKindName]: EventsByKind[K]["type"] } = {
  accountDiff: "accountDiff",
  singleAccountDiff: "accountDiff",
  transaction: "transaction",
  action: "actionResult",
  diagnostic: "diagnostic",
  replacement: "replacement",
  logs: "logs",
  account: "account",
  program: "programAccount",
  signature: "signature",
  slot: "slotUpdate",
};

/**
 * A subscription that exists while a component is mounted. The first listener opens the subscription. When the last listener is
 * removed, the subscription ends in a later task: StrictMode and hot reloads unmount a component and immediately mount it again,
 * and the subscription must survive this.
 */
export class SubscriptionStore<K extends SubscriptionKindName> extends FrameStore<SubscriptionState<EventsByKind[K]>> {
  readonly #plan: SubscriptionPlan<K>;
  #ring: EventRing<EventsByKind[K]>;
  #gaps = 0;
  #unrecognized = 0;
  #error: unknown;
  #subscription: Subscription | undefined;
  #release: ReturnType<typeof setTimeout> | undefined;
  #isChanged = false;

  /** @throws {RangeError} if the limit is not a positive integer */
  constructor(plan: SubscriptionPlan<K>) {
    const { limit } = plan;
    if (!Number.isInteger(limit) || limit < 1) throw new RangeError(`limit must be a positive integer, got ${limit}`);
    super(NO_SUBSCRIPTION);
    this.#plan = plan;
    this.#ring = new EventRing(limit);
  }

  fits(plan: SubscriptionPlan<SubscriptionKindName>): boolean {
    const { session, ...rest } = plan;
    const { session: own, ...ownRest } = this.#plan;
    return session === own && sameContent(rest, ownRest);
  }

  protected override observe(): () => void {
    clearTimeout(this.#release);
    if (this.#subscription === undefined) this.#open();
    return () => {
      this.#release = setTimeout(() => this.#close());
    };
  }

  protected override read(last: SubscriptionState<EventsByKind[K]>): SubscriptionState<EventsByKind[K]> {
    if (!this.#isChanged) return last;
    this.#isChanged = false;
    const connection = this.#subscription?.connection;
    return {
      ...(connection && { connection }),
      events: this.#ring.toArray(),
      dropped: this.#ring.dropped,
      gaps: this.#gaps,
      unrecognized: this.#unrecognized,
      ...(this.#error !== undefined && { error: this.#error }),
    };
  }

  #open(): void {
    const { session, kind, filters, intraSlotUpdates, limit } = this.#plan;
    this.#ring = new EventRing(limit);
    this.#gaps = 0;
    this.#unrecognized = 0;
    this.#error = undefined;
    this.#change();
    try {
      this.#subscription = OPEN[kind](session, [...filters], intraSlotUpdates);
    } catch (error) {
      this.#error = error;
      return;
    }
    this.#listen(this.#subscription);
  }

  /** Adds listeners that update the store. The listeners do nothing after the store has removed the subscription. */
  #listen(subscription: Subscription): void {
    const ifCurrent = (update: () => void): void => {
      if (this.#subscription !== subscription) return;
      update();
      this.#change();
    };
    subscription.on(EVENT_TYPE[this.#plan.kind], (event: NotificationEvent) => {
      // The cast is safe: a subscription of kind `K` emits only events of the type `EventsByKind[K]`.
      ifCurrent(() => this.#ring.push(event as EventsByKind[K]));
    });
    subscription.on("continuity", ({ kind }) => {
      if (kind === "gap") ifCurrent(() => this.#gaps++);
    });
    subscription.on("unrecognized", () => ifCurrent(() => this.#unrecognized++));
    subscription.on("connection", () => ifCurrent(() => {}));
    subscription.ready.catch((error: unknown) => {
      ifCurrent(() => {
        this.#error = error;
      });
    });
  }

  /**
   * Ends the subscription. The next listener then opens a new subscription. If the subscription has already ended, does nothing,
   * so that its events stay visible.
   */
  #close(): void {
    const subscription = this.#subscription;
    const state = subscription?.connection.state;
    if (state === "closed" || state === "failed") return;
    this.#subscription = undefined;
    void subscription?.unsubscribe();
  }

  #change(): void {
    this.#isChanged = true;
    this.touch();
  }
}
