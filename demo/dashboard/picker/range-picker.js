// @ts-check
// Loads the ranges of the simulator at a URL, and selects a part of one of them.
import { BacktestClient } from "../../../dist/browser.js";
import { h, setText, show, uniqueId } from "../view/dom.js";
import { formatCount, formatNumber } from "../view/number-format.js";
import { adviseOn } from "../view/problem-notice.js";
import { DEFAULTS, readSettings, readSlot } from "../view/settings.js";
import { createPartSlider } from "./part-slider.js";
import { filterChoices, fitInto, isWithin, sizeOf, toChoices } from "./slot-part.js";

/** @typedef {import("./slot-part.js").Choice} Choice */
/** @typedef {import("./slot-part.js").Part} Part */

const TIMEOUT_MS = 10_000;
/** Maximum number of ranges in the list. */
const MAX_LISTED = 100;
/** The search field is shown if there are more ranges than this number. */
const FEW = 6;

/** @param {HTMLElement} root @param {import("../view/start-form.js").StartForm} startForm */
export function createRangePicker(root, startForm) {
  /** @type {Choice[]} */
  let choices = [];
  /** The ranges that the list shows. @type {Choice[]} */
  let listed = [];
  /** @type {Choice | undefined} */
  let chosen;
  /** The URL whose ranges are listed. */
  let loadedFrom = "";
  let request = new AbortController();
  const group = uniqueId("range");
  const status = h("p", { class: "hint", role: "status" });
  const advice = h("ul", { class: "advice hint" });
  const load = h("button", { type: "button", onclick: () => void loadRanges() }, "Load ranges");
  const searchId = uniqueId("range-search");
  const search = h("input", { id: searchId, type: "search", spellcheck: "false", autocomplete: "off", oninput: paintList });
  // Enter in the search field must not submit the form, because this would start a run.
  search.addEventListener("keydown", (event) => event.key === "Enter" && event.preventDefault());
  const searching = h("p", { class: "field" }, h("label", { for: searchId }, "Slot or date"), search);
  const list = h("div", { class: "range-list", role: "radiogroup", "aria-label": "Available ranges" });
  const more = h("p", { class: "hint" });
  const slider = createPartSlider((part) => choosePart(part));
  const partText = h("p", { class: "range-part" });
  const whole = h("button", { type: "button", onclick: () => chosen && choosePart(chosen) }, "Whole range");
  const part = h("div", { class: "range-selection" }, partText, slider.element, h("p", { class: "hint" }, HOW_TO, " ", whole));
  root.append(h("p", {}, load), status, advice, searching, list, more, part);
  startForm.onChange(paint);
  paint();
  if (startForm.fields().kind === "url") void loadRanges();

  async function loadRanges() {
    const { kind, url, apiKey, auth } = startForm.fields();
    if (kind !== "url") return;
    const answer = readSettings({ ...DEFAULTS, kind, url, apiKey, auth, transactions: false, accountDiffs: false });
    request.abort();
    request = new AbortController();
    const { signal } = request;
    if ("problems" in answer) return showProblem(answer.problems.url ?? "The options are invalid.");
    const { source } = answer.settings;
    if (source.kind !== "url") return;
    setText(status, "Loading…");
    const key = source.apiKey === "" ? {} : { apiKey: source.apiKey, auth: source.auth };
    const client = new BacktestClient({ url: source.url, logger: false, ...key });
    try {
      const ranges = await client.availableRanges({ signal, timeoutMs: TIMEOUT_MS });
      if (signal.aborted) return;
      choices = toChoices(ranges);
      loadedFrom = url;
      chosen = undefined;
      search.value = "";
      const omitted = ranges.length === choices.length ? "" : " Ranges without a known end are not listed.";
      setText(status, choices.length === 0 ? "The server has no ranges." : `${formatCount(choices.length, "range")}.${omitted}`);
      advice.replaceChildren();
      const current = currentPart();
      const containing = current && choices.find((choice) => isWithin(current, choice));
      if (containing !== undefined) choose(containing);
      else if (choices.length === 1 && choices[0] !== undefined) choose(choices[0]);
      paint();
    } catch (error) {
      if (signal.aborted) return;
      const { code = "failed", message } = /** @type {Error & { code?: string }} */ (error);
      showProblem(message);
      advice.replaceChildren(
        ...adviseOn(code, source, location.origin).map((line) =>
          h("li", {}, ...line.map((text) => (typeof text === "string" ? text : h("code", {}, text[0])))),
        ),
      );
    } finally {
      void client.close();
    }
  }

  /** @param {string} message */
  function showProblem(message) {
    choices = [];
    chosen = undefined;
    paint();
    setText(status, `The ranges could not be loaded: ${message}`);
  }

  /** @param {Choice} choice */
  function choose(choice) {
    chosen = choice;
    const current = currentPart();
    // Moves the slots of the form into the chosen range. If the range has fewer slots, the number of slots decreases.
    choosePart(fitInto(current ?? choice, choice));
  }

  /** Fills the fields of the form. The change of the form repaints this picker. @param {Part} selected */
  function choosePart(selected) {
    startForm.set({ startSlot: formatNumber(selected.first), slotCount: formatNumber(sizeOf(selected)) });
  }

  /** Returns the slots in the form's fields, or `undefined` if they are invalid. @returns {Part | undefined} */
  function currentPart() {
    const { startSlot, slotCount } = startForm.fields();
    const [first, count] = [readSlot(startSlot), readSlot(slotCount)];
    return first === undefined || count === undefined || count === 0n ? undefined : { first, last: first + count - 1n };
  }

  function paint() {
    const { kind, url } = startForm.fields();
    const isAtUrl = kind === "url";
    if (loadedFrom !== "" && (url !== loadedFrom || !isAtUrl)) {
      // Another simulator is selected: stops loading ranges from the previous simulator, and removes the loaded ranges.
      request.abort();
      choices = [];
      chosen = undefined;
      loadedFrom = "";
      setText(status, "");
    }
    if (!isAtUrl) {
      setText(status, IN_PAGE);
      advice.replaceChildren();
    } else if (status.textContent === IN_PAGE) setText(status, "");
    show(load, isAtUrl);
    setText(load, choices.length === 0 ? "Load ranges" : "Reload ranges");
    show(searching, choices.length > FEW);
    paintList();
    paintPart();
  }

  function paintList() {
    const matching = filterChoices(choices, search.value);
    const shown = matching.slice(0, MAX_LISTED);
    // Replaces the radio buttons only if the list has changed, so that a button keeps the focus.
    if (listed.length !== shown.length || listed.some((choice, index) => choice !== shown[index])) {
      listed = shown;
      list.replaceChildren(...shown.map(toItem));
    }
    for (const [index, input] of list.querySelectorAll("input").entries()) input.checked = listed[index] === chosen;
    show(list, matching.length > 0);
    const hidden = matching.length - shown.length;
    setText(more, hidden > 0 ? `${formatCount(hidden, "more range")}. Enter a slot or a date to find one.` : "");
    if (choices.length > 0 && matching.length === 0) setText(more, "No range contains it.");
  }

  /** @param {Choice} choice */
  function toItem(choice) {
    // This listener runs before the form's own `input` listener, so the form reads the updated fields.
    const input = h("input", { type: "radio", name: group, oninput: () => choose(choice) });
    const slots = `${formatNumber(choice.first)} to ${formatNumber(choice.last)}`;
    const facts = [formatCount(sizeOf(choice), "slot"), describeTimes(choice), choice.isOwn ? "only with your key" : ""];
    const details = facts.filter((fact) => fact !== "").join(" · ");
    return h("label", { class: "range-choice" }, input, h("span", {}, slots, h("span", { class: "hint" }, ` ${details}`)));
  }

  function paintPart() {
    show(part, chosen !== undefined);
    if (chosen === undefined) return;
    const current = currentPart();
    const isInside = current !== undefined && isWithin(current, chosen);
    if (isInside) slider.set(chosen, current);
    setText(
      partText,
      isInside
        ? `Selected: slots ${formatNumber(current.first)} to ${formatNumber(current.last)}, ${formatCount(sizeOf(current), "slot")}.`
        : "The slots in the fields above are not in this range.",
    );
  }

  return {
    /** Loads the ranges if the URL has changed since they were loaded. */
    refresh() {
      const { kind, url } = startForm.fields();
      if (kind === "url" && url !== loadedFrom) void loadRanges();
    },
  };
}

const HOW_TO = "Drag the ends, or move them with the arrow keys, Page Up, Page Down, Home and End.";
const IN_PAGE = "The simulator in this page generates its ledger, so it has every slot. Enter any range in the fields above.";

/** Returns the times of a range, for example `2024-01-04 11:49 to 11:58 UTC`. @param {Choice} choice */
function describeTimes({ firstUtc, lastUtc }) {
  const [from, to] = [minuteOf(firstUtc), minuteOf(lastUtc)];
  if (from === "") return "";
  if (to === "") return `from ${from} UTC`;
  const isSameDay = from.slice(0, 10) === to.slice(0, 10);
  return `${from} to ${isSameDay ? to.slice(11) : to} UTC`;
}

/** @param {string | undefined} utc */
const minuteOf = (utc) => utc?.slice(0, 16).replace("T", " ") ?? "";
