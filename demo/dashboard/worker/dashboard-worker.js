// @ts-check
// The dashboard's worker: executes the page's commands, and sends snapshots at most every SNAPSHOT_MS.
import { receivePageEvents } from "../../../dist/browser.js";
import { DashboardRun } from "./dashboard-run.js";
import { explainRow, loadExplain, reasonOf } from "./explanations.js";
import { needsExplain, searchesReasons } from "./row-matchers.js";
import { COLUMNS, toCsv, toNdjson } from "./table-export.js";

/** @typedef {import("../contract.js").Command} Command */
/** @typedef {import("../contract.js").Message} Message */

/** Interval of snapshots, in ms: four animation frames. Users cannot read faster updates, and each update costs a repaint. */
const SNAPSHOT_MS = 66;
const CHARTS_MS = 250;
const SAVE_MS = 500;

/** @type {import("../../../dist/browser.js").PageLife | undefined} */
let pageEvents;
/** @type {DashboardRun | undefined} */
let run;
let runs = 0;
/** Whether there are changes that have not been sent to the page. */
let isDirty = false;
let areChartsDirty = false;
let isSaved = false;
/** Whether the page has painted the last snapshot. */
let isPainted = true;
let lastCharts = 0;
let lastSave = 0;

/** @param {Message} message @param {Transferable[]} [transfer] */
const send = (message, transfer = []) => postMessage(message, { transfer });

/** @param {MessageEvent<Command>} event */
self.onmessage = ({ data: command }) => {
  try {
    const done = execute(command);
    done?.catch((/** @type {unknown} */ error) => refuse(command.type, error));
  } catch (error) {
    refuse(command.type, error);
  }
};

/** @param {Command} command @returns {Promise<void> | undefined} */
function execute(command) {
  if (command.type === "start") return begin(command.settings, (begun) => begun.start());
  if (command.type === "resume") return begin(command.saved.settings, (begun) => begun.resume(command.saved));
  if (command.type === "painted") {
    isPainted = true;
    return undefined;
  }
  if (command.type === "pageEvents") {
    pageEvents = receivePageEvents(command.port);
    return undefined;
  }
  if (run === undefined) return undefined;
  switch (command.type) {
    case "play":
      saveSoon();
      return void run.play();
    case "pause":
      saveSoon();
      return void run.pause();
    case "step":
      return run.step(command.slots);
    case "continueTo":
      return run.continueTo(command.slot);
    case "nextDiscovery":
      return void run.nextDiscovery();
    case "stop":
      return run.stop();
    case "fault":
      return void run.injectFault(command.fault);
    case "setWindow":
      run.recorder[command.table].setWindow(command.window);
      return void sendNow();
    case "filter":
      return filter(run, command);
    case "select":
      run.selection = command.selection;
      return void sendNow();
    case "selectTransaction":
      run.selectTransaction(command.signature);
      return void sendNow();
    case "chartAccounts":
      run.recorder.chartAccounts(command.accounts);
      // `sendNow` sends no charts. The value 0 makes the next tick send the charts.
      lastCharts = 0;
      return void sendNow();
    case "export":
      return exportTable(run, command);
    default:
      return undefined;
  }
}

/** @param {import("../contract.js").Settings} settings @param {(run: DashboardRun) => Promise<void>} runToEnd */
async function begin(settings, runToEnd) {
  const number = ++runs;
  await run?.stop();
  // A later command has started another run in the meantime.
  if (number !== runs) return;
  const handleRefusal = (/** @type {"nextDiscovery"} */ command, /** @type {unknown} */ error) => refuse(command, error);
  const begun = new DashboardRun(number, settings, pageEvents, { handleChange: markChanged, handleRefusal });
  run = begun;
  sendNow();
  await runToEnd(begun);
  if (run !== begun) return;
  sendNow();
  sendCharts(begun);
}

/** The last filter of each table. @type {Partial<Record<import("../contract.js").TableName, import("../contract.js").TableFilter>>} */
const filters = {};

/** @param {DashboardRun} of @param {Extract<Command, { type: "filter" }>} command */
async function filter({ recorder }, { table, filter: wanted }) {
  filters[table] = wanted;
  if (needsExplain(table, wanted)) await loadExplain();
  // If `explain` cannot be loaded, the filter does not search the error messages.
  else if (searchesReasons(table, wanted)) await loadExplain().catch(() => {});
  // A later command has replaced the filter in the meantime.
  if (filters[table] !== wanted) return;
  recorder[table].setFilter(wanted);
  sendNow();
}

/** The row whose explanation was sent. */
let explainedKey = "";

/** Sends the explanation of the selected row, once per selection. @param {DashboardRun} of */
async function explainSelection(of) {
  const { selection } = of;
  if (selection === undefined) return;
  const key = `${runs} ${selection.table} ${selection.id}`;
  if (key === explainedKey) return;
  explainedKey = key;
  const explained = await explainRow(of.recorder, selection);
  if (explained === undefined || key !== explainedKey) return;
  send({ type: "explained", explained });
  // The module `explain` is loaded now, so the next snapshot describes errors in words.
  markChanged();
}

/** @param {DashboardRun} from @param {Extract<Command, { type: "export" }>} command */
async function exportTable({ recorder }, { table: name, format }) {
  const table = recorder[name];
  // If `explain` cannot be loaded, the exported file has only error codes.
  if (name === "transactions" && recorder.sums.failedTransactions > 0) await loadExplain().catch(() => {});
  const dropped = table.items().first;
  let id = dropped;
  function* rows() {
    for (const _ of table.items()) {
      const reason = name === "transactions" ? reasonAt(recorder, id) : undefined;
      const row = table.row(id++);
      if (row !== undefined) yield/** @type {import("./table-export.js").Row} */ ({ ...row, ...(reason && { reason }) });
    }
  }
  const text = format === "csv" ? toCsv(rows(), COLUMNS[name]) : toNdjson(rows());
  send({ type: "exported", table: name, format, text, rows: table.total - dropped, dropped });
}

/** @param {DashboardRun["recorder"]} recorder @param {number} id */
function reasonAt({ transactions }, id) {
  const item = transactions.item(id);
  return item && reasonOf(item.transaction);
}

/** @param {Command["type"]} command @param {unknown} error */
function refuse(command, error) {
  send({ type: "refused", command, message: error instanceof Error ? error.message : String(error) });
  markChanged();
}

function markChanged() {
  isDirty = true;
  areChartsDirty = true;
}

/** Saves the run at the next tick, so that its mode (playing or paused) survives a reload of the page. */
function saveSoon() {
  lastSave = 0;
}

/** Sends a snapshot at once, as the response to a command. Charts are sent later, at a tick. */
function sendNow() {
  isDirty = true;
  areChartsDirty = true;
  sendSnapshot();
}

function sendSnapshot() {
  if (run === undefined || !isDirty) return;
  isPainted = false;
  isDirty = run.search();
  send({ type: "snapshot", snapshot: run.read() });
  if (run.selection === undefined) explainedKey = "";
  else void explainSelection(run);
}

/** @param {DashboardRun} of */
function sendCharts(of) {
  areChartsDirty = false;
  lastCharts = performance.now();
  send({ type: "charts", charts: of.recorder.charts() });
}

setInterval(() => {
  if (run === undefined) return;
  const now = performance.now();
  const areChartsDue = now - lastCharts > CHARTS_MS;
  // Rates and countdowns change without events, so an open run regularly sends a snapshot.
  if (run.isOpen && areChartsDue) isDirty = true;
  if (isPainted) {
    sendSnapshot();
    if (areChartsDue && (areChartsDirty || run.isOpen)) sendCharts(run);
  }
  if (now - lastSave > SAVE_MS) {
    lastSave = now;
    const saved = run.save();
    if (saved !== undefined || isSaved) send({ type: "save", saved });
    isSaved = saved !== undefined;
  }
}, SNAPSHOT_MS);
