// @ts-check
// The page: starts the worker, and paints its latest snapshot at most once per frame. A hidden page has no frames and paints
// nothing; the first frame after it becomes visible paints the current state.
import { createAbButton } from "./ab/ab-button.js";
import { createStartFormPickers } from "./picker/start-form-pickers.js";
import { createAnnouncer } from "./view/announcer.js";
import { createCharts } from "./view/charts.js";
import { createConnectionPanel } from "./view/connection-panel.js";
import { createControls } from "./view/controls.js";
import { createDetail } from "./view/detail-view.js";
import { byId } from "./view/dom.js";
import { createFaultsPanel } from "./view/faults-panel.js";
import { IDLE_SNAPSHOT } from "./view/idle-snapshot.js";
import { createMasthead } from "./view/masthead.js";
import { createProblemNotice } from "./view/problem-notice.js";
import { createProgressPanel } from "./view/progress-panel.js";
import { createResult } from "./view/result.js";
import { createSavedRun } from "./view/saved-run.js";
import { createStartForm } from "./view/start-form.js";
import { createSubRangeList } from "./view/sub-range-list.js";
import { createStreamTables } from "./view/table/stream-tables.js";
import { createTableFilters } from "./view/table-filters.js";
import { createTheme } from "./view/theme.js";
import { createTransactionLink } from "./view/transaction-link.js";
import { createWorkerLink } from "./worker-link.js";

const worker = new Worker(new URL("./worker/dashboard-worker.js", import.meta.url), { type: "module" });
const link = createWorkerLink(worker);
const { port1, port2 } = new MessageChannel();
// Loads the client with a dynamic import, so that the first paint does not wait for the client.
void import("../../dist/browser.js").then(({ forwardPageEvents }) => forwardPageEvents(port1));
link.send({ type: "pageEvents", port: port2 }, [port2]);

createTheme(byId("theme"));
const announcer = createAnnouncer(byId("announcer"), link);
const startForm = createStartForm(byId("start"), link);
createStartFormPickers(
  {
    rangePicker: /** @type {HTMLDetailsElement} */ (byId("range-picker")),
    programPicker: /** @type {HTMLDetailsElement} */ (byId("program-picker")),
    url: byId("url"),
  },
  startForm,
);
createAbButton(byId("ab-button"), byId("ab"), startForm);
const filters = createTableFilters(link);
const tables = createStreamTables(byId("tables"), link, filters);
const transactionLink = createTransactionLink(byId("linked"), link);
const detail = createDetail(byId("detail"), link, {
  transactionLink,
  chartAccount: (account) => charts.chartAccount(account),
  filterTransactions(kind, value) {
    filters.addFacet("transactions", kind, value);
    tables.show("transactions");
  },
});
const charts = createCharts(byId("charts"), link, filters);
const savedRun = createSavedRun(byId("saved-run"), link);
const views = [
  createMasthead(byId("phase")),
  startForm,
  createControls(byId("controls"), link, detail),
  createProgressPanel(byId("progress"), startForm),
  createProblemNotice(byId("problem"), link, startForm),
  savedRun,
  createConnectionPanel(/** @type {HTMLDetailsElement} */ (byId("connection")), link),
  createFaultsPanel(/** @type {HTMLDetailsElement} */ (byId("faults")), link),
  createResult(byId("result")),
  createSubRangeList(byId("sub-ranges")),
  filters,
  tables,
  transactionLink,
  detail,
  announcer,
  charts,
];

/** @type {import("./contract.d.ts").Snapshot | undefined} */
let snapshot = IDLE_SNAPSHOT;
/** @type {import("./contract.d.ts").Charts | undefined} */
let series;
let isScheduled = false;

function schedulePaint() {
  if (isScheduled) return;
  isScheduled = true;
  requestAnimationFrame(() => {
    isScheduled = false;
    if (snapshot !== undefined) {
      for (const view of views) view.paint(snapshot);
      snapshot = undefined;
      link.send({ type: "painted" });
    }
    if (series !== undefined) charts.draw(series);
    series = undefined;
  });
}

link.on("snapshot", (message) => {
  snapshot = message.snapshot;
  schedulePaint();
});
link.on("charts", (message) => {
  series = message.charts;
  schedulePaint();
});
worker.addEventListener("error", (event) => {
  announcer.announce(`The worker failed: ${event.message || "it could not be loaded"}. Reload the page.`);
});

schedulePaint();
// `open` starts a new run if the URL contains `autostart=1`. An offer to resume a saved run takes precedence.
if (!savedRun.isOffered) startForm.open();
