import { createHash } from "node:crypto";
import type { VirtualClock } from "./virtual-clock.js";

/** The log of a simulation, with the virtual time of each line. Two simulations of the same seed have the same lines. */
export class Trace {
  readonly lines: string[] = [];
  readonly #clock: VirtualClock;

  constructor(clock: VirtualClock) {
    this.#clock = clock;
  }

  add(line: string): void {
    this.lines.push(`${(this.#clock.now / 1000).toFixed(3).padStart(9)} ${line}`);
  }

  /** A hash of all lines. */
  get hash(): string {
    return createHash("sha256").update(this.lines.join("\n")).digest("hex").slice(0, 16);
  }
}
