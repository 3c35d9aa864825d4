import type { SessionSummary } from "../protocol/session-summary.js";
import type { RecordableEvent } from "./recordable-event.js";
import { addRerouteStats } from "./reroute-totals.js";

/** Counts of delivered events. The object is plain JSON, because a checkpoint contains it. */
export interface Tally {
  slots: number;
  transactions: number;
  failedTransactions: number;
  accountDiffs: number;
  /** Number of errors that the server reported without ending the session. */
  errors: number;
  /** Number of frames that could not be read. */
  unrecognized: number;
  /** Number of gaps. A gap means that events were lost while a connection was down, because the server no longer had them. */
  gaps: number;
}

export function emptyTally(): Tally {
  return { slots: 0, transactions: 0, failedTransactions: 0, accountDiffs: 0, errors: 0, unrecognized: 0, gaps: 0 };
}

/** Events that are delivered before the server executes anything. */
const PREPARATIONS: ReadonlySet<RecordableEvent["type"]> = new Set(["readyForContinue", "status"]);

/**
 * Whether an event is delivered before the server executes anything. A checkpoint at such an event would not contain the first
 * continue request, so a resumed run would send the request twice.
 */
export function isPreparation(event: RecordableEvent): boolean {
  return PREPARATIONS.has(event.type);
}

export function addToTally(tally: Tally, event: RecordableEvent): void {
  switch (event.type) {
    case "slot":
      tally.slots++;
      break;
    case "transaction":
      tally.transactions++;
      if ((event.transaction.meta?.err ?? null) !== null) tally.failedTransactions++;
      break;
    case "accountDiff":
      tally.accountDiffs++;
      break;
    case "error":
      tally.errors++;
      break;
    case "unrecognized":
      tally.unrecognized++;
      break;
    case "continuity":
      if (event.kind === "gap") tally.gaps++;
      break;
    default:
      break;
  }
}

/** Adds two server summaries, because each session of a parallel run has its own. */
export function addSummaries(a: SessionSummary | undefined, b: SessionSummary | undefined): SessionSummary | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  const rerouteStats = addRerouteStats(a.rerouteStats, b.rerouteStats);
  return {
    correctSimulation: a.correctSimulation + b.correctSimulation,
    incorrectSimulation: a.incorrectSimulation + b.incorrectSimulation,
    executionErrors: a.executionErrors + b.executionErrors,
    balanceDiff: a.balanceDiff + b.balanceDiff,
    logDiff: a.logDiff + b.logDiff,
    unsanitizable: a.unsanitizable + b.unsanitizable,
    ...((a.withoutMeta ?? b.withoutMeta) !== undefined && { withoutMeta: (a.withoutMeta ?? 0) + (b.withoutMeta ?? 0) }),
    ...((a.notReplayed ?? b.notReplayed) !== undefined && { notReplayed: addReasons(a.notReplayed, b.notReplayed) }),
    ...(rerouteStats !== undefined && { rerouteStats }),
  };
}

type Reasons = NonNullable<SessionSummary["notReplayed"]>;

function addReasons(a: Reasons = [], b: Reasons = []): Reasons {
  const counts = new Map<string, number>();
  for (const { reason, count } of [...a, ...b]) counts.set(reason, (counts.get(reason) ?? 0) + count);
  return [...counts].map(([reason, count]) => ({ reason, count }));
}
