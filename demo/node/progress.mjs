// @ts-check
// The progress of the run: a bar on a terminal, otherwise a few lines.
import { styler } from "./style.mjs";

/** Minimum time between two updates of the bar, in ms. */
const FRAME_MS = 80;
/** Number of progress lines if the output is not a terminal. */
const PLAIN_LINES = 10;
/** The shown rate is the mean over this period, in ms. */
const RATE_WINDOW_MS = 3_000;
const MAX_BAR = 30;
/** Minimum length of the bar in columns. A shorter bar is not drawn. */
const MIN_BAR = 8;
/** Columns reserved for the state of the connections, so that the bar keeps its length. */
const STATE_WIDTH = 34;

export class Progress {
  #out;
  #style;
  #startSlot;
  #total;
  #connections;
  /** Executed slots and their times. @type {{ at: number, done: number }[]} */
  #history = [];
  #done = 0;
  #slot;
  #drawnAt = 0;
  #plainLines = 0;
  /** @type {NodeJS.Timeout | undefined} */
  #timer;

  /**
   * @param {NodeJS.WriteStream} out
   * @param {{ startSlot: bigint, slotCount: bigint }} range
   * @param {import("./connections.mjs").Connections} connections
   */
  constructor(out, { startSlot, slotCount }, connections) {
    this.#out = out;
    this.#style = styler(out);
    this.#startSlot = startSlot;
    this.#slot = startSlot;
    this.#total = Number(slotCount);
    this.#connections = connections;
  }

  start() {
    this.#history = [{ at: performance.now(), done: 0 }];
    if (!this.#out.isTTY) return;
    // Redraws the countdown to the next attempt while no events arrive.
    this.#timer = setInterval(() => this.#draw(), FRAME_MS);
    this.#timer.unref();
  }

  /** @param {bigint} slot */
  advance(slot) {
    this.#slot = slot;
    this.#done = Number(slot - this.#startSlot) + 1;
    this.#remember();
    if (this.#out.isTTY) {
      if (performance.now() - this.#drawnAt >= FRAME_MS) this.#draw();
      return;
    }
    const due = Math.floor((this.#done / this.#total) * PLAIN_LINES);
    if (due <= this.#plainLines) return;
    this.#plainLines = due;
    this.#out.write(`${this.#describe()}\n`);
  }

  /** Writes a permanent line above the bar. @param {string} line */
  print(line) {
    this.#clear();
    this.#out.write(`${line}\n`);
    this.#draw();
  }

  stop() {
    clearInterval(this.#timer);
    this.#draw();
    if (this.#out.isTTY) this.#out.write("\n");
  }

  #remember() {
    const now = performance.now();
    this.#history.push({ at: now, done: this.#done });
    while (this.#history.length > 2 && now - (this.#history[1]?.at ?? now) > RATE_WINDOW_MS) this.#history.shift();
  }

  #clear() {
    if (this.#out.isTTY) this.#out.write("\r\x1b[K");
  }

  #draw() {
    if (!this.#out.isTTY) return;
    this.#drawnAt = performance.now();
    // A line that wraps cannot be overwritten.
    const room = Math.max(0, this.#out.columns - 1);
    const figures = this.#describe().slice(0, room);
    const width = Math.min(MAX_BAR, room - figures.length - STATE_WIDTH - 4);
    const bar = width < MIN_BAR ? "" : `${this.#bar(width)}  `;
    const left = room - figures.length - (bar === "" ? 0 : width + 2);
    const state = `  ${this.#connections.describe()}`.slice(0, Math.max(0, left));
    this.#out.write(`\r\x1b[K${bar}${figures}${this.#style(this.#connections.isHealthy ? "green" : "yellow", state)}`);
  }

  /** @param {number} width */
  #bar(width) {
    const full = Math.round(Math.min(1, this.#done / this.#total) * width);
    return `${this.#style("green", "█".repeat(full))}${this.#style("dim", "░".repeat(width - full))}`;
  }

  #describe() {
    const percent = Math.floor(Math.min(1, this.#done / this.#total) * 100);
    const rate = this.#rate();
    const left = this.#total - this.#done;
    const time = left <= 0 || rate === 0 ? "" : `, ${formatSeconds(left / rate)} left`;
    return `slot ${this.#slot}  ${String(percent).padStart(3)} %  ${Math.round(rate)} slots/s${time}`;
  }

  #rate() {
    const [first] = this.#history;
    const ms = performance.now() - (first?.at ?? 0);
    return first === undefined || ms <= 0 ? 0 : ((this.#done - first.done) / ms) * 1000;
  }
}

/** @param {number} seconds */
function formatSeconds(seconds) {
  if (seconds < 90) return `${Math.ceil(seconds)} s`;
  return seconds < 5_400 ? `${Math.round(seconds / 60)} min` : `${(seconds / 3_600).toFixed(1)} h`;
}
