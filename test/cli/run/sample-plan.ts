import type { RunPlan } from "../../../src/cli/run/run-plan.js";
import type { SessionCheckpoint } from "../../../src/session/checkpoint/session-checkpoint.js";
import { PROGRAM } from "./sample-events.js";

/** Returns a sample plan of a run. Its files are in a temporary folder. */
export function samplePlan(path: (name: string) => string, changes: Partial<RunPlan> = {}): RunPlan {
  return {
    url: "ws://127.0.0.1:1/backtest",
    startSlot: 1n,
    endSlot: 9n,
    programs: [PROGRAM],
    streams: ["transaction"],
    isParallel: false,
    out: { file: path("run.ndjson"), format: "ndjson" },
    checkpoint: path("state"),
    checkpointEveryMs: 1_000,
    mayReplace: false,
    waitsForServer: false,
    ...changes,
  };
}

export const SESSION: SessionCheckpoint = {
  version: 1,
  sessionId: "backtest_0123456789abcdef0123456789abcdef",
  startSlot: "1",
  endSlot: "9",
  sequence: null,
  atStop: true,
  pendingContinue: null,
  subscriptions: [],
};
