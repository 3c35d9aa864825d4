import type { WireBacktestError } from "../../protocol/backtest-error.js";
import type { DecodedRequest } from "../../protocol/requests.js";
import type { Link } from "../link/link.js";
import type { Session } from "../session/local-session.js";
import { BacktestFailure, invalidRequest } from "../wire/backtest-failure.js";
import { plainFrame } from "../wire/response-frames.js";
import type { ControlDriver, Request } from "./control-driver.js";
import { Coalesced, Feed } from "./feed.js";
import type { Owner } from "./ownership.js";
import type { SingleRun } from "./single-run.js";

/** The control connection of one session. */
export class SessionControl implements ControlDriver {
  readonly #run: SingleRun;
  readonly #session: Session;
  readonly #owner: Owner;
  readonly #link: Link;
  readonly #feed: Feed;
  /** Whether the connection currently sends responses. False between an attach request and the `resumeAttachedSession` request. */
  #flowing = false;

  constructor(run: SingleRun, owner: Owner, link: Link, received: number) {
    this.#run = run;
    this.#session = run.session;
    this.#owner = owner;
    this.#link = link;
    const { sessionId } = run.session.identity;
    link.belongsTo(sessionId);
    run.ownership.attach(owner);
    this.#feed = new Feed(run.session, link, received, new Coalesced(link.timing, () => this.pump()));
    const { recorder } = run.session;
    if (recorder !== undefined) recorder.connections.control++;
  }

  /** Called when the session was created on this connection. Sends all responses, beginning with the first response. */
  created(): void {
    this.#flowing = true;
    this.pump();
  }

  /** Answers the attach request of this connection. */
  attached(replayBefore: boolean): void {
    if (replayBefore) this.#link.batch(() => this.#feed.sendAll());
    const { sessionId, sessionName, taskId } = this.#session.identity;
    this.#link.send(
      plainFrame({
        method: "sessionAttached",
        params: {
          session_id: sessionId,
          rpc_endpoint: this.#session.rpcEndpoint,
          task_id: taskId,
          session_name: sessionName,
        },
      }),
    );
  }

  answer(request: DecodedRequest): void | Promise<void> {
    this.#session.recorder?.requests.push(request);
    switch (request.method) {
      case "createBacktestSession":
      case "attachBacktestSession":
      case "attachParallelControlSessionV2":
        throw invalidRequest("this connection already controls a session; open another connection");
      case "resumeAttachedSession":
        return this.#resume();
      case "continue":
        return this.#driven(request).continue(request.params);
      case "continueTo":
        return this.#driven(request).continueTo(request.params);
      case "closeBacktestSession":
        return this.#close();
      case "continueSessionV1":
      case "continueToSessionV1":
      case "closeSessionV1":
        throw invalidRequest(`${request.method}: this connection controls one session, not a parallel run`);
    }
  }

  refuse(error: WireBacktestError): void {
    if (this.#flowing && !this.#session.isEnded) this.#session.respond({ method: "error", params: error });
    else this.#link.send(plainFrame({ method: "error", params: error }));
  }

  pump(): void {
    if (this.#flowing) this.#link.batch(() => this.#feed.sendAll());
  }

  left(): void {
    this.#flowing = false;
    this.#feed.end();
    this.#run.ownership.detach(this.#owner);
  }

  #resume(): void {
    if (this.#flowing)
      throw invalidRequest("resumeAttachedSession: the session was created on this connection, or is already resumed");
    this.#link.send(plainFrame({ method: "success" }));
    this.#flowing = true;
    this.pump();
  }

  async #close(): Promise<void> {
    this.#checkAlive();
    await this.#run.end("closed");
    if (this.#flowing) this.#session.respond({ method: "success" });
    else this.#link.send(plainFrame({ method: "success" }));
  }

  #driven({ method }: Request<"continue" | "continueTo">): Session {
    this.#checkAlive();
    if (!this.#flowing)
      throw invalidRequest(`${method}: the session is attached but not resumed; send resumeAttachedSession first`);
    return this.#session;
  }

  #checkAlive(): void {
    const { isEnded, identity } = this.#session;
    if (isEnded) throw new BacktestFailure({ sessionNotFound: { session_id: identity.sessionId } });
  }
}
