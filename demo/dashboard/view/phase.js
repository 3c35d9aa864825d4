// @ts-check
/** @typedef {import("../contract.d.ts").Phase} Phase */
/** @typedef {"good" | "bad" | "busy" | "still"} Tone */

/** @type {Record<Phase, { word: string, tone: Tone }>} */
export const PHASES = {
  idle: { word: "Not started", tone: "still" },
  starting: { word: "Starting", tone: "busy" },
  stopped: { word: "Paused", tone: "still" },
  playing: { word: "Playing", tone: "good" },
  pausing: { word: "Pausing", tone: "busy" },
  stepping: { word: "Stepping", tone: "busy" },
  stopping: { word: "Stopping", tone: "busy" },
  completed: { word: "Completed", tone: "good" },
  ended: { word: "Stopped", tone: "still" },
  failed: { word: "Failed", tone: "bad" },
};

/** Whether there is no run that goes on: one can be started. @param {Phase} phase */
export function isOver(phase) {
  return phase === "idle" || phase === "completed" || phase === "ended" || phase === "failed";
}

/** The server's words for its start-up. @type {Record<string, string>} */
const STAGES = {
  startingRuntime: "the runtime is starting",
  preparingBundle: "the range's data is being prepared",
  decodedTransactions: "transactions are decoded",
  appliedAccountModifications: "account changes are applied",
  readyToExecuteUserTransactions: "ready for your transactions",
  executedUserTransactions: "your transactions are executed",
  executingBlockTransactions: "a block is being executed",
  executedBlockTransactions: "a block is executed",
  programAccountsLoaded: "programs and accounts are loaded",
};

/** @param {string} stage one that is newer than this page is told in its own spelling, as words */
export function describeStage(stage) {
  return STAGES[stage] ?? stage.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}
