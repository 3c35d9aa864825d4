// @ts-check
// The panel of A/B runs: the changes of the candidate, the runs in progress, the stored runs and their comparison.
import { forwardPageEvents } from "../../../dist/browser.js";
import { h, setText, show } from "../view/dom.js";
import { adviseOn } from "../view/problem-notice.js";
import { createBothSidesDialog } from "./both-sides-dialog.js";
import { createChangesForm } from "./changes-form.js";
import { createComparisonLists } from "./comparison-lists.js";
import { createSideProgress } from "./side-progress-view.js";
import { createStoredRuns } from "./stored-runs-table.js";

/** @typedef {import("./ab-contract.js").AbCommand} AbCommand */
/** @typedef {import("./ab-contract.js").AbMessage} AbMessage */

/**
 * @param {HTMLElement} root
 * @param {import("../view/start-form.js").StartForm} startForm
 */
export function createAbPanel(root, startForm) {
  const worker = new Worker(new URL("./ab-worker.js", import.meta.url), { type: "module" });
  const { port1, port2 } = new MessageChannel();
  forwardPageEvents(port1);
  worker.postMessage({ type: "pageEvents", port: port2 }, [port2]);
  /** @param {AbCommand} command */
  const send = (command) => worker.postMessage(command);

  /** @type {import("../contract.js").Settings["source"] | undefined} */
  let source;
  let isRunning = false;

  // Problems with dropped files are shown beside the drop zone. All other problems are shown below the start button.
  const fileProblem = createProblem();
  /** @type {string[]} */
  let fileProblems = [];
  const changes = createChangesForm(startForm, {
    importRecord: (file) => begin({ type: "import", file }, `Storing ${file.name}…`),
    report: reportFiles,
    problem: fileProblem.element,
  });
  const progress = createSideProgress();
  const runs = createStoredRuns({
    compare: (a, b) => begin({ type: "compare", a, b }, "Comparing…"),
    send,
  });
  const comparison = createComparisonLists({
    open: (index) => send({ type: "open", index }),
    exportRun: (id) => send({ type: "export", id }),
    exportReport: () => send({ type: "report" }),
  });
  const dialog = createBothSidesDialog({ open: (index) => send({ type: "open", index }) });

  const order = h("select", { id: "ab-order" }, h("option", { value: "" }, "one after the other"));
  order.append(h("option", { value: "1" }, "at the same time"));
  const run = h("button", { type: "button", class: "primary", onclick: start }, "Run baseline and candidate");
  const cancel = h("button", { type: "button", onclick: () => send({ type: "cancel" }) }, "Cancel");
  const plan = h("p", { class: "ab-plan" });
  const state = h("p", { class: "muted", role: "status" });
  const problem = createProblem();
  const dropped = h("p", { class: "ab-dropped", "data-tone": "warn", role: "status", hidden: true });
  root.append(
    h("div", { class: "ab-head" }, h("h2", { id: "ab-title" }, "A/B test"), h("p", {}, WHAT_IT_DOES)),
    h(
      "div",
      { class: "ab-setup" },
      changes.element,
      h("div", { class: "ab-run" }, run, cancel, h("label", { for: "ab-order" }, "Run them"), order),
      plan,
      state,
      problem.element,
      progress.element,
    ),
    h("div", { class: "ab-stored" }, dropped, runs.element),
    comparison.element,
  );
  document.body.append(dialog.element);
  show(cancel, false);
  startForm.onChange(describePlan);
  describePlan();
  send({ type: "list" });

  worker.addEventListener("error", (event) => {
    showProblem("The worker failed", `${event.message || "It could not be loaded"}. Reload the page.`);
  });
  worker.addEventListener("message", (event) => receive(/** @type {MessageEvent<AbMessage>} */ (event).data));

  /** @param {AbMessage} message */
  function receive(message) {
    switch (message.type) {
      case "runs":
        return runs.paint(message.runs, message.maxBytes);
      case "dropped":
        setText(dropped, `Dropped to make room: ${message.names.join(", ")}.`);
        return show(dropped, true);
      case "progress":
        return progress.paint(message.sides);
      case "imported":
        return runs.choose(message.id);
      case "compared":
        runs.select(message.comparison.a.id, message.comparison.b.id);
        comparison.paint(message.comparison);
        return dialog.setComparison(message.comparison);
      case "bothSides":
        return dialog.show(message.index, message.difference);
      case "exported":
        return save(message.name, message.file);
      case "failed":
        return fail(message);
      case "idle":
        setText(state, "");
        isRunning = false;
        run.disabled = false;
        return show(cancel, false);
      default:
        return undefined;
    }
  }

  // Ignores files that are dropped outside the drop zone. By default, the browser would replace the page with the file.
  for (const type of /** @type {const} */ (["dragover", "drop"])) {
    document.addEventListener(type, (event) => event.dataTransfer?.types.includes("Files") && event.preventDefault());
  }

  function describePlan() {
    const { kind, parallel } = startForm.fields();
    changes.setSource(kind);
    const single = parallel ? " An A/B test does not run in parallel." : "";
    setText(plan, `${startForm.summary()}${single} Change the simulator, the range and the programs under Options.`);
  }

  function start() {
    const read = changes.read();
    if (read === undefined) return;
    const settings = startForm.validSettings(Object.keys(read.programs));
    if (settings === undefined) {
      showProblem("Some options are invalid", "Correct the marked fields under Options.");
      return;
    }
    if (settings.source.kind === "inPage" && Object.keys(read.programs).length > 0) {
      showProblem("This simulator cannot run a swapped program", changes.whyNoPrograms);
      return;
    }
    const outside = read.transactions.find(
      ({ slot }) => BigInt(slot) < settings.startSlot || BigInt(slot) >= settings.startSlot + settings.slotCount,
    );
    if (outside !== undefined) {
      showProblem("A transaction is outside of the range", `Slot ${outside.slot} is not one of the slots to run.`);
      return;
    }
    source = settings.source;
    progress.paint({});
    // Hides the result of the earlier run, because it would look like the result of this run.
    comparison.hide();
    begin({ type: "run", settings, changes: read, isConcurrent: order.value === "1" }, "");
    isRunning = true;
    run.disabled = true;
    show(cancel, true);
  }

  /** @param {AbCommand} command @param {string} text */
  function begin(command, text) {
    problem.hide();
    show(dropped, false);
    setText(state, text);
    send(command);
  }

  /** @param {Extract<AbMessage, { type: "failed" }>} failure */
  function fail({ command, code, message }) {
    if (command === "import") return reportFiles([...fileProblems, message]);
    if (code === "cancelled") return setText(state, "Cancelled. Records up to this point are stored as incomplete.");
    const advice = command === "run" ? adviseOn(code, source, location.origin) : [];
    return problem.show(TITLES[command] ?? "The command failed", message, NO_ADVICE.has(code) ? [] : advice);
  }

  /** @param {string[]} problems of the files that were added together */
  function reportFiles(problems) {
    fileProblems = problems;
    if (problems.length === 0) return fileProblem.hide();
    const title = problems.length === 1 ? "The file cannot be used" : `${problems.length} files cannot be used`;
    return fileProblem.show(title, problems.join("\n"), []);
  }

  /** @param {string} title @param {string} message */
  function showProblem(title, message) {
    if (!isRunning) problem.show(title, message, []);
  }
}

const WHAT_IT_DOES =
  "Runs the slots twice: the baseline without changes, and the candidate with your changes. Then lists what became different.";

/** @type {Partial<Record<AbCommand["type"], string>>} */
const TITLES = {
  run: "The A/B run failed",
  compare: "The runs cannot be compared",
  export: "The record cannot be exported",
  list: "Runs cannot be stored",
};
/** Error codes whose messages already say what the user can do. */
const NO_ADVICE = new Set(["failed", "http", "nothingMatched", "protocol"]);

function createProblem() {
  const title = h("h3", {});
  const message = h("p", { class: "problem-message" });
  const advice = h("ul", { class: "advice" });
  const element = h("div", { class: "notice ab-problem", role: "alert", hidden: true }, title, message, advice);
  return {
    element,
    hide: () => show(element, false),
    /** @param {string} heading @param {string} text @param {import("../view/problem-notice.js").Advice[]} lines */
    show(heading, text, lines) {
      setText(title, heading);
      setText(message, text);
      advice.replaceChildren(
        ...lines.map((line) => h("li", {}, ...line.map((part) => (typeof part === "string" ? part : h("code", {}, part[0]))))),
      );
      show(advice, lines.length > 0);
      show(element, true);
    },
  };
}

/** Saves a file as a download. @param {string} name @param {Blob} file */
function save(name, file) {
  const url = URL.createObjectURL(file);
  h("a", { href: url, download: name }).click();
  // The URL must stay valid while the browser asks the user where to save the file.
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
