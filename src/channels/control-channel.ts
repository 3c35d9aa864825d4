import { stringifyJson } from "../codec/json.js";
import type { Channel, Probe } from "../connection/channel.js";
import type { ChannelSocket, Frame } from "../connection/channel-socket.js";
import type { BacktestRequest } from "../protocol/requests.js";
import { decodeSessionResponse, type Sequenced, type SessionResponse } from "../protocol/responses.js";
import type { SocketTarget } from "../transport/socket.js";
import { attachRefused, createRefused, sendNow, textOf, throwIfRefused } from "./handshake.js";
import { type SessionInfo, toSessionInfo } from "./session-info.js";
import { type SessionSink, SessionStream } from "./session-stream.js";

type Response = Sequenced<SessionResponse>;

/** A create to send. */
export type CreateRequest = BacktestRequest & { method: "createBacktestSession" };

export interface ControlOptions {
  /** The HTTP base that a relative `rpc_endpoint` is joined to. */
  httpBase: string;
  /** The create to send, or the session to attach to, and the last of its sequence ids that is known. */
  session: { create: CreateRequest } | { sessionId: string; last: bigint | undefined };
  /** How long each answer of a handshake may take, in ms. */
  handshakeMs: number;
  target(): Promise<SocketTarget>;
  sink: SessionSink;
  /** The session stands: it was created, or attached to. Called again with what a re-attach brought. */
  handleSession(info: SessionInfo): void;
}

/** The control channel of one session: creates it, comes back to it, and says goodbye. */
export class ControlChannel implements Channel {
  readonly label = "control";
  readonly probe: Probe = { kind: "ping" };
  readonly #options: ControlOptions;
  readonly #stream: SessionStream;
  #sessionId: string | undefined;
  #socket: ChannelSocket | undefined;
  #keepSession = false;
  #handleOver = (): void => {};

  constructor(options: ControlOptions) {
    const { session, sink } = options;
    this.#options = options;
    this.#stream = new SessionStream(sink, "last" in session ? session.last : undefined);
    if ("sessionId" in session) this.#sessionId = session.sessionId;
  }

  /** Hands a request to the socket, if there is one to take it. */
  send(request: BacktestRequest): boolean {
    return this.#socket?.send(stringifyJson(request)) ?? false;
  }

  /** From now on a goodbye leaves the session to the server, to be attached to later. */
  keepSession(): void {
    this.#keepSession = true;
  }

  target(): Promise<SocketTarget> {
    return this.#options.target();
  }

  async handshake(socket: ChannelSocket): Promise<"ready" | "ended"> {
    const { session } = this.#options;
    this.#socket = undefined;
    if (this.#sessionId !== undefined) await this.#attach(socket, this.#sessionId);
    else if ("create" in session) await this.#create(socket, session.create);
    this.#socket = socket;
    return this.#stream.isOver ? "ended" : "ready";
  }

  run(socket: ChannelSocket): Promise<void> {
    return new Promise((resolve) => {
      this.#handleOver = resolve;
      if (this.#stream.isOver) resolve();
      socket.receive((frame) => this.#take(this.#decode(frame)));
    });
  }

  goodbye(socket: ChannelSocket): void {
    if (!this.#keepSession) socket.send(stringifyJson({ method: "closeBacktestSession" }));
  }

  /** What a try brings counts only once it succeeds: the server tells a claimed session's story from its beginning. */
  async #create(socket: ChannelSocket, create: CreateRequest): Promise<void> {
    const early: Response[] = [];
    sendNow(socket, create);
    for (;;) {
      const decoded = await this.#next(socket, "answer to createBacktestSession");
      throwIfRefused(decoded, createRefused);
      early.push(decoded);
      if (decoded.response.method !== "sessionCreated") continue;
      this.#handleSession(decoded.response.params);
      for (const response of early) this.#take(response);
      return;
    }
  }

  async #attach(socket: ChannelSocket, sessionId: string): Promise<void> {
    const { last } = this.#stream;
    this.#stream.rejoin();
    sendNow(socket, { method: "attachBacktestSession", params: { session_id: sessionId, last_sequence: last ?? null } });
    const attached = await this.#answer(socket, "sessionAttached");
    if (attached?.method !== "sessionAttached") return;
    this.#handleSession(attached.params);
    sendNow(socket, { method: "resumeAttachedSession" });
    if (await this.#answer(socket, "success")) this.#options.sink.handleControlResumed(last);
  }

  #handleSession(created: Parameters<typeof toSessionInfo>[1]): void {
    const { httpBase, handleSession } = this.#options;
    const info = toSessionInfo(httpBase, created);
    this.#sessionId = info.sessionId;
    handleSession(info);
  }

  /** Waits for a handshake's answer; what else comes in is an event. `undefined` if the session ends meanwhile. */
  async #answer(socket: ChannelSocket, method: "sessionAttached" | "success") {
    while (!this.#stream.isOver) {
      const decoded = await this.#next(socket, `${method} after a reconnect`);
      const { response, sequence } = decoded;
      // A sequenced error is a replayed event, and no answer.
      if (sequence === undefined) throwIfRefused(decoded, attachRefused);
      const isRepetition = this.#stream.isRepetition(sequence);
      this.#take(decoded);
      if (response.method === method && !isRepetition) return response;
    }
    return undefined;
  }

  async #next(socket: ChannelSocket, what: string): Promise<Response> {
    return this.#decode(await socket.next(this.#options.handshakeMs, what));
  }

  #decode(frame: Frame): Response {
    return decodeSessionResponse(textOf(frame));
  }

  #take({ response, sequence }: Response): void {
    this.#stream.take(response, sequence);
    if (this.#stream.isOver) this.#handleOver();
  }
}
