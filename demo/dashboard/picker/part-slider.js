// @ts-check
import { h, setAttribute } from "../view/dom.js";
import { formatCount, formatNumber } from "../view/number-format.js";
import { moveEdge, positionOf, sizeOf, slotAt, slotForKey } from "./slot-part.js";

/** @typedef {import("./slot-part.js").Part} Part */
/** @typedef {import("./slot-part.js").Edge} Edge */

/**
 * A slider with two thumbs that selects a part of a range. It supports pointers and the keyboard.
 *
 * @param {(part: Part) => void} handleChange
 */
export function createPartSlider(handleChange) {
  /** @type {Part} */
  let range = { first: 0n, last: 0n };
  /** @type {Part} */
  let part = range;
  const fill = h("div", { class: "part-fill" });
  const thumbs = { first: createThumb("first", "First slot of the part"), last: createThumb("last", "Last slot of the part") };
  const track = h("div", { class: "part-track" }, fill, thumbs.first, thumbs.last);
  const element = h("div", { class: "part-slider" }, track);
  /** The edge that the pointer drags. @type {Edge | undefined} */
  let dragged;

  element.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    event.preventDefault();
    const slot = slotUnder(event);
    // A press on a thumb drags this thumb. A press elsewhere moves the closer thumb to the pressed slot.
    const pressed = event.target === thumbs.first ? "first" : event.target === thumbs.last ? "last" : undefined;
    dragged = pressed ?? (abs(slot - part.first) <= abs(slot - part.last) ? "first" : "last");
    thumbs[dragged].focus();
    element.setPointerCapture(event.pointerId);
    if (pressed === undefined) move(dragged, slot);
  });
  element.addEventListener("pointermove", (event) => {
    if (dragged !== undefined) move(dragged, slotUnder(event));
  });
  for (const end of ["pointerup", "pointercancel"]) {
    element.addEventListener(end, () => {
      dragged = undefined;
    });
  }

  /** @param {Edge} edge @param {string} label */
  function createThumb(edge, label) {
    const thumb = h("div", { class: `part-thumb part-thumb-${edge}`, role: "slider", tabindex: 0, "aria-label": label });
    thumb.addEventListener("keydown", (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      const slot = slotForKey(event.key, part[edge], range);
      if (slot === undefined) return;
      event.preventDefault();
      move(edge, slot);
    });
    return thumb;
  }

  /** @param {PointerEvent} event */
  function slotUnder(event) {
    const { left, width } = track.getBoundingClientRect();
    return slotAt(width === 0 ? 0 : (event.clientX - left) / width, range);
  }

  /** @param {Edge} edge @param {bigint} slot */
  function move(edge, slot) {
    const moved = moveEdge(part, edge, slot, range);
    if (moved.first === part.first && moved.last === part.last) return;
    part = moved;
    paint();
    handleChange(part);
  }

  function paint() {
    const [left, right] = [positionOf(part.first, range), positionOf(part.last, range)];
    fill.style.left = `${100 * left}%`;
    fill.style.width = `${100 * (right - left)}%`;
    for (const edge of /** @type {const} */ (["first", "last"])) {
      const thumb = thumbs[edge];
      thumb.style.left = `${100 * (edge === "first" ? left : right)}%`;
      // The values are decimal texts, because numbers above 2^53 would be rounded.
      setAttribute(thumb, "aria-valuemin", String(edge === "first" ? range.first : part.first));
      setAttribute(thumb, "aria-valuemax", String(edge === "first" ? part.last : range.last));
      setAttribute(thumb, "aria-valuenow", String(part[edge]));
      setAttribute(thumb, "aria-valuetext", `slot ${formatNumber(part[edge])}, ${formatCount(sizeOf(part), "slot")} selected`);
    }
  }

  return {
    element,
    /** @param {Part} newRange @param {Part} newPart */
    set(newRange, newPart) {
      range = newRange;
      part = newPart;
      paint();
    },
  };
}

/** @param {bigint} value */
const abs = (value) => (value < 0n ? -value : value);
