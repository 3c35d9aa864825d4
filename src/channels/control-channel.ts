import { stringifyJson } from "../codec/json.js";
import type { Channel, Probe } from "../connection/channel.js";
import { type ChannelSocket, FatalFailure, type Frame, TransientFailure } from "../connection/channel-socket.js";
import { CREATE_HANDSHAKE_FACTOR, HANDSHAKE_FACTOR } from "../connection/handshake-deadline.js";
import type { BacktestRequest } from "../protocol/requests.js";
import { decodeSessionResponse, type Sequenced, type SessionResponse } from "../protocol/responses.js";
import type { SocketTarget } from "../transport/socket.js";
import { isCloseResponse } from "./close-response.js";
import { decodeRedacted, sendNow, textOf } from "./control-frame.js";
import { throwIfAttachRefused, throwIfRefused } from "./control-refusal.js";
import { CreateAttempts, type CreateOptions } from "./create-attempts.js";
import { DamageTracker } from "./damage-tracker.js";
import { EarlyBuffer, REPLAY_LIMITS } from "./early-buffer.js";
import { type SessionInfo, toSessionInfo } from "./session-info.js";
import { type SessionSink, SessionStream } from "./session-stream.js";
import { isDamaged } from "./unrecognized-event.js";

type Response = Sequenced<SessionResponse>;
/** A response with the size of its frame. */
type Received = [response: Response, size: number];

export interface ControlOptions {
  /** The HTTP base that a relative `rpc_endpoint` is resolved against. */
  httpBase: string;
  /** The session to create, or the session to attach to. `last` is the last delivered sequence id. */
  session: CreateOptions | { sessionId: string; last: bigint | undefined };
  /**
   * How long to wait for each response in a handshake, in ms. A create handshake may take at most 10 times this value. An attach
   * handshake may take at most twice this value.
   */
  handshakeMs: number;
  target(): Promise<SocketTarget>;
  /** Removes secrets from the text of an error. */
  redact(text: string): string;
  sink: SessionSink;
  /** Called when the session is established, and again with the result of each re-attach. */
  handleSession(info: SessionInfo): void;
}

/** The control channel of one session: creates it, re-attaches to it and closes it. */
export class ControlChannel implements Channel {
  readonly label = "control";
  readonly probe: Probe = { kind: "ping" };
  readonly #options: ControlOptions;
  readonly #stream: SessionStream;
  readonly #damage = new DamageTracker();
  /** Absent if the channel attaches to an existing session. */
  readonly #attempts: CreateAttempts | undefined;
  #sessionId: string | undefined;
  #socket: ChannelSocket | undefined;
  #keepSession = false;
  /** Whether the server no longer has the session. */
  #isGone = false;
  /** Whether `handleSession` has been called. */
  #isEstablished = false;

  constructor(options: ControlOptions) {
    const { session, sink } = options;
    this.#options = options;
    this.#stream = new SessionStream(sink, "last" in session ? session.last : undefined);
    if ("sessionId" in session) this.#sessionId = session.sessionId;
    else this.#attempts = new CreateAttempts(session);
  }

  /** Writes a request. Returns `false` if no socket is open. */
  send(request: BacktestRequest): boolean {
    return this.#socket?.send(stringifyJson(request)) ?? false;
  }

  /** After this call, closing the connection leaves the session on the server, so that the session can be resumed. */
  keepSession(): void {
    this.#keepSession = true;
  }

  target(): Promise<SocketTarget> {
    return this.#options.target();
  }

  async handshake(socket: ChannelSocket): Promise<"ready" | "ended"> {
    this.#socket = undefined;
    if (this.#sessionId !== undefined) this.#isGone = !(await this.#attach(socket, this.#sessionId));
    else if (this.#attempts !== undefined) await this.#create(socket, this.#attempts);
    this.#socket = socket;
    return this.#isGone ? "ended" : "ready";
  }

  /** Never resolves. The connection stays open after `completed`, until the session closes the connection. */
  run(socket: ChannelSocket): Promise<void> {
    return socket.receive((frame) => this.#handleResponse([this.#decode(frame), frame.length]));
  }

  sendClose(socket: ChannelSocket): boolean {
    return !this.#keepSession && !this.#isGone && socket.send(stringifyJson({ method: "closeBacktestSession" }));
  }

  isCloseResponse(frame: Frame): boolean {
    return isCloseResponse(frame);
  }

  /**
   * Creates the session. Events that arrive before the response `sessionCreated` are buffered until this response arrives. If the
   * attempt fails, the buffered events are dropped.
   */
  async #create(socket: ChannelSocket, attempts: CreateAttempts): Promise<void> {
    const early = new EarlyBuffer<Received>();
    socket.startDeadline(CREATE_HANDSHAKE_FACTOR * this.#options.handshakeMs);
    attempts.send(socket);
    for (;;) {
      const [decoded, size] = await this.#next(socket, "response to createBacktestSession");
      throwIfRefused(decoded, (refusal) => attempts.refused(refusal));
      early.push([decoded, size], size);
      if (decoded.response.method !== "sessionCreated") continue;
      this.#handleSession(decoded.response.params);
      for (const response of early.take()) this.#handleResponse(response);
      return;
    }
  }

  /** Resolves with `false` if the server refuses to attach a session that has already ended. */
  async #attach(socket: ChannelSocket, sessionId: string): Promise<boolean> {
    const { last } = this.#stream;
    this.#stream.rejoin();
    socket.startDeadline(HANDSHAKE_FACTOR * this.#options.handshakeMs);
    sendNow(socket, { method: "attachBacktestSession", params: { session_id: sessionId, last_sequence: last ?? null } });
    if (!(await this.#awaitAttached(socket, sessionId))) return false;
    // A replayed event has ended the session: no resume request is needed.
    if (socket.isClosing) return true;
    sendNow(socket, { method: "resumeAttachedSession" });
    if (!(await this.#awaitResumed(socket))) return false;
    this.#options.sink.handleControlResumed(last);
    return true;
  }

  /**
   * Buffers all responses until the server confirms the session's id. Earlier responses may belong to another session. If the
   * session has completed and the server refuses the attach request, resolves with `false`.
   */
  async #awaitAttached(socket: ChannelSocket, sessionId: string): Promise<boolean> {
    const early = new EarlyBuffer<Received>(REPLAY_LIMITS);
    try {
      for (;;) {
        const [decoded, size] = await this.#next(socket, "sessionAttached after a reconnect");
        throwIfAttachRefused(decoded);
        const { response, sequence } = decoded;
        if (response.method !== "sessionAttached" || this.#stream.isDuplicate(sequence)) {
          early.push([decoded, size], size);
          continue;
        }
        const attachedId = response.params.session_id;
        if (attachedId !== sessionId) {
          early.take();
          throw new TransientFailure(`the server attached session ${attachedId} instead of ${sessionId}`);
        }
        this.#handleSession(response.params);
        early.push([decoded, size], size);
        break;
      }
    } catch (error) {
      // Handles the early events only if the session is established. Otherwise, the next attach replays these events.
      if (this.#isEstablished) for (const response of early.take()) this.#handleResponse(response);
      if (this.#stream.isOver && error instanceof FatalFailure) return false;
      throw error;
    }
    for (const response of early.take()) this.#handleResponse(response);
    return true;
  }

  /**
   * Waits for the response to the resume request, and handles other responses as events. Resolves with `false` if the
   * session has completed and the server refuses to resume it.
   */
  async #awaitResumed(socket: ChannelSocket): Promise<boolean> {
    const early = new EarlyBuffer(REPLAY_LIMITS);
    for (;;) {
      const received = await this.#next(socket, "success after a reconnect");
      const [decoded, size] = received;
      early.count(size);
      try {
        throwIfAttachRefused(decoded);
      } catch (error) {
        if (this.#stream.isOver && error instanceof FatalFailure) return false;
        throw error;
      }
      const isNew = !this.#stream.isDuplicate(decoded.sequence);
      this.#handleResponse(received);
      if (decoded.response.method === "success" && isNew) return true;
    }
  }

  #handleSession(created: Parameters<typeof toSessionInfo>[1]): void {
    const { httpBase, handleSession } = this.#options;
    const info = toSessionInfo(httpBase, created);
    this.#sessionId = info.sessionId;
    this.#isEstablished = true;
    handleSession(info);
  }

  async #next(socket: ChannelSocket, what: string): Promise<Received> {
    const frame = await socket.next(this.#options.handshakeMs, what);
    return [this.#decode(frame), frame.length];
  }

  /** @throws TransientFailure for a damaged frame that the server can replay */
  #decode(frame: Frame): Response {
    const text = textOf(frame);
    const decoded: Response = decodeRedacted(text, decodeSessionResponse, this.#options.redact);
    const { response, sequence } = decoded;
    if (response.method !== "unrecognized" || sequence !== undefined || !this.#canReplay || !isDamaged(text)) return decoded;
    this.#damage.skip(text, `${this.#stream.last}`);
    this.#stream.handleSkipped();
    return decoded;
  }

  /** Whether the server can send a damaged frame again after a reconnect. */
  get #canReplay(): boolean {
    if (this.#stream.isSequenced || this.#attempts === undefined) return true;
    return this.#sessionId === undefined && this.#attempts.canRetry;
  }

  #handleResponse([{ response, sequence }, size]: Received): void {
    this.#stream.handleResponse(response, sequence, size);
  }
}
