import { ControlChannel, type ControlOptions } from "../channels/control-channel.js";
import type { SessionInfo } from "../channels/session-info.js";
import { cancelled, SimulatorError } from "../protocol/simulator-error.js";
import type { ResumedState, SessionCheckpoint } from "./checkpoint.js";
import { readCheckpoint } from "./checkpoint-reader.js";
import type { SessionContext } from "./context.js";
import type { ContinueRequest } from "./continue-params.js";
import { ControlConnection, type StartOptions } from "./control-connection.js";
import type { ControlLink, SessionCore, SessionEnd, ToLink } from "./core.js";
import type { SlotRange } from "./coverage.js";
import { type CreateSession, toCreateRequest } from "./create-session.js";
import { SessionDriver } from "./driver.js";
import type { SubscriptionSpec } from "./managed-subscription.js";

/**
 * One backtest session, kept connected: its events, its steps, its subscriptions. Made by `BacktestClient.startSession`.
 *
 * @example
 * await using session = await client.startSession({ startSlot: 300_000_000n, slotCount: 100 });
 * session.subscribeTransactions([program]);
 * for await (const event of session.run()) {
 *   if (event.type === "transaction") console.log(event.transaction.slot);
 * }
 */
export class ManagedBacktestSession extends SessionDriver {
  /** Sessions are made by a `BacktestClient`. */
  constructor(context: SessionContext, toLink: ToLink, resumed?: ResumedState) {
    super(context, toLink, resumed);
  }

  /**
   * What was delivered so far, as plain JSON: `BacktestClient.resumeSession` goes on from it, here or elsewhere. What is
   * delivered after it comes again then.
   */
  checkpoint(): SessionCheckpoint {
    return this.core.checkpoint();
  }

  /**
   * Leaves without closing: the server keeps the session for its disconnect timeout. Events that nobody took are let go
   * of; they come again to who resumes. Resolves when nothing is open any more.
   */
  async detach(): Promise<SessionCheckpoint> {
    const checkpoint = this.checkpoint();
    await this.core.leave({ reason: "detached" });
    return checkpoint;
  }
}

/**
 * Creates a session and resolves when the server has it.
 *
 * @throws SimulatorError `invalidParams`, `create`, `unauthorized`, `unreachable`, `cancelled`
 */
export async function startManagedSession(
  context: SessionContext,
  create: CreateSession,
  options: StartOptions,
): Promise<ManagedBacktestSession> {
  const { request, range } = toCreateRequest(create, context.platform);
  return start(context, range, { create: request }, options);
}

/**
 * Comes back to a session where a checkpoint was made, and subscribes again to what it was subscribed to.
 *
 * @throws SimulatorError `invalidParams` for what is no checkpoint, `controlFailed` if the session is gone, `sessionBusy` if
 * somebody else holds it, `unauthorized`, `unreachable`, `cancelled`
 */
export async function resumeManagedSession(
  context: SessionContext,
  checkpoint: SessionCheckpoint,
  options: StartOptions,
): Promise<ManagedBacktestSession> {
  const resumed = readCheckpoint(checkpoint);
  const { range, sessionId, sequence } = resumed;
  return start(context, range, { sessionId, last: sequence }, options, resumed);
}

async function start(
  context: SessionContext,
  range: SlotRange,
  session: ControlOptions["session"],
  options: StartOptions,
  resumed?: ResumedState,
): Promise<ManagedBacktestSession> {
  if (options.signal?.aborted) throw cancelled("starting the session", options.signal);
  let link!: OwnControl;
  const managed = new ManagedBacktestSession(
    context,
    (core) => {
      link = new OwnControl(core, context, range, session, options, resumed?.open);
      return link;
    },
    resumed,
  );
  await link.start();
  return managed;
}

/** The control connection of a session that has it to itself. */
class OwnControl extends ControlConnection implements ControlLink {
  readonly range: SlotRange;
  readonly coordinator = undefined;
  readonly #core: SessionCore;
  readonly #logger: SessionContext["logger"];
  readonly #channel: ControlChannel;
  #info: SessionInfo | undefined;
  /** To be subscribed to as soon as the session's endpoints are known. */
  readonly #open: SubscriptionSpec[];
  readonly #isResumed: boolean;

  constructor(
    core: SessionCore,
    context: SessionContext,
    range: SlotRange,
    session: ControlOptions["session"],
    options: StartOptions,
    open: readonly SubscriptionSpec[] = [],
  ) {
    const isResumed = "sessionId" in session;
    const channel = new ControlChannel({
      httpBase: context.httpBase,
      session,
      handshakeMs: context.timeouts.handshakeMs,
      target: context.controlTarget,
      sink: core,
      handleSession: (info) => this.#handleSession(info),
    });
    super(context, channel, core, options, isResumed);
    this.range = range;
    this.#core = core;
    this.#logger = context.logger;
    this.#channel = channel;
    this.#open = [...open];
    this.#isResumed = isResumed;
  }

  get info(): SessionInfo {
    if (this.#info === undefined) throw new SimulatorError("controlClosed", "the session does not stand yet");
    return this.#info;
  }

  get label(): string {
    return this.#info === undefined ? "session" : `session ${this.#info.sessionId}`;
  }

  send(request: ContinueRequest): boolean {
    return this.#channel.send(request);
  }

  override close(reason: SessionEnd["reason"]): void {
    if (reason === "detached") this.#channel.keepSession();
    super.close();
  }

  #handleSession(info: SessionInfo): void {
    this.#info = info;
    this.#logger.info(`${this.label}: ${this.#isResumed || !this.isStarting ? "attached" : "created"}`);
    // Before anything can complete: a session that ended meanwhile still has streams to bring to their ends.
    for (const spec of this.#open.splice(0)) this.#core.subscribe(spec);
    this.settle();
  }
}
