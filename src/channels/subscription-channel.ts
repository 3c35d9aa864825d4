import type { FrameDecoder } from "../codec/frame-decoder.js";
import { stringifyJson } from "../codec/json.js";
import type { Channel, Probe } from "../connection/channel.js";
import { type ChannelSocket, FatalFailure, type Frame, TransientFailure } from "../connection/channel-socket.js";
import {
  decodeSubscriptionMessage,
  isSubscriptionId,
  type SubscriptionId,
  type SubscriptionMessage,
} from "../protocol/notifications.js";
import { messageOf, SimulatorError } from "../protocol/simulator-error.js";
import type { SocketTarget } from "../transport/socket.js";
import { Cursor, type CursorState } from "./cursor.js";
import type { ContinuityEvent, NotificationEvent, UnrecognizedEvent } from "./managed-events.js";
import type { Notification, SubscriptionKind } from "./subscription-kind.js";
import { type SubscriptionKindName, subscriptionKind } from "./subscription-kinds.js";

/** What a subscription's stream is made of, one for each filter of a connection. */
export interface Stream {
  readonly filter: string;
  /** What has come in: a live reconnect goes on from here. */
  readonly received: Cursor;
  /** What the consumer has taken: a checkpoint goes on from here. */
  readonly delivered: Cursor;
}

export interface SubscriptionSink {
  /** A notification, each once. The stream's `delivered` is noted by whoever hands it to the consumer. */
  handleNotification(event: NotificationEvent, stream: Stream, slot: bigint, key: string): void;
  /** A notification that had come before. */
  handleRepetition(): void;
  handleUnrecognized(event: UnrecognizedEvent): void;
  /** A compressed frame gave so many characters. */
  handleDecoded(size: number): void;
  handleContinuity(event: ContinuityEvent): void;
}

export interface SubscriptionOptions {
  kind: SubscriptionKindName;
  /** Programs, in the order they are subscribed in. */
  filters: readonly string[];
  /** What goes into each subscribe's config, beside what its kind puts there. */
  config?: Readonly<Record<string, unknown>>;
  /** Where each stream goes on from; absent: from its beginning. */
  cursors?: readonly (CursorState | undefined)[];
  /** How long a subscribe may go unanswered, in ms. */
  handshakeMs: number;
  validate: "cursor" | "full";
  /** A decoder for a new connection's compressed frames; `undefined`: compression is not asked for. */
  newDecoder(): FrameDecoder | undefined;
  /** Asked anew for each connect: a re-attach may have moved the session. */
  target(): SocketTarget;
  sink: SubscriptionSink;
}

/** A message, and the frame that it came as. */
interface Early {
  message: SubscriptionMessage & { type: "notification" | "complete" };
  text: string;
}

/** The probe's id; subscribes count from 1. */
const PROBE_ID = 0;

/**
 * The subscriptions of one call: one connection, one subscription a filter, each with a cursor of its own. Done when
 * every one of them is complete.
 */
export class SubscriptionChannel implements Channel {
  readonly label: SubscriptionKindName;
  readonly probe: Probe = { kind: "request", text: `{"jsonrpc":"2.0","id":${PROBE_ID},"method":"getHealth"}` };
  readonly streams: readonly Stream[];
  readonly #kind: SubscriptionKind;
  readonly #options: SubscriptionOptions;
  /** The current connection's: filled as the acknowledgements come. */
  #subscribed = new Map<SubscriptionId, Stream>();
  #complete = new Set<SubscriptionId>();
  /** Came ahead of the acknowledgement of their own subscription. */
  #early: Early[] = [];
  #connectedBefore = false;
  #refusal: FatalFailure | undefined;
  #decoder: FrameDecoder | undefined;
  #handleComplete = (): void => {};

  constructor(options: SubscriptionOptions) {
    this.label = options.kind;
    this.#kind = subscriptionKind(options.kind, options.validate);
    this.#options = options;
    this.streams = options.filters.map((filter, index) => ({
      filter,
      received: new Cursor(options.cursors?.[index]),
      delivered: new Cursor(options.cursors?.[index]),
    }));
    this.#connectedBefore = options.cursors?.some((cursor) => cursor !== undefined) ?? false;
  }

  /** Whether every one of its streams has come to its end. */
  get isComplete(): boolean {
    return this.#complete.size === this.streams.length;
  }

  target(): SocketTarget {
    return this.#options.target();
  }

  async handshake(socket: ChannelSocket): Promise<"ready"> {
    const { handshakeMs, newDecoder, sink } = this.#options;
    this.#decoder = newDecoder();
    this.#subscribed = new Map();
    this.#complete = new Set();
    this.#early = [];
    this.#refusal = undefined;
    for (const { received } of this.streams) received.rewind();
    const after = this.#resumesAfter();
    for (const [index, stream] of this.streams.entries()) socket.send(this.#subscribeRequest(stream, index + 1));
    while (this.#isSubscribing) {
      this.#handleFrame(await socket.next(handshakeMs, `answer to ${this.#kind.name}Subscribe`));
      if (this.#refusal !== undefined) throw this.#refusal;
    }
    if (this.#connectedBefore) sink.handleContinuity({ type: "continuity", kind: "resumed", channel: this.label, ...after });
    this.#connectedBefore = true;
    for (const { message, text } of this.#early.splice(0)) this.#handleMessage(message, text);
    return "ready";
  }

  run(socket: ChannelSocket): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#handleComplete = () => {
        if (this.isComplete) resolve();
      };
      this.#handleComplete();
      let isLost = false;
      socket.receive((frame) => {
        // What comes behind a frame that can't be read would move the cursor past what was in that one.
        if (isLost) return;
        try {
          this.#handleFrame(frame);
        } catch (error) {
          isLost = true;
          reject(error);
        }
      });
    });
  }

  goodbye(): void {}

  #subscribeRequest({ filter, received }: Stream, id: number): string {
    const [what, config] = this.#kind.params(filter);
    const { slot } = received;
    const more = {
      ...this.#options.config,
      ...(slot !== undefined && { replayFromSlot: slot }),
      ...(this.#decoder !== undefined && { compression: "zstd" }),
    };
    const params = config === undefined ? [] : [what, { ...config, ...more }];
    return stringifyJson({ jsonrpc: "2.0", id, method: `${this.#kind.name}Subscribe`, params });
  }

  #resumesAfter(): { after?: bigint } {
    let after: bigint | undefined;
    for (const { received } of this.streams) {
      const { slot } = received;
      if (after === undefined || (slot !== undefined && slot < after)) after = slot;
    }
    return after === undefined ? {} : { after };
  }

  /** @throws TransientFailure for a frame that can't be decoded: the rest of its stream can't be either */
  #handleFrame(frame: Frame): void {
    const text = typeof frame === "string" ? frame : this.#decode(frame);
    const scanned = this.#kind.scan?.(text);
    const stream = scanned && this.#subscribed.get(scanned.subscription);
    if (scanned && stream) return this.#accept(scanned.read(stream.filter), stream);
    this.#handleMessage(decodeSubscriptionMessage(text), text);
  }

  #decode(frame: Uint8Array): string {
    const { sink } = this.#options;
    try {
      if (this.#decoder === undefined) throw new Error("no compression was asked for");
      const text = this.#decoder.decode(frame);
      sink.handleDecoded(text.length);
      return text;
    } catch (error) {
      const reason = `a binary frame of ${frame.length} bytes: ${messageOf(error)}`;
      this.#skip("", reason);
      throw new TransientFailure(reason);
    }
  }

  #handleMessage(message: SubscriptionMessage, text: string): void {
    switch (message.type) {
      case "notification":
      case "complete": {
        const stream = this.#subscribed.get(message.subscription);
        if (stream === undefined) {
          if (this.#isSubscribing) this.#early.push({ message, text });
          else this.#skip(text, `a message for subscription ${message.subscription}, which isn't ours`);
          return;
        }
        if (message.type === "notification") this.#handleNotification(message, stream, text);
        if (message.type === "complete" || this.#kind.isOneShot) {
          this.#complete.add(message.subscription);
          this.#handleComplete();
        }
        return;
      }
      case "answer":
        return this.#handleAnswer(message.id, message.result, text);
      case "refusal": {
        // One without an id is meant for a subscribe only while there is one to answer.
        const stream = this.#isSubscribing ? this.streams[(message.id ?? 1) - 1] : undefined;
        if (stream === undefined) return;
        const { code, message: said } = message.error;
        const text = `${this.#kind.name}Subscribe for ${stream.filter} was refused: ${said} (${code})`;
        const cause = new SimulatorError("subscriptionFailed", text, { cause: message.error });
        this.#refusal = new FatalFailure(text, { cause });
        return;
      }
      case "unrecognized":
        return this.#skip(message.raw, message.reason);
    }
  }

  get #isSubscribing(): boolean {
    return this.#subscribed.size < this.streams.length;
  }

  #handleAnswer(id: number, result: unknown, text: string): void {
    const stream = this.streams[id - 1];
    if (stream === undefined) return;
    if (!isSubscriptionId(result)) return this.#skip(text, `${this.#kind.name}Subscribe was answered without a subscription id`);
    this.#subscribed.set(result, stream);
    // Before any that comes from now on: a later slot would make them look like repetitions.
    const isOwn = ({ message }: Early): boolean => message.subscription === result;
    const own = this.#early.filter(isOwn);
    this.#early = this.#early.filter((early) => !isOwn(early));
    for (const early of own) this.#handleMessage(early.message, early.text);
  }

  #handleNotification({ method, result }: SubscriptionMessage & { type: "notification" }, stream: Stream, text: string): void {
    if (method !== `${this.#kind.name}Notification`) return this.#skip(text, `${method} on a ${this.label} subscription`);
    const problem = this.#kind.findProblem?.(result);
    const notification = problem === undefined ? this.#kind.read(result, stream.filter) : undefined;
    if (notification === undefined) {
      return this.#skip(text, `a malformed ${method}${problem === undefined ? "" : `: ${problem}`}`);
    }
    this.#accept(notification, stream);
  }

  #accept({ slot, key, event }: Notification, stream: Stream): void {
    const { sink } = this.#options;
    if (stream.received.accept(slot, key)) sink.handleNotification(event, stream, slot, key);
    else sink.handleRepetition();
  }

  #skip(raw: string, reason: string): void {
    this.#options.sink.handleUnrecognized({ type: "unrecognized", raw, reason });
  }
}
