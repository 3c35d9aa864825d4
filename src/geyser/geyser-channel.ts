import { DamageTracker } from "../channels/damage-tracker.js";
import type { ContinuityEvent, UnrecognizedEvent } from "../channels/managed-events.js";
import type { SessionRange } from "../channels/slot-check.js";
import type { SlotGap } from "../channels/subscription-gap-tracker.js";
import { unrecognizedEvent } from "../channels/unrecognized-event.js";
import { encodeBase64 } from "../codec/base64.js";
import { decodeMessage, encodeMessage } from "../codec/protobuf.js";
import type { Channel, Probe } from "../connection/channel.js";
import { type ChannelSocket, type Frame, fatalFailure, TransientFailure } from "../connection/channel-socket.js";
import { messageOf } from "../protocol/error-helpers.js";
import type { SubscribeRequestMessage, SubscribeUpdateMessage } from "../protocol/geyser/geyser-messages.js";
import { SUBSCRIBE_REQUEST, SUBSCRIBE_UPDATE } from "../protocol/geyser/geyser-schema.js";
import type { SimulatorErrorCode } from "../protocol/simulator-error.js";
import type { SocketTarget } from "../transport/socket.js";
import { type GeyserUpdateEvent, readUpdate } from "./geyser-events.js";
import { GeyserPosition } from "./geyser-position.js";
import { GRPC_CODES, type GrpcNote } from "./grpc-socket.js";
import { findReplayRefusal } from "./replay-refusal.js";

/** Receives what a Geyser stream delivers. */
export interface GeyserSink {
  /** Receives each update once. `size` is the size of the message that contained it, in bytes. */
  handleUpdate(event: GeyserUpdateEvent, size: number): void;
  handleDuplicate(): void;
  handleContinuity(event: ContinuityEvent): void;
  handleUnrecognized(event: UnrecognizedEvent): void;
}

export interface GeyserChannelOptions {
  /** The id of the subscription, see `GeyserSubscription.id`. */
  id: string;
  /** The filters and the commitment of the stream. */
  request: SubscribeRequestMessage;
  /** The slot at which the stream starts, as chosen by the user. */
  fromSlot: bigint | undefined;
  /** The range of the session. `undefined` if it is unknown. */
  range: SessionRange | undefined;
  /** Time limit of the first message, in ms. */
  handshakeMs: number;
  /** Removes secrets from a text that the server sent. The result can be used in errors and logs. */
  redact(text: string): string;
  /** Returns the address and the metadata for the next gRPC call. Called before each attempt to connect. */
  target(): Promise<SocketTarget>;
  /** Waits a short time for the completion of the session. Resolves to `true` if the session has completed. */
  hasCompleted(): Promise<boolean>;
  sink: GeyserSink;
}

/** How long to wait for a `pong` after the server has accepted the call, in ms. Some servers do not answer pings. */
const PONG_MS = 5_000;

/** The client sends this request when the server sends a ping. Without the request, Yellowstone ends the stream. */
const PING_ANSWER = encodeBase64(encodeMessage(SUBSCRIBE_REQUEST, { ping: { id: 1 } }));

/** A Geyser stream of a session: requests it, reads its updates, and continues it after a reconnect. */
export class GeyserChannel implements Channel {
  readonly label = "geyser";
  readonly probe: Probe = { kind: "ping" };
  readonly #options: GeyserChannelOptions;
  readonly #position: GeyserPosition;
  readonly #damage = new DamageTracker();
  /** Whether the server has accepted the subscribe request on any connection. */
  #wasAccepted = false;
  /** Whether the server can replay. `false` after the server has refused a `fromSlot` without reporting an available slot. */
  #canReplay = true;
  #complete = (): void => {};

  constructor(options: GeyserChannelOptions) {
    const { id, fromSlot, range } = options;
    this.#options = options;
    this.#position = new GeyserPosition({ subscriptionId: id, firstSlot: fromSlot ?? range?.startSlot, range });
  }

  target(): Promise<SocketTarget> {
    return this.#options.target();
  }

  async handshake(socket: ChannelSocket): Promise<"ready" | "ended"> {
    const { request, handshakeMs, sink } = this.#options;
    const after = this.#position.highest;
    const fromSlot = this.#canReplay ? this.#position.resumeSlot : undefined;
    this.#position.restart(fromSlot);
    this.#send(socket, { ...request, ...(fromSlot !== undefined && { fromSlot }) });
    // The server reads the messages in order. A pong therefore shows that the server has read the subscribe request.
    this.#send(socket, { ping: { id: 1 } });
    const isEnd = await this.#readAnswer(socket, handshakeMs);
    if (this.#wasAccepted) sink.handleContinuity({ ...this.#continuity, kind: "resumed", ...(after !== undefined && { after }) });
    this.#wasAccepted = true;
    if (isEnd) this.end();
    return isEnd ? "ended" : "ready";
  }

  run(socket: ChannelSocket): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#complete = resolve;
      const receive = (frame: Frame): void => {
        if (typeof frame !== "string") return void this.#handleMessage(frame, socket);
        const note = JSON.parse(frame) as GrpcNote;
        if (note.type === "status") this.#handleStatus(note).then((isEnd) => isEnd && this.end(), reject);
      };
      socket.receive(receive).catch(reject);
    });
  }

  /** Ends the stream, because no more updates can arrive. */
  end(): void {
    this.#reportGap(this.#position.gapAtEnd());
    this.#complete();
  }

  /** Returns `false`: there is no close message. Closing the socket cancels the gRPC call. */
  sendClose(): boolean {
    return false;
  }

  isCloseResponse(): boolean {
    return false;
  }

  #send(socket: ChannelSocket, message: SubscribeRequestMessage): void {
    socket.send(encodeBase64(encodeMessage(SUBSCRIBE_REQUEST, message)));
  }

  /** Waits for the first message. Returns true if the stream ends before a message arrives. */
  async #readAnswer(socket: ChannelSocket, handshakeMs: number): Promise<boolean> {
    let waitMs = handshakeMs;
    let isAccepted = false;
    for (;;) {
      let frame: Frame;
      try {
        frame = await socket.next(waitMs, "response to the Geyser subscribe request");
      } catch (error) {
        // Some servers never send a `pong`. If the server has accepted the call, the stream counts as open.
        if (isAccepted && !socket.isClosing) return false;
        throw error;
      }
      if (typeof frame !== "string") {
        this.#handleMessage(frame, socket);
        return false;
      }
      const note = JSON.parse(frame) as GrpcNote;
      if (note.type === "status") return this.#handleStatus(note);
      isAccepted = true;
      waitMs = Math.min(PONG_MS, handshakeMs);
    }
  }

  /** Handles a message of the server. @throws TransientFailure if the message is damaged and can be requested again */
  #handleMessage(bytes: Uint8Array, socket: ChannelSocket): void {
    let message: SubscribeUpdateMessage;
    try {
      message = decodeMessage(SUBSCRIBE_UPDATE, bytes);
    } catch (error) {
      return this.#handleDamage(bytes, messageOf(error));
    }
    if (message.ping !== undefined) {
      if (!socket.isClosing) socket.send(PING_ANSWER);
      return;
    }
    if (message.pong !== undefined) return;
    const update = readUpdate(message, this.#options.id);
    if (update === undefined) return this.#skip(bytes, "this version does not support this kind of update");
    const verdict = this.#position.accept(update);
    if (verdict.action === "skip") return this.#skip(bytes, verdict.problem);
    if (verdict.action === "drop") return this.#options.sink.handleDuplicate();
    this.#reportGap(verdict.gap);
    this.#options.sink.handleUpdate(update.event, bytes.length);
  }

  /**
   * Handles the status with which the call has ended. Returns true if the stream is complete.
   *
   * @throws FatalFailure if a retry cannot succeed; TransientFailure if a retry may succeed
   */
  async #handleStatus({ code, details }: { code: number; details: string }): Promise<boolean> {
    if (code === GRPC_CODES.ok) {
      const { range } = this.#options;
      const { highest } = this.#position;
      const isAtEnd = range === undefined || (highest !== undefined && highest >= range.endSlot);
      if (isAtEnd || (await this.#options.hasCompleted())) return true;
      throw new TransientFailure("the server ended the stream before the session completed");
    }
    const text = this.#options.redact(details).slice(0, MAX_DETAILS) || "no details";
    const reason = `the server ended the stream with the gRPC status ${code}: ${text}`;
    const refusal = findReplayRefusal(code, details);
    if (refusal !== undefined) this.#handleReplayRefusal(refusal.available, reason);
    else if (!this.#wasAccepted && isFatal(code)) throw fatalFailure(FATAL_STATUSES[code] ?? "subscriptionFailed", reason);
    throw new TransientFailure(reason);
  }

  /**
   * Handles a refusal to replay from the requested slot.
   *
   * @throws FatalFailure if the server cannot replay at all and the user has set `fromSlot`
   */
  #handleReplayRefusal(available: bigint | undefined, reason: string): void {
    if (available !== undefined) return this.#position.handleEvicted(available);
    const { fromSlot } = this.#options;
    if (fromSlot !== undefined && !this.#wasAccepted) throw fatalFailure("subscriptionFailed", reason);
    this.#canReplay = false;
    // If an earlier request was accepted, the updates since the lost connection can be missing.
    if (this.#wasAccepted) this.#position.handleEvicted(undefined);
  }

  /**
   * Handles a message that cannot be decoded. Skips the message if the same damaged message has arrived before.
   *
   * @throws TransientFailure if the damaged message arrives for the first time
   */
  #handleDamage(bytes: Uint8Array, problem: string): void {
    const reason = `a message of ${bytes.length} bytes could not be decoded: ${problem}`;
    const head = encodeBase64(bytes.subarray(0, MAX_RAW_BYTES));
    if (!this.#damage.mustSkip(`${bytes.length} ${head}`, this.#position.fingerprint)) throw new TransientFailure(reason);
    this.#skip(bytes, reason);
    this.#position.handleSkipped();
  }

  #skip(bytes: Uint8Array, reason: string): void {
    const raw = encodeBase64(bytes.subarray(0, MAX_RAW_BYTES));
    this.#options.sink.handleUnrecognized(unrecognizedEvent(raw, reason, this.#options.id));
  }

  #reportGap(gap: SlotGap | undefined): void {
    if (gap !== undefined) this.#options.sink.handleContinuity({ ...this.#continuity, kind: "gap", ...gap });
  }

  get #continuity() {
    return { type: "continuity", channel: this.label, subscriptionId: this.#options.id } as const;
  }
}

/** An error contains at most this many characters of the server's text. */
const MAX_DETAILS = 500;

/** An `unrecognized` event contains at most this many bytes of a message, encoded in base64. */
const MAX_RAW_BYTES = 3_000;

/**
 * If the first request ends with one of these gRPC statuses, the stream fails with the given error code. A retry would be
 * refused, too.
 */
const FATAL_STATUSES: Readonly<Record<number, SimulatorErrorCode>> = {
  [GRPC_CODES.invalidArgument]: "subscriptionFailed",
  [GRPC_CODES.permissionDenied]: "unauthorized",
  [GRPC_CODES.unimplemented]: "unsupported",
  [GRPC_CODES.unauthenticated]: "unauthorized",
};

function isFatal(code: number): boolean {
  return code in FATAL_STATUSES;
}
