import { parseJson, stringifyJson } from "../codec/json.js";
import { idOf, invalidRpcParams, RPC_CODES, type RpcCall, RpcFailure, readCall, rpcError, rpcResult } from "./json-rpc.js";
import { LIMITS } from "./limits.js";
import type { Link, LinkUser } from "./link.js";
import type { NotificationResult } from "./notification-results.js";
import type { Session } from "./session.js";
import { answerCall } from "./session-rpc.js";
import { InvalidSubscription, type Selection, SUBSCRIPTION_KINDS } from "./subscription-kinds.js";

interface Subscription {
  id: number;
  notification: string;
  select: Selection;
  /** `replayFromSlot`: nothing before it is told. */
  from: bigint | undefined;
  /** Position in the session's log of what comes next. */
  next: number;
  isComplete: boolean;
}

/** What isn't an integer is as if it were left out, as the published server reads it: the full history comes. */
function slotOf(replayFromSlot: unknown): bigint | undefined {
  const isInteger = typeof replayFromSlot === "bigint" || Number.isSafeInteger(replayFromSlot);
  return isInteger ? BigInt(replayFromSlot as bigint | number) : undefined;
}

const SUBSCRIBE = /^(\w+?)(Subscribe|Unsubscribe)$/;

/**
 * The server's side of one subscription socket. Each subscription has its own position in the session's log, and nothing
 * is taken from there while the socket is full.
 */
export class SubscriptionConnection implements LinkUser {
  readonly #link: Link;
  readonly #session: Session;
  readonly #nextId: () => number;
  readonly #onClosed: () => void;
  readonly #stopReading: () => void;
  #subscriptions: Subscription[] = [];

  constructor(link: Link, session: Session, nextId: () => number, onClosed: () => void) {
    this.#link = link;
    this.#session = session;
    this.#nextId = nextId;
    this.#onClosed = onClosed;
    this.#stopReading = session.notifications.read(() => this.#pump());
  }

  receive(text: string): void {
    let message: unknown;
    try {
      message = parseJson(text);
    } catch {
      this.#link.send(rpcError(null, new RpcFailure(RPC_CODES.parseError, "Parse error")));
      return;
    }
    try {
      this.#answer(readCall(message));
    } catch (error) {
      this.#link.send(rpcError(idOf(message), error));
    }
  }

  drained(): void {
    this.#pump();
  }

  closed(): void {
    this.#stopReading();
    this.#subscriptions = [];
    this.#onClosed();
  }

  #answer(call: RpcCall): void {
    const [, kind, verb] = SUBSCRIBE.exec(call.method) ?? [];
    const known = kind === undefined ? undefined : SUBSCRIPTION_KINDS.get(kind);
    if (known === undefined) {
      void answerCall(this.#session, call).then((answer) => this.#link.send(answer));
    } else if (verb === "Unsubscribe") {
      this.#link.send(rpcResult(call.id, this.#unsubscribe(call.params[0])));
    } else {
      const subscription = this.#subscribe(known.notification, call.params, known.select);
      // The acknowledgement goes ahead of the subscription's own notifications.
      this.#link.send(rpcResult(call.id, subscription.id));
      this.#subscriptions.push(subscription);
      this.#pump();
    }
  }

  #subscribe(
    notification: string,
    [filter, given]: readonly unknown[],
    selectionOf: (filter: unknown, config: Record<string, unknown>) => Selection,
  ): Subscription {
    if (this.#subscriptions.length >= LIMITS.subscriptionsPerSocket) {
      throw invalidRpcParams(`a connection has at most ${LIMITS.subscriptionsPerSocket} subscriptions`);
    }
    const config = (typeof given === "object" && given !== null ? given : {}) as Record<string, unknown>;
    try {
      const select = selectionOf(filter, config);
      const from = slotOf(config.replayFromSlot);
      const next = from === undefined ? 0 : this.#session.notifications.positionOf(from);
      return { id: this.#nextId(), notification, select, from, next, isComplete: false };
    } catch (error) {
      throw error instanceof InvalidSubscription ? invalidRpcParams(error.message) : error;
    }
  }

  #unsubscribe(id: unknown): boolean {
    const left = this.#subscriptions.filter((subscription) => subscription.id !== id);
    if (left.length === this.#subscriptions.length) throw invalidRpcParams("no such subscription");
    this.#subscriptions = left;
    return true;
  }

  #pump(): void {
    this.#link.batch(() => {
      while (this.#link.writable) {
        const subscription = this.#furthestBehind();
        if (subscription === undefined) break;
        this.#advance(subscription);
      }
    });
  }

  /** The subscription that has most to catch up with, so that those of one socket keep together. */
  #furthestBehind(): Subscription | undefined {
    let found: Subscription | undefined;
    for (const subscription of this.#subscriptions) {
      if (this.#hasNews(subscription) && (found === undefined || subscription.next < found.next)) found = subscription;
    }
    return found;
  }

  #hasNews({ next, isComplete }: Subscription): boolean {
    const { length, ended } = this.#session.notifications;
    return next < length || (ended && !isComplete);
  }

  #advance(subscription: Subscription): void {
    const entry = this.#session.notifications.at(subscription.next);
    if (entry === undefined) {
      subscription.isComplete = true;
      this.#link.send(
        stringifyJson({ jsonrpc: "2.0", method: "subscriptionComplete", params: { subscription: subscription.id } }),
      );
      return;
    }
    subscription.next++;
    // The slot may lie ahead of what has been executed: what is told must not depend on when it was asked for.
    if (subscription.from !== undefined && entry.slot < subscription.from) return;
    for (const result of subscription.select(entry)) this.#notify(subscription, result);
  }

  #notify({ id, notification }: Subscription, result: NotificationResult): void {
    const { recorder } = this.#session;
    if (recorder !== undefined) recorder.notificationsSent++;
    this.#link.send(`{"jsonrpc":"2.0","method":"${notification}","params":{"subscription":${id},"result":${result.json()}}}`);
  }
}
