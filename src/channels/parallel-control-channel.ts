import { stringifyJson } from "../codec/json.js";
import type { Channel, Probe } from "../connection/channel.js";
import {
  type ChannelSocket,
  type FatalFailure,
  type Frame,
  fatalFailure,
  TransientFailure,
} from "../connection/channel-socket.js";
import { CREATE_HANDSHAKE_FACTOR, HANDSHAKE_FACTOR } from "../connection/handshake-deadline.js";
import type { BacktestRequest } from "../protocol/requests.js";
import { type BacktestResponse, type DecodedResponse, decodeResponse } from "../protocol/responses.js";
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

/** A sub-session and its slots, from `startSlot` to `endSlot` inclusive. */
export interface CreatedSubSession {
  info: SessionInfo;
  startSlot: bigint;
  endSlot: bigint;
}

export interface CreatedRun {
  controlSessionId: string;
  controlSessionName?: string;
  subSessions: readonly CreatedSubSession[];
}

export interface ParallelControlOptions extends CreateOptions {
  httpBase: string;
  /** How long to wait for each response to the create request, in ms. The server may wait for capacity between two responses. */
  createMs: number;
  /**
   * How long to wait for each response to an attach request, in ms. An attach handshake may take at most twice this value. The
   * creation of each sub-session may take at most 10 times this value.
   */
  handshakeMs: number;
  target(): Promise<SocketTarget>;
  /** Removes secrets from the text of an error. */
  redact(text: string): string;
  /** Called when the server has created the run. Returns one sink for each sub-session, in the order of `run.subSessions`. */
  handleRun(run: CreatedRun): readonly SessionSink[];
  /** Called when a frame was skipped because it belongs to no sub-session. */
  handleStray(reason: string): void;
}

/**
 * The maximum number of sub-sessions in a run. The limit bounds the memory. A run of one year needs about 7,900 sub-sessions of
 * 10,000 slots.
 */
const MAX_SUB_SESSIONS = 10_000;

/** A response with the size of its frame. */
type Received = [response: DecodedResponse, size: number];

/** The control channel that the sub-sessions of a parallel run share. */
export class ParallelControlChannel implements Channel {
  readonly label = "control";
  readonly probe: Probe = { kind: "ping" };
  readonly #options: ParallelControlOptions;
  readonly #streams = new Map<string, { stream: SessionStream; sink: SessionSink }>();
  readonly #damage = new DamageTracker();
  readonly #attempts: CreateAttempts;
  /** Detached sub-sessions. */
  readonly #detached = new Set<string>();
  /** Detached sub-sessions whose close request has not been sent yet. */
  readonly #unclosed = new Set<string>();
  /** Number of close requests on the current connection that have no response yet. */
  #pendingCloses = 0;
  #controlSessionId: string | undefined;
  #socket: ChannelSocket | undefined;
  #keepRun = false;

  constructor(options: ParallelControlOptions) {
    this.#options = options;
    this.#attempts = new CreateAttempts(options);
  }

  send(request: BacktestRequest): boolean {
    return this.#socket?.send(stringifyJson(request)) ?? false;
  }

  /**
   * Detaches a sub-session. Returns whether all sub-sessions of the run are detached.
   *
   * @param departure `close` closes the sub-session on the server. `keep` keeps the sub-session and its run on the server
   */
  detach(sessionId: string, departure: "close" | "keep"): boolean {
    if (departure === "keep") this.#keepRun = true;
    if (!this.#detached.has(sessionId)) {
      this.#detached.add(sessionId);
      if (departure === "close" && !this.#streams.get(sessionId)?.stream.isOver) this.#unclosed.add(sessionId);
      this.#closeDetached();
    }
    return this.#areAllDetached;
  }

  target(): Promise<SocketTarget> {
    return this.#options.target();
  }

  async handshake(socket: ChannelSocket): Promise<"ready" | "ended"> {
    this.#socket = undefined;
    this.#pendingCloses = 0;
    if (this.#controlSessionId === undefined) await this.#create(socket);
    else await this.#attach(socket, this.#controlSessionId);
    this.#socket = socket;
    this.#closeDetached();
    return this.#areAllDetached ? "ended" : "ready";
  }

  /** Handles each received frame. The returned promise never resolves. */
  run(socket: ChannelSocket): Promise<void> {
    return socket.receive((frame) => this.#handleResponse([this.#decode(frame), frame.length]));
  }

  sendClose(socket: ChannelSocket): boolean {
    if (this.#keepRun || !socket.send(stringifyJson({ method: "closeBacktestSession" }))) return false;
    this.#pendingCloses++;
    return true;
  }

  /** Returns `true` if the frame is the response to the last pending close request. */
  isCloseResponse(frame: Frame): boolean {
    if (!isCloseResponse(frame)) return false;
    this.#pendingCloses--;
    return this.#pendingCloses <= 0;
  }

  #closeDetached(): void {
    for (const sessionId of this.#unclosed) {
      if (!this.send({ method: "closeSessionV1", params: { sessionId } })) return;
      this.#unclosed.delete(sessionId);
      this.#pendingCloses++;
    }
  }

  get #areAllDetached(): boolean {
    return [...this.#streams.keys()].every((id) => this.#detached.has(id));
  }

  /** The events of a failed attempt are dropped, because the server replays them. */
  async #create(socket: ChannelSocket): Promise<void> {
    const { createMs, handshakeMs, httpBase } = this.#options;
    const infos = new Map<string, SessionInfo>();
    const early = new EarlyBuffer<Received>();
    socket.startDeadline(CREATE_HANDSHAKE_FACTOR * handshakeMs);
    this.#attempts.send(socket);
    for (;;) {
      const [decoded, size] = await this.#next(socket, createMs, "response to createBacktestSession");
      const { response } = decoded;
      throwIfRefused(decoded, (refusal) => this.#attempts.refused(refusal));
      if (response.method === "sessionCreated") {
        const info = toSessionInfo(httpBase, response.params);
        if (!infos.has(info.sessionId)) socket.startDeadline(CREATE_HANDSHAKE_FACTOR * handshakeMs);
        infos.set(info.sessionId, info);
        if (infos.size > MAX_SUB_SESSIONS) throw tooManySubSessions();
      } else if (response.method === "sessionsCreatedV2") {
        this.#handleRun(toRun(response.params, infos));
        for (const event of early.take()) this.#handleResponse(event);
        return;
      } else {
        early.push([decoded, size], size);
      }
    }
  }

  #handleRun(run: CreatedRun): void {
    const sinks = this.#options.handleRun(run);
    this.#controlSessionId = run.controlSessionId;
    run.subSessions.forEach(({ info }, index) => {
      const sink = sinks[index];
      if (sink !== undefined) this.#streams.set(info.sessionId, { sink, stream: new SessionStream(sink) });
    });
  }

  async #attach(socket: ChannelSocket, controlSessionId: string): Promise<void> {
    const lasts = [...this.#streams].map(([id, { sink, stream }]) => ({ id, sink, stream, last: stream.last }));
    for (const { stream } of lasts) stream.rejoin();
    socket.startDeadline(HANDSHAKE_FACTOR * this.#options.handshakeMs);
    sendNow(socket, {
      method: "attachParallelControlSessionV2",
      params: {
        control_session_id: controlSessionId,
        last_sequences: Object.fromEntries(lasts.flatMap(({ id, last }) => (last === undefined ? [] : [[id, last]]))),
      },
    });
    await this.#awaitAttached(socket, controlSessionId);
    for (const { sink, stream, last } of lasts) if (!stream.isOver) sink.handleControlResumed(last);
  }

  /** Buffers responses until the server confirms the run's id. If the server attaches another run, drops the responses. */
  async #awaitAttached(socket: ChannelSocket, controlSessionId: string): Promise<void> {
    const early = new EarlyBuffer<Received>(REPLAY_LIMITS);
    try {
      for (;;) {
        const [decoded, size] = await this.#next(
          socket,
          this.#options.handshakeMs,
          "parallelSessionAttachedV2 after a reconnect",
        );
        const { response } = decoded;
        if (response.method === "parallelSessionAttachedV2") {
          const attachedId = response.params.control_session_id;
          if (attachedId === controlSessionId) return;
          early.take();
          throw new TransientFailure(`the server attached run ${attachedId} instead of ${controlSessionId}`);
        }
        throwIfAttachRefused(decoded);
        early.push([decoded, size], size);
      }
    } finally {
      for (const response of early.take()) this.#handleResponse(response);
    }
  }

  async #next(socket: ChannelSocket, timeoutMs: number, what: string): Promise<Received> {
    const frame = await socket.next(timeoutMs, what);
    return [this.#decode(frame), frame.length];
  }

  /** @throws TransientFailure for a damaged frame that the server can replay */
  #decode(frame: Frame): DecodedResponse {
    const text = textOf(frame);
    const decoded = decodeRedacted(text, decodeResponse, this.#options.redact);
    const { response, sequence } = decoded;
    if (response.method !== "unrecognized" || sequence !== undefined || !this.#canReplay || !isDamaged(text)) return decoded;
    const streams = [...this.#streams.values()];
    this.#damage.skip(text, streams.map(({ stream }) => stream.last).join());
    for (const { stream } of streams) stream.handleSkipped();
    return decoded;
  }

  /** Whether the server can replay frames after a reconnect. */
  get #canReplay(): boolean {
    return this.#controlSessionId !== undefined || this.#attempts.canRetry;
  }

  #handleResponse([{ response, sessionId, sequence }, size]: Received): void {
    if (response.method === "error") {
      // The error concerns the whole run, so each sub-session receives it.
      for (const { stream } of this.#streams.values()) stream.handleResponse(response, undefined, size);
    } else {
      const subSession = this.#streams.get(sessionId ?? "");
      if (subSession !== undefined) subSession.stream.handleResponse(ofSubSession(response), sequence, size);
      // A `success` without the id of a sub-session is the response to `closeSessionV1`.
      else if (response.method === "success") this.#pendingCloses--;
      // Ignores a `status` of the whole run. Reports any other response that belongs to no sub-session.
      else if (response.method !== "status") {
        this.#options.handleStray(response.method === "unrecognized" ? response.reason : response.method);
      }
    }
  }
}

function ofSubSession(response: BacktestResponse) {
  return response.method === "sessionEventV2" ? response.params.event : response;
}

function tooManySubSessions(): FatalFailure {
  return fatalFailure("protocol", `the server created more than ${MAX_SUB_SESSIONS} sub-sessions`);
}

type SessionsCreated = (BacktestResponse & { method: "sessionsCreatedV2" })["params"];

/** @throws FatalFailure if the server does not report the slots of each sub-session */
function toRun(created: SessionsCreated, infos: ReadonlyMap<string, SessionInfo>): CreatedRun {
  const { control_session_id, control_session_name, session_ids, start_slots, end_slots } = created;
  const { length } = session_ids;
  if (length > MAX_SUB_SESSIONS) throw tooManySubSessions();
  const subSessions = session_ids.flatMap((id, index): CreatedSubSession[] => {
    const [info, startSlot, endSlot] = [infos.get(id), start_slots[index], end_slots[index]];
    return info === undefined || startSlot === undefined || endSlot === undefined ? [] : [{ info, startSlot, endSlot }];
  });
  const counts = [subSessions.length, start_slots.length, end_slots.length, new Set(session_ids).size];
  if (length === 0 || counts.some((count) => count !== length)) {
    throw fatalFailure(
      "protocol",
      `the server did not report the slots of its ${length} sub-sessions: it is too old for parallel runs`,
    );
  }
  return { controlSessionId: control_session_id, controlSessionName: control_session_name, subSessions };
}
