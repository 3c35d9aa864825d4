import { EventEmitter } from "node:events";
import { describe, expect, it } from "vitest";
import { Interrupted, interruptedCode, watchInterrupts, whenInterrupted } from "../../src/cli/interrupts.js";

/** A process that signals can be sent to, on a clock of its own. */
function rig() {
  const exits: number[] = [];
  const process = Object.assign(new EventEmitter(), { exit: (code: number) => exits.push(code) });
  const clock = { now: 1_000 };
  const { signal } = watchInterrupts(process, () => clock.now);
  return { exits, clock, signal, send: (name: NodeJS.Signals) => process.emit(name, name) };
}

describe("an interrupt", () => {
  it("fires once, with the code that shells give the signal", async () => {
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

  it("ends the process when it comes a second time", () => {
    const { send, exits, clock } = rig();
    send("SIGINT");
    clock.now += 400;
    send("SIGINT");
    expect(exits).toEqual([130]);
  });

  it("counts as one press what npm passes on of what the terminal has sent already", () => {
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

  it("is none if something else was called off", () => {
    expect(interruptedCode(AbortSignal.abort(new Error("another reason")))).toBeUndefined();
  });
});
