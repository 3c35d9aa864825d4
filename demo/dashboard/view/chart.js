// @ts-check
// One chart: a figure whose caption says in words and numbers what the lines show, at the pointer or else at their end.
import { h, setText, show } from "./dom.js";

/** @typedef {import("uplot")} UPlot */
/** @typedef {typeof import("uplot")} UPlotClass */
/** @typedef {import("uplot").AlignedData} AlignedData */
/** @typedef {Record<"text" | "grid" | "one" | "two" | "three" | "four", string>} Colors */
/**
 * @typedef {object} Shape
 * @property {string} name
 * @property {string} title
 * @property {readonly { label: string, color: "one" | "two" | "three" | "four", style: "bars" | "steps" | "area" }[]} series as drawn, the hindmost first
 * @property {(index: number, data: AlignedData) => { place: string, values: readonly string[] }} describe what the caption says of a point: a value a series
 * @property {string} emptyText
 * @property {(marks: number[], data: AlignedData) => string[]} xMarks
 * @property {(marks: number[]) => string[]} yMarks
 * @property {(least: number, most: number) => [number, number]} yRange
 * @property {() => [number, number] | undefined} [xRange] where it isn't its own data's
 * @property {readonly number[]} [xSteps]
 * @property {string} [syncKey] charts with the same one have one pointer
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

/** Reads the style sheet's colours and its font: a canvas knows nothing of them. */
export function readColors() {
  const style = getComputedStyle(document.documentElement);
  for (const [name, property] of Object.entries(PROPERTIES))
    colors[/** @type {keyof Colors} */ (name)] = style.getPropertyValue(property).trim();
  fontFamily = style.getPropertyValue("--font-ui").trim() || fontFamily;
  // The series keep theirs, which tell them apart.
  if (matchMedia("(forced-colors: active)").matches) Object.assign(colors, { text: "CanvasText", grid: "GrayText" });
}

/** @param {Shape} shape @param {...Node} controls */
export function createChart(shape, ...controls) {
  const { describe, series, emptyText } = shape;
  const place = h("span", { class: "chart-place" });
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
    h("div", { class: "chart-items" }, ...values.map(({ item }) => item), place),
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
    // A plot of nothing has marks of nothing, under the words.
    canvas.style.visibility = length === 0 ? "hidden" : "";
    isStale = !isInSight;
    if (isStale) return;
    // A classic script, and so a global: without it the captions still say it all.
    const { uPlot } = /** @type {{ uPlot?: UPlotClass }} */ (globalThis);
    // Beyond 2^53 all slots are the same to a double, and no scale comes to its end.
    if ((data[0].at(-1) ?? 0) > Number.MAX_SAFE_INTEGER) return say();
    if (plot !== undefined) plot.setData(data);
    else if (uPlot !== undefined && length > 0 && canvas.clientWidth > 0) plot = create(uPlot);
    say();
  }

  function say() {
    const at = plot === undefined ? data[0].length - 1 : pointedAt(plot);
    const said = at < 0 || at >= data[0].length ? undefined : describe(at, data);
    setText(place, said?.place ?? "");
    for (const [index, { value }] of values.entries()) setText(value, said?.values[index] ?? "–");
  }

  /** @param {UPlot} of */
  function pointedAt({ cursor: { idx, left = -1 }, posToVal }) {
    if (idx == null) return data[0].length - 1;
    // The nearest point, which in a bar's right half is the next bar's.
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
        // Half of the last mark's text stands beyond the plot.
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
            // A line needs two points; where there is but one, it is a dot.
            points: { show: () => style !== "bars" && data[0].length === 1 },
            ...(style !== "steps" && { fill: () => (style === "bars" ? colors[color] : fade(colors[color])) }),
            ...(style === "bars" && Plot.paths.bars && { paths: Plot.paths.bars({ size: [0.85], align: 1 }) }),
            ...(style === "steps" && Plot.paths.stepped && { paths: Plot.paths.stepped({ align: 1 }) }),
          })),
        ],
        hooks: { setCursor: [say] },
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

/** Room for the longest mark, and the same for all that are short: one chart's slots then stand above another's. @param {readonly string[] | null} marks */
const widthOf = (marks) => Math.max(64, 18 + 6.5 * Math.max(0, ...(marks ?? []).map(({ length }) => length)));

/** @param {string} color `#rrggbb` is made transparent, another spelling stays as it is */
const fade = (color) => (/^#[\da-f]{6}$/i.test(color) ? `${color}38` : color);
