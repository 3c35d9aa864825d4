// @ts-check
// The page: it starts the worker, keeps what it was last told, and paints that once a frame. A hidden page paints nothing: the
// browser gives it no frames, and the first one after it is seen again shows where things stand.
import { forwardPageEvents } from "../../dist/browser.js";
import { createAnnouncer } from "./view/announcer.js";
import { createCharts } from "./view/charts.js";
import { createConnectionPanel } from "./view/connection-panel.js";
import { createControls } from "./view/controls.js";
import { createDetail } from "./view/detail-view.js";
import { byId } from "./view/dom.js";
import { createFaultsPanel } from "./view/faults-panel.js";
import { IDLE_SNAPSHOT } from "./view/idle-snapshot.js";
import { createLanes } from "./view/lanes.js";
import { createProblemNotice } from "./view/problem-notice.js";
import { createProgressPanel } from "./view/progress-panel.js";
import { createResult } from "./view/result.js";
import { createSavedRun } from "./view/saved-run.js";
import { createStartForm } from "./view/start-form.js";
import { createStreamTables } from "./view/table/stream-tables.js";
import { createTheme } from "./view/theme.js";
import { createWorkerLink } from "./worker-link.js";

const worker = new Worker(new URL("./worker/dashboard-worker.js", import.meta.url), { type: "module" });
const link = createWorkerLink(worker);
const { port1, port2 } = new MessageChannel();
forwardPageEvents(port1);
link.send({ type: "page", port: port2 }, [port2]);

createTheme(byId("theme"));
const announcer = createAnnouncer(byId("announcer"), link);
const startForm = createStartForm(byId("start"), link);
const charts = createCharts(byId("charts"), link);
const keptRun = createSavedRun(byId("saved-run"), link);
const views = [
  startForm,
  createControls(byId("controls"), link),
  createProgressPanel(byId("progress"), link),
  createProblemNotice(byId("problem"), link),
  keptRun,
  createConnectionPanel(byId("connection"), link),
  createFaultsPanel(byId("faults"), link),
  createResult(byId("result")),
  createLanes(byId("lanes")),
  createStreamTables(byId("tables"), link),
  createDetail(byId("detail"), link),
  announcer,
  charts,
];

/** @type {import("./contract.d.ts").Snapshot | undefined} */
let snapshot = IDLE_SNAPSHOT;
/** @type {import("./contract.d.ts").Charts | undefined} */
let series;
let isAsked = false;

function paintSoon() {
  if (isAsked) return;
  isAsked = true;
  requestAnimationFrame(() => {
    isAsked = false;
    if (snapshot !== undefined) {
      for (const view of views) view.paint(snapshot);
      snapshot = undefined;
      link.send({ type: "shown" });
    }
    if (series !== undefined) charts.draw(series);
    series = undefined;
  });
}

link.on("snapshot", (message) => {
  snapshot = message.snapshot;
  paintSoon();
});
link.on("charts", (message) => {
  series = message.charts;
  paintSoon();
});
worker.addEventListener("error", (event) => {
  announcer.say(`The page's worker has failed: ${event.message || "it could not be loaded"}. Reload the page.`);
});

paintSoon();
// A reload of a page that starts by itself goes on with its run, if its user wants it to.
if (!keptRun.isOffered) startForm.open();
