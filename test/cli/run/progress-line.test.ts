import { stripVTControlCharacters } from "node:util";
import { describe, expect, it } from "vitest";
import { type ProgressFacts, progressLine } from "../../../src/cli/run/progress-line.js";
import { styler } from "../../../src/cli/terminal/style.js";
import { toTerminal } from "../../../src/cli/terminal/terminal-text.js";

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

describe("progressLine", () => {
  it("progressLine shows a bar, the slot, the percentage, the rate, the remaining time and the connection state", () => {
    expect(progressLine(facts, 100, plain)).toMatch(/^█+░+ {2}slot 149 {3}50 % {2}12 slots\/s, 5 s left {2}connected$/);
  });

  it("progressLine shows 0 % before the first slot and 100 % at the end of a run", () => {
    expect(progressLine({ ...facts, done: 0, slot: undefined, perSecond: 0 }, 60, plain)).toBe("starting    0 %  connected");
    expect(progressLine({ ...facts, done: 100, slot: 199n }, 60, plain)).toContain("100 %  12 slots/s  connected");
    expect(progressLine({ ...facts, done: 120, total: 100, slot: 219n }, 60, plain)).toContain("100 %");
    expect(progressLine({ ...facts, done: 0, total: 0 }, 60, plain)).toContain("100 %");
  });

  it("progressLine shows a lost connection in another colour than an established connection", () => {
    expect(toTerminal(progressLine(facts, 100, coloured))).toContain("\x1b[32m  connected");
    expect(toTerminal(progressLine({ ...facts, isHealthy: false, state: "control lost" }, 100, coloured))).toContain(
      "\x1b[33m  control lost",
    );
  });

  it.each(["connected", "control lost, retry in 10.5 s, and a long story behind it", "\x1b".repeat(100)])(
    "progressLine returns a line shorter than the terminal width for the connection state %j",
    (state) => {
      for (let columns = 0; columns <= 200; columns++) {
        const line = stripVTControlCharacters(toTerminal(progressLine({ ...facts, state }, columns, coloured)));
        expect(line.length).toBeLessThan(Math.max(1, columns));
      }
    },
  );
});
