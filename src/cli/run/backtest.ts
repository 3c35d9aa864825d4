import type { ContinuityEvent, ManagedEvent } from "../../channels/managed-events.js";
import type { ConnectionStatus } from "../../connection/status.js";
import { describeBacktestError } from "../../protocol/backtest-error.js";
import type { SessionSummary } from "../../protocol/session-summary.js";
import { SimulatorError } from "../../protocol/simulator-error.js";
import type { SessionCheckpoint } from "../../session/checkpoint.js";
import type { StartOptions } from "../../session/control-connection.js";
import type { ManagedBacktestSession } from "../../session/managed-session.js";
import { explain, Failure, oneLine } from "../command-failure.js";
import { makeClient } from "../common-options.js";
import type { Io } from "../io.js";
import { Connections } from "./connections.js";
import { type Driven, drivenParallel, drivenSession } from "./driven.js";
import { ProgressBar } from "./progress-bar.js";
import { Rate } from "./rate.js";
import { Recording } from "./recording.js";
import type { RunPlan } from "./run-plan.js";
import type { Tally } from "./run-tally.js";

/** How a run ended that didn't fail. */
export interface RunOutcome {
  reason: "completed" | "interrupted";
  tally: Tally;
  summary: SessionSummary | undefined;
  seconds: number;
  /** Undefined where this process had no session of the run any more. */
  diagnostics: Driven["diagnostics"] | undefined;
  /** Length of the record, in bytes. */
  bytes: number;
  /** What was written stands aside, under this name. */
  leftAside: string | undefined;
  /** The same command goes on with the run. */
  isResumable: boolean;
}

/** The server keeps a run that is to be resumed for as long as it keeps any. */
const RESUMABLE_SECS = 900;

/**
 * Runs a backtest to its end, or to where it is interrupted, and records it.
 *
 * @throws SimulatorError what the start or the session failed with; Failure, UsageError for its files
 */
export async function runBacktest(plan: RunPlan, io: Io): Promise<RunOutcome> {
  const { recording, resumed } = await Recording.open(plan, io.out);
  if (resumed === "completed") {
    await recording.complete();
    return outcomeOf("completed", recording);
  }
  const client = makeClient(plan.url, io);
  try {
    return plan.isParallel
      ? await drive(await startParallel(client, plan, io, recording), plan, io, recording)
      : await driveResumable(await startSingle(client, plan, io, recording, resumed), plan, io, recording, resumed !== undefined);
  } finally {
    await client.close();
  }
}

type Client = ReturnType<typeof makeClient>;

async function startParallel(client: Client, plan: RunPlan, io: Io, recording: Recording): Promise<Driven> {
  const { startSlot, endSlot } = plan;
  return begin(io, recording, undefined, async (options) => {
    const run = await client.startParallelSession({ startSlot, endSlot, sendSummary: true }, options);
    return drivenParallel(run);
  });
}

async function startSingle(
  client: Client,
  plan: RunPlan,
  io: Io,
  recording: Recording,
  resumed: SessionCheckpoint | undefined,
): Promise<ManagedBacktestSession> {
  const { startSlot, endSlot, checkpoint } = plan;
  const create = {
    startSlot,
    endSlot,
    sendSummary: true,
    ...(checkpoint !== undefined && { disconnectTimeoutSecs: RESUMABLE_SECS }),
  };
  return begin(io, recording, resumed, (options) =>
    resumed === undefined ? client.startSession(create, options) : client.resumeSession(resumed, options),
  );
}

/** Starts what is to be driven. The interrupt calls the start off; later it is to do more than the session's own signal does. */
async function begin<T>(
  { err, interrupt }: Io,
  recording: Recording,
  resumed: SessionCheckpoint | undefined,
  start: (options: StartOptions) => Promise<T>,
): Promise<T> {
  const starting = new AbortController();
  const handleInterrupt = (): void => starting.abort(interrupt.reason);
  if (interrupt.aborted) handleInterrupt();
  interrupt.addEventListener("abort", handleInterrupt, { once: true });
  try {
    return await start({ signal: starting.signal, onConnection: ({ status }) => tellWait(status, err) });
  } catch (error) {
    if (resumed === undefined) {
      await recording.discard();
      throw error;
    }
    await recording.leave();
    if (error instanceof SimulatorError && error.code === "controlFailed") {
      throw new Failure(
        `the session of the checkpoint can't be resumed: ${explain(error)}; delete the checkpoint to run from the start`,
      );
    }
    throw error;
  } finally {
    interrupt.removeEventListener("abort", handleInterrupt);
  }
}

/** What the start waits for, when it takes longer. */
function tellWait(status: ConnectionStatus, err: Io["err"]): void {
  if (status.state === "down" && status.phase === "backingOff") {
    err.write(`${oneLine(`no connection yet: ${status.reason ?? "unknown"}`)}; trying again\n`);
  }
}

async function driveResumable(
  session: ManagedBacktestSession,
  plan: RunPlan,
  io: Io,
  recording: Recording,
  isResumed: boolean,
): Promise<RunOutcome> {
  const isResumable = plan.checkpoint !== undefined;
  const resumption = isResumable ? { checkpoint: () => session.checkpoint(), detach: () => session.detach() } : undefined;
  return drive(drivenSession(session), plan, io, recording, resumption, isResumed);
}

/** How a session is left so that another process can go on with it. */
interface Resumption {
  checkpoint(): SessionCheckpoint;
  detach(): Promise<SessionCheckpoint>;
}

async function drive(
  driven: Driven,
  plan: RunPlan,
  io: Io,
  recording: Recording,
  resumption?: Resumption,
  isResumed = false,
): Promise<RunOutcome> {
  const connections = new Connections();
  const rate = new Rate(performance.now());
  let slot: bigint | undefined;
  const bar = new ProgressBar(io.err, () => {
    const { done, total } = driven.progress;
    rate.note(performance.now(), Number(done));
    return {
      done: Number(done),
      total: Number(total),
      slot,
      perSecond: rate.perSecond(performance.now()),
      state: connections.describe(Date.now()),
      isHealthy: connections.isHealthy,
    };
  });
  bar.say(`${isResumed ? "going on with" : "running"} ${driven.label}, slots ${plan.startSlot} to ${plan.endSlot}`);
  driven.onConnection((channel, status) => {
    if (connections.note(channel, status) && status.state === "down") bar.say(oneLine(`${channel} lost: ${status.reason}`));
  });
  try {
    // Those of a resumed session stand in its checkpoint.
    if (!isResumed) driven.subscribe(plan.streams, plan.programs);
    await recording.save(resumption?.checkpoint());
    bar.start();
    for await (const event of driven.run(io.interrupt)) {
      recording.take(event);
      if (event.type === "slot") slot = event.slot;
      const said = describe(event);
      if (said !== undefined) bar.say(oneLine(said));
      // At once, before anything else is delivered: it must be of the same moment as what was taken.
      if (resumption !== undefined && recording.isSaveDue) await recording.save(resumption.checkpoint());
      else await recording.settle();
    }
    await recording.complete();
    bar.stop();
    return outcomeOf("completed", recording, driven);
  } catch (error) {
    bar.stop();
    return await end(error, driven, io, recording, resumption);
  }
}

/** Leaves a run that didn't come to its end, in the order that loses least. */
async function end(
  error: unknown,
  driven: Driven,
  { interrupt }: Io,
  recording: Recording,
  resumption: Resumption | undefined,
): Promise<RunOutcome> {
  if (error instanceof Failure) {
    // The record or the checkpoint can't be written. The last checkpoint stands, and holds what was written until then.
    if (resumption === undefined) {
      await driven.shutdown();
      await recording.discard();
      throw error;
    }
    await resumption.detach();
    await recording.leave();
    throw new Failure(`${error.message}; the same command then goes on with the run`);
  }
  const isInterrupted = interrupt.aborted;
  const isOver = error instanceof SimulatorError && error.code === "remote";
  if (resumption !== undefined && !isOver) {
    await recording.save(await resumption.detach());
    const leftAside = await recording.leave();
    if (isInterrupted) return { ...outcomeOf("interrupted", recording, driven), leftAside, isResumable: true };
    throw new Failure(`${explain(error)}; the same command goes on with the run, if the server still has it`);
  }
  await driven.shutdown();
  const leftAside = await recording.leave();
  if (isInterrupted) return { ...outcomeOf("interrupted", recording, driven), leftAside };
  throw leftAside === undefined ? error : new Failure(`${explain(error)}; what came until then is in ${leftAside}`);
}

function outcomeOf(reason: RunOutcome["reason"], recording: Recording, driven?: Driven): RunOutcome {
  const { tally, summary, seconds, bytes } = recording;
  return { reason, tally, summary, seconds, diagnostics: driven?.diagnostics, bytes, leftAside: undefined, isResumable: false };
}

/** What a user is told of on the way. */
function describe(event: ManagedEvent): string | undefined {
  if (event.type === "error") return `the simulator says: ${describeBacktestError(event.error)}`;
  if (event.type === "unrecognized") return `a frame could not be read, and was skipped: ${event.reason}`;
  return event.type === "continuity" ? describeContinuity(event) : undefined;
}

function describeContinuity(event: ContinuityEvent): string {
  switch (event.kind) {
    case "resumed":
      return `${event.channel} is back`;
    case "continueUncertain":
      return `nothing tells whether the server got a ${event.request}: it is sent again if nothing moves`;
    case "gap":
      return `${event.channel} lost what came from ${event.expected} to ${event.got}: the server no longer has it`;
  }
}
