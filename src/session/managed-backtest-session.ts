import type { ControlOptions } from "../channels/control-channel.js";
import { cancelled } from "../protocol/error-helpers.js";
import { BacktestSession } from "./backtest-session.js";
import { type ResumedState, readCheckpoint } from "./checkpoint/checkpoint-reader.js";
import type { SessionCheckpoint } from "./checkpoint/session-checkpoint.js";
import type { SessionContext } from "./context.js";
import type { StartOptions } from "./control/control-connection.js";
import { SingleControlLink } from "./control/single-control-link.js";
import type { SlotRange } from "./coverage.js";
import { type CreateSession, toCreateRequest } from "./create-options.js";
import { SessionEngine } from "./session-engine.js";

/**
 * A backtest session that reconnects automatically, with its events, steps and subscriptions. `BacktestClient.startSession` creates
 * a session.
 *
 * @example
 * await using session = await client.startSession({ startSlot: 300_000_000n, slotCount: 100 });
 * session.subscribeTransactions([program]);
 * for await (const event of session.run()) {
 *   if (event.type === "transaction") console.log(event.transaction.slot);
 * }
 */
export class ManagedBacktestSession extends BacktestSession {
  /** @internal A `BacktestClient` creates sessions. */
  constructor(context: SessionContext, engine: SessionEngine) {
    super(context, engine);
  }

  /**
   * Returns the delivered position of the session, as plain JSON. `BacktestClient.resumeSession` continues from it, even in another
   * process. Events that were delivered after the checkpoint are then delivered again. The session can be resumed until `completed`
   * has been delivered.
   */
  checkpoint(): SessionCheckpoint {
    return this.engine.checkpoint();
  }

  /**
   * Closes all connections, but not the session: the server keeps the session for the disconnect timeout. Buffered events are
   * dropped, and the server replays them when a client resumes the session. Resolves when all connections are closed.
   */
  async detach(): Promise<SessionCheckpoint> {
    const checkpoint = this.checkpoint();
    await this.engine.closing.end({ reason: "detached" });
    return checkpoint;
  }
}

/**
 * Creates a session. Resolves when the server has created it.
 *
 * @throws SimulatorError `invalidParams`, `create`, `unauthorized`, `unreachable`, `cancelled`
 */
export async function startManagedSession(
  context: SessionContext,
  create: CreateSession,
  options: StartOptions,
): Promise<ManagedBacktestSession> {
  const { range, ...request } = toCreateRequest(create, context.platform);
  return start(context, range, request, options);
}

/**
 * Resumes a session and its subscriptions from a checkpoint.
 *
 * @throws SimulatorError `invalidParams` if the checkpoint is invalid, `controlFailed` if the server no longer has the session,
 * `sessionBusy` if another connection is attached to it, `unauthorized`, `unreachable`, `cancelled`
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
  const link = new SingleControlLink(context, { ...options, range, session });
  const engine = new SessionEngine(context, link, resumed);
  const managed = new ManagedBacktestSession(context, engine);
  await link.start(engine);
  return managed;
}
