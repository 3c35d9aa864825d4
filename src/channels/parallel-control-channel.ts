import { stringifyJson } from "../codec/json.js";
import type { Channel, Probe } from "../connection/channel.js";
import { type ChannelSocket, FatalFailure } from "../connection/channel-socket.js";
import type { BacktestRequest } from "../protocol/requests.js";
import { type BacktestResponse, type DecodedResponse, decodeResponse } from "../protocol/responses.js";
import { SimulatorError } from "../protocol/simulator-error.js";
import type { SocketTarget } from "../transport/socket.js";
import type { CreateRequest } from "./control-channel.js";
import { attachRefused, createRefused, sendNow, textOf, throwIfRefused } from "./handshake.js";
import { type SessionInfo, toSessionInfo } from "./session-info.js";
import { type SessionSink, SessionStream } from "./session-stream.js";

/** A sub-session, and the slots that the server gave it. Inclusive. */
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

export interface ParallelControlOptions {
  httpBase: string;
  create: CreateRequest;
  /** How long each answer to the create may take, in ms: the server may wait for capacity between two of them. */
  createMs: number;
  /** How long each answer to an attach may take, in ms. */
  handshakeMs: number;
  target(): Promise<SocketTarget>;
  /** The run stands. Returns who follows each sub-session, in the same order. */
  handleRun(run: CreatedRun): readonly SessionSink[];
  /** A frame that belongs to no sub-session, and was skipped. */
  handleStray(reason: string): void;
}

/** The control channel that all sub-sessions of a parallel run share. */
export class ParallelControlChannel implements Channel {
  readonly label = "control";
  readonly probe: Probe = { kind: "ping" };
  readonly #options: ParallelControlOptions;
  readonly #streams = new Map<string, { stream: SessionStream; sink: SessionSink }>();
  /** Sub-sessions that nobody follows any more. */
  readonly #left = new Set<string>();
  /** Of those, the ones that the server could not be told of yet. */
  readonly #unclosed = new Set<string>();
  #controlSessionId: string | undefined;
  #socket: ChannelSocket | undefined;
  #handleOver = (): void => {};

  constructor(options: ParallelControlOptions) {
    this.#options = options;
  }

  send(request: BacktestRequest): boolean {
    return this.#socket?.send(stringifyJson(request)) ?? false;
  }

  /** Nobody follows this sub-session any more: if it isn't over, the server may let go of it. */
  leave(sessionId: string): void {
    if (this.#left.has(sessionId)) return;
    this.#left.add(sessionId);
    if (!this.#streams.get(sessionId)?.stream.isOver) this.#unclosed.add(sessionId);
    this.#closeLeft();
    if (this.#isOver) this.#handleOver();
  }

  target(): Promise<SocketTarget> {
    return this.#options.target();
  }

  async handshake(socket: ChannelSocket): Promise<"ready" | "ended"> {
    this.#socket = undefined;
    if (this.#controlSessionId === undefined) await this.#create(socket);
    else await this.#attach(socket, this.#controlSessionId);
    this.#socket = socket;
    this.#closeLeft();
    return this.#isOver ? "ended" : "ready";
  }

  run(socket: ChannelSocket): Promise<void> {
    return new Promise((resolve) => {
      this.#handleOver = resolve;
      if (this.#isOver) resolve();
      socket.receive((frame) => this.#take(decodeResponse(textOf(frame))));
    });
  }

  goodbye(socket: ChannelSocket): void {
    socket.send(stringifyJson({ method: "closeBacktestSession" }));
  }

  #closeLeft(): void {
    for (const sessionId of this.#unclosed) {
      if (this.send({ method: "closeSessionV1", params: { sessionId } })) this.#unclosed.delete(sessionId);
    }
  }

  get #isOver(): boolean {
    return [...this.#streams].every(([id, { stream }]) => stream.isOver || this.#left.has(id));
  }

  /** As with a single session, nothing of a try that failed is kept. */
  async #create(socket: ChannelSocket): Promise<void> {
    const { create, createMs, httpBase } = this.#options;
    const infos = new Map<string, SessionInfo>();
    const early: DecodedResponse[] = [];
    sendNow(socket, create);
    for (;;) {
      const decoded = await nextResponse(socket, createMs, "answer to createBacktestSession");
      const { response } = decoded;
      throwIfRefused(decoded, createRefused);
      if (response.method === "sessionCreated") {
        const info = toSessionInfo(httpBase, response.params);
        infos.set(info.sessionId, info);
      } else if (response.method === "sessionsCreatedV2") {
        this.#handleRun(toRun(response.params, infos));
        for (const event of early) this.#take(event);
        return;
      } else {
        early.push(decoded);
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
    sendNow(socket, {
      method: "attachParallelControlSessionV2",
      params: {
        control_session_id: controlSessionId,
        last_sequences: Object.fromEntries(lasts.flatMap(({ id, last }) => (last === undefined ? [] : [[id, last]]))),
      },
    });
    for (;;) {
      const decoded = await nextResponse(socket, this.#options.handshakeMs, "parallelSessionAttachedV2 after a reconnect");
      if (decoded.response.method === "parallelSessionAttachedV2") break;
      if (decoded.sequence === undefined) throwIfRefused(decoded, attachRefused);
      this.#take(decoded);
    }
    for (const { sink, stream, last } of lasts) if (!stream.isOver) sink.handleControlResumed(last);
  }

  #take({ response, sessionId, sequence }: DecodedResponse): void {
    if (response.method === "error") {
      // Of the run as a whole, and so of each of its sub-sessions.
      for (const { stream } of this.#streams.values()) stream.take(response, undefined);
    } else {
      const followed = this.#streams.get(sessionId ?? "");
      if (followed !== undefined) followed.stream.take(ofSubSession(response), sequence);
      // The answer to a close, which nobody waits for.
      else if (response.method !== "success")
        this.#options.handleStray(response.method === "unrecognized" ? response.reason : response.method);
    }
    if (this.#isOver) this.#handleOver();
  }
}

async function nextResponse(socket: ChannelSocket, timeoutMs: number, what: string): Promise<DecodedResponse> {
  return decodeResponse(textOf(await socket.next(timeoutMs, what)));
}

function ofSubSession(response: BacktestResponse) {
  return response.method === "sessionEventV2" ? response.params.event : response;
}

type SessionsCreated = (BacktestResponse & { method: "sessionsCreatedV2" })["params"];

/** @throws FatalFailure for a server that doesn't say which slots are whose */
function toRun(created: SessionsCreated, infos: ReadonlyMap<string, SessionInfo>): CreatedRun {
  const { control_session_id, control_session_name, session_ids, start_slots, end_slots } = created;
  const subSessions = session_ids.flatMap((id, index): CreatedSubSession[] => {
    const [info, startSlot, endSlot] = [infos.get(id), start_slots[index], end_slots[index]];
    return info === undefined || startSlot === undefined || endSlot === undefined ? [] : [{ info, startSlot, endSlot }];
  });
  const { length } = session_ids;
  if (subSessions.length !== length || start_slots.length !== length || end_slots.length !== length) {
    const message =
      `the server does not say which slots each sub-session has (${length} sub-sessions, ${start_slots.length} starts, ` +
      `${end_slots.length} ends): it is too old for parallel runs`;
    throw new FatalFailure(message, { cause: new SimulatorError("protocol", message) });
  }
  return {
    controlSessionId: control_session_id,
    subSessions,
    ...(control_session_name !== undefined && { controlSessionName: control_session_name }),
  };
}
