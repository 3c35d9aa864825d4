import { type ConnectionStatus, sameStatus } from "../connection/status.js";
import type { AnySession } from "./any-session.js";
import { FrameStore } from "./frame-store.js";

/** The connection of one subscription. */
export interface SubscriptionConnection {
  /** The kind of the subscription: `transaction`, `accountDiff` … */
  readonly kind: AnySession["subscriptions"][number]["kind"];
  /** Programs, accounts or signatures, as passed to `subscribe…`. */
  readonly filters: readonly string[];
  /** The state of the connection. */
  readonly status: ConnectionStatus;
}

/** The connections of a session. */
export interface ConnectionOverview {
  /**
   * The first of these states that a connection has: `failed`, `down` (the client reconnects), `up`, `closed`. `idle` if there
   * is no session.
   */
  readonly state: "idle" | ConnectionStatus["state"];
  /** The control connection. Absent if there is no session. */
  readonly control?: ConnectionStatus;
  /** The open subscriptions, in the order of creation. Completed and unsubscribed subscriptions are not included. */
  readonly subscriptions: readonly SubscriptionConnection[];
}

export const NO_CONNECTIONS: ConnectionOverview = { state: "idle", subscriptions: [] };

const WORST_FIRST = ["failed", "down", "up", "closed"] as const;

/** Observes the connections of a session. */
export class ConnectionStore extends FrameStore<ConnectionOverview> {
  readonly #session: AnySession;

  constructor(session: AnySession) {
    super(NO_CONNECTIONS);
    this.#session = session;
  }

  protected override observe(): () => void {
    this.#session.on("connection", this.touch);
    return () => void this.#session.off("connection", this.touch);
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

/** Comparing arrays by identity is sufficient, because a subscription always returns the same array of filters. */
function sameConnection(a: SubscriptionConnection, b: SubscriptionConnection): boolean {
  return a.filters === b.filters && sameStatus(a.status, b.status);
}
