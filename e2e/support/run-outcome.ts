import { expect } from "vitest";
import type { BacktestClientOptions, CreateSession, Diagnostics } from "../../dist/index.js";
import type { Fault, FaultTrigger, FaultType, LocalSimulatorOptions, SessionRecord } from "../../dist/local.js";

/** Events by name, in order, by what brought them. */
export interface Names {
  slot: string[];
  transaction: string[];
  accountDiff: string[];
}

/** A session that a page is asked to run. */
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

/** What came of it. */
export interface Outcome {
  sessionId: string;
  delivered: Names;
  /** Continuity events, errors, and frames that could not be read. */
  others: string[];
  /** The last event's type. */
  last: string;
  /** The reason that the session closed for, with its error if there is one. */
  end: string;
  /** Each change of a connection. */
  statuses: string[];
  diagnostics: Diagnostics;
  /** Of the content security policy. */
  violations: string[];
}

export interface InPageOutcome extends Outcome {
  expected: Names;
  struck: Record<FaultType, number>;
}

export interface FailedStart {
  code: string;
  message: string;
  /** All that an error shows of itself. */
  shown: string;
  violations: string[];
}

/** What a session's user is to be given, by the simulator's record. */
export function namesOf(record: SessionRecord | undefined, program: string): Names {
  if (record === undefined) throw new Error("the simulator has no record of the session");
  return {
    slot: record.control.flatMap(({ response }) => (response.method === "slotNotification" ? [String(response.params)] : [])),
    transaction: record.notifications("transaction", program).map(({ key }) => key),
    accountDiff: record.notifications("accountDiff", program).map(({ key }) => key),
  };
}

/** Completed, and each event delivered once, none missing, in order; nothing refused by the page's policy. */
export function expectWhole(outcome: Outcome, expected: Names, slots: number): void {
  expect(outcome.end).toBe("completed");
  expect(outcome.last).toBe("completed");
  expect(outcome.violations).toEqual([]);
  // So that two empty lists don't agree.
  expect(expected.slot).toHaveLength(slots);
  expect(expected.transaction.length).toBeGreaterThanOrEqual(slots);
  expect(expected.accountDiff.length).toBeGreaterThanOrEqual(slots);
  expect(new Set(expected.accountDiff).size).toBe(expected.accountDiff.length);
  expect(outcome.delivered).toEqual(expected);
}
