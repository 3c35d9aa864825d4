// @ts-check
// The worker of A/B runs: executes the page's commands, and streams records to and from the storage.
import { receivePageEvents } from "../../../dist/browser.js";
import { compareRuns, comparisonMarkdown, failureText } from "../../../dist/browser-compare.js";
import { RunSource } from "../worker/run-source.js";
import { AbRun, importRecord } from "./ab-run.js";
import { toComparedRuns } from "./compared-runs.js";
import { LIMITS, RecordStore } from "./record-store.js";

/** @typedef {import("./ab-contract.js").AbCommand} AbCommand */
/** @typedef {import("./ab-contract.js").AbMessage} AbMessage */
/** @typedef {import("./ab-contract.js").StoredRun} StoredRun */
/** @typedef {import("../../../dist/browser-compare.js").Comparison} Comparison */

const PROGRESS_MS = 100;
/** Maximum number of differences of each kind. */
const MAX_DIFFERENCES = 100;

/** @type {import("../../../dist/browser.js").PageLife | undefined} */
let pageEvents;
/** @type {Promise<RecordStore> | undefined} */
let opening;
/** @type {AbRun | undefined} */
let running;
/** @typedef {(outcome: import("../../../dist/browser-compare.js").FailedOutcome) => string} Reason */
/** @type {{ comparison: Comparison, a: StoredRun, b: StoredRun, why: Reason } | undefined} */
let latest;
let isProgressDue = false;

/** @param {AbMessage} message */
const send = (message) => postMessage(message);

/** Only one of these commands runs at a time. @type {ReadonlySet<AbCommand["type"]>} */
const QUEUED = new Set(["run", "import", "compare"]);
let queue = Promise.resolve();

/** @param {MessageEvent<AbCommand>} event */
self.onmessage = ({ data: command }) => {
  if (command.type === "pageEvents") pageEvents = receivePageEvents(command.port);
  else if (command.type === "cancel") running?.cancel();
  else if (QUEUED.has(command.type)) queue = queue.then(() => attempt(command));
  else void attempt(command);
};

/** @param {AbCommand} command */
async function attempt(command) {
  try {
    await execute(command);
  } catch (error) {
    fail(command.type, error);
  }
}

/** @param {AbCommand} command */
async function execute(command) {
  const store = await openStore();
  switch (command.type) {
    case "list":
      return sendRuns(store);
    case "run":
      return ending(store, runAndCompare(store, command));
    case "import":
      return ending(store, importFile(store, command.file));
    case "compare":
      return ending(store, compare(store, command.a, command.b));
    case "open": {
      const difference = latest?.comparison.differences[command.index];
      if (difference !== undefined) send({ type: "bothSides", index: command.index, difference });
      return undefined;
    }
    case "export":
      return exportRecord(store, command.id);
    case "report":
      return exportReport();
    case "delete":
      await store.delete(command.id);
      return sendRuns(store);
    case "clear":
      await store.clear();
      return sendRuns(store);
    default:
      return undefined;
  }
}

/** @returns {Promise<RecordStore>} */
function openStore() {
  opening ??= RecordStore.open({
    handleDrop: (dropped) => send({ type: "dropped", names: dropped.map(({ name, at }) => `${name} (${timeOf(at)})`) }),
  });
  // After a failure, the next command tries to open the store again.
  opening.catch(() => {
    opening = undefined;
  });
  return opening;
}

/** @param {RecordStore} store @param {Extract<AbCommand, { type: "run" }>} command */
async function runAndCompare(store, { settings, changes, isConcurrent }) {
  const { source: from } = settings;
  // A simulator in the page runs without a delay between blocks (`slotDelayMs`), to be as fast as possible.
  const source = await RunSource.open(
    from.kind === "inPage" ? { ...settings, source: { ...from, slotDelayMs: 0 } } : settings,
    pageEvents,
  );
  const run = new AbRun(settings, source, store, noteProgress);
  running = run;
  const timer = setInterval(sendProgress, PROGRESS_MS);
  try {
    const { a, b } = await run.run(changes, isConcurrent);
    sendProgress();
    await compare(store, a, b);
  } finally {
    clearInterval(timer);
    sendProgress();
    running = undefined;
    store.release(...run.stored);
    await source.close();
  }
}

/** @param {RecordStore} store @param {File} file */
async function importFile(store, file) {
  const id = await importRecord(file, store);
  await sendRuns(store);
  send({ type: "imported", id });
}

function noteProgress() {
  isProgressDue = true;
}

function sendProgress() {
  if (!isProgressDue || running === undefined) return;
  isProgressDue = false;
  send({ type: "progress", sides: running.sides });
}

/** @param {RecordStore} store @param {number} idA @param {number} idB */
async function compare(store, idA, idB) {
  store.keep(idA, idB);
  try {
    const [a, b] = await Promise.all([store.get(idA), store.get(idB)]);
    const names = { a: `A (${a.name})`, b: `B (${b.name})` };
    const comparison = await compareRuns(
      () => store.read(idA),
      () => store.read(idB),
      { limit: MAX_DIFFERENCES, names },
    );
    // Uses the same texts for failures as the detail panel and the list of transactions.
    const why = comparison.differences.length > 0 ? await loadReasons() : failureText;
    latest = { comparison, a, b, why };
    send({ type: "compared", comparison: toComparedRuns(comparison, a, b, why) });
  } finally {
    store.release(idA, idB);
  }
}

/** Returns a function that describes why a transaction failed. If `explain` cannot be loaded, the text comes from the logs. @returns {Promise<Reason>} */
async function loadReasons() {
  try {
    const { explainTransaction } = await import("../../../dist/browser-explain.js");
    return (outcome) => {
      const { transaction } = outcome;
      if (transaction === undefined) return failureText(outcome);
      const { error } = explainTransaction(/** @type {Parameters<typeof explainTransaction>[0]} */ (transaction));
      return error?.text ?? failureText(outcome);
    };
  } catch {
    return failureText;
  }
}

/** @param {RecordStore} store @param {number} id */
async function exportRecord(store, id) {
  const { name, kind, at } = await store.get(id);
  /** Each part is a blob, so that the browser can move it out of memory. @type {Blob[]} */
  const parts = [];
  for await (const chunk of store.read(id)) parts.push(new Blob([/** @type {Uint8Array<ArrayBuffer>} */ (chunk)]));
  const file = new Blob(parts, { type: "application/x-ndjson" });
  send({ type: "exported", name: kind === "file" ? name : `${kind}-${timeOf(at).replace(/\D+/g, "-")}.ndjson`, file });
}

function exportReport() {
  if (latest === undefined) return;
  const text = comparisonMarkdown(latest.comparison, { explain: latest.why });
  send({ type: "exported", name: "comparison.md", file: new Blob([text], { type: "text/markdown" }) });
}

/** @param {number} at ms since 1970 */
const timeOf = (at) => new Date(at).toISOString().slice(0, 19).replace("T", " ");

/** @param {RecordStore} store */
async function sendRuns(store) {
  send({ type: "runs", runs: await store.list(), maxBytes: LIMITS.maxBytes });
}

/** Waits for the end of the work, and then sends the list of stored runs. @param {RecordStore} store @param {Promise<void>} work */
async function ending(store, work) {
  try {
    await work;
  } finally {
    await sendRuns(store);
    send({ type: "idle" });
  }
}

/** @param {AbCommand["type"]} command @param {unknown} error */
function fail(command, error) {
  const { code = "failed", message } = /** @type {Error & { code?: unknown }} */ (error);
  send({ type: "failed", command, code: String(code), message: String(message) });
}
