// @ts-check
// A chart as a figure. Its caption shows the values at the pointer, or else the newest values, for readers who cannot see the plot.
import { h, setText, show } from "./dom.js";
import { addTouchSelection, LEAST_DRAG } from "./touch-selection.js";

/** @typedef {import("uplot")} UPlot */
/** @typedef {typeof import("uplot")} UPlotClass */
/** @typedef {import("uplot").AlignedData} AlignedData */
/** @typedef {Record<"text" | "grid" | "one" | "two" | "three" | "four", string>} Colors */
/**
 * @typedef {object} Shape
 * @property {string} name
 * @property {string} title
 * @property {readonly { label: string, color: "one" | "two" | "three" | "four", style: "bars" | "steps" | "area" }[]} series in
 * drawing order, back to front
 * @property {(index: number, data: AlignedData) => { position: string, values: readonly string[] }} describe the caption of a
 * point: its position and one value per series
 * @property {string} emptyText
 * @property {(marks: number[], data: AlignedData) => string[]} xMarks
 * @property {(marks: number[]) => string[]} yMarks
 * @property {(least: number, most: number) => [number, number]} yRange
 * @property {() => [number, number] | undefined} [xRange] overrides the range of the data
 * @property {readonly number[]} [xSteps]
 * @property {string} [syncKey] charts with the same key share one pointer
 * @property {(range: [from: number, to: number] | undefined) => void} [select] called when the user drags over a range of x, and
 * with `undefined` on a double click
 */
/** @typedef {{ label: string, unit?: string, title?: string | undefined, remove?: (() => void) | undefined }} SeriesLabel */

/** Maximum number of y axes: one on the left, one on the right. The values of further scales are only in the caption. */
const MOST_AXES = 2;

const PROPERTIES = {
  text: "--text-muted",
  grid: "--border",
  one: "--chart-1",
  two: "--chart-2",
  three: "--chart-3",
  four: "--chart-4",
};

/** @type {Colors} */
const colors = { text: "", grid: "", one: "", two: "", three: "", four: "" };
let fontFamily = "sans-serif";

/** Reads colors and font from the style sheet, because a canvas does not inherit them. */
export function readColors() {
  const style = getComputedStyle(document.documentElement);
  for (const [name, property] of Object.entries(PROPERTIES))
    colors[/** @type {keyof Colors} */ (name)] = style.getPropertyValue(property).trim();
  fontFamily = style.getPropertyValue("--font-ui").trim() || fontFamily;
  // Forced colors replace only the colors of text and grid. The other colors identify the series.
  if (matchMedia("(forced-colors: active)").matches) Object.assign(colors, { text: "CanvasText", grid: "GrayText" });
}

/** @param {Shape} shape @param {...Node} controls */
export function createChart(shape, ...controls) {
  const { describe, series, emptyText } = shape;
  const position = h("span", { class: "chart-position" });
  const values = series.map(({ label, color, style }) => {
    const value = h("span", { class: "chart-value" }, "–");
    const key = h("span", { class: `chart-key chart-key-${color}`, "data-style": style, "aria-hidden": "true" });
    const name = h("span", {}, label);
    return { value, name, item: h("span", { class: "chart-item" }, key, name, " ", value) };
  });
  const canvas = h("div", { class: "chart-canvas", "aria-hidden": "true" });
  const empty = h("p", { class: "chart-empty" }, emptyText);
  const caption = h(
    "figcaption",
    {},
    h("div", { class: "chart-title" }, h("h3", {}, shape.title), ...controls),
    h("div", { class: "chart-items" }, ...values.map(({ item }) => item), position),
  );
  const element = h(
    "figure",
    { class: "chart", id: `chart-${shape.name}` },
    caption,
    h("div", { class: "chart-frame" }, canvas, empty),
  );
  /** @type {AlignedData} */
  let data = [[], ...series.map(() => [])];
  /** @type {UPlot | undefined} */
  let plot;
  /** The unit of each series. Series with different units have different scales. @type {readonly string[]} */
  let units = [];
  let isInSight = true;
  let isStale = false;

  new ResizeObserver(() => {
    const { clientWidth: width, clientHeight: height } = canvas;
    if (plot !== undefined && width > 0 && (width !== plot.width || height !== plot.height)) plot.setSize({ width, height });
  }).observe(canvas);
  new IntersectionObserver(([entry]) => {
    isInSight = entry?.isIntersecting ?? true;
    if (isInSight && isStale) paint();
  }).observe(element);

  function paint() {
    const length = data[0].length;
    show(empty, length === 0);
    // Hides an empty plot, because its ticks would appear behind the placeholder text.
    canvas.style.visibility = length === 0 ? "hidden" : "";
    isStale = !isInSight;
    if (isStale) return;
    // uPlot is loaded as a classic script, so it is a global. If it fails to load, the captions still show the values.
    const { uPlot } = /** @type {{ uPlot?: UPlotClass }} */ (globalThis);
    // Doubles cannot represent each slot above 2^53. For such slots, uPlot would compute ticks in an endless loop.
    if ((data[0].at(-1) ?? 0) > Number.MAX_SAFE_INTEGER) return updateCaption();
    if (plot !== undefined) plot.setData(data);
    else if (uPlot !== undefined && length > 0 && canvas.clientWidth > 0) plot = create(uPlot);
    updateCaption();
  }

  function updateCaption() {
    const at = plot === undefined ? data[0].length - 1 : pointedAt(plot);
    const described = at < 0 || at >= data[0].length ? undefined : describe(at, data);
    setText(position, described?.position ?? "");
    for (const [index, { value }] of values.entries()) setText(value, described?.values[index] ?? "–");
  }

  /** @param {UPlot} of */
  function pointedAt({ cursor: { idx, left = -1 }, posToVal }) {
    if (idx == null) return data[0].length - 1;
    // If the pointer is in the right half of a bar, uPlot sets `idx` to the next bar on the right.
    const isNext = series[0]?.style === "bars" && idx > 0 && posToVal(left, "x") < (data[0][idx] ?? 0);
    return isNext ? idx - 1 : idx;
  }

  /** @param {UPlotClass} Plot */
  function create(Plot) {
    const known = [...new Set(units)];
    const scaleOf = series.map((_, index) => (index < units.length ? `y${known.indexOf(units[index] ?? "")}` : "y0"));
    const scales = [...new Set(scaleOf)];
    /** @param {unknown} _ @param {number | null} least @param {number} most @returns {[number, number]} */
    const yRange = (_, least, most) => (least === null ? [0, 1] : shape.yRange(least, most));
    const axis = {
      stroke: () => colors.text,
      font: `11px ${fontFamily}`,
      grid: { stroke: () => colors.grid, width: 1 },
      ticks: { show: false },
    };
    const created = new Plot(
      {
        width: canvas.clientWidth,
        height: canvas.clientHeight,
        // Half of the last tick label extends past the plot.
        padding: [10, scales.length > 1 ? 0 : 36, 0, 0],
        legend: { show: false },
        cursor: {
          y: false,
          drag: { x: shape.select !== undefined, y: false, setScale: false },
          ...(shape.select && { bind: { dblclick: () => () => clearSelection() } }),
          // Synchronizes pointer moves, but not drags: a synchronized drag would call `select` in each chart.
          ...(shape.syncKey !== undefined && {
            sync: { key: shape.syncKey, scales: ["x", null], filters: { pub: (type) => /^mouse(?:move|leave)$/.test(type) } },
          }),
        },
        scales: {
          x: {
            time: false,
            range: (_, least, most) => {
              const [from, to] = shape.xRange?.() ?? [least, most];
              return from < to ? [from, to] : [from, from + 1];
            },
          },
          ...Object.fromEntries(scales.map((scale) => [scale, { range: yRange }])),
        },
        axes: [
          {
            ...axis,
            space: 96,
            size: 28,
            values: (_, marks) => shape.xMarks(marks, data),
            ...(shape.xSteps && { incrs: [...shape.xSteps] }),
          },
          ...scales.slice(0, MOST_AXES).map((scale, index) => ({
            ...axis,
            scale,
            side: index === 0 ? 3 : 1,
            // With two axes, the color of an axis is that of its first series.
            ...(scales.length > 1 && { stroke: () => colors[series[scaleOf.indexOf(scale)]?.color ?? "text"] }),
            ...(index > 0 && { grid: { show: false } }),
            space: 32,
            size: (/** @type {unknown} */ _, /** @type {string[] | null} */ marks) => widthOf(marks),
            values: (/** @type {unknown} */ _, /** @type {number[]} */ marks) => shape.yMarks(marks),
          })),
        ],
        series: [
          {},
          ...series.map(({ label, color, style }, index) => ({
            label,
            scale: scaleOf[index] ?? "y",
            width: style === "bars" ? 0 : 1.5,
            stroke: () => colors[color],
            // A single point has no line, so it is drawn as a dot.
            points: { show: () => style !== "bars" && data[0].length === 1 },
            ...(style !== "steps" && { fill: () => (style === "bars" ? colors[color] : fade(colors[color])) }),
            ...(style === "bars" && Plot.paths.bars && { paths: Plot.paths.bars({ size: [0.85], align: 1 }) }),
            ...(style === "steps" && Plot.paths.stepped && { paths: Plot.paths.stepped({ align: 1 }) }),
          })),
        ],
        hooks: { setCursor: [updateCaption], setSelect: [handleSelect] },
      },
      data,
      canvas,
    );
    if (shape.select !== undefined) addTouchSelection(created);
    return created;
  }

  /** @param {UPlot} of */
  function handleSelect(of) {
    const { left, width } = of.select;
    if (width < LEAST_DRAG) return;
    of.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
    shape.select?.([of.posToVal(left, "x"), of.posToVal(left + width, "x")]);
  }

  /** @returns {null} */
  function clearSelection() {
    shape.select?.(undefined);
    return null;
  }

  return {
    element,
    /** Sets the names of the series that have data, and hides all other series. @param {readonly SeriesLabel[]} labels */
    label(labels) {
      units = labels.map(({ unit = "" }) => unit);
      // uPlot cannot change the scale of a series. Therefore, the plot is destroyed, and the next paint creates a new one.
      plot?.destroy();
      plot = undefined;
      for (const [index, { item, name }] of values.entries()) {
        const given = labels[index];
        show(item, given !== undefined);
        if (given === undefined) continue;
        const { remove } = given;
        name.replaceChildren(
          given.label,
          ...(remove === undefined
            ? []
            : [
                h(
                  "button",
                  {
                    type: "button",
                    class: "chart-remove quiet",
                    "aria-label": `Remove ${given.label} from the chart`,
                    onclick: remove,
                  },
                  "✕",
                ),
              ]),
        );
        name.title = given.title ?? "";
      }
    },
    /** @param {AlignedData} next */
    draw(next) {
      data = next;
      paint();
    },
    redraw: () => plot?.redraw(),
  };
}

/** Width of a y axis in CSS pixels. The longest label fits into this width. The minimum width aligns the plots of different charts. @param {readonly string[] | null} marks */
const widthOf = (marks) => Math.max(64, 18 + 6.5 * Math.max(0, ...(marks ?? []).map(({ length }) => length)));

/** @param {string} color `#rrggbb` becomes translucent; other notations are returned unchanged */
const fade = (color) => (/^#[\da-f]{6}$/i.test(color) ? `${color}38` : color);
