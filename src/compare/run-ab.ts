import { requireList, requireMethods, requireObject, requireOptions } from "../protocol/arguments.js";
import { invalidParams } from "../protocol/error-helpers.js";
import { refuseUnknownNames } from "../protocol/known-names.js";
import { readU64, toU64 } from "../protocol/scalars.js";
import { type ChangeableSession, type RunChanges, runWithChanges } from "./changed-run.js";
import { type CompareOptions, compareRuns } from "./compare-runs.js";
import type { Comparison } from "./comparison.js";
import { type RecordResult, record } from "./record.js";
import { MemoryRecord } from "./record-sinks.js";
import type { RecordableEvent } from "./recordable-event.js";

/** A session in the form that `BacktestClient.startSession` returns. */
export interface AbSession<T> extends ChangeableSession<RecordableEvent, T> {
  /** Subscribes to the transactions of programs. */
  subscribeTransactions(programs: string[]): unknown;
  /** The subscriptions of the session. */
  readonly subscriptions: readonly { readonly kind: string; readonly filters: readonly string[] }[];
  /** Ends the session. */
  shutdown(): Promise<void>;
}

/** A client that can start sessions, such as a `BacktestClient`. */
export interface AbClient<C, S> {
  /** Starts a session. */
  startSession(create: C, options?: { signal?: AbortSignal }): Promise<S>;
}

/** One of the two runs. */
export interface AbSide<C, S, T = string | Uint8Array> extends RunChanges<T> {
  /** Parameters of the create request that override the common parameters, such as `extraComputeUnits`. @default none */
  readonly create?: Partial<C>;
  /** Called with the session before it runs. Use it to subscribe and to add listeners. @default none */
  readonly prepare?: (session: S) => void | Promise<void>;
}

/** Options of `runAB`. */
export interface AbOptions<C, S, T = string | Uint8Array>
  extends Pick<CompareOptions, "limit" | "ignore" | "accounts" | "pnlLimit"> {
  /** Programs whose transactions are compared. @default the programs that `baseline` and `candidate` replace */
  readonly programs?: readonly string[];
  /** The run with which the candidate is compared. @default a run without changes */
  readonly baseline?: AbSide<C, S, T>;
  /** The run with the changes. */
  readonly candidate: AbSide<C, S, T>;
  /** Whether both runs are executed at the same time. @default false */
  readonly concurrent?: boolean;
  /** A signal that shuts down the sessions when it aborts. `runAB` then throws an error. @default none */
  readonly signal?: AbortSignal;
}

/** One of the two runs of `runAB`. */
export interface AbRun extends RecordResult {
  /** The record of the run, for `readRecord` and `compareRuns`. */
  readonly record: MemoryRecord;
}

/** Both runs of `runAB`, and their comparison. */
export interface AbResult {
  /** The run without the changes of the candidate. */
  readonly baseline: AbRun;
  /** The run with the changes. */
  readonly candidate: AbRun;
  /** The comparison of the two runs. A is the baseline, B the candidate. */
  readonly comparison: Comparison;
}

const KNOWN_OPTIONS = [
  ...["programs", "baseline", "candidate", "concurrent", "signal"],
  ...["limit", "ignore", "accounts", "pnlLimit"],
];
const KNOWN_OF_SIDE = ["create", "prepare", "programs", "accounts", "transactions"];

/**
 * Runs the same slots twice, as a baseline and as a candidate with changes, and compares the two runs. Both records are kept in
 * memory. For long ranges, use `record` with files, and `compareRuns`.
 *
 * @param client a `BacktestClient`
 * @param create the parameters that both sessions have in common
 * @throws SimulatorError `invalidParams` for an invalid option, or if no program is named; `nothingMatched` if a run has no
 * transactions of the programs; any error of a session
 * @example
 * const { comparison } = await runAB(client, { startSlot, slotCount: 100 }, { candidate: { programs: { [program]: elf } } });
 * for (const { slot, signature, b } of comparison.regressions) console.log(slot, signature, b?.failure?.reason);
 */
export async function runAB<C extends { startSlot: bigint | number }, S extends AbSession<T>, T = string | Uint8Array>(
  client: AbClient<C, S>,
  create: C,
  options: AbOptions<C, S, T>,
): Promise<AbResult> {
  requireMethods(client, "client", ["startSession"], "a BacktestClient");
  requireObject(create, "create", "the parameters of the sessions: { startSlot, … }");
  const { baseline = {}, candidate, concurrent = false, signal, ...comparing } = checked(options);
  const programs = options.programs ?? [baseline, candidate].flatMap((side) => Object.keys(side.programs ?? {}));
  const unique = [...new Set(programs)];
  // AbortSignal.any is not used, because it needs Chrome 116, Safari 17.4 or Node.js 20.3.
  const stop = new AbortController();
  const handleAbort = () => stop.abort(signal?.reason);
  if (signal?.aborted) handleAbort();
  signal?.addEventListener("abort", handleAbort, { once: true });
  const run = (side: AbSide<C, S, T>) => runSide(client, { ...create, ...side.create }, side, unique, stop.signal);
  const runBoth = async (): Promise<AbRun[]> => {
    if (!concurrent) return [await run(baseline), await run(candidate)];
    let failure: { error: unknown } | undefined;
    const sides = [baseline, candidate].map((side) =>
      run(side).catch((error: unknown) => {
        failure ??= { error };
        // This run has failed. The abort stops the other run and shuts down its session.
        stop.abort(error);
        throw error;
      }),
    );
    // This waits for both runs, so that no session is left open when `runAB` throws.
    await Promise.allSettled(sides);
    if (failure !== undefined) throw failure.error;
    return Promise.all(sides);
  };
  const [a, b] = (await runBoth().finally(() => signal?.removeEventListener("abort", handleAbort))) as [AbRun, AbRun];
  const names = { a: "the baseline", b: "the candidate" };
  const { programs: _, ...compareOptions } = comparing;
  const comparison = await compareRuns(a.record, b.record, { ...compareOptions, names, ...(signal && { signal }) });
  return { baseline: a, candidate: b, comparison };
}

function checked<C, S, T>(options: AbOptions<C, S, T>): AbOptions<C, S, T> {
  requireOptions(options, KNOWN_OPTIONS);
  if (options.programs !== undefined) requireList(options.programs, "programs", "a list of addresses");
  for (const name of ["baseline", "candidate"] as const) {
    if (name === "baseline" && options.baseline === undefined) continue;
    requireObject(options[name], name, "an object with the changes");
    refuseUnknownNames(options[name] ?? {}, KNOWN_OF_SIDE, "option", name);
  }
  return options;
}

async function runSide<C extends { startSlot: bigint | number }, S extends AbSession<T>, T>(
  client: AbClient<C, S>,
  create: C,
  side: AbSide<C, S, T>,
  programs: readonly string[],
  signal: AbortSignal,
): Promise<AbRun> {
  const startSlot = toU64(create.startSlot, "startSlot");
  const session = await client.startSession(create, { signal });
  try {
    if (programs.length > 0) session.subscribeTransactions([...programs]);
    await side.prepare?.(session);
    const recorded = session.subscriptions.filter(({ kind }) => kind === "transaction");
    if (recorded.length === 0) {
      throw invalidParams("programs", "expected the programs whose transactions are compared");
    }
    const memory = new MemoryRecord();
    const header = { startSlot, programs: [...new Set(recorded.flatMap(({ filters }) => filters))], streams: ["transaction"] };
    const result = await record(runWithChanges(session, side, { startSlot, endSlot: lastSlotOf(create) }), memory, { header });
    return { ...result, record: memory };
  } catch (error) {
    // The error of the run is thrown, even if the session cannot be closed.
    await session.shutdown().catch(() => {});
    throw error;
  }
}

/** Returns the last slot of a session. `undefined` if the create parameters do not contain it. */
function lastSlotOf(create: { startSlot: bigint | number; endSlot?: unknown; slotCount?: unknown }): bigint | undefined {
  const startSlot = BigInt(create.startSlot);
  const endSlot = readU64(create.endSlot);
  const slotCount = readU64(create.slotCount);
  return endSlot ?? (slotCount === undefined ? undefined : startSlot + slotCount - 1n);
}
