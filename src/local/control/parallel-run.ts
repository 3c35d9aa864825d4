import type { CreateParams, EngineSession, MaybePromise } from "../engine/engine.js";
import type { Timing } from "../link/timing.js";
import type { EndReason, Session } from "../session/local-session.js";
import { readPlan } from "../session/session-plan.js";
import type { RunRecorder } from "../session/simulator-record.js";
import { invalidRequest } from "../wire/backtest-failure.js";
import { plainFrame, type ServerResponse } from "../wire/response-frames.js";
import { LIMITS } from "../wire/simulator-limits.js";
import { Ownership } from "./ownership.js";
import type { SlotSpan } from "./sub-ranges.js";

export interface ParallelTerms {
  timing: Timing;
  controlSessionId: string;
  name: string | undefined;
  create: CreateParams;
  /** The slot range of each session, in order. */
  parts: readonly SlotSpan[];
  /** Omits the ranges from `sessionsCreatedV2`, as an old server does. */
  omitRanges: boolean;
  recorder: RunRecorder | undefined;
  /** Creates a session of the run. The session is not open yet. */
  session(create: CreateParams): Session;
  openEngine(create: CreateParams): MaybePromise<EngineSession>;
  ended(run: ParallelRun): void;
}

/** A parallel run: sessions over sub-ranges, created by one request and controlled over one connection. */
export class ParallelRun {
  readonly controlSessionId: string;
  readonly name: string | undefined;
  readonly recorder: RunRecorder | undefined;
  readonly ownership: Ownership;
  readonly opened: Promise<void>;
  readonly #terms: ParallelTerms;
  readonly #sessions: Session[] = [];
  /** The frames of the answer to the create request. A client that retries the request receives all of them. */
  readonly #answer: string[] = [];
  #isCreated = false;
  #isEnded = false;
  #handleNew: (() => void) | undefined;

  constructor(terms: ParallelTerms) {
    this.#terms = terms;
    this.controlSessionId = terms.controlSessionId;
    this.name = terms.name;
    this.recorder = terms.recorder;
    this.ownership = new Ownership({
      timing: terms.timing,
      disconnectTimeoutSecs: terms.create.disconnectTimeoutSecs,
      defaultSecs: LIMITS.defaultParallelDisconnectTimeoutSecs,
      expired: () => void this.end("disconnected"),
    });
    this.opened = this.#open();
  }

  /** The sessions created so far, in the order of their ranges. */
  get sessions(): readonly Session[] {
    return this.#sessions;
  }

  /** The frames of the answer to the create request so far. The answer is complete when `isCreated` is true. */
  get answer(): readonly string[] {
    return this.#answer;
  }

  /** Whether the answer to the create request is complete. */
  get isCreated(): boolean {
    return this.#isCreated;
  }

  get isEnded(): boolean {
    return this.#isEnded;
  }

  session(sessionId: string): Session | undefined {
    return this.#sessions.find(({ identity }) => identity.sessionId === sessionId);
  }

  /** The parameters that `parallelSessionAttachedV2` and `sessionsCreatedV2` have in common. */
  get members(): { control_session_id: string; session_ids: string[]; task_ids: string[] } {
    return {
      control_session_id: this.controlSessionId,
      session_ids: this.#sessions.map(({ identity }) => identity.sessionId),
      task_ids: this.#sessions.map(({ identity }) => identity.taskId),
    };
  }

  /** Sets the listener for new frames of the answer to the create request. Replaces the previous listener. */
  listen(handleNew: (() => void) | undefined): void {
    this.#handleNew = handleNew;
  }

  /** Ends one session. The run ends when its last session ends. */
  async endSession(session: Session): Promise<void> {
    await session.end("closed");
    if (this.#isCreated && this.#sessions.every(({ isEnded }) => isEnded)) await this.end("closed");
  }

  async end(reason: EndReason): Promise<void> {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.ownership.end();
    this.#terms.ended(this);
    await Promise.all(this.#sessions.map((session) => session.end(reason)));
  }

  async #open(): Promise<void> {
    try {
      await this.#make();
    } catch (error) {
      await this.end("failed");
      throw error;
    }
  }

  async #make(): Promise<void> {
    const { create, parts, omitRanges, name } = this.#terms;
    this.#respond({ method: "status", params: { status: "startingRuntime" } });
    const plan = readPlan(create);
    for (const part of parts) {
      if (this.#isEnded) throw invalidRequest("the parallel run was ended before all of its sessions were created");
      const own = { ...create, ...part };
      const session = this.#terms.session(own);
      this.#sessions.push(session);
      this.recorder?.sessionIds.push(session.identity.sessionId);
      await session.open(() => this.#terms.openEngine(own), plan);
      this.#respond(session.createdMessage());
      await session.begin();
    }
    this.#isCreated = true;
    this.#respond({
      method: "sessionsCreatedV2",
      params: {
        ...this.members,
        control_session_name: name,
        start_slots: omitRanges ? [] : parts.map(({ startSlot }) => startSlot),
        end_slots: omitRanges ? [] : parts.map(({ endSlot }) => endSlot),
      },
    });
  }

  #respond(response: ServerResponse): void {
    this.#answer.push(plainFrame(response));
    this.#handleNew?.();
  }
}
