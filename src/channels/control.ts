import { parseJson } from "../codec/json.js";
import type { Channel, Probe } from "../connection/channel.js";
import { type ChannelSocket, FatalFailure, type Frame, TransientFailure } from "../connection/channel-socket.js";
import { type BacktestError, describeBacktestError, fromWireError, isTerminal } from "../protocol/backtest-error.js";
import { type BacktestRequest, encodeRequest } from "../protocol/requests.js";
import { type BacktestResponse, type DecodedResponse, decodeResponse } from "../protocol/responses.js";
import { SimulatorError } from "../protocol/simulator-error.js";
import type { SocketTarget } from "../transport/socket.js";
import { toEvent } from "./control-events.js";
import type { ControlEvent } from "./events.js";
import { SequenceTracker } from "./sequence.js";
import { type SessionInfo, toSessionInfo } from "./session-info.js";

export interface ControlSink {
  /** The session stands: it was created, or attached to. Called again with what a re-attach brought. */
  handleSession(info: SessionInfo): void;
  /** A response that is an event, each once, with its sequence id where it has one. */
  handleEvent(event: ControlEvent, sequence: bigint | undefined): void;
  /** A transaction's own failure, which is counted and logged but is no event. */
  handleSimulationError(message: string): void;
  handleRepetition(): void;
  /** A lost connection was brought back; `after` is the last sequence id that had come. */
  handleResumed(after: bigint | undefined): void;
}

export interface ControlOptions {
  /** The HTTP base that a relative `rpc_endpoint` is joined to. */
  httpBase: string;
  /** The create to send, or the session to attach to. */
  session: { create: BacktestRequest & { method: "createBacktestSession" } } | { attach: SessionInfo; last: bigint | undefined };
  /** How long each answer of a handshake may take, in ms. */
  handshakeMs: number;
  target(): Promise<SocketTarget>;
  sink: ControlSink;
}

/** The control channel of one session: creates it, comes back to it, and says goodbye. */
export class ControlChannel implements Channel {
  readonly label = "control";
  readonly probe: Probe = { kind: "ping" };
  readonly #options: ControlOptions;
  readonly #sequence: SequenceTracker;
  #info: SessionInfo | undefined;
  #socket: ChannelSocket | undefined;
  /** Set from a re-attach until the first sequenced response. */
  #justResumed = false;
  #over = false;
  #keepSession = false;
  #handleOver = (): void => {};

  constructor(options: ControlOptions) {
    this.#options = options;
    const { session } = options;
    this.#info = "attach" in session ? session.attach : undefined;
    this.#sequence = new SequenceTracker("attach" in session ? session.last : undefined);
  }

  /** The last sequence id that came in. */
  get lastSequence(): bigint | undefined {
    return this.#sequence.last;
  }

  /** Hands a request to the socket, if there is one to take it. */
  send(request: BacktestRequest): boolean {
    return this.#socket?.send(encodeRequest(request)) ?? false;
  }

  /** From now on a goodbye leaves the session to the server, to be attached to later. */
  keepSession(): void {
    this.#keepSession = true;
  }

  target(): Promise<SocketTarget> {
    return this.#options.target();
  }

  async handshake(socket: ChannelSocket): Promise<"ready" | "ended"> {
    this.#socket = undefined;
    if (this.#info === undefined) await this.#create(socket);
    else await this.#attach(socket, this.#info.sessionId);
    this.#socket = socket;
    return this.#over ? "ended" : "ready";
  }

  run(socket: ChannelSocket): Promise<void> {
    return new Promise((resolve) => {
      this.#handleOver = resolve;
      if (this.#over) resolve();
      socket.receive((frame) => this.#take(decodeFrame(frame)));
    });
  }

  goodbye(socket: ChannelSocket): void {
    if (!this.#keepSession) socket.send(encodeRequest({ method: "closeBacktestSession" }));
  }

  /** What a try brings counts only once it succeeds: the server tells a claimed session's story from its beginning. */
  async #create(socket: ChannelSocket): Promise<void> {
    const { session, httpBase, sink } = this.#options;
    if (!("create" in session)) return;
    const early: DecodedResponse[] = [];
    sendNow(socket, session.create);
    for (;;) {
      const decoded = await this.#next(socket, "answer to createBacktestSession");
      const { response } = decoded;
      const refusal = refusalIn(response);
      if (refusal !== undefined) throw createRefused(refusal);
      early.push(decoded);
      if (response.method !== "sessionCreated") continue;
      this.#info = toSessionInfo(httpBase, response.params);
      sink.handleSession(this.#info);
      for (const event of early) this.#take(event);
      return;
    }
  }

  async #attach(socket: ChannelSocket, sessionId: string): Promise<void> {
    const { last } = this.#sequence;
    const { httpBase, sink } = this.#options;
    this.#justResumed = true;
    sendNow(socket, {
      method: "attachBacktestSession",
      params: { session_id: sessionId, last_sequence: last ?? null },
    });
    const attached = await this.#answer(socket, "sessionAttached");
    if (attached === undefined) return;
    if (attached.response.method === "sessionAttached") {
      this.#info = toSessionInfo(httpBase, attached.response.params);
      sink.handleSession(this.#info);
    }
    sendNow(socket, { method: "resumeAttachedSession" });
    if ((await this.#answer(socket, "success")) !== undefined) sink.handleResumed(last);
  }

  /** Waits for a handshake's answer; what else comes in is an event. `undefined` if the session ends meanwhile. */
  async #answer(socket: ChannelSocket, method: "sessionAttached" | "success"): Promise<DecodedResponse | undefined> {
    while (!this.#over) {
      const decoded = await this.#next(socket, `${method} after a reconnect`);
      const { response, sequence } = decoded;
      const refusal = sequence === undefined ? refusalIn(response) : undefined;
      if (refusal !== undefined) throw attachRefused(refusal);
      const isRepetition = this.#sequence.isRepetition(sequence);
      this.#take(decoded);
      if (response.method === method && !isRepetition) return decoded;
    }
    return undefined;
  }

  async #next(socket: ChannelSocket, what: string): Promise<DecodedResponse> {
    return decodeFrame(await socket.next(this.#options.handshakeMs, what));
  }

  #take({ response, sequence }: DecodedResponse): void {
    const { sink } = this.#options;
    if (this.#over) return;
    if (this.#sequence.isRepetition(sequence)) return sink.handleRepetition();
    if (sequence !== undefined) {
      const gap = this.#sequence.advance(sequence, this.#justResumed);
      this.#justResumed = false;
      if (gap !== undefined) sink.handleEvent({ type: "continuity", kind: "gap", channel: this.label, ...gap }, undefined);
    }
    const event = toEvent(response);
    if (event === undefined) return;
    if (event.type === "error" && event.error.kind === "simulationError") {
      return sink.handleSimulationError(event.error.error);
    }
    this.#over = event.type === "completed" || (event.type === "error" && isTerminal(event.error));
    sink.handleEvent(event, sequence);
    if (this.#over) this.#handleOver();
  }
}

function decodeFrame(frame: Frame): DecodedResponse {
  return decodeResponse(typeof frame === "string" ? frame : new TextDecoder().decode(frame));
}

function sendNow(socket: ChannelSocket, request: BacktestRequest): void {
  if (!socket.send(encodeRequest(request))) throw new TransientFailure(`the connection went away before ${request.method}`);
}

/** What an error says; without `remote` if it is one that this version doesn't know: a refusal all the same. */
interface Refusal {
  said: string;
  remote?: BacktestError;
}

function refusalIn(response: BacktestResponse): Refusal | undefined {
  if (response.method === "error") {
    const remote = fromWireError(response.params);
    return { said: describeBacktestError(remote), remote };
  }
  if (response.method !== "unrecognized") return undefined;
  const { raw } = response;
  return isError(raw) ? { said: raw.slice(0, 400) } : undefined;
}

function isError(raw: string): boolean {
  try {
    return (parseJson(raw) as { method?: unknown } | null)?.method === "error";
  } catch {
    return false;
  }
}

function createRefused({ said, ...details }: Refusal): FatalFailure {
  const message = `the simulator refused to create the session: ${said}`;
  return new FatalFailure(message, { cause: new SimulatorError("create", message, details) });
}

function attachRefused({ said, remote }: Refusal): Error {
  if (remote?.kind === "sessionOwnershipBusy") return new TransientFailure(`the session is still owned by another connection: ${said}`);
  const why = remote?.kind === "sessionNotFound" ? "it was closed, or its disconnect timeout has passed" : "it can't be resumed from here";
  const message = `the simulator refused to give the session back (${said}): ${why}`;
  return new FatalFailure(message, { cause: new SimulatorError("controlFailed", message, remote === undefined ? {} : { remote }) });
}
