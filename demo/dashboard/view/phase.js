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

/** Returns `true` if the run is over or was never started. @param {Phase} phase */
export function isOver(phase) {
  return phase === "idle" || phase === "completed" || phase === "ended" || phase === "failed";
}

/** Start-up stages of the server. @type {Record<string, string>} */
const STAGES = {
  startingRuntime: "starting the runtime",
  preparingBundle: "preparing the data of the range",
  decodedTransactions: "transactions decoded",
  appliedAccountModifications: "account modifications applied",
  readyToExecuteUserTransactions: "ready for your transactions",
  executedUserTransactions: "your transactions executed",
  executingBlockTransactions: "executing a block",
  executedBlockTransactions: "block executed",
  programAccountsLoaded: "programs and accounts loaded",
};

/** @param {string} stage an unknown stage is split into words */
export function describeStage(stage) {
  return STAGES[stage] ?? stage.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}
