import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Cursor } from "../../src/channels/cursor.js";

interface Item {
  slot: bigint;
  key: string;
}

/** All events of a subscription, in the order of their slots. Several events may have the same key. */
const streams = fc
  .array(fc.record({ step: fc.constantFrom(0n, 0n, 0n, 1n, 2n, 1n << 60n), key: fc.constantFrom("a", "b", "c", "d") }), {
    maxLength: 40,
  })
  .map((steps): Item[] => {
    let slot = 100n;
    return steps.map(({ step, key }) => {
      slot += step;
      return { slot, key };
    });
  });

/** Each connection delivers the given share of its events, and is then lost. */
const connections = fc.array(
  fc.record({
    share: fc.double({ min: 0, max: 1, noNaN: true }),
    replay: fc.constantFrom("inclusive" as const, "all" as const),
    passOn: fc.boolean(),
  }),
  { maxLength: 8 },
);

/** Returns the events that a server replays from the cursor's slot on. With `replay: "all"`, the server replays all events. */
function replayOf(stream: readonly Item[], cursor: Cursor, replay: "inclusive" | "all"): readonly Item[] {
  const { slot } = cursor;
  return replay === "all" || slot === undefined ? stream : stream.filter((item) => item.slot >= slot);
}

describe("a cursor", () => {
  test("a cursor accepts each event of a stream once and in order, however many connections the stream is split into", () => {
    fc.assert(
      fc.property(streams, connections, (stream, cuts) => {
        let cursor = new Cursor();
        const accepted: Item[] = [];
        for (const { share, replay, passOn } of [...cuts, { share: 1, replay: "inclusive" as const, passOn: false }]) {
          cursor.rewind();
          const sent = replayOf(stream, cursor, replay);
          for (const item of sent.slice(0, Math.ceil(sent.length * share))) {
            if (cursor.accept(item.slot, item.key)) accepted.push(item);
          }
          if (passOn) cursor = new Cursor(cursor.state);
        }
        expect(accepted).toEqual(stream);
      }),
      { numRuns: 500 },
    );
  });

  test("a restored cursor accepts all new events and refuses all recorded events", () => {
    fc.assert(
      fc.property(streams, fc.double({ min: 0, max: 1, noNaN: true }), (stream, share) => {
        const received = stream.slice(0, Math.ceil(stream.length * share));
        const delivered = new Cursor();
        for (const { slot, key } of received) delivered.note(slot, key);
        const resumed = new Cursor(delivered.state);
        resumed.rewind();
        const accepted = replayOf(stream, resumed, "inclusive").filter(({ slot, key }) => resumed.accept(slot, key));
        expect([...received, ...accepted]).toEqual(stream);
      }),
    );
  });

  test("a cursor does not treat two equal events of one connection as duplicates", () => {
    const cursor = new Cursor();
    cursor.rewind();
    expect([cursor.accept(100n, "a"), cursor.accept(100n, "a")]).toEqual([true, true]);
    cursor.rewind();
    expect([cursor.accept(100n, "a"), cursor.accept(100n, "a"), cursor.accept(100n, "a")]).toEqual([false, false, true]);
    expect(cursor.state).toEqual({ slot: 100n, keys: ["a", "a", "a"] });
  });

  test("a cursor refuses events with a slot lower than the cursor's slot", () => {
    const cursor = new Cursor({ slot: 100n, keys: [] });
    expect(cursor.accept(99n, "a")).toBe(false);
    expect(cursor.accept(100n, "a")).toBe(true);
  });

  test("a cursor copies the state that it receives or returns", () => {
    const keys = ["a"];
    const cursor = new Cursor({ slot: 100n, keys });
    keys.push("b");
    const state = cursor.state!;
    (state.keys as string[]).push("c");
    expect(cursor.state).toEqual({ slot: 100n, keys: ["a"] });
  });

  test("a cursor has no state before the first event", () => {
    expect(new Cursor().state).toBeUndefined();
    expect(new Cursor().slot).toBeUndefined();
  });
});
