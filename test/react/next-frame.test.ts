import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { cancelNextFrame, flushFrame, onNextFrame } from "../../src/react/next-frame.js";

/** The callback of the requested animation frame. */
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

describe("onNextFrame", () => {
  test("onNextFrame runs a task once in the next animation frame, even if the task is requested many times", () => {
    const ran: string[] = [];
    const first = () => ran.push("first");
    for (let times = 0; times < 10_000; times++) onNextFrame(first);
    onNextFrame(() => ran.push("second"));
    expect(ran).toEqual([]);
    frame?.();
    expect(ran).toEqual(["first", "second"]);
  });

  test("if a running task calls onNextFrame, the new task runs in the next frame", () => {
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

  test("in a hidden page without animation frames, onNextFrame uses a timer", () => {
    const task = vi.fn();
    onNextFrame(task);
    vi.runAllTimers();
    expect(task).toHaveBeenCalledTimes(1);
    expect(frame).toBeUndefined();
  });

  test("if requestAnimationFrame does not exist, onNextFrame uses a timer", () => {
    vi.stubGlobal("requestAnimationFrame", undefined);
    const task = vi.fn();
    onNextFrame(task);
    vi.runAllTimers();
    expect(task).toHaveBeenCalledTimes(1);
  });

  test("onNextFrame does not run a cancelled task", () => {
    const task = vi.fn();
    onNextFrame(task);
    cancelNextFrame(task);
    frame?.();
    expect(task).not.toHaveBeenCalled();
  });

  test("flushFrame runs all waiting tasks immediately, and cancels the requested animation frame", () => {
    const task = vi.fn();
    onNextFrame(task);
    flushFrame();
    expect(task).toHaveBeenCalledTimes(1);
    expect(frame).toBeUndefined();
  });
});
