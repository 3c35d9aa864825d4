import type { Fleet } from "../../fleet/fleet.js";
import type { FleetStatus } from "../../fleet/fleet-status.js";
import type { Io } from "../terminal/io.js";
import { eraseLines } from "../terminal/terminal-text.js";
import { countsLine, fleetLines } from "./fleet-table.js";

/** Time between two reads of the status, in ms. */
const PERIOD_MS = 1_000;
/** Maximum number of jobs in the redrawn table, so that it fits on a screen. */
const ROWS = 20;

/**
 * Shows the status of a fleet until all jobs are over or the command is interrupted. On a terminal, the table is redrawn in place.
 * Elsewhere, a line is printed for each change.
 */
export async function watchFleet(fleet: Fleet, { out, interrupt }: Pick<Io, "out" | "interrupt">): Promise<FleetStatus> {
  let shown = "";
  let height = 0;
  for (;;) {
    const status = await fleet.status();
    const lines = out.isTerminal ? fleetLines(status, out.style, ROWS) : [countsLine(status.counts)];
    const text = `${lines.map((line) => (out.isTerminal ? line.replace(/[\r\n]+/g, " ").slice(0, out.columns - 1) : line)).join("\n")}\n`;
    if (text !== shown) out.write(out.isTerminal && height > 0 ? eraseLines(height) + text : text);
    shown = text;
    height = lines.length;
    const { waiting, running } = status.counts;
    if (waiting + running === 0) return status;
    await wait(PERIOD_MS, interrupt);
    interrupt.throwIfAborted();
  }
}

function wait(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const settle = (): void => {
      clearTimeout(timer);
      signal.removeEventListener("abort", settle);
      resolve();
    };
    const timer = setTimeout(settle, ms);
    signal.addEventListener("abort", settle, { once: true });
    if (signal.aborted) settle();
  });
}
