// @ts-check
// A run that can be killed at any time: `node resumable-run.mjs URL STATE JOURNAL`. It resumes from the checkpoint in STATE, if
// there is one. It writes each event as a line of JOURNAL, and regularly saves a checkpoint with the number of lines before it.
import { appendFileSync, existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { BacktestClient, transactionSignature } from "../../dist/index.js";

const EVENTS_PER_CHECKPOINT = 37;
const [, , url = "", stateFile = "", journal = "", programs = "", start = "", slots = ""] = process.argv;

/**
 * Saves a checkpoint, with the number of journal lines that were written before the checkpoint. Writes a new file and renames it,
 * so that the saved file is always complete. @param {unknown} state
 */
function save(state) {
  writeFileSync(`${stateFile}.new`, JSON.stringify(state));
  renameSync(`${stateFile}.new`, stateFile);
}

/** @param {import("../../dist/index.js").ManagedEvent} event */
function lineOf(event) {
  switch (event.type) {
    case "slot":
      return `slot ${event.slot}`;
    case "transaction":
      return `transaction ${event.program} ${event.transaction.slot} ${transactionSignature(event.transaction)}`;
    case "accountDiff": {
      const { context, account, signature, txIndex } = event.diff;
      return `accountDiff ${event.program} ${context.slot} ${account}|${signature}|${txIndex}`;
    }
    default:
      return event.type;
  }
}

const client = new BacktestClient({ url, reconnect: { initialBackoffMs: 50 } });
const saved = existsSync(stateFile) ? JSON.parse(readFileSync(stateFile, "utf8")) : undefined;
let lines = 0;
const session = saved
  ? await client.resumeSession(saved.checkpoint)
  : await client.startSession({ startSlot: BigInt(start), slotCount: BigInt(slots) });
if (!saved) {
  session.subscribeTransactions(programs.split(","));
  session.subscribeAccountDiffs(programs.split(","));
}
console.log(`session ${session.info.sessionId}`);
for await (const event of session.run({ step: 20 })) {
  appendFileSync(journal, `${lineOf(event)}\n`);
  lines++;
  if (lines % EVENTS_PER_CHECKPOINT === 0) save({ checkpoint: session.checkpoint(), lines });
  if (lines % 10 === 0) console.log(`received ${lines}.`);
}
console.log((await session.closed).reason);
