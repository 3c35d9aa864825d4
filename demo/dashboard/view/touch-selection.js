// @ts-check
// Selects a range of a plot with a finger. uPlot itself handles only the mouse.

/** @typedef {import("uplot")} UPlot */

/** Minimum length of a drag, in CSS pixels. A shorter movement is a click or a tap. */
export const LEAST_DRAG = 4;
/** A pointer position outside the plot, so that the plot shows no values at the pointer. */
const OUTSIDE = { left: -10, top: -10 };

/**
 * Selects a range when a finger moves sideways over the plot. A tap shows the values at the touched point. A vertical move scrolls
 * the page.
 *
 * @param {UPlot} plot
 */
export function addTouchSelection(plot) {
  const { over } = plot;
  over.classList.add("is-selectable");
  /** Where the finger touched the plot, in CSS pixels. @type {number | undefined} */
  let start;
  let isTapped = false;

  /** @param {PointerEvent} event */
  const positionOf = ({ clientX }) => {
    const { left, width } = over.getBoundingClientRect();
    return Math.max(0, Math.min(width, clientX - left));
  };
  /** @param {number} end @param {boolean} isDone `true`: uPlot calls its hook `setSelect` */
  const select = (end, isDone) => {
    const from = start ?? end;
    const range = { left: Math.min(from, end), width: Math.abs(end - from), top: 0, height: over.clientHeight };
    plot.setSelect(range, isDone);
    plot.setCursor({ left: end, top: 0 });
  };
  const cancel = () => {
    if (start === undefined) return;
    start = undefined;
    plot.setSelect({ left: 0, width: 0, top: 0, height: 0 }, false);
    plot.setCursor(OUTSIDE);
  };
  /** @param {PointerEvent} event */
  const handleOutside = ({ target }) => {
    if (over.contains(/** @type {Node} */ (target))) return;
    document.removeEventListener("pointerdown", handleOutside);
    isTapped = false;
    plot.setCursor(OUTSIDE);
  };

  over.addEventListener("pointerdown", (event) => {
    if (event.pointerType !== "touch") return;
    // Prevents the mouse events that a browser emits after a touch.
    event.preventDefault();
    // Ignores a second finger, because two fingers zoom the page.
    if (event.isPrimary) start = positionOf(event);
    else cancel();
  });
  over.addEventListener("pointermove", (event) => {
    if (start !== undefined && event.isPrimary) select(positionOf(event), false);
  });
  over.addEventListener("pointerup", (event) => {
    if (start === undefined || !event.isPrimary) return;
    const end = positionOf(event);
    const isTap = Math.abs(end - start) < LEAST_DRAG;
    select(end, true);
    cancel();
    isTapped = isTap;
    if (!isTap) return;
    plot.setCursor({ left: end, top: 0 });
    document.addEventListener("pointerdown", handleOutside);
  });
  over.addEventListener("pointercancel", cancel);
  // Some browsers send `mouseleave` after a tap. uPlot would then hide the values.
  over.addEventListener("mouseleave", (event) => isTapped && event.stopImmediatePropagation(), { capture: true });
}
