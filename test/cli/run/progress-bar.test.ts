import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { ProgressBar } from "../../../src/cli/run/progress-bar.js";
import type { ProgressFacts } from "../../../src/cli/run/progress-line.js";
import { capturedOutput } from "../support/captured-io.js";

const REWIND = "\r\x1b[K";
const facts: ProgressFacts = { done: 1, total: 2, slot: 5n, perSecond: 1, state: "connected", isHealthy: true };

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

describe("a progress bar on a terminal", () => {
  it("a progress bar on a terminal is redrawn periodically until it is stopped", () => {
    const out = capturedOutput({ isTerminal: true });
    const bar = new ProgressBar(out, () => facts);
    bar.start();
    expect(out.text.split(REWIND)).toHaveLength(2);
    vi.advanceTimersByTime(800);
    expect(out.text.split(REWIND).length).toBeGreaterThan(8);
    bar.stop();
    expect(out.text.endsWith("\n")).toBe(true);
    const { text } = out;
    vi.advanceTimersByTime(800);
    bar.stop();
    expect(out.text).toBe(text);
  });

  it("a progress bar on a terminal stays below the messages that are printed while it is shown", () => {
    const out = capturedOutput({ isTerminal: true });
    const bar = new ProgressBar(out, () => facts);
    bar.printLine("before");
    expect(out.text).toBe("before\n");
    bar.start();
    bar.printLine("a line that stays");
    const [, , line, again] = out.text.split(REWIND);
    expect(line).toBe("a line that stays\n");
    expect(again).toContain("slot 5");
    bar.stop();
    bar.printLine("after");
    expect(out.text.endsWith("\nafter\n")).toBe(true);
  });
});

it("a progress bar prints only messages if its output is not a terminal", () => {
  const out = capturedOutput();
  const bar = new ProgressBar(out, () => facts);
  bar.start();
  vi.advanceTimersByTime(1_000);
  bar.printLine("a line");
  bar.stop();
  expect(out.text).toBe("a line\n");
});
