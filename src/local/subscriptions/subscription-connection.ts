import { parseJson, stringifyJson } from "../../codec/json.js";
import { StreamEncoder } from "../../codec/zstd.js";
import type { Link, LinkUser } from "../link/link.js";
import type { NotificationResult } from "../notifications/notification-results.js";
import { type Selection, SUBSCRIPTION_KINDS } from "../notifications/subscription-selections.js";
import { readConfig, SUBSCRIPTION_CONFIG } from "../rpc/rpc-config.js";
import { answerCall } from "../rpc/rpc-dispatcher.js";
import type { Session } from "../session/local-session.js";
import { idOf, invalidRpcParams, RPC_CODES, type RpcCall, RpcFailure, readCall, rpcError, rpcResult } from "../wire/json-rpc.js";
import { LIMITS } from "../wire/simulator-limits.js";

interface Subscription {
  id: number;
  /** The kind of subscription, such as `transaction`. */
  kind: string;
  select: Selection;
  isOneShot: boolean;
  isCompressed: boolean;
  /** The `replayFromSlot` parameter: notifications for earlier slots are not sent. */
  from: bigint | undefined;
  /** The next position in the log of the session. */
  next: number;
  isComplete: boolean;
}

export interface SubscriptionTerms {
  nextId(): number;
  /** Whether the server supports compression. */
  compresses: boolean;
  closed(): void;
}

/** Reads `replayFromSlot`. Like the published server, ignores a value that is not an integer, and sends the full history. */
function slotOf(replayFromSlot: unknown): bigint | undefined {
  const isInteger = typeof replayFromSlot === "bigint" || Number.isSafeInteger(replayFromSlot);
  return isInteger ? BigInt(replayFromSlot as bigint | number) : undefined;
}

const SUBSCRIBE = /^(\w+?)(Subscribe|Unsubscribe)$/;

/**
 * The server side of one subscription socket. Each subscription has its own position in the log of the session. While the buffer of
 * the socket is full, nothing is read from the log.
 */
export class SubscriptionConnection implements LinkUser {
  readonly #link: Link;
  readonly #session: Session;
  readonly #terms: SubscriptionTerms;
  readonly #stopReading: () => void;
  #subscriptions: Subscription[] = [];
  /** One zstd stream for the whole connection. Created for the first subscription with compression. */
  #encoder: StreamEncoder | undefined;

  constructor(link: Link, session: Session, terms: SubscriptionTerms) {
    this.#link = link;
    this.#session = session;
    this.#terms = terms;
    this.#stopReading = session.notifications.read(
      () => this.#pump(),
      () => Math.min(...this.#subscriptions.map(({ next }) => next)),
    );
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
    this.#terms.closed();
  }

  #answer(call: RpcCall): void {
    const { id } = call;
    // Ignores a call without an id: JSON-RPC forbids a response to such a call.
    if (id === undefined) return;
    const [, kind = "", verb] = SUBSCRIBE.exec(call.method) ?? [];
    if (!SUBSCRIPTION_KINDS.has(kind)) {
      void answerCall(this.#session, call).then((answer = "") => this.#link.send(answer));
    } else if (verb === "Unsubscribe") {
      this.#link.send(rpcResult(id, this.#unsubscribe(call.params[0])));
    } else {
      const subscription = this.#subscribe(kind, call.params);
      // The client must receive the acknowledgement before the notifications of the subscription.
      this.#link.send(rpcResult(id, subscription.id));
      this.#subscriptions.push(subscription);
      if (subscription.isCompressed) this.#encoder ??= new StreamEncoder();
      this.#pump();
    }
  }

  /** @throws RpcFailure */
  #subscribe(kind: string, [filter, given]: readonly unknown[]): Subscription {
    if (this.#subscriptions.length >= LIMITS.subscriptionsPerSocket) {
      throw invalidRpcParams(`a connection has at most ${LIMITS.subscriptionsPerSocket} subscriptions`);
    }
    const config = readConfig(SUBSCRIPTION_CONFIG, given) as Record<string, unknown>;
    const known = SUBSCRIPTION_KINDS.get(kind);
    if (known === undefined) throw new RpcFailure(RPC_CODES.methodNotFound, "Method not found");
    const select = known.select(filter, config);
    const from = slotOf(config.replayFromSlot);
    const { notifications } = this.#session;
    return {
      id: this.#terms.nextId(),
      kind,
      select,
      isOneShot: known.isOneShot === true,
      isCompressed: this.#terms.compresses && config.compression === "zstd",
      from,
      next: Math.max(notifications.firstPosition, from === undefined ? 0 : notifications.positionOf(from)),
      isComplete: false,
    };
  }

  #unsubscribe(id: unknown): boolean {
    const left = this.#subscriptions.filter((subscription) => subscription.id !== id);
    if (left.length === this.#subscriptions.length) throw invalidRpcParams("no such subscription");
    this.#subscriptions = left;
    return true;
  }

  #pump(): void {
    if (this.#subscriptions.length === 0) return;
    this.#link.batch(() => {
      while (this.#link.writable) {
        const subscription = this.#furthestBehind();
        if (subscription === undefined) break;
        this.#advance(subscription);
      }
    });
  }

  /** Returns the subscription that is furthest behind, so that all subscriptions of a socket progress evenly. */
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
      const { id } = subscription;
      const text = stringifyJson({ jsonrpc: "2.0", method: "subscriptionComplete", params: { subscription: id } });
      // For even ids, this message is not compressed, so that clients are tested with both forms. The published server sends both.
      if (id % 2 === 0) this.#link.send(text);
      else this.#send(subscription, text);
      return;
    }
    subscription.next++;
    // Skips entries until slot `from`. A client can subscribe from a slot that is not executed yet.
    if (subscription.from !== undefined && entry.slot < subscription.from) return;
    const results = subscription.select(entry);
    for (const result of results) this.#notify(subscription, result);
    if (subscription.isOneShot && results.length > 0) {
      this.#subscriptions = this.#subscriptions.filter((other) => other !== subscription);
    }
  }

  #notify(subscription: Subscription, result: NotificationResult): void {
    const { recorder } = this.#session;
    if (recorder !== undefined) recorder.notificationsSent++;
    const { id, kind } = subscription;
    this.#send(
      subscription,
      `{"jsonrpc":"2.0","method":"${kind}Notification","params":{"subscription":${id},"result":${result.json()}}}`,
    );
  }

  #send({ isCompressed }: Subscription, text: string): void {
    this.#link.send(isCompressed && this.#encoder !== undefined ? this.#encoder.encode(text) : text);
  }
}
