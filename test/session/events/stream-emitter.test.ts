import { beforeEach, describe, expect, test } from "vitest";
import { StreamEmitter } from "../../../src/session/events/stream-emitter.js";

type Events = { slot: () => void; connection: () => void; progress: () => void; close: () => void };

let calls: string[];

class Emitter extends StreamEmitter<Events> {
  protected override startFlow(): void {
    calls.push("start");
  }

  protected override stopFlow(): void {
    calls.push("stop");
  }
}

const listener = (): void => {};

beforeEach(() => {
  calls = [];
});

describe("a stream emitter", () => {
  test.each(["on", "once", "addListener"] as const)(
    "StreamEmitter.%s() starts the delivery when it adds a listener for `slot`",
    (add) => {
      new Emitter()[add]("slot", listener);
      expect(calls).toEqual(["start"]);
    },
  );

  test.each(["connection", "progress", "close"] as const)(
    "a StreamEmitter does not start the delivery when a listener for `%s` is added",
    (name) => {
      new Emitter().on(name, listener).once(name, listener);
      expect(calls).toEqual([]);
    },
  );

  test.each(["off", "removeListener"] as const)(
    "StreamEmitter.%s() stops the delivery when it removes the last listener for `slot`",
    (remove) => {
      const emitter = new Emitter().on("slot", listener).on("connection", listener);
      const other = (): void => {};
      emitter.on("slot", other);
      calls = [];
      emitter[remove]("slot", listener);
      expect(calls).toEqual([]);
      emitter[remove]("slot", other);
      expect(calls).toEqual(["stop"]);
    },
  );

  test("a StreamEmitter stops the delivery when removeAllListeners() removes the last listener for a stream event", () => {
    const emitter = new Emitter().on("slot", listener).on("connection", listener);
    calls = [];
    emitter.removeAllListeners("connection");
    expect(calls).toEqual([]);
    emitter.removeAllListeners();
    expect(calls).toEqual(["stop"]);
  });

  test("the delivery of a StreamEmitter stops when once() has removed the last listener", () => {
    const emitter = new Emitter().once("slot", listener);
    emitter.emit("slot");
    expect(calls).toEqual(["start", "stop"]);
  });
});
