import { requireMethods, requireObject, requireOptions } from "../protocol/arguments.js";
import type { RecordSink } from "./record-sinks.js";
import type { RecordableEvent, RecordedSession, RunHeader } from "./recordable-event.js";

/** An item of an iteration. A single session returns the event itself. A parallel run returns an object that contains the event. */
type RunEvent = RecordableEvent | { readonly event: RecordableEvent };

/** A session or a parallel run of `simulator-client`, or any object with the same members. */
export interface RecordableSession {
  /** Iterates over the events, and sends the continue requests. */
  run(options?: { step?: bigint | number; signal?: AbortSignal }): AsyncIterable<RunEvent>;
  /** The subscriptions of a single session. The header of a record lists them. */
  readonly subscriptions?: readonly { readonly kind: string; readonly filters: readonly string[] }[];
  /** The sub-sessions of a parallel run. */
  readonly subSessions?: readonly RecordableSubSession[];
}

interface RecordableSubSession {
  readonly info: { readonly sessionId: string };
  readonly range: { readonly startSlot: bigint; readonly endSlot: bigint };
  readonly subscriptions: readonly { readonly kind: string; readonly filters: readonly string[] }[];
}

/** Options of `record`. */
export interface RecordOptions {
  /**
   * Members to set in the header (the first line of the record). `record` reads all other members from the session.
   *
   * @default the programs and streams of the session's subscriptions
   */
  header?: RunHeader;
  /** Number of blocks between two stops. @default all remaining blocks */
  step?: bigint | number;
  /**
   * Aborts the recording: `record` throws the `cancelled` error of the session. The record is closed, but the session stays open.
   *
   * @default none
   */
  signal?: AbortSignal;
  /** Called with each event before it is recorded. If it returns a promise, the recording waits for it. @default none */
  onEvent?: (event: RecordableEvent) => void | Promise<void>;
}

/** The counts of the recorded events, and whether the run has completed. */
export interface RecordResult {
  /** Number of events. */
  events: number;
  /** Number of transaction events. A transaction that mentions two subscribed programs causes two events. */
  transactions: number;
  /** Number of transaction events whose transaction failed. */
  failed: number;
  /** Whether the run has completed. */
  isComplete: boolean;
}

/**
 * Runs a session to its end, and writes its events. Subscribe first, because only subscribed events are delivered. The record is
 * closed even if the run fails.
 *
 * @param run a session, a parallel run, or the events of a session or a parallel run
 * @throws SimulatorError any error of the session or of the output
 * @example
 * session.subscribeTransactions([program]);
 * await record(session, ndjsonSink(createWriteStream("run.ndjson")));
 */
export async function record(
  run: RecordableSession | AsyncIterable<RunEvent>,
  sink: RecordSink,
  options: RecordOptions = {},
): Promise<RecordResult> {
  checkRun(run);
  requireMethods(sink, "sink", ["begin", "write", "close"], "a sink, for example from ndjsonSink()");
  requireOptions(options, ["header", "step", "signal", "onEvent"]);
  const { header, step, signal, onEvent } = options;
  const result: RecordResult = { events: 0, transactions: 0, failed: 0, isComplete: false };
  const session = "run" in run ? run : undefined;
  const runOptions = { ...(step !== undefined && { step }), ...(signal !== undefined && { signal }) };
  const events = "run" in run ? run.run(runOptions) : run;
  await sink.begin({ ...headerOf(session), ...header }, sessionsOf(session));
  try {
    for await (const item of events) {
      const event = "event" in item ? item.event : item;
      const handled = onEvent?.(event);
      if (handled !== undefined) await handled;
      count(result, event);
      const written = sink.write(event);
      if (written !== undefined) await written;
    }
  } catch (error) {
    // The error of the run is thrown, even if the record cannot be closed.
    await Promise.resolve(sink.close()).catch(() => {});
    throw error;
  }
  await sink.close();
  return result;
}

/** @throws SimulatorError `invalidParams` */
function checkRun(run: unknown): void {
  requireObject(run, "run", "a session, or the events of a session");
  if (typeof run === "object" && run !== null && (Symbol.asyncIterator in run || Symbol.iterator in run) && !("run" in run))
    return;
  requireMethods(run, "run", ["run"], "a session, or the events of a session");
}

function count(result: RecordResult, event: RecordableEvent): void {
  result.events++;
  if (event.type === "completed") result.isComplete = true;
  if (event.type !== "transaction") return;
  result.transactions++;
  if ((event.transaction.meta?.err ?? null) !== null) result.failed++;
}

const STREAMS = ["transaction", "accountDiff"];

function headerOf(session: RecordableSession | undefined): RunHeader {
  const parts = [...(session?.subSessions ?? [])].sort((x, y) => (x.range.startSlot < y.range.startSlot ? -1 : 1));
  const [first, last] = [parts[0], parts.at(-1)];
  const subscriptions = first?.subscriptions ?? session?.subscriptions ?? [];
  const recorded = subscriptions.filter(({ kind }) => STREAMS.includes(kind));
  return {
    ...(first !== undefined && { startSlot: first.range.startSlot, endSlot: last?.range.endSlot }),
    programs: [...new Set(recorded.flatMap(({ filters }) => filters))],
    streams: [...new Set(recorded.map(({ kind }) => kind))],
  };
}

function sessionsOf(session: RecordableSession | undefined): RecordedSession[] {
  return (session?.subSessions ?? []).map(({ info, range }) => ({ sessionId: info.sessionId, ...range }));
}
