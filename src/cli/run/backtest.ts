import { setMaxListeners } from "node:events";
import type { ContinuityEvent, ManagedEvent } from "../../channels/managed-events.js";
import type { InjectedOutcome } from "../../compare/changed-run.js";
import type { Tally } from "../../compare/run-tally.js";
import type { ConnectionStatus } from "../../connection/status.js";
import { describeBacktestError } from "../../protocol/backtest-error.js";
import type { SessionSummary } from "../../protocol/session-summary.js";
import { SimulatorError } from "../../protocol/simulator-error.js";
import type { SessionCheckpoint } from "../../session/checkpoint/session-checkpoint.js";
import type { StartOptions } from "../../session/control/control-connection.js";
import type { CreateSession } from "../../session/create-options.js";
import type { ManagedBacktestSession } from "../../session/managed-backtest-session.js";
import { overrideAt } from "../../session/program-override.js";
import { explain, Failure, oneLine } from "../command-failure.js";
import { makeClient } from "../common-options.js";
import type { Io } from "../terminal/io.js";
import { Connections } from "./connections.js";
import { type Driven, drivenParallel, drivenSession } from "./driven.js";
import { InjectionReport, type Injections } from "./injection-report.js";
import { ProgressBar } from "./progress-bar.js";
import { Rate } from "./rate.js";
import { Recording } from "./recording.js";
import type { RunPlan } from "./run-plan.js";
import { type FinishedReports, RunReports } from "./run-reports.js";

/** The result of a run that did not fail. */
export interface RunOutcome extends Injections {
  reason: "completed" | "interrupted";
  /** Whether an earlier process had already completed the run, so that this process ran nothing. */
  wasDone: boolean;
  tally: Tally;
  summary: SessionSummary | undefined;
  /** Duration of the run, in seconds. If the run was resumed, this is the sum over all its processes. */
  seconds: number;
  /** The diagnostics of the session. `undefined` if this process opened no session. */
  diagnostics: Driven["diagnostics"] | undefined;
  /** Size of the record in bytes. */
  bytes: number;
  /** The name of the partial record, if there is one. */
  partial: string | undefined;
  /** Whether the run can be resumed with the command that started it. */
  isResumable: boolean;
  /** The reports of the run. Absent if the run did not complete in this process. */
  reports?: FinishedReports;
}

/** The maximum time for which the server keeps a session without a connection, in seconds. */
const RESUMABLE_SECS = 900;
/** Time limit for the first connection without `--wait`, in ms. */
const CONNECT_MS = 5_000;

/**
 * Runs a backtest until it completes or is interrupted, and records it.
 *
 * @throws SimulatorError if the session cannot be started or fails; Failure or UsageError if there is a problem with its files
 */
export async function runBacktest(plan: RunPlan, io: Io): Promise<RunOutcome> {
  // Each session of a parallel run adds a listener. Node.js warns if there are more than ten, so the limit is removed.
  setMaxListeners(0, io.interrupt);
  const { recording, resumed } = await Recording.open(plan, io.out);
  if (resumed === "completed") {
    await recording.complete();
    return { ...outcomeOf("completed", recording), wasDone: true };
  }
  const client = makeClient(plan.url, io, plan.waitsForServer ? {} : { timeouts: { initialConnectMs: CONNECT_MS } });
  try {
    return plan.isParallel
      ? await drive(await startParallel(client, plan, io, recording), plan, io, recording)
      : await driveResumable(await startSingle(client, plan, io, recording, resumed), plan, io, recording, resumed !== undefined);
  } finally {
    await client.close();
  }
}

type Client = ReturnType<typeof makeClient>;

function createOf(plan: RunPlan): CreateSession {
  const { startSlot, endSlot, name, extraComputeUnits, replayAccountState, reroute, changed } = plan;
  const { accounts = {} } = changed ?? {};
  return {
    startSlot,
    endSlot,
    sendSummary: true,
    ...(name !== undefined && { name }),
    ...(extraComputeUnits !== undefined && { extraComputeUnits }),
    ...(replayAccountState !== undefined && { replayAccountState }),
    ...(reroute && { reroute }),
    // Rerouted swaps ignore the account states of the first continue request, but not those of an action.
    ...(reroute && Object.keys(accounts).length > 0 && { actions: [overrideAt(startSlot, accounts)] }),
  };
}

async function startParallel(client: Client, plan: RunPlan, io: Io, recording: Recording): Promise<Driven> {
  return begin(io, recording, undefined, async (options) => {
    const run = await client.startParallelSession(createOf(plan), options);
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
  const create = { ...createOf(plan), ...(plan.checkpoint !== undefined && { disconnectTimeoutSecs: RESUMABLE_SECS }) };
  return begin(io, recording, resumed, (options) =>
    resumed === undefined ? client.startSession(create, options) : client.resumeSession(resumed, options),
  );
}

/** Starts a session. An interrupt during the start cancels the start. `drive` handles a later interrupt. */
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
    const reportWait = waitReporter(err, resumed !== undefined);
    return await start({ signal: starting.signal, onConnection: ({ status }) => reportWait(status) });
  } catch (error) {
    if (resumed === undefined) {
      await recording.discard();
      throw error;
    }
    await recording.keepPartial();
    if (error instanceof SimulatorError && error.code === "controlFailed") {
      throw new Failure(
        `cannot resume the session of the checkpoint: ${explain(error)}. Delete the checkpoint to run from the start`,
        { cause: error },
      );
    }
    throw error;
  } finally {
    interrupt.removeEventListener("abort", handleInterrupt);
  }
}

/** Returns a function that reports why the start takes longer than usual. */
function waitReporter(err: Io["err"], isResume: boolean): (status: ConnectionStatus) => void {
  let isWaiting = false;
  return (status) => {
    if (status.state !== "down" || status.phase !== "backingOff") return;
    const { reason = "unknown reason" } = status;
    // After a crash of the earlier process, the server releases the session only after some time. This is not an error.
    if (isResume && reason.includes("sessionOwnershipBusy")) {
      if (!isWaiting) err.write("waiting until the server releases the session from its earlier connection\n");
      isWaiting = true;
      return;
    }
    err.write(`${oneLine(`not connected yet: ${reason}`)}; trying again\n`);
  };
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
  return drive(drivenSession(session, plan.startSlot, plan.endSlot), plan, io, recording, resumption, isResumed);
}

/** How to detach from a session so that another process can resume it. */
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
  const reports = new RunReports(plan.reports);
  const injections = new InjectionReport();
  const rate = new Rate(performance.now(), Number(driven.progress.done));
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
  bar.printLine(`${isResumed ? "resuming" : "running"} ${driven.label}, slots ${plan.startSlot} to ${plan.endSlot}`);
  let hasLost = false;
  driven.onConnection((channel, status) => {
    if (!connections.note(channel, status) || status.state !== "down") return;
    hasLost = true;
    bar.printLine(oneLine(`${channel} lost: ${status.reason}`));
  });
  try {
    // A resumed session already has its subscriptions, because the checkpoint contains them.
    if (!isResumed) {
      recording.addSessions(driven.sessions);
      driven.subscribe(plan.streams, plan.programs);
      if (plan.reroute !== undefined) driven.subscribeReplacements();
    }
    bar.start();
    // Applies the changes only to a new session. A resumed session already has the changes.
    const changes = isResumed ? {} : (plan.changed ?? {});
    const handleInjected = (at: bigint, transactions: readonly InjectedOutcome[]): void => {
      for (const line of injections.add(at, transactions)) bar.printLine(oneLine(line));
    };
    // The loop awaits each write before it reads the next event. A checkpoint therefore covers exactly the recorded events.
    for await (const event of driven.run(changes, { step: plan.advanceCount, signal: io.interrupt, handleInjected })) {
      recording.add(event);
      if (event.type === "slot") slot = event.slot;
      // The `resumed` event at the start of a resumed run is expected: it is not printed.
      const isExpected = isResumed && !hasLost && event.type === "continuity" && event.kind === "resumed";
      const line = isExpected ? undefined : (describe(event) ?? reports.add(event));
      if (line !== undefined) bar.printLine(oneLine(line));
      if (resumption === undefined) await recording.flushIfDue();
      // The end is saved before the session is closed. If saving fails, the session still exists, and the run can be resumed
      // later.
      else if (event.type === "completed") {
        await saveEnd(recording, resumption);
        // After `break`, the iterator closes the session.
        break;
      } else if (recording.isSaveDue) await recording.save(resumption.checkpoint());
      else await recording.flushIfDue();
    }
    await recording.complete();
    bar.stop();
    const range = `slots ${plan.startSlot} to ${plan.endSlot}`;
    return { ...outcomeOf("completed", recording, driven), ...injections.result, reports: reports.finish(range) };
  } catch (error) {
    bar.stop();
    return await endEarly(error, driven, io, recording, resumption);
  }
}

/**
 * Saves a checkpoint of the completed run. If it cannot be saved, detaches from the session, so that the run can be resumed when
 * the disk has space again.
 */
async function saveEnd(recording: Recording, resumption: Resumption): Promise<void> {
  try {
    await recording.save(undefined);
  } catch (error) {
    await resumption.detach();
    throw error;
  }
}

/** Ends a run that has not completed. The order of the steps is chosen so that as few events as possible are lost. */
async function endEarly(
  error: unknown,
  driven: Driven,
  { interrupt }: Io,
  recording: Recording,
  resumption: Resumption | undefined,
): Promise<RunOutcome> {
  // A `Failure` means that the record or the checkpoint could not be written.
  if (error instanceof Failure) {
    if (error.code === "fileExists") {
      await recording.keepPartial();
      throw error;
    }
    if (resumption === undefined) {
      await driven.shutdown();
      await recording.discard();
      throw error;
    }
    await resumption.detach().catch(() => {});
    await recording.keepPartial();
    throw new Failure(`${error.message}. The same command resumes the run`, { cause: error });
  }
  const isInterrupted = interrupt.aborted;
  const hasEndedOnServer = error instanceof SimulatorError && error.code === "remote";
  if (resumption !== undefined && !hasEndedOnServer) {
    await recording.save(await resumption.detach());
    const partial = await recording.keepPartial();
    if (isInterrupted) return { ...outcomeOf("interrupted", recording, driven), partial, isResumable: true };
    throw new Failure(`${explain(error)}. The same command resumes the run, if the server still has the session`, {
      cause: error,
    });
  }
  await driven.shutdown();
  const partial = await recording.keepPartial();
  if (isInterrupted) return { ...outcomeOf("interrupted", recording, driven), partial };
  throw partial === undefined ? error : new Failure(`${explain(error)}. The partial record is ${partial}`, { cause: error });
}

function outcomeOf(reason: RunOutcome["reason"], recording: Recording, driven?: Driven): RunOutcome {
  const { tally, summary, seconds, bytes } = recording;
  const diagnostics = driven?.diagnostics;
  return { reason, wasDone: false, tally, summary, seconds, diagnostics, bytes, partial: undefined, isResumable: false };
}

/** Returns the line to print for an event. `undefined` for most events. */
function describe(event: ManagedEvent): string | undefined {
  if (event.type === "error") return `the simulator reports an error: ${describeBacktestError(event.error)}`;
  if (event.type === "unrecognized") return `skipped a frame that cannot be read: ${event.reason}`;
  return event.type === "continuity" ? describeContinuity(event) : undefined;
}

function describeContinuity(event: ContinuityEvent): string {
  switch (event.kind) {
    case "resumed":
      return `${event.channel} reconnected`;
    case "continueUncertain":
      return `unknown whether the server received a ${event.request}; it is sent again if the run makes no progress`;
    case "gap":
      return `${event.channel} lost the events from ${event.expected} to ${event.got}: the server no longer has them`;
  }
}
