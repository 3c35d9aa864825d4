import type { FrameDecoder } from "../codec/compressed-frame-decoder.js";
import type { Channel, Probe } from "../connection/channel.js";
import { type ChannelSocket, type Frame, TransientFailure } from "../connection/channel-socket.js";
import { HANDSHAKE_FACTOR } from "../connection/handshake-deadline.js";
import { messageOf } from "../protocol/error-helpers.js";
import {
  decodeSubscriptionMessage,
  isSubscriptionId,
  type JsonRpcError,
  type SubscriptionId,
  type SubscriptionMessage,
} from "../protocol/subscription-message.js";
import type { SocketTarget } from "../transport/socket.js";
import type { CursorState } from "./cursor.js";
import { DamageTracker } from "./damage-tracker.js";
import { EarlyBuffer } from "./early-buffer.js";
import { shortKey } from "./event-key.js";
import type { ContinuityEvent, NotificationEvent, UnrecognizedEvent } from "./managed-events.js";
import { memorySizeOf } from "./memory-size.js";
import { checkSlotEvents, type SessionRange } from "./slot-check.js";
import { subscribeRefused } from "./subscribe-refusal.js";
import { subscribeRequest } from "./subscribe-request.js";
import type { SlotGap } from "./subscription-gap-tracker.js";
import type { Notification, SubscriptionKind } from "./subscription-kind.js";
import { type SubscriptionKindName, subscriptionKind } from "./subscription-kinds.js";
import { SubscriptionStream } from "./subscription-stream.js";
import { isDamaged, unrecognizedEvent } from "./unrecognized-event.js";

/** The members of `SubscriptionStream` that are used outside the channel. */
export type Stream = Pick<SubscriptionStream, "filter" | "subscriptionId" | "received" | "delivered">;

export interface SubscriptionSink {
  /**
   * Called once for each notification. `size` is the length of its text. When the consumer receives the notification, the
   * sink must call `stream.delivered.note(slot, key)`.
   */
  handleNotification(event: NotificationEvent, stream: Stream, slot: bigint, key: string, size: number): void;
  /** Called when a duplicate notification was dropped. */
  handleDuplicate(): void;
  handleUnrecognized(event: UnrecognizedEvent): void;
  /** Called for each compressed frame, with its decoded size in characters. */
  handleDecoded(size: number): void;
  handleContinuity(event: ContinuityEvent): void;
}

export interface SubscriptionOptions {
  /** `Subscription.id`. */
  id: string;
  kind: SubscriptionKindName;
  /** Programs, accounts or signatures. They are subscribed in this order. */
  filters: readonly string[];
  /** Members to add to the config object of each subscribe request. */
  config?: Readonly<Record<string, unknown>>;
  /** The positions at which the streams of a resumed subscription continue. A stream without a position starts at the beginning. */
  cursors?: readonly (CursorState | undefined)[];
  /** The session's slots. Absent if they are unknown. */
  range?: SessionRange | undefined;
  /** How long to wait for each response to a subscribe request, in ms. The limit for all responses together is twice this value. */
  handshakeMs: number;
  validate: "cursor" | "full";
  /** Creates the decoder for a new connection. Returns `undefined` if compression is turned off. */
  newDecoder(): FrameDecoder | undefined;
  /** Called for each connection attempt, because a re-attach may have changed the session's address. */
  target(): SocketTarget;
  /** Removes secrets from a text of the server. */
  redact(text: string): string;
  sink: SubscriptionSink;
}

/** A message that arrived before its subscription was acknowledged, and the text of its frame. */
interface EarlyMessage {
  message: SubscriptionMessage & { type: "notification" | "complete" };
  text: string;
}

/** The request id of the probe. The ids of subscribe requests start at 1. */
const PROBE_ID = 0;

/**
 * The subscriptions of one `subscribe…` call: one connection, with one stream for each filter. The channel ends when every stream
 * is complete.
 */
export class SubscriptionChannel implements Channel {
  readonly label: SubscriptionKindName;
  readonly probe: Probe = { kind: "request", text: `{"jsonrpc":"2.0","id":${PROBE_ID},"method":"getHealth"}` };
  readonly streams: readonly SubscriptionStream[];
  readonly #kind: SubscriptionKind;
  readonly #options: SubscriptionOptions;
  readonly #damage = new DamageTracker();
  /** The acknowledged streams of the current connection. */
  #subscribed = new Map<SubscriptionId, SubscriptionStream>();
  readonly #early = new EarlyBuffer<EarlyMessage>();
  #connectedBefore = false;
  #decoder: FrameDecoder | undefined;
  /**
   * Whether the next connections request text instead of compressed frames. Set after compressed frames were damaged repeatedly at
   * the same position.
   */
  #avoidsCompression = false;
  #handleComplete = (): void => {};

  constructor(options: SubscriptionOptions) {
    const { id, kind, filters, cursors, validate, range } = options;
    const wasAcknowledged = cursors !== undefined;
    this.label = kind;
    this.#kind = subscriptionKind(kind, validate);
    this.#options = options;
    this.streams = filters.map(
      (filter, index) => new SubscriptionStream({ filter, subscriptionId: id, cursor: cursors?.[index], wasAcknowledged, range }),
    );
    this.#connectedBefore = cursors?.some((cursor) => cursor !== undefined) ?? false;
  }

  /** Whether every stream has ended. */
  get isComplete(): boolean {
    return this.streams.every(({ isComplete }) => isComplete);
  }

  target(): SocketTarget {
    return this.#options.target();
  }

  async handshake(socket: ChannelSocket): Promise<"ready"> {
    const { handshakeMs, newDecoder, sink, config } = this.#options;
    this.#decoder = this.#avoidsCompression ? undefined : newDecoder();
    this.#subscribed = new Map();
    this.#early.take();
    for (const stream of this.streams) stream.restart();
    const after = this.#resumesAfter();
    socket.startDeadline(HANDSHAKE_FACTOR * handshakeMs);
    for (const [index, stream] of this.streams.entries()) {
      const isCompressed = this.#decoder !== undefined;
      socket.send(subscribeRequest(this.#kind, stream, { id: index + 1, config, isCompressed }));
    }
    while (this.#isSubscribing) {
      this.#handleFrame(await socket.next(handshakeMs, `response to ${this.#kind.name}Subscribe`));
    }
    if (this.#connectedBefore) sink.handleContinuity({ ...this.#continuity, kind: "resumed", ...after });
    this.#connectedBefore = true;
    for (const { message, text } of this.#early.take()) this.#handleMessage(message, text);
    return "ready";
  }

  run(socket: ChannelSocket): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#handleComplete = () => {
        if (this.isComplete) resolve();
      };
      this.#handleComplete();
      socket.receive((frame) => this.#handleFrame(frame)).catch(reject);
    });
  }

  /** Sends nothing, because the server ends the subscriptions when their connection closes. */
  sendClose(): boolean {
    return false;
  }

  isCloseResponse(): boolean {
    return false;
  }

  #resumesAfter(): { after?: bigint } {
    let after: bigint | undefined;
    for (const { received } of this.streams) {
      const { slot } = received;
      if (after === undefined || (slot !== undefined && slot < after)) after = slot;
    }
    return after === undefined ? {} : { after };
  }

  /** @throws TransientFailure or FatalFailure if the connection can no longer be used */
  #handleFrame(frame: Frame): void {
    const text = typeof frame === "string" ? frame : this.#decode(frame);
    const scanned = this.#kind.scan?.(text);
    const stream = scanned && this.#subscribed.get(scanned.subscription);
    if (scanned && stream) return this.#accept(scanned.read(stream), stream, text);
    const message = decodeSubscriptionMessage(text);
    // Removes the API key from a refusal. The server may repeat the key in the text, and the user receives the text.
    this.#handleMessage(message.type === "refusal" ? decodeSubscriptionMessage(this.#options.redact(text)) : message, text);
  }

  /** @throws TransientFailure if the frame cannot be decoded. The client then reconnects with a new decoder. */
  #decode(frame: Uint8Array): string {
    const { sink } = this.#options;
    try {
      if (this.#decoder === undefined) throw new Error("compression was not requested");
      const text = this.#decoder.decode(frame);
      sink.handleDecoded(text.length);
      return text;
    } catch (error) {
      const reason = `a binary frame of ${frame.length} bytes could not be decoded: ${messageOf(error)}`;
      this.#skip("", reason);
      if (this.#damage.mustSkip(`${frame.length} bytes`, this.#position)) this.#avoidsCompression = true;
      throw new TransientFailure(reason);
    }
  }

  #handleMessage(message: SubscriptionMessage, text: string): void {
    switch (message.type) {
      case "notification":
      case "complete": {
        const stream = this.#subscribed.get(message.subscription);
        if (stream === undefined) return this.#handleForeign({ message, text });
        if (message.type === "notification") this.#handleNotification(message, stream, text);
        if (message.type === "complete" || this.#kind.isOneShot) this.#complete(stream);
        return;
      }
      case "answer":
        return this.#handleAcknowledgement(message.id, message.result, text);
      case "refusal":
        return this.#handleRefusal(message.id, message.error);
      case "unrecognized":
        if (isDamaged(text)) return this.#handleDamage(text);
        return this.#skip(message.raw, message.reason);
    }
  }

  get #isSubscribing(): boolean {
    return this.#subscribed.size < this.streams.length;
  }

  /**
   * Handles a message for an unknown subscription id. The message is buffered while an acknowledgement is pending, and skipped
   * otherwise.
   */
  #handleForeign(early: EarlyMessage): void {
    const { message, text } = early;
    if (!this.#isSubscribing) {
      return this.#skip(text, `a message for subscription ${message.subscription}, which is not on this connection`);
    }
    this.#early.push(early, memorySizeOf(text));
  }

  /** The subscribe request of `streams[0]` has the id 1, the request of `streams[1]` has the id 2, and so on. */
  #handleAcknowledgement(id: number, result: unknown, text: string): void {
    const stream = this.streams[id - 1];
    if (stream === undefined) return;
    const request = `${this.#kind.name}Subscribe`;
    if (stream.isAcknowledged) return this.#skip(text, `a second acknowledgement of a ${request}`);
    if (!isSubscriptionId(result) || this.#subscribed.has(result)) {
      const problem = `${request} was acknowledged with an invalid or duplicate subscription id`;
      this.#skip(text, problem);
      throw new TransientFailure(problem);
    }
    stream.isAcknowledged = true;
    stream.wasAcknowledged = true;
    this.#subscribed.set(result, stream);
    // Handles the messages that arrived before the acknowledgement. This keeps the messages of the stream in order of arrival.
    const own = this.#early.take(({ message }) => message.subscription === result);
    for (const early of own) this.#handleMessage(early.message, early.text);
    // A one-shot stream has one notification. If this notification arrived before the reconnect, the stream is complete.
    if (this.#kind.isOneShot && stream.received.slot !== undefined) this.#complete(stream);
  }

  /** @throws FatalFailure if the subscribe request itself is invalid, TransientFailure if it was refused for any other reason */
  #handleRefusal(id: number | undefined, error: JsonRpcError): void {
    // A refusal without an id belongs to the first pending subscribe request. If none is pending, it is ignored.
    const stream = id === undefined ? this.streams.find(({ isAcknowledged }) => !isAcknowledged) : this.streams[id - 1];
    if (stream === undefined || stream.isAcknowledged) return;
    throw subscribeRefused(this.#kind, stream, error);
  }

  #handleNotification(
    { method, result }: SubscriptionMessage & { type: "notification" },
    stream: SubscriptionStream,
    text: string,
  ): void {
    if (method !== `${this.#kind.name}Notification`) return this.#skip(text, `${method} on a ${this.label} subscription`);
    const problem = this.#kind.findProblem?.(result);
    const notification = problem === undefined ? this.#kind.read(result, stream) : undefined;
    if (notification === undefined) {
      return this.#skip(text, `a malformed ${method}${problem === undefined ? "" : `: ${problem}`}`);
    }
    this.#accept(notification, stream, text, memorySizeOf(text));
  }

  /** @throws FatalFailure if a slot has too many events */
  #accept({ slot, key, event }: Notification, stream: SubscriptionStream, text: string, size: number = text.length): void {
    const { sink } = this.#options;
    if (!this.#kind.isOneShot) {
      const problem = stream.slotCheck.findProblem(slot);
      if (problem !== undefined) return this.#skip(text, problem);
      this.#reportGap(stream.gaps.gapBefore(slot));
    }
    const { received } = stream;
    const position = shortKey(key);
    if (!received.accept(slot, position)) return sink.handleDuplicate();
    checkSlotEvents(received.keyCount, slot, stream.filter);
    sink.handleNotification(event, stream, slot, position, size);
  }

  #complete(stream: SubscriptionStream): void {
    if (!this.#kind.isOneShot) this.#reportGap(stream.gaps.gapAtEnd(this.#options.range?.endSlot));
    stream.isComplete = true;
    this.#handleComplete();
  }

  #reportGap(gap: SlotGap | undefined): void {
    if (gap === undefined) return;
    this.#options.sink.handleContinuity({ ...this.#continuity, kind: "gap", ...gap });
  }

  get #continuity() {
    return { type: "continuity", channel: this.label, subscriptionId: this.#options.id } as const;
  }

  /** Skips a frame that is still damaged after a reconnect. @throws TransientFailure if the client must reconnect first */
  #handleDamage(text: string): void {
    this.#skip(text, this.#damage.skip(text, this.#position));
    const firstSlot = this.#options.range?.startSlot ?? 0n;
    for (const stream of this.streams) if (!stream.isComplete) stream.gaps.handleSkipped(firstSlot);
  }

  /** Identifies the position of a damaged frame by the events received before it. */
  get #position(): string {
    return this.streams.map(({ received }) => `${received.slot} ${received.keyCount}`).join();
  }

  #skip(raw: string, reason: string): void {
    const { sink, redact, id } = this.#options;
    sink.handleUnrecognized(unrecognizedEvent(redact(raw), redact(reason), id));
  }
}
