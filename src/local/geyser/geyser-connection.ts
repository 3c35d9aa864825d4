import { decodeBase64 } from "../../codec/base64.js";
import { decodeMessage, encodeMessage } from "../../codec/protobuf.js";
import type { SubscribeRequestMessage, SubscribeUpdateMessage } from "../../protocol/geyser/geyser-messages.js";
import { SUBSCRIBE_REQUEST, SUBSCRIBE_UPDATE } from "../../protocol/geyser/geyser-schema.js";
import type { Link, LinkUser } from "../link/link.js";
import type { NotificationLog } from "../notifications/notification-log.js";
import type { Session } from "../session/local-session.js";
import { LIMITS } from "../wire/simulator-limits.js";
import { COMPLETE, closeCodeOf } from "./geyser-peer.js";
import { type GeyserSelection, readSelection } from "./geyser-selection.js";
import { updatesOf } from "./geyser-updates.js";
import { GRPC_STATUS, GrpcRefusal } from "./grpc-status.js";

/**
 * The server side of one Yellowstone stream (a gRPC call). Sends the updates in the log of the session. While the send buffer of
 * the stream is full, nothing is read from the log.
 */
export class GeyserConnection implements LinkUser {
  readonly #link: Link;
  readonly #session: Session;
  readonly #handleClosed: () => void;
  readonly #stopReading: () => void;
  #selection: GeyserSelection | undefined;
  /** The first slot of the stream. Updates of earlier slots are not sent. */
  #from: bigint | undefined;
  /** The next position in the log. */
  #next = 0;
  #cancelPing = (): void => {};
  #isOver = false;

  /** @param handleClosed called when the call has ended */
  constructor(link: Link, session: Session, handleClosed: () => void) {
    this.#link = link;
    this.#session = session;
    this.#handleClosed = handleClosed;
    this.#stopReading = session.notifications.read(
      () => this.#pump(),
      () => this.#next,
    );
    this.#schedulePing();
  }

  receive(base64: string): void {
    try {
      let request: SubscribeRequestMessage;
      try {
        request = decodeMessage(SUBSCRIBE_REQUEST, decodeBase64(base64));
      } catch {
        throw new GrpcRefusal(GRPC_STATUS.invalidArgument, "the request is not a SubscribeRequest");
      }
      this.#handleRequest(request);
    } catch (error) {
      if (!(error instanceof GrpcRefusal)) throw error;
      this.#end(closeCodeOf(error.status), error.message);
    }
  }

  drained(): void {
    this.#pump();
  }

  closed(): void {
    this.#isOver = true;
    this.#cancelPing();
    this.#stopReading();
    this.#handleClosed();
  }

  /** Answers a request that contains a ping. Any other request replaces the filters of the stream. @throws GrpcRefusal */
  #handleRequest(request: SubscribeRequestMessage): void {
    const { ping, fromSlot } = request;
    if (ping !== undefined) {
      // Ignores the ping of a client that does not read. Otherwise, the answers would accumulate in memory.
      if (this.#link.writable) this.#send({ filters: [], pong: { id: ping.id } });
      return;
    }
    const selection = readSelection(request);
    const { notifications } = this.#session;
    if (fromSlot !== undefined) {
      const available = firstAvailableSlot(notifications);
      if (available !== undefined && fromSlot < available) {
        const message = `broadcast from ${fromSlot} is not available, last available: ${available}`;
        throw new GrpcRefusal(GRPC_STATUS.outOfRange, message);
      }
      this.#next = notifications.positionOf(fromSlot);
      this.#from = fromSlot;
    } else if (this.#selection === undefined) {
      // As in Yellowstone, a stream without `from_slot` contains only updates from now on.
      this.#next = notifications.length;
    }
    this.#selection = selection;
    this.#pump();
  }

  #pump(): void {
    const selection = this.#selection;
    if (selection === undefined || this.#isOver) return;
    const { notifications } = this.#session;
    this.#link.batch(() => {
      while (this.#link.writable && this.#next < notifications.length) this.#advance(selection, notifications);
    });
    if (notifications.ended && this.#next >= notifications.length && this.#link.writable) this.#end(COMPLETE, "");
  }

  #advance(selection: GeyserSelection, notifications: NotificationLog): void {
    const position = this.#next++;
    const entry = notifications.at(position);
    if (entry === undefined || (this.#from !== undefined && entry.slot < this.#from)) return;
    const count = (): number => countTransactions(notifications, position);
    for (const update of updatesOf(entry, position, selection, count)) this.#send(update);
  }

  #send(update: SubscribeUpdateMessage): void {
    const now = this.#link.timing.now();
    const createdAt = { seconds: BigInt(Math.floor(now / 1000)), nanos: Math.floor((now % 1000) * 1_000_000) };
    const { recorder } = this.#session;
    if (recorder !== undefined && update.filters.length > 0) recorder.notificationsSent++;
    this.#link.send(encodeMessage(SUBSCRIBE_UPDATE, { ...update, createdAt }));
  }

  #schedulePing(): void {
    const ping = (): void => {
      if (this.#link.writable) this.#send({ filters: [], ping: {} });
      this.#schedulePing();
    };
    this.#cancelPing = this.#link.timing.later(LIMITS.geyserPingMs, ping, { keepsProcess: false });
  }

  #end(code: number, reason: string): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#link.close(code, reason);
  }
}

/** Returns the first slot after the dropped entries of the log. `undefined` if the log has dropped no entries. */
export function firstAvailableSlot(notifications: NotificationLog): bigint | undefined {
  const { firstPosition } = notifications;
  if (firstPosition === 0) return undefined;
  const evicted = notifications.at(firstPosition - 1);
  const first = notifications.at(firstPosition);
  if (first !== undefined && evicted !== undefined && first.slot > evicted.slot) return first.slot;
  return evicted === undefined ? undefined : evicted.slot + 1n;
}

/** Counts the transactions of a block. `end` is the position of the last entry of the block. */
function countTransactions(notifications: NotificationLog, end: number): number {
  const slot = notifications.at(end)?.slot;
  let count = 0;
  for (let position = end - 1; position >= 0; position--) {
    const entry = notifications.at(position);
    if (entry?.slot !== slot) break;
    if (entry?.type === "transaction") count++;
  }
  return count;
}
