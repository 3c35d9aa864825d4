import { type DecodedRequest, decodeRequest } from "../protocol/requests.js";
import { BacktestFailure, invalidRequest, toWireError } from "./failure.js";
import { LIMITS } from "./limits.js";
import type { Link, LinkUser } from "./link.js";
import { plainFrame, type ServerResponse, sequencedFrame } from "./responses.js";
import type { Session, SessionOwner } from "./session.js";
import type { Simulator } from "./simulator.js";

type Request<M extends DecodedRequest["method"]> = Extract<DecodedRequest, { method: M }>;

/**
 * The server's side of one control socket: reads requests one after the other, and sends on what its session says, from
 * a position of its own in the session's replay buffer.
 */
export class ControlConnection implements LinkUser, SessionOwner {
  readonly #link: Link;
  readonly #simulator: Simulator;
  #session: Session | undefined;
  /** The session's responses are sent on; not so between an attach and its resume. */
  #flowing = false;
  #taken = 0;
  #pending = 0;
  #queue: Promise<void> = Promise.resolve();

  constructor(link: Link, simulator: Simulator) {
    this.#link = link;
    this.#simulator = simulator;
  }

  get taken(): number {
    return this.#taken;
  }

  receive(text: string): void {
    if (this.#pending >= LIMITS.pendingRequests) {
      this.#link.close(1008, "too many requests at once");
      return;
    }
    this.#pending++;
    this.#queue = this.#queue.then(() => this.#handle(text)).finally(() => this.#pending--);
  }

  drained(): void {
    this.#pump();
  }

  onNews(): void {
    this.#pump();
  }

  closed(): void {
    // A request that came before the end is still carried out: a create may be waiting for its engine.
    this.#queue = this.#queue.then(() => this.#session?.leftBy(this));
  }

  isAlive(): Promise<boolean> {
    return this.#link.probe();
  }

  evict(): void {
    this.#session?.leftBy(this);
    this.#session = undefined;
    this.#link.terminate();
  }

  async #handle(text: string): Promise<void> {
    try {
      const request = readRequest(text);
      this.#session?.recorder?.requests.push(request);
      await this.#answer(request);
    } catch (error) {
      const response: ServerResponse = { method: "error", params: toWireError(error) };
      if (this.#session !== undefined && this.#flowing && !this.#session.isEnded) this.#session.respond(response);
      else this.#link.send(plainFrame(response));
    }
  }

  async #answer(request: DecodedRequest): Promise<void> {
    switch (request.method) {
      case "createBacktestSession":
        return this.#create(request);
      case "attachBacktestSession":
        return this.#attach(request);
      case "resumeAttachedSession":
        return this.#resume();
      case "continue":
        return this.#driven().continue(request.params);
      case "continueTo":
        return this.#driven().continueTo(request.params);
      case "closeBacktestSession":
        return this.#close();
      case "continueSessionV1":
      case "continueToSessionV1":
      case "closeSessionV1":
      case "attachParallelControlSessionV2":
        throw invalidRequest(`${request.method}: the local simulator has no parallel sessions yet`);
    }
  }

  async #create(request: Request<"createBacktestSession">): Promise<void> {
    if (this.#session !== undefined) throw invalidRequest("this connection has a session already");
    const session = await this.#simulator.createSession(request.params);
    session.recorder?.requests.push(request);
    // A create that is repeated with its token finds the session that the first try made: it is told all from the start.
    session.owner?.evict();
    this.#take(session, 0);
    this.#flowing = true;
    this.#pump();
  }

  #attach({ params, ...rest }: Request<"attachBacktestSession">): void {
    if (this.#session !== undefined) throw invalidRequest("this connection has a session already");
    const { session_id, last_sequence } = params;
    const session = this.#simulator.sessions.find(session_id);
    if (session === undefined) throw new BacktestFailure({ sessionNotFound: { session_id } });
    session.recorder?.requests.push({ ...rest, params });
    if (this.#simulator.faults.isOwnerBusy(session_id) || session.isHeldByAnother()) {
      throw new BacktestFailure({ sessionOwnershipBusy: { reason: "another connection holds the session" } });
    }
    const { last } = session.responses;
    this.#take(session, last_sequence === null ? 0 : Math.min(Number(last_sequence), last));
    if (this.#simulator.replaysBeforeAttached()) {
      this.#flowing = true;
      this.#pump();
      this.#flowing = false;
    }
    const { taskId, sessionName } = session.identity;
    this.#link.send(
      plainFrame({
        method: "sessionAttached",
        params: { session_id, rpc_endpoint: session.rpcEndpoint, task_id: taskId, session_name: sessionName },
      }),
    );
  }

  #resume(): void {
    if (this.#session === undefined || this.#flowing) throw invalidRequest("there is no attach to resume from");
    this.#link.send(plainFrame({ method: "success" }));
    this.#flowing = true;
    this.#pump();
  }

  async #close(): Promise<void> {
    const session = this.#held();
    await session.end();
    if (this.#flowing) session.respond({ method: "success" });
    else this.#link.send(plainFrame({ method: "success" }));
  }

  /** The session that this connection holds. @throws BacktestFailure */
  #held(): Session {
    const session = this.#session;
    if (session === undefined) throw invalidRequest("this connection has no session: create one, or attach to one");
    if (session.isEnded) throw new BacktestFailure({ sessionNotFound: { session_id: session.identity.sessionId } });
    return session;
  }

  /** The same, if it may be driven. @throws BacktestFailure */
  #driven(): Session {
    const session = this.#held();
    if (!this.#flowing) throw invalidRequest("the session was attached to, but not resumed");
    return session;
  }

  #take(session: Session, taken: number): void {
    this.#session = session;
    this.#taken = taken;
    this.#link.belongsTo(session.identity.sessionId);
    if (session.recorder !== undefined) session.recorder.connections.control++;
    session.takenBy(this);
  }

  #pump(): void {
    const session = this.#session;
    if (session === undefined || !this.#flowing) return;
    this.#link.batch(() => {
      while (this.#flowing && this.#link.writable) {
        const entry = session.responses.after(this.#taken);
        if (entry === undefined) break;
        this.#taken = entry.sequence;
        this.#link.send(session.isSequenced ? sequencedFrame(entry.sequence, entry.members) : plainFrame(entry.response));
      }
    });
    session.moved();
  }
}

/** @throws BacktestFailure `invalidRequest` */
function readRequest(text: string): DecodedRequest {
  try {
    return decodeRequest(text);
  } catch (error) {
    throw invalidRequest(error instanceof Error ? error.message : String(error));
  }
}
