import type { WireBacktestError } from "../../protocol/backtest-error.js";
import type { DecodedRequest } from "../../protocol/requests.js";
import type { Link } from "../link/link.js";
import type { Session } from "../session/local-session.js";
import { BacktestFailure, invalidRequest } from "../wire/backtest-failure.js";
import { plainFrame, type ServerResponse } from "../wire/response-frames.js";
import type { ControlDriver } from "./control-driver.js";
import { Coalesced, Feed } from "./feed.js";
import type { Owner } from "./ownership.js";
import type { ParallelRun } from "./parallel-run.js";

/** A control connection of a parallel run. Sends the answer to the create request, then the interleaved events of the sessions. */
export class ParallelRunControl implements ControlDriver {
  readonly #run: ParallelRun;
  readonly #owner: Owner;
  readonly #link: Link;
  readonly #feeds = new Map<Session, Feed>();
  readonly #scheduledPump: Coalesced;
  /** How many frames of the answer to the create request have been sent. */
  #answered: number;
  /** Whether the connection currently sends events. */
  #flowing = false;
  #isGone = false;

  /** @param answered how many frames of the create response the client has already received */
  constructor(run: ParallelRun, owner: Owner, link: Link, answered: number) {
    this.#run = run;
    this.#owner = owner;
    this.#link = link;
    this.#scheduledPump = new Coalesced(link.timing, () => this.pump());
    this.#answered = answered;
    link.belongsTo(run.controlSessionId);
    run.ownership.attach(owner);
    if (run.recorder !== undefined) run.recorder.connections++;
  }

  /**
   * Called when the run was created on this connection. Sends the events of the run.
   *
   * @param eventsEarly `true`: sends events even before the final answer (`sessionsCreatedV2`)
   */
  created(eventsEarly: boolean): void {
    this.#flowing = eventsEarly;
    this.#run.listen(() => this.pump());
    this.pump();
  }

  /**
   * Answers the attach request of this connection.
   *
   * @param replayBefore `true`: sends the missed events before the answer
   * @param overlap the number of duplicate events to send for each session
   */
  attached(lastSequences: Readonly<Record<string, bigint>>, replayBefore: boolean, overlap: number): void {
    for (const session of this.#run.sessions) {
      const last = Number(lastSequences[session.identity.sessionId] ?? 0n);
      this.#follow(session, Math.max(0, Math.min(last, session.responses.last) - overlap));
    }
    this.#flowing = true;
    if (replayBefore) this.pump();
    this.#link.send(plainFrame({ method: "parallelSessionAttachedV2", params: this.#run.members }));
    this.pump();
  }

  answer(request: DecodedRequest): void | Promise<void> {
    this.#run.recorder?.requests.push(request);
    switch (request.method) {
      case "continueSessionV1":
        return this.#driven(request.params.sessionId, request).continue(request.params.request);
      case "continueToSessionV1":
        return this.#driven(request.params.sessionId, request).continueTo(request.params.request);
      case "closeSessionV1":
        return this.#closeSession(this.#driven(request.params.sessionId, request));
      case "closeBacktestSession":
        return this.#close();
      case "createBacktestSession":
      case "attachBacktestSession":
      case "attachParallelControlSessionV2":
        throw invalidRequest("this connection already controls a parallel run; open another connection");
      case "resumeAttachedSession":
        throw invalidRequest(
          "resumeAttachedSession: a parallel run needs no resume, because its events follow the attach response",
        );
      case "continue":
      case "continueTo":
        throw invalidRequest(
          `${request.method}: this connection controls a parallel run; use ${request.method}SessionV1 with the id of one of its sessions`,
        );
    }
  }

  refuse(error: WireBacktestError, request: DecodedRequest | undefined): void {
    const session = request === undefined ? undefined : this.#sessionOf(request);
    if (session !== undefined && !session.isEnded) session.respond({ method: "error", params: error });
    else this.#respond({ method: "error", params: error });
  }

  pump(): void {
    if (this.#isGone) return;
    this.#link.batch(() => {
      while (this.#link.writable && this.#sendAnswer());
      for (const session of this.#run.sessions) this.#follow(session, 0);
      if (!this.#flowing) return;
      while (this.#sendRound());
    });
    for (const session of this.#feeds.keys()) session.backlog.handleReceived();
  }

  left(): void {
    this.#isGone = true;
    this.#run.listen(undefined);
    for (const feed of this.#feeds.values()) feed.end();
    this.#run.ownership.detach(this.#owner);
  }

  /** Sends a response that belongs to the whole run, after the pending responses of its sessions. */
  #respond(response: ServerResponse): void {
    this.#scheduledPump.now();
    this.#link.send(plainFrame(response));
  }

  /** Sends the next frame of the answer to the create request. Returns false if there is none. */
  #sendAnswer(): boolean {
    const { answer, isCreated } = this.#run;
    const frame = answer[this.#answered];
    if (frame === undefined) return false;
    this.#answered++;
    this.#link.send(frame);
    if (isCreated && this.#answered === answer.length) this.#flowing = true;
    return true;
  }

  /** Sends one event of each session, so that no session waits for another. */
  #sendRound(): boolean {
    let isSent = false;
    for (const feed of this.#feeds.values()) {
      if (!this.#link.writable) return false;
      if (feed.sendNext()) isSent = true;
    }
    return isSent;
  }

  #follow(session: Session, received: number): void {
    if (this.#feeds.has(session)) return;
    this.#feeds.set(session, new Feed(session, this.#link, received, this.#scheduledPump));
  }

  async #closeSession(session: Session): Promise<void> {
    await this.#run.endSession(session);
    session.respond({ method: "success" });
  }

  async #close(): Promise<void> {
    await this.#run.end("closed");
    this.#respond({ method: "success" });
  }

  #driven(sessionId: string, request: DecodedRequest): Session {
    const session = this.#run.session(sessionId);
    session?.recorder?.requests.push(request);
    if (session === undefined || session.isEnded) throw new BacktestFailure({ sessionNotFound: { session_id: sessionId } });
    return session;
  }

  #sessionOf(request: DecodedRequest): Session | undefined {
    return "params" in request && "sessionId" in request.params ? this.#run.session(request.params.sessionId) : undefined;
  }
}
