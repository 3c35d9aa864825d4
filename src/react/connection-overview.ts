import { type ConnectionStatus, sameStatus } from "../connection/status.js";
import type { AnySession } from "./any-session.js";
import { FrameStore } from "./frame-store.js";
import { observe } from "./observe-session.js";

/** The connection of one call of a session's `subscribe…`. */
export interface SubscriptionConnection {
  /** `transaction`, `accountDiff` … */
  readonly kind: AnySession["subscriptions"][number]["kind"];
  /** Programs, accounts or signatures, as they were given. */
  readonly filters: readonly string[];
  readonly status: ConnectionStatus;
}

/** All connections of a session. */
export interface ConnectionOverview {
  /**
   * All of them in a word, the worst that there is: `failed`; `down`, which passes by itself; `up`; `closed` when all are over;
   * `idle` without a session.
   */
  readonly state: "idle" | ConnectionStatus["state"];
  /** Absent without a session. */
  readonly control?: ConnectionStatus;
  /** Those that are open, in the order they were made. One that is complete or was unsubscribed is gone. */
  readonly subscriptions: readonly SubscriptionConnection[];
}

export const NO_CONNECTIONS: ConnectionOverview = { state: "idle", subscriptions: [] };

const WORST_FIRST = ["failed", "down", "up", "closed"] as const;

/** Follows the connections of a session. */
export class ConnectionStore extends FrameStore<ConnectionOverview> {
  readonly #session: AnySession;

  constructor(session: AnySession) {
    super(NO_CONNECTIONS);
    this.#session = session;
  }

  protected override follow(): () => void {
    return observe(this.#session, "connection", this.touch);
  }

  protected override read(last: ConnectionOverview): ConnectionOverview {
    const { connection: control, subscriptions: open } = this.#session;
    const subscriptions = open
      .map(({ kind, filters, connection: status }) => ({ kind, filters, status }))
      .filter(({ status }) => status.state !== "closed");
    if (last.control && sameStatus(last.control, control) && sameConnections(last.subscriptions, subscriptions)) return last;
    const states = new Set([control, ...subscriptions.map(({ status }) => status)].map(({ state }) => state));
    return { state: WORST_FIRST.find((state) => states.has(state)) ?? "closed", control, subscriptions };
  }
}

function sameConnections(a: readonly SubscriptionConnection[], b: readonly SubscriptionConnection[]): boolean {
  return a.length === b.length && a.every((one, index) => sameConnection(one, b[index] as SubscriptionConnection));
}

/** A subscription's filters stay one list. */
function sameConnection(a: SubscriptionConnection, b: SubscriptionConnection): boolean {
  return a.filters === b.filters && sameStatus(a.status, b.status);
}
