import type { CreateParams, EngineSession, MaybePromise } from "../engine/engine.js";
import type { Timing } from "../link/timing.js";
import type { EndReason, Session } from "../session/local-session.js";
import { readPlan } from "../session/session-plan.js";
import { LIMITS } from "../wire/simulator-limits.js";
import { Ownership } from "./ownership.js";

/** A single session with its own control connection. */
export class SingleRun {
  readonly session: Session;
  readonly ownership: Ownership;
  readonly opened: Promise<void>;

  constructor(session: Session, create: CreateParams, timing: Timing, openEngine: () => MaybePromise<EngineSession>) {
    this.session = session;
    this.ownership = new Ownership({
      timing,
      disconnectTimeoutSecs: create.disconnectTimeoutSecs,
      defaultSecs: LIMITS.defaultDisconnectTimeoutSecs,
      expired: () => void this.end("disconnected"),
    });
    this.opened = this.#open(create, openEngine);
  }

  get isEnded(): boolean {
    return this.session.isEnded;
  }

  async end(reason: EndReason): Promise<void> {
    this.ownership.end();
    await this.session.end(reason);
  }

  async #open(create: CreateParams, openEngine: () => MaybePromise<EngineSession>): Promise<void> {
    // Opening an engine can take long, so the client receives this status before the engine is open.
    this.session.respond({ method: "status", params: { status: "startingRuntime" } });
    await this.session.open(openEngine, readPlan(create));
    this.session.respond(this.session.createdMessage());
    await this.session.begin();
  }
}
