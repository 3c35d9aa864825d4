import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { cancelNextFrame, flushFrame, onNextFrame } from "../../src/react/next-frame.js";

/** Callback of the requested frame. */
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
  test("onNextFrame runs a task once in the next frame, with the other tasks", () => {
    const ran: string[] = [];
    const first = () => ran.push("first");
    for (let times = 0; times < 10_000; times++) onNextFrame(first);
    onNextFrame(() => ran.push("second"));
    expect(ran).toEqual([]);
    frame?.();
    expect(ran).toEqual(["first", "second"]);
  });

  test("onNextFrame runs a task requested by a task in the following frame", () => {
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

  test("onNextFrame runs a task without frames in a hidden page", () => {
    const task = vi.fn();
    onNextFrame(task);
    vi.runAllTimers();
    expect(task).toHaveBeenCalledTimes(1);
    expect(frame).toBeUndefined();
  });

  test("onNextFrame runs a task without requestAnimationFrame", () => {
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

  test("flushFrame runs a task immediately, and cancels the frame", () => {
    const task = vi.fn();
    onNextFrame(task);
    flushFrame();
    expect(task).toHaveBeenCalledTimes(1);
    expect(frame).toBeUndefined();
  });
});
