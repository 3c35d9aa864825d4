import { expect } from "vitest";
import type { BacktestClientOptions, CreateSession, Diagnostics } from "../../dist/index.js";
import type { Fault, FaultTrigger, FaultType, LocalSimulatorOptions, SessionRecord } from "../../dist/local.js";

/** For each kind of event: the names of the events, in the order of their arrival. */
export interface Names {
  slot: string[];
  transaction: string[];
  accountDiff: string[];
}

/** A session that a page runs against a server. */
export interface ServerRun {
  client: Omit<BacktestClientOptions, "WebSocket" | "fetch" | "agent" | "logger">;
  create: CreateSession;
  programs: readonly string[];
}

export interface InPageRun {
  simulator: LocalSimulatorOptions;
  client?: Omit<ServerRun["client"], "url">;
  create: CreateSession;
  faults?: { trigger: FaultTrigger; fault: Fault }[];
}

/** The outcome of a session. */
export interface Outcome {
  sessionId: string;
  delivered: Names;
  /** The continuity events, the errors, and the frames that could not be read. */
  others: string[];
  /** The type of the last event. */
  last: string;
  /** The reason why the session ended, and the error if there is one. */
  end: string;
  /** The states of the connections, one text for each change. */
  statuses: string[];
  diagnostics: Diagnostics;
  /** Violations of the content security policy. */
  violations: string[];
}

export interface InPageOutcome extends Outcome {
  expected: Names;
  injected: Record<FaultType, number>;
}

export interface FailedStart {
  code: string;
  message: string;
  /** All texts of the error together. A test expects that they do not contain the key. */
  shown: string;
  violations: string[];
}

/** Returns the names of the events that the simulator recorded for a session. Omits events of programs other than `program`. */
export function namesOf(record: SessionRecord | undefined, program: string): Names {
  if (record === undefined) throw new Error("the simulator has no record of the session");
  return {
    slot: record.control.flatMap(({ response }) => (response.method === "slotNotification" ? [String(response.params)] : [])),
    transaction: record.notifications("transaction", program).map(({ key }) => key),
    accountDiff: record.notifications("accountDiff", program).map(({ key }) => key),
  };
}

/**
 * Expects that the session completed, each event was delivered exactly once and in order, and the content security policy refused
 * nothing.
 */
export function expectComplete(outcome: Outcome, expected: Names, slots: number): void {
  expect(outcome.end).toBe("completed");
  expect(outcome.last).toBe("completed");
  expect(outcome.violations).toEqual([]);
  // Two empty lists would be equal, so the expected length is checked, too.
  expect(expected.slot).toHaveLength(slots);
  expect(expected.transaction.length).toBeGreaterThanOrEqual(slots);
  expect(expected.accountDiff.length).toBeGreaterThanOrEqual(slots);
  expect(new Set(expected.accountDiff).size).toBe(expected.accountDiff.length);
  expect(outcome.delivered).toEqual(expected);
}
