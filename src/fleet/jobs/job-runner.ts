import type { ManagedEvent } from "../../channels/managed-events.js";
import { runWithChanges } from "../../compare/changed-run.js";
import { SimulatorError } from "../../protocol/simulator-error.js";
import type { ManagedBacktestSession } from "../../session/managed-backtest-session.js";
import { type DefinedVariant, type FleetDefinition, type FleetJob, variantOf } from "../plan/fleet-definition.js";
import type { SinkStore } from "../sink/sink-store.js";
import { endOfManifest, type JobEnd, type JobProgress } from "./job-end.js";
import { isOver, type JobManifest, startOver } from "./job-manifest.js";
import { GapError, JobRecording } from "./job-recording.js";
import { JobSessions, newClaim, type SimulatorOptions } from "./job-session.js";
import { FencedError, ManifestStore } from "./manifest-store.js";
import { OwnedManifest } from "./owned-manifest.js";
import { isFinal, isNoCapacity, retryDelay, toFailure } from "./retry-policy.js";
import { loadStrategy } from "./strategy.js";
import { readChanges } from "./variant-changes.js";

/** The input of one attempt at a job. */
export interface JobContext {
  readonly definition: FleetDefinition;
  readonly job: FleetJob;
  readonly store: SinkStore;
  /** Identifies this attempt in the manifest: the lock token of the queue. */
  readonly owner: string;
  readonly simulator: SimulatorOptions;
  /** When this signal fires, the attempt ends, and another worker can resume the job. */
  readonly signal: AbortSignal;
  readonly handleProgress?: (progress: JobProgress) => void;
  /** Returns the current time in ms, counted from any fixed moment. @default performance.now */
  readonly now?: () => number;
  /** @default Math.random */
  readonly random?: () => number;
}

/**
 * Runs one attempt at a job: takes the job over, resumes or starts its session, and records it until the session completes or the
 * attempt ends. Never throws.
 *
 * A manifest is written only after the segments that it lists. The manifest contains the position of the session at the end of
 * the last segment. An attempt may therefore end at any moment, and the next attempt continues after this position.
 */
export async function runJob(context: JobContext): Promise<JobEnd> {
  const run = new JobRun(context);
  try {
    return await run.start();
  } catch (error) {
    return await run.end(error);
  } finally {
    await run.close();
  }
}

class JobRun {
  readonly #context: JobContext;
  readonly #now: () => number;
  readonly #random: () => number;
  readonly #variant: DefinedVariant;
  readonly #manifests: ManifestStore;
  readonly #sessions: JobSessions;
  readonly #startedAt: number;
  /** `undefined` until this attempt owns the job. */
  #manifest: OwnedManifest | undefined;
  #session: ManagedBacktestSession | undefined;
  #recording: JobRecording | undefined;

  constructor(context: JobContext) {
    const { definition, job, store, simulator, signal } = context;
    this.#context = context;
    this.#now = context.now ?? (() => performance.now());
    this.#random = context.random ?? Math.random;
    this.#variant = variantOf(definition, job);
    this.#manifests = new ManifestStore(store, job, definition.format);
    this.#sessions = new JobSessions(simulator, definition, job, signal);
    this.#startedAt = this.#now();
  }

  async start(): Promise<JobEnd> {
    const found = await this.#manifests.load();
    if (isOver(found)) {
      this.#manifest = this.#own(found);
      await this.#closeLeftSession();
      return endOfManifest(this.#context.job, found);
    }
    this.#context.signal.throwIfAborted();
    await this.#takeOver(found);
    const resumed = await this.#resume();
    this.#session = resumed ?? (await this.#startAnew());
    await this.#record(this.#session, resumed !== undefined);
    return endOfManifest(this.#context.job, this.#current);
  }

  /** Handles the error that ended the attempt. */
  async end(error: unknown): Promise<JobEnd> {
    try {
      return error instanceof FencedError ? await this.#yieldToOwner() : await this.#fail(error);
    } catch (failure) {
      if (failure instanceof FencedError) return this.#yieldToOwner().catch(() => ({ kind: "fenced" }));
      return this.#endFor(failure);
    }
  }

  /** Ends the attempt after an error. The order of the steps is chosen so that as few events as possible are lost. */
  async #fail(error: unknown): Promise<JobEnd> {
    // The manifest must not change: this attempt does not own the manifest, or the job is over.
    if (this.#manifest === undefined || isOver(this.#current)) return this.#endFor(error);
    if (this.#context.signal.aborted) {
      await this.#leave({ state: "waiting" });
      return { kind: "released" };
    }
    if (error instanceof SimulatorError && error.code === "sink") {
      await this.#session?.detach().catch(() => {});
      return this.#endFor(error);
    }
    const failure = toFailure(error);
    if (this.#session === undefined && isNoCapacity(error)) {
      await this.#write({ ...startOver(), state: "waiting", error: failure });
      return { kind: "noCapacity", afterMs: retryDelay(this.#current.failures + 1, this.#random), failure };
    }
    const isBusy = error instanceof SimulatorError && error.code === "sessionBusy";
    const failures = this.#current.failures + (isBusy ? 0 : 1);
    if (isFinal(error) || failures > this.#context.definition.retries) {
      await this.#session?.shutdown().catch(() => {});
      await this.#write({ state: "failed", failures, error: failure });
      return { kind: "failed", failure };
    }
    const isLost = error instanceof GapError || (error instanceof SimulatorError && error.code === "remote");
    if (isLost) await this.#startOverLater({ state: "waiting", failures, error: failure });
    else await this.#leave({ state: "waiting", failures, error: failure });
    return { kind: "retry", afterMs: retryDelay(failures, this.#random), failure };
  }

  /** Returns how an attempt ends after an error. Does not change the manifest. */
  #endFor(error: unknown): JobEnd {
    if (this.#context.signal.aborted) return { kind: "released" };
    return { kind: "retry", afterMs: retryDelay(1, this.#random), failure: toFailure(error) };
  }

  async close(): Promise<void> {
    await this.#sessions.close().catch(() => {});
  }

  get #current(): JobManifest {
    return this.#owned.current;
  }

  get #owned(): OwnedManifest {
    return this.#manifest as OwnedManifest;
  }

  #own(found: JobManifest): OwnedManifest {
    return new OwnedManifest(this.#manifests, found, this.#now, this.#startedAt);
  }

  get #isResumable(): boolean {
    return this.#context.definition.strategy === undefined && this.#variant.inject === undefined;
  }

  /** Makes this worker the owner of the job in the manifest. After that, an earlier owner cannot write the manifest. */
  async #takeOver(found: JobManifest): Promise<void> {
    const canResume = this.#isResumable && found.checkpoint !== null;
    const taken = this.#own(found);
    await taken.write({
      state: "running",
      owner: this.#context.owner,
      epoch: found.generation + 1,
      // A job that cannot be resumed starts over, but keeps its old claim. `#renewClaim` needs the old claim to close the old
      // session.
      ...(!canResume && { ...startOver(), claim: found.claim ?? newClaim() }),
    });
    this.#manifest = taken;
    await taken.cutBack();
    if (!canResume && found.claim !== null) await this.#renewClaim();
  }

  /** Resumes the session of an earlier attempt. Returns `undefined` if no such session can be resumed. */
  async #resume(): Promise<ManagedBacktestSession | undefined> {
    const { claim, checkpoint } = this.#current;
    if (checkpoint === null) return undefined;
    const session = await this.#sessions.resume(claim, checkpoint);
    if (session !== undefined) return session;
    await this.#renewClaim();
    await this.#owned.cutBack();
    return undefined;
  }

  /** Closes the session that an earlier attempt has left open, and starts the record again with a new session name. */
  async #renewClaim(): Promise<void> {
    const { claim } = this.#current;
    if (claim !== null) await this.#sessions.release(claim);
    await this.#write({ ...startOver(), claim: newClaim() });
  }

  #startAnew(): Promise<ManagedBacktestSession> {
    const { claim } = this.#current;
    if (claim === null) throw new Error("a job without a claim was started");
    return this.#sessions.start(claim);
  }

  async #record(session: ManagedBacktestSession, isResumed: boolean): Promise<void> {
    const { definition, job, handleProgress } = this.#context;
    const recording = new JobRecording({
      definition,
      job,
      variant: this.#variant,
      manifest: this.#owned,
      isResumed,
      now: this.#now,
      handleProgress,
    });
    this.#recording = recording;
    for await (const event of await this.#eventsOf(session, isResumed)) {
      recording.add(event);
      if (event.type === "completed") {
        // The end is written before the session is closed. If the write fails, the session still exists and can be resumed.
        await recording.complete(event.summary);
        // After `break`, the iterator closes the session.
        break;
      }
      // The next event is delivered only after this write, so the checkpoint covers exactly the recorded events.
      if (recording.isSaveDue) await recording.save(this.#isResumable ? session.checkpoint() : null);
    }
    // The strategy stopped before the `completed` event. The record is completed with the events so far.
    if (!isOver(this.#current)) await recording.complete(undefined);
    await session.shutdown();
    await this.#write({ claim: null });
  }

  async #eventsOf(session: ManagedBacktestSession, isResumed: boolean): Promise<AsyncIterable<ManagedEvent>> {
    const { definition, job, store, signal } = this.#context;
    if (!isResumed) this.#subscribe(session);
    const { strategy: name, advanceCount: step } = definition;
    if (name !== undefined) {
      const strategy = await loadStrategy(name);
      // If the job is aborted, also ends the session: a strategy that ignores the signal would continue.
      const handleAbort = (): void => void session.shutdown();
      if (signal.aborted) handleAbort();
      signal.addEventListener("abort", handleAbort, { once: true });
      void session.closed.then(() => signal.removeEventListener("abort", handleAbort));
      const events = await strategy(session, { job, parameters: this.#variant.parameters, signal });
      if (events !== undefined) return events;
    }
    // A resumed session has already applied its changes.
    const changes = isResumed ? {} : await readChanges(this.#variant, store);
    return runWithChanges(session, changes, { step, signal, startSlot: job.startSlot, keepUntilHandled: true });
  }

  #subscribe(session: ManagedBacktestSession): void {
    for (const subscription of this.#context.definition.subscriptions) {
      switch (subscription.kind) {
        case "transaction":
          session.subscribeTransactions([...subscription.programs]);
          break;
        case "accountDiff":
          session.subscribeAccountDiffs([...subscription.programs]);
          break;
        case "replacement":
          session.subscribeReplacements();
          break;
        case "actionResult":
          session.subscribeActions();
          break;
        case "diagnostic":
          session.subscribeDiagnostics();
          break;
      }
    }
  }

  #write(changes: Partial<JobManifest>): Promise<void> {
    return this.#owned.write(changes);
  }

  /** Ends the attempt. If possible, saves a checkpoint from which the next attempt can resume. */
  async #leave(changes: Partial<JobManifest>): Promise<void> {
    const [session, recording] = [this.#session, this.#recording];
    // Without a session, there is no new checkpoint. The manifest keeps its last checkpoint.
    if (session === undefined) return this.#write(changes);
    if (!this.#isResumable || !recording?.hasBegun) return this.#startOverLater(changes);
    await recording.save(await session.detach(), changes);
  }

  /** Ends the attempt, and makes the next attempt start again from the first slot. */
  async #startOverLater(changes: Partial<JobManifest>): Promise<void> {
    await this.#session?.shutdown().catch(() => {});
    // Keeps the claim (session name and `createToken`). If `shutdown` failed, the next attempt needs the claim to close the
    // session.
    await this.#write({ ...startOver(), claim: this.#current.claim, ...changes });
  }

  /**
   * Ends the attempt because another owner has written the manifest. Leaves the session open for the new owner, unless the job
   * was cancelled.
   */
  async #yieldToOwner(): Promise<JobEnd> {
    const newest = await this.#manifests.load();
    if (!isOver(newest)) {
      await this.#session?.detach().catch(() => {});
      return { kind: "fenced" };
    }
    await this.#session?.shutdown().catch(() => {});
    return endOfManifest(this.#context.job, newest);
  }

  /** Closes the session of a finished job if the worker that finished the job could not close it. */
  async #closeLeftSession(): Promise<void> {
    const { claim } = this.#current;
    if (claim === null) return;
    await this.#sessions.release(claim);
    await this.#write({ claim: null });
  }
}
