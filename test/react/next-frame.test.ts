import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { cancelNextFrame, flushFrame, onNextFrame } from "../../src/react/next-frame.js";

/** The page's frames, by hand. */
let frame: (() => void) | undefined;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  vi.stubGlobal("requestAnimationFrame", (callback: () => void) => {
    frame = callback;
    return 1;
  });
  vi.stubGlobal("cancelAnimationFrame", () => {
    frame = undefined;
  });
});

afterEach(() => {
  expect(vi.getTimerCount()).toBe(0);
  vi.unstubAllGlobals();
  vi.useRealTimers();
  frame = undefined;
});

describe("a task", () => {
  test("runs once with the next frame, together with the others", () => {
    const ran: string[] = [];
    const first = () => ran.push("first");
    for (let times = 0; times < 10_000; times++) onNextFrame(first);
    onNextFrame(() => ran.push("second"));
    expect(ran).toEqual([]);
    frame?.();
    expect(ran).toEqual(["first", "second"]);
  });

  test("that asks for another frame gets the next one", () => {
    const ran: number[] = [];
    const again = () => {
      ran.push(ran.length);
      if (ran.length < 3) onNextFrame(again);
    };
    onNextFrame(again);
    frame?.();
    expect(ran).toEqual([0]);
    frame?.();
    frame?.();
    expect(ran).toEqual([0, 1, 2]);
  });

  test("runs without a frame too, for a hidden page shows none", () => {
    const task = vi.fn();
    onNextFrame(task);
    vi.runAllTimers();
    expect(task).toHaveBeenCalledTimes(1);
    expect(frame).toBeUndefined();
  });

  test("runs where there are no frames at all", () => {
    vi.stubGlobal("requestAnimationFrame", undefined);
    const task = vi.fn();
    onNextFrame(task);
    vi.runAllTimers();
    expect(task).toHaveBeenCalledTimes(1);
  });

  test("that nobody waits for any more doesn't run", () => {
    const task = vi.fn();
    onNextFrame(task);
    cancelNextFrame(task);
    frame?.();
    expect(task).not.toHaveBeenCalled();
  });

  test("can be asked for at once, and no frame is waited for then", () => {
    const task = vi.fn();
    onNextFrame(task);
    flushFrame();
    expect(task).toHaveBeenCalledTimes(1);
    expect(frame).toBeUndefined();
  });
});
