// @ts-check

import { h } from "../dom.js";
import { formatCount, formatNumber } from "../number-format.js";
import { byteRuns, hexDump, toAscii, toHex } from "./hex-dump.js";

const NOTHING = new Uint8Array();
/** Dumps narrower than this width, in CSS pixels, have 8 bytes per line instead of 16. */
const WIDE = 568;

/**
 * An account's data before and after a change, as a hex dump with the changed bytes marked.
 *
 * @param {Extract<import("../../contract.js").Detail, { table: "accountDiffs" }>} detail
 * @param {number} width of the container, in CSS pixels
 */
export function createHexDumpView({ dataBefore = NOTHING, dataAfter = NOTHING, isCut, row }, width) {
  const longest = Math.max(row.bytesBefore ?? 0, row.bytesAfter ?? 0);
  if (longest === 0) return h("p", {}, "The account has no data.");
  const lines = h("div", { class: "dump", role: "region", "aria-label": "Data before and after", tabindex: 0 });
  const bytes = width < WIDE ? 8 : 16;
  let isAll = row.changedBytes === 0;
  const toggle = h("button", { type: "button", "aria-pressed": `${isAll}`, onclick: turn }, "Show all bytes");
  const legend = h(
    "p",
    { class: "muted" },
    h("del", { class: "byte" }, "− before"),
    " ",
    h("ins", { class: "byte" }, "+ after"),
    ` ${formatCount(row.changedBytes, "byte")} changed.`,
    isCut
      ? ` Showing the first ${formatNumber(Math.max(dataBefore.length, dataAfter.length))} of ${formatNumber(longest)} bytes.`
      : "",
  );
  const element = h("div", {}, h("div", { class: "dump-bar" }, legend, toggle), lines);
  paint();

  function turn() {
    isAll = !isAll;
    toggle.setAttribute("aria-pressed", `${isAll}`);
    paint();
  }

  function paint() {
    const dumped = hexDump(dataBefore, dataAfter, isAll, bytes);
    const isNone = dumped.every(({ kind }) => kind === "skip");
    lines.replaceChildren(
      ...(isNone ? [h("p", {}, "None of these bytes changed.")] : dumped.map((line) => toElement(line, bytes))),
    );
  }

  return element;
}

/** @param {ReturnType<typeof hexDump>[number]} line @param {number} width in bytes */
function toElement(line, width) {
  const offset = line.offset.toString(16).padStart(4, "0");
  if (line.kind === "skip") return h("div", { class: "dump-skip" }, `⋮ ${formatCount(line.bytes, "byte")} unchanged`);
  const { before, after, changed } = line;
  if (!changed.includes(true)) return toSide(`${offset}   `, after, changed, width, "ins");
  const sides = [];
  if (before.length > 0) sides.push(toSide(`${offset} − `, before, changed, width, "del"));
  if (after.length > 0) sides.push(toSide(`${before.length > 0 ? "    " : offset} + `, after, changed, width, "ins"));
  return h("div", {}, ...sides);
}

/** @param {string} head @param {Uint8Array} bytes @param {boolean[]} changed @param {number} width @param {"ins" | "del"} mark */
function toSide(head, bytes, changed, width, mark) {
  const padding = " ".repeat((width - bytes.length) * 3 + 2);
  return h(
    "div",
    { class: "dump-line" },
    head,
    ...marked(bytes, changed, toHex, " ", mark),
    padding,
    ...marked(bytes, changed, toAscii, "", mark),
  );
}

/** @param {Uint8Array} bytes @param {boolean[]} changed @param {(byte: number) => string} spell @param {string} gap @param {"ins" | "del"} mark */
function marked(bytes, changed, spell, gap, mark) {
  return byteRuns(bytes, changed, spell, gap).map(({ text, isChanged }) => (isChanged ? h(mark, { class: "byte" }, text) : text));
}
