import { describe, expect, test } from "vitest";
import { SimulatorError } from "../../../src/protocol/simulator-error.js";
import { Gate } from "../../../src/session/events/gate.js";
import { rejection } from "../session-rig.js";

/** Whether a promise settles before the next turn of the event loop. */
async function isSettled(promise: Promise<unknown>): Promise<boolean> {
  const open = Symbol();
  const first = await Promise.race([promise.catch(() => {}), new Promise((resolve) => setImmediate(resolve, open))]);
  return first !== open;
}

describe("a gate", () => {
  test("a wait at a gate resolves at once if its condition is true", async () => {
    await expect(new Gate().wait(() => true, "it")).resolves.toBeUndefined();
  });

  test("Gate.recheck() resolves only those wait() calls that have a true condition", async () => {
    const gate = new Gate();
    const is = { a: false, b: false };
    const a = gate.wait(() => is.a, "a");
    const b = gate.wait(() => is.b, "b");
    gate.recheck();
    is.a = true;
    expect(await isSettled(a)).toBe(false);
    gate.recheck();
    await a;
    expect(await isSettled(b)).toBe(false);
    is.b = true;
    gate.recheck();
    await b;
  });

  test("a gate rejects all waits with the error of the first shut() call", async () => {
    const gate = new Gate();
    const waiting = gate.wait(() => false, "it");
    const reason = new SimulatorError("remote", "over");
    gate.shut(reason);
    gate.shut(new SimulatorError("cancelled", "later"));
    expect(await rejection(waiting)).toBe(reason);
    expect(await rejection(gate.wait(() => true, "it"))).toBe(reason);
    expect(gate.shutWith).toBe(reason);
  });

  test("an aborted signal cancels one wait at a gate and does not affect the other waits", async () => {
    const gate = new Gate();
    const controller = new AbortController();
    let isOpen = false;
    const cancelled = gate.wait(() => isOpen, "the continue", controller.signal);
    const other = gate.wait(() => isOpen, "the continue");
    const reason = new Error("enough");
    controller.abort(reason);
    const error = await rejection(cancelled);
    expect(error).toMatchObject({ code: "cancelled", message: "the continue was cancelled" });
    expect(error.cause).toBe(reason);
    isOpen = true;
    gate.recheck();
    await other;
  });

  test("a gate rejects a wait whose signal is already aborted, even if the condition is true", async () => {
    expect(await rejection(new Gate().wait(() => true, "it", AbortSignal.abort()))).toMatchObject({ code: "cancelled" });
  });

  test("a gate removes its listener from the signal after the wait", async () => {
    const gate = new Gate();
    const { signal } = new AbortController();
    let listeners = 0;
    const add = signal.addEventListener.bind(signal);
    const remove = signal.removeEventListener.bind(signal);
    signal.addEventListener = (...args: Parameters<typeof add>) => {
      listeners++;
      add(...args);
    };
    signal.removeEventListener = (...args: Parameters<typeof remove>) => {
      listeners--;
      remove(...args);
    };
    let isOpen = false;
    const waiting = gate.wait(() => isOpen, "it", signal);
    expect(listeners).toBe(1);
    isOpen = true;
    gate.recheck();
    await waiting;
    expect(listeners).toBe(0);
  });
});
