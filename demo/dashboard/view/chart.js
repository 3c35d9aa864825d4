// @ts-check
// A chart as a figure. Its caption shows the values at the pointer, or else the newest values, for readers who cannot see the plot.
import { h, setText, show } from "./dom.js";

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
 */

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
  // The series keep their colors even with forced colors, because the colors identify the series.
  if (matchMedia("(forced-colors: active)").matches) Object.assign(colors, { text: "CanvasText", grid: "GrayText" });
}

/** @param {Shape} shape @param {...Node} controls */
export function createChart(shape, ...controls) {
  const { describe, series, emptyText } = shape;
  const position = h("span", { class: "chart-position" });
  const values = series.map(({ label, color, style }) => {
    const value = h("span", { class: "chart-value" }, "–");
    const key = h("span", { class: `chart-key chart-key-${color}`, "data-style": style, "aria-hidden": "true" });
    return { value, item: h("span", { class: "chart-item" }, key, `${label} `, value) };
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
    // An empty plot would draw ticks behind the placeholder text.
    canvas.style.visibility = length === 0 ? "hidden" : "";
    isStale = !isInSight;
    if (isStale) return;
    // uPlot is loaded as a classic script, so it is a global. If it fails to load, the captions still show the values.
    const { uPlot } = /** @type {{ uPlot?: UPlotClass }} */ (globalThis);
    // Above 2^53 consecutive slots are equal as doubles, and uPlot's tick loop would not end.
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
    // uPlot reports the nearest point. In the right half of a bar, the nearest point belongs to the next bar.
    const isNext = series[0]?.style === "bars" && idx > 0 && posToVal(left, "x") < (data[0][idx] ?? 0);
    return isNext ? idx - 1 : idx;
  }

  /** @param {UPlotClass} Plot */
  function create(Plot) {
    const axis = {
      stroke: () => colors.text,
      font: `11px ${fontFamily}`,
      grid: { stroke: () => colors.grid, width: 1 },
      ticks: { show: false },
    };
    return new Plot(
      {
        width: canvas.clientWidth,
        height: canvas.clientHeight,
        // Half of the last tick label extends past the plot.
        padding: [10, 36, 0, 0],
        legend: { show: false },
        cursor: {
          y: false,
          drag: { x: false, y: false },
          ...(shape.syncKey !== undefined && { sync: { key: shape.syncKey, scales: ["x", null] } }),
        },
        scales: {
          x: {
            time: false,
            range: (_, least, most) => {
              const [from, to] = shape.xRange?.() ?? [least, most];
              return from < to ? [from, to] : [from, from + 1];
            },
          },
          y: { range: (_, least, most) => (least === null ? [0, 1] : shape.yRange(least, most)) },
        },
        axes: [
          {
            ...axis,
            space: 96,
            size: 28,
            values: (_, marks) => shape.xMarks(marks, data),
            ...(shape.xSteps && { incrs: [...shape.xSteps] }),
          },
          { ...axis, space: 32, size: (_, marks) => widthOf(marks), values: (_, marks) => shape.yMarks(marks) },
        ],
        series: [
          {},
          ...series.map(({ label, color, style }) => ({
            label,
            width: style === "bars" ? 0 : 1.5,
            stroke: () => colors[color],
            // A single point has no line, so it is drawn as a dot.
            points: { show: () => style !== "bars" && data[0].length === 1 },
            ...(style !== "steps" && { fill: () => (style === "bars" ? colors[color] : fade(colors[color])) }),
            ...(style === "bars" && Plot.paths.bars && { paths: Plot.paths.bars({ size: [0.85], align: 1 }) }),
            ...(style === "steps" && Plot.paths.stepped && { paths: Plot.paths.stepped({ align: 1 }) }),
          })),
        ],
        hooks: { setCursor: [updateCaption] },
      },
      data,
      canvas,
    );
  }

  return {
    element,
    /** @param {AlignedData} next */
    draw(next) {
      data = next;
      paint();
    },
    redraw: () => plot?.redraw(),
  };
}

/** Axis width for the longest label, with a minimum, so that the plots of stacked charts align. @param {readonly string[] | null} marks */
const widthOf = (marks) => Math.max(64, 18 + 6.5 * Math.max(0, ...(marks ?? []).map(({ length }) => length)));

/** @param {string} color `#rrggbb` becomes translucent; other notations are returned unchanged */
const fade = (color) => (/^#[\da-f]{6}$/i.test(color) ? `${color}38` : color);
