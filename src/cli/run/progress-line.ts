import type { Style } from "../terminal/style.js";
import { escapeUnsafe } from "../terminal/terminal-text.js";
import { count, wholeDuration } from "../terminal/units.js";

/** The progress of a run. */
export interface ProgressFacts {
  /** Number of executed slots. */
  done: number;
  /** Number of slots of the whole run. */
  total: number;
  /** The last executed slot. `undefined` before the first slot is executed. */
  slot: bigint | undefined;
  /** Slots per second. */
  perSecond: number;
  /** The state of the connections, in a few words. */
  state: string;
  isHealthy: boolean;
}

/** Maximum width of the bar, in characters. */
const MAX_BAR = 30;
const MIN_BAR = 8;
/** Width that is reserved for the state of the connections. Without it, the length of the bar would change with the state. */
const STATE_WIDTH = 34;

/**
 * Formats the progress as one line. The line is narrower than the terminal, because a wrapped line cannot be redrawn in
 * place.
 */
export function progressLine(facts: ProgressFacts, columns: number, style: Style): string {
  const room = Math.max(0, columns - 1);
  const figures = describe(facts).slice(0, room);
  const width = Math.min(MAX_BAR, room - figures.length - STATE_WIDTH - 4);
  const bar = width < MIN_BAR ? "" : `${drawBar(share(facts), width, style)}  `;
  const left = room - figures.length - (bar === "" ? 0 : width + 2);
  const state = `  ${escapeUnsafe(facts.state)}`.slice(0, Math.max(0, left));
  return `${bar}${figures}${style(facts.isHealthy ? "green" : "yellow", state)}`;
}

function share({ done, total }: ProgressFacts): number {
  return total === 0 ? 1 : Math.min(1, done / total);
}

function drawBar(done: number, width: number, style: Style): string {
  const full = Math.round(done * width);
  return `${style("green", "█".repeat(full))}${style("dim", "░".repeat(width - full))}`;
}

function describe(facts: ProgressFacts): string {
  const { done, total, slot, perSecond } = facts;
  const percent = `${String(Math.floor(share(facts) * 100)).padStart(3)} %`;
  if (slot === undefined) return `starting  ${percent}`;
  const left = total - done;
  const time = left <= 0 || perSecond === 0 ? "" : `, ${wholeDuration(left / perSecond)} left`;
  return `slot ${slot}  ${percent}  ${count(Math.round(perSecond))} slots/s${time}`;
}
