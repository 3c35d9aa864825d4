import type { Style } from "../style.js";
import { count, wholeDuration } from "../units.js";

/** How far a run is. */
export interface ProgressFacts {
  done: number;
  total: number;
  /** The last slot; none before the first. */
  slot: bigint | undefined;
  perSecond: number;
  /** What the connections do, in a few words. */
  state: string;
  isHealthy: boolean;
}

const MAX_BAR = 30;
/** A shorter bar tells nothing. */
const MIN_BAR = 8;
/** Kept free for what the connections do, so that the bar doesn't change its length with it. */
const STATE_WIDTH = 34;

/** One line that tells how far a run is, as wide as a terminal has room for: a line that wraps can't be drawn over. */
export function progressLine(facts: ProgressFacts, columns: number, style: Style): string {
  const room = Math.max(0, columns - 1);
  const figures = describe(facts).slice(0, room);
  const width = Math.min(MAX_BAR, room - figures.length - STATE_WIDTH - 4);
  const bar = width < MIN_BAR ? "" : `${drawBar(share(facts), width, style)}  `;
  const left = room - figures.length - (bar === "" ? 0 : width + 2);
  const state = `  ${facts.state}`.slice(0, Math.max(0, left));
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
