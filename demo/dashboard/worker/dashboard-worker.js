// @ts-check
// The dashboard's worker: does what its page asks, and tells it at most once a frame what there is to see.
import { receivePageEvents } from "../../../dist/browser.js";
import { DashboardRun } from "./dashboard-run.js";
import { COLUMNS, toCsv, toNdjson } from "./table-export.js";

/** @typedef {import("../contract.js").Command} Command */
/** @typedef {import("../contract.js").Message} Message */

/** Four frames: more often nobody reads it, and each costs the page a painting. */
const SNAPSHOT_MS = 66;
const CHARTS_MS = 250;
const KEEP_MS = 500;

/** @type {import("../../../dist/browser.js").PageLife | undefined} */
let page;
/** @type {DashboardRun | undefined} */
let run;
let runs = 0;
/** Something has changed that the page hasn't been told of. */
let isDirty = false;
let areChartsDirty = false;
let isKept = false;
/** The page has taken what it was sent. */
let isShown = true;
let lastCharts = 0;
let lastKept = 0;

/** @param {Message} message @param {Transferable[]} [transfer] */
const tell = (message, transfer = []) => postMessage(message, { transfer });

/** @param {MessageEvent<Command>} event */
self.onmessage = ({ data: command }) => {
  try {
    const done = perform(command);
    done?.catch((/** @type {unknown} */ error) => refuse(command.type, error));
  } catch (error) {
    refuse(command.type, error);
  }
};

/** @param {Command} command @returns {Promise<void> | undefined} */
function perform(command) {
  if (command.type === "start") return begin(command.settings, (begun) => begun.start());
  if (command.type === "resume") return begin(command.kept.settings, (begun) => begun.resume(command.kept));
  if (command.type === "shown") {
    isShown = true;
    return undefined;
  }
  if (command.type === "page") {
    page = receivePageEvents(command.port);
    return undefined;
  }
  if (run === undefined) return undefined;
  switch (command.type) {
    case "play":
      keepSoon();
      return void run.play();
    case "pause":
      keepSoon();
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
      return void run.strike(command.fault);
    case "look":
      run.recorder[command.table].look(command.window);
      return void showNow();
    case "filter":
      run.recorder[command.table].setFilter(command.text);
      return void showNow();
    case "select":
      run.selection = command.selection;
      return void showNow();
    case "chartAccount":
      run.recorder.chartAccount(command.account);
      return void showNow();
    case "export":
      return void exportTable(run, command);
    default:
      return undefined;
  }
}

/** @param {import("../contract.js").Settings} settings @param {(run: DashboardRun) => Promise<void>} live */
async function begin(settings, live) {
  const number = ++runs;
  await run?.stop();
  // Asked for again meanwhile: one run would be left behind that nobody can stop.
  if (number !== runs) return;
  const handleRefusal = (/** @type {"nextDiscovery"} */ command, /** @type {unknown} */ error) => refuse(command, error);
  const begun = new DashboardRun(number, settings, page, { handleChange: markChanged, handleRefusal });
  run = begun;
  showNow();
  await live(begun);
  if (run !== begun) return;
  showNow();
  tellCharts(begun);
}

/** @param {DashboardRun} from @param {Extract<Command, { type: "export" }>} command */
function exportTable({ recorder }, { table, format }) {
  const kept = recorder[table];
  let id = kept.items().first;
  function* rows() {
    for (const _ of kept.items()) {
      const row = kept.row(id++);
      if (row !== undefined) yield/** @type {import("./table-export.js").Row} */ (/** @type {unknown} */ (row));
    }
  }
  const dropped = kept.items().first;
  const text = format === "csv" ? toCsv(rows(), COLUMNS[table]) : toNdjson(rows());
  tell({ type: "exported", table, format, text, rows: kept.total - dropped, dropped });
}

/** @param {Command["type"]} command @param {unknown} error */
function refuse(command, error) {
  tell({ type: "refused", command, message: error instanceof Error ? error.message : String(error) });
  markChanged();
}

function markChanged() {
  isDirty = true;
  areChartsDirty = true;
}

/** Whoever pauses and reloads finds it paused. */
function keepSoon() {
  lastKept = 0;
}

/** What the user has asked for is shown at once. */
function showNow() {
  isDirty = true;
  areChartsDirty = true;
  tellSnapshot();
}

function tellSnapshot() {
  if (run === undefined || !isDirty) return;
  isDirty = false;
  isShown = false;
  tell({ type: "snapshot", snapshot: run.read() });
}

/** @param {DashboardRun} of */
function tellCharts(of) {
  areChartsDirty = false;
  lastCharts = performance.now();
  tell({ type: "charts", charts: of.recorder.charts() });
}

setInterval(() => {
  if (run === undefined) return;
  const now = performance.now();
  // Rates fall, and waits pass, though nothing comes.
  const isTimeForCharts = now - lastCharts > CHARTS_MS;
  if (run.isOpen && isTimeForCharts) isDirty = true;
  if (isShown) {
    // A snapshot is on its way from here on: the charts go with it.
    tellSnapshot();
    if (isTimeForCharts && (areChartsDirty || run.isOpen)) tellCharts(run);
  }
  if (now - lastKept > KEEP_MS) {
    lastKept = now;
    const kept = run.keep();
    if (kept !== undefined || isKept) tell({ type: "keep", kept });
    isKept = kept !== undefined;
  }
}, SNAPSHOT_MS);
