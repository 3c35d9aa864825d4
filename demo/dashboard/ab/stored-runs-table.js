// @ts-check
import { h, setText, show, uniqueId } from "../view/dom.js";
import { formatBytes, formatClock, formatCount, formatNumber } from "../view/number-format.js";
import { programName } from "../view/program-names.js";

/** @typedef {import("./ab-contract.js").StoredRun} StoredRun */
/** @typedef {import("./ab-contract.js").AbCommand} AbCommand */

const STATES = { recording: "recording", complete: "completed", incomplete: "incomplete" };

/**
 * The stored runs. Two of them can be chosen as A and B.
 *
 * @param {{ compare: (a: number, b: number) => void, send: (command: AbCommand) => void }} handlers
 */
export function createStoredRuns({ compare, send }) {
  /** @type {StoredRun[]} */
  let shown = [];
  /** The ids of the chosen runs. @type {{ a: number | undefined, b: number | undefined }} */
  const chosen = { a: undefined, b: undefined };
  const group = uniqueId("stored");
  const usage = h("p", { class: "muted" });
  const body = h("tbody");
  const heads = ["A", "B", "Run", "Actions"];
  const table = h(
    "table",
    { class: "runs-table" },
    h("caption", { class: "visually-hidden" }, "Stored runs"),
    h("thead", {}, h("tr", {}, ...heads.map((head) => h("th", { scope: "col" }, head)))),
    body,
  );
  const button = h("button", { type: "button", onclick: compareChosen }, "Compare A with B");
  const clear = h("button", { type: "button", class: "danger", onclick: askToClear }, "Clear all…");
  const confirm = h("button", { type: "button", class: "danger", onclick: clearAll }, "Delete all runs");
  const keep = h("button", { type: "button", onclick: () => endAsking(true) }, "Keep them");
  const question = h("p", { class: "ab-question", role: "group", "aria-label": "Delete all stored runs?" }, confirm, keep);
  show(question, false);
  const element = h(
    "section",
    { class: "stored-runs" },
    h("h3", {}, "Stored runs"),
    usage,
    h("div", { class: "runs-scroll", tabindex: 0, role: "group", "aria-label": "Stored runs" }, table),
    h("div", { class: "ab-run" }, button, clear, question),
  );

  function compareChosen() {
    if (chosen.a !== undefined && chosen.b !== undefined) compare(chosen.a, chosen.b);
  }

  function askToClear() {
    show(clear, false);
    show(question, true);
    keep.focus();
  }

  /** @param {boolean} isFocused whether the focus was on the buttons of the question */
  function endAsking(isFocused) {
    show(question, false);
    show(clear, true);
    if (isFocused) clear.focus();
  }

  function clearAll() {
    send({ type: "clear" });
    endAsking(false);
    element.querySelector("h3")?.setAttribute("tabindex", "-1");
    element.querySelector("h3")?.focus();
  }

  /** @param {StoredRun} run @param {"a" | "b"} side */
  function radio(run, side) {
    const input = h("input", {
      type: "radio",
      name: `${group}-${side}`,
      "aria-label": `${run.name} as ${side.toUpperCase()}, stored at ${formatClock(run.at)}`,
      onchange: () => {
        chosen[side] = run.id;
        paintButton();
      },
    });
    input.checked = chosen[side] === run.id;
    return h("td", { class: "run-choice" }, input);
  }

  /** @param {StoredRun} run */
  function toRow(run) {
    const { id, name, at } = run;
    const place = `${name}, stored at ${formatClock(at)}`;
    const facts = h("td", {}, h("strong", {}, name), h("span", { class: "muted" }, ` ${describe(run)}`));
    if (run.changes.length > 0) facts.append(h("ul", { class: "run-changes" }, ...run.changes.map((line) => h("li", {}, line))));
    return h(
      "tr",
      {},
      radio(run, "a"),
      radio(run, "b"),
      facts,
      h(
        "td",
        { class: "run-actions" },
        action("Export", place, () => send({ type: "export", id })),
        action("Delete", place, () => send({ type: "delete", id })),
      ),
    );
  }

  function paint() {
    body.replaceChildren(...shown.map(toRow));
    show(table, shown.length > 0);
    show(clear, shown.length > 0 && question.hidden);
    paintButton();
  }

  function paintButton() {
    show(button, shown.length > 1);
    button.disabled = chosen.a === undefined || chosen.b === undefined || chosen.a === chosen.b;
  }

  return {
    element,
    /** @param {StoredRun[]} runs newest first @param {number} maxBytes */
    paint(runs, maxBytes) {
      shown = runs;
      for (const side of /** @type {const} */ (["a", "b"])) {
        if (!runs.some(({ id }) => id === chosen[side])) chosen[side] = undefined;
      }
      const bytes = runs.reduce((sum, run) => sum + run.bytes, 0);
      setText(
        usage,
        runs.length === 0
          ? "None. Runs and dropped records are kept in this browser."
          : `${formatCount(runs.length, "run")}, ${formatBytes(bytes)} of ${formatBytes(maxBytes)}. If there is no room left, the oldest run is dropped.`,
      );
      paint();
    },
    /** Marks two runs as A and B. @param {number} a @param {number} b */
    select(a, b) {
      Object.assign(chosen, { a, b });
      paint();
    },
    /** Chooses a run as A if no run is chosen as A yet, otherwise as B. @param {number} id */
    choose(id) {
      if (chosen.a === undefined) chosen.a = id;
      else chosen.b = id;
      paint();
    },
  };
}

/** @param {string} text @param {string} run for the accessible name, because several runs may have the same name @param {() => void} act */
const action = (text, run, act) =>
  h("button", { type: "button", class: "quiet", "aria-label": `${text} ${run}`, onclick: act }, text);

/** @param {StoredRun} run */
function describe({ at, sourceLabel, startSlot, endSlot, programs, transactions, failed, bytes, state }) {
  const range =
    startSlot === undefined || endSlot === undefined ? undefined : `slots ${formatNumber(startSlot)} to ${formatNumber(endSlot)}`;
  const [program] = programs;
  const names =
    program === undefined ? undefined : programs.length === 1 ? programName(program) : formatCount(programs.length, "program");
  const day = `${new Date(at).toISOString().slice(0, 10)} ${formatClock(at)}`;
  const counts = `${formatCount(transactions, "transaction")}, ${formatNumber(failed)} failed`;
  const facts = [STATES[state], counts, range, names, sourceLabel === "" ? undefined : sourceLabel, day, formatBytes(bytes)];
  return facts.filter((fact) => fact !== undefined).join(" · ");
}
