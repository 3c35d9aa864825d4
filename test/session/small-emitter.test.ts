import { EventEmitter } from "eventemitter3";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { EventEmitter as SmallEmitter } from "../../src/session/small-emitter.js";

type Emitter = EventEmitter<string>;

const EVENTS = ["a", "b", "toString"];
const CONTEXTS = [undefined, { name: "one" }, { name: "two" }];

/** What listeners do when they are called, by their number. */
type Inner = { method: "on" | "once" | "off" | "emit" | "nothing"; event: string; listener: number };

const steps = fc.array(
  fc.record({
    method: fc.constantFrom("on", "once", "addListener", "off", "removeListener", "removeAllListeners", "emit", "clear" as const),
    event: fc.constantFrom(...EVENTS),
    listener: fc.nat(2),
    context: fc.nat(2),
    onlyOnce: fc.boolean(),
  }),
  { maxLength: 30 },
);
const inners = fc.tuple(
  ...[0, 1, 2].map(() =>
    fc.record<Inner>({
      method: fc.constantFrom("on", "once", "off", "nothing"),
      event: fc.constantFrom(...EVENTS),
      listener: fc.nat(2),
    }),
  ),
);

/** All that is seen of an emitter while the steps are taken. */
function play(emitter: Emitter, taken: typeof steps extends fc.Arbitrary<infer T> ? T : never, inner: Inner[]): unknown[] {
  const log: unknown[] = [];
  const listeners = inner.map(({ method, event, listener }, index) => {
    return function (this: unknown, ...args: unknown[]): void {
      log.push([index, this === emitter ? "emitter" : this, ...args]);
      if (method !== "nothing") emitter[method](event, listeners[listener] as () => void);
    };
  });
  for (const { method, event, listener: number, context: place, onlyOnce } of taken) {
    const [listener, context] = [listeners[number] as () => void, CONTEXTS[place]];
    let result: unknown;
    if (method === "emit") result = emitter.emit(event, number, context);
    else if (method === "clear") result = emitter.removeAllListeners();
    else if (method === "removeAllListeners") result = emitter.removeAllListeners(event);
    else if (method === "off" || method === "removeListener")
      result = emitter[method](event, number === 2 ? undefined : listener, context, onlyOnce);
    else result = emitter[method as "on"](event, listener, context);
    log.push(result === emitter ? "itself" : result);
    log.push([...emitter.eventNames()].sort());
    for (const name of EVENTS)
      log.push(
        emitter.listenerCount(name),
        emitter.listeners(name).map((one) => listeners.indexOf(one)),
      );
  }
  return log;
}

describe("the page files' emitter", () => {
  test("does as eventemitter3 does, whatever is done to it, also by its own listeners", () => {
    fc.assert(
      fc.property(steps, inners, (taken, inner) => {
        expect(play(new SmallEmitter() as unknown as Emitter, taken, inner)).toEqual(play(new EventEmitter(), taken, inner));
      }),
      { numRuns: 500 },
    );
  });

  test("refuses what is no function, in the same words", () => {
    for (const emitter of [new SmallEmitter() as unknown as Emitter, new EventEmitter() as Emitter])
      for (const method of ["on", "once"] as const)
        expect(() => emitter[method]("a", 5 as never)).toThrow(new TypeError("The listener must be a function"));
  });
});
