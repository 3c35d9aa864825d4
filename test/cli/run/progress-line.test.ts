import { stripVTControlCharacters } from "node:util";
import { describe, expect, it } from "vitest";
import { type ProgressFacts, progressLine } from "../../../src/cli/run/progress-line.js";
import { styler } from "../../../src/cli/style.js";

const facts: ProgressFacts = {
  done: 50,
  total: 100,
  slot: 149n,
  perSecond: 12.4,
  state: "connected",
  isHealthy: true,
};
const plain = styler(false, {});
const coloured = styler(true, {});

describe("the line that tells how far a run is", () => {
  it("has a bar, the slot, the share, the rate, what is left, and the connections", () => {
    expect(progressLine(facts, 100, plain)).toMatch(/^█+░+ {2}slot 149 {3}50 % {2}12 slots\/s, 5 s left {2}connected$/);
  });

  it("says that it has not begun, and that it is done", () => {
    expect(progressLine({ ...facts, done: 0, slot: undefined, perSecond: 0 }, 60, plain)).toBe("starting    0 %  connected");
    expect(progressLine({ ...facts, done: 100, slot: 199n }, 60, plain)).toContain("100 %  12 slots/s  connected");
    expect(progressLine({ ...facts, done: 120, total: 100, slot: 219n }, 60, plain)).toContain("100 %");
    expect(progressLine({ ...facts, done: 0, total: 0 }, 60, plain)).toContain("100 %");
  });

  it("tells trouble by its colour too", () => {
    expect(progressLine(facts, 100, coloured)).toContain("\x1b[32m  connected");
    expect(progressLine({ ...facts, isHealthy: false, state: "control lost" }, 100, coloured)).toContain(
      "\x1b[33m  control lost",
    );
  });

  it("never fills a line, however narrow the terminal is", () => {
    for (let columns = 0; columns <= 200; columns++) {
      for (const state of ["connected", "control lost, retry in 10.5 s, and a long story behind it"]) {
        const line = stripVTControlCharacters(progressLine({ ...facts, state }, columns, coloured));
        expect(line.length).toBeLessThan(Math.max(1, columns));
      }
    }
  });
});
