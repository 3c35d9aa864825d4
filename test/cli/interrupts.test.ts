import { EventEmitter } from "node:events";
import { describe, expect, it } from "vitest";
import { Interrupted, interruptedCode, watchInterrupts, whenInterrupted } from "../../src/cli/interrupts.js";

/** Creates a fake process with a fake clock. */
function rig() {
  const exits: number[] = [];
  const process = Object.assign(new EventEmitter(), { exit: (code: number) => exits.push(code) });
  const clock = { now: 1_000 };
  const { signal } = watchInterrupts(process, () => clock.now);
  return { exits, clock, signal, send: (name: NodeJS.Signals) => process.emit(name, name) };
}

describe("an interrupt", () => {
  it("the first signal to the process aborts the command, and determines the exit code", async () => {
    const { signal, send, exits } = rig();
    expect(interruptedCode(signal)).toBeUndefined();
    const waiting = whenInterrupted(signal);
    send("SIGTERM");
    await waiting;
    await whenInterrupted(signal);
    expect(signal.reason).toBeInstanceOf(Interrupted);
    expect(interruptedCode(signal)).toBe(143);
    expect(exits).toEqual([]);
  });

  it("a second signal ends the process immediately", () => {
    const { send, exits, clock } = rig();
    send("SIGINT");
    clock.now += 400;
    send("SIGINT");
    expect(exits).toEqual([130]);
  });

  it("a second signal within 250 ms is ignored, because one Ctrl-C under npx sends two signals", () => {
    const { signal, send, exits, clock } = rig();
    send("SIGINT");
    clock.now += 20;
    send("SIGINT");
    expect(signal.aborted).toBe(true);
    expect(exits).toEqual([]);
    clock.now += 1_000;
    send("SIGHUP");
    expect(exits).toEqual([129]);
  });

  it("interruptedCode returns undefined if the reason of the AbortSignal is an ordinary error", () => {
    expect(interruptedCode(AbortSignal.abort(new Error("another reason")))).toBeUndefined();
  });
});
