import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { SimulatorError } from "../../../src/protocol/simulator-error.js";
import { type MergeSource, mergeEvents } from "../../../src/session/events/merge.js";
import { brief, turn } from "../session-rig.js";
import { sessionEvents } from "./buffered-events.js";

const over = new SimulatorError("controlClosed", "over");
const broken = (what: string) => new SimulatorError("remote", what);

/** Creates `count` streams of events, and one iterator that merges them. */
function setUp(count: number) {
  const flows = Array.from({ length: count }, () => {
    const { events, flow, arrive } = sessionEvents();
    return { events, flow, arrive, finish: events.finish.bind(events) };
  });
  const prepared = flows.map(() => 0);
  const sources = flows.map(({ flow }, index): MergeSource<number> => {
    const prepare = (): void => {
      prepared[index]!++;
    };
    return { subSession: index, events: Object.assign(flow.iterate(), { prepare }) };
  });
  return { flows, prepared, merged: mergeEvents(sources) };
}

type Merged = ReturnType<typeof setUp>["merged"];

async function take(merged: Merged, count: number): Promise<string[]> {
  const taken: string[] = [];
  while (taken.length < count) {
    const { value } = await merged.next();
    taken.push(`${value.subSession}: ${brief(value.event)}`);
  }
  return taken;
}

describe("merged events", () => {
  test("mergeEvents delivers each event once, and keeps the order of each source", async () => {
    const steps = fc.array(fc.oneof(fc.nat({ max: 3 }), fc.constantFrom("take", "turn", "fail" as const)), { maxLength: 60 });
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 4 }), steps, async (count, script) => {
        const { flows, merged } = setUp(count);
        const sent: string[][] = flows.map(() => []);
        const taken: Promise<IteratorResult<{ subSession: number; event: never }>>[] = [];
        const failed = new Set<number>();
        for (const step of script) {
          if (step === "take") {
            const result = merged.next() as (typeof taken)[number];
            // Checked later.
            result.catch(() => {});
            taken.push(result);
          } else if (step === "turn") await turn();
          else if (step === "fail") {
            flows[0]!.finish({ failed: broken("0") });
            failed.add(0);
          } else {
            const index = step % count;
            if (failed.has(index)) continue;
            const slot = BigInt(sent[index]!.length);
            sent[index]!.push(`slot ${slot}`);
            flows[index]!.arrive(slot);
          }
        }
        for (const flow of flows) flow.finish({ over });
        const seen: string[][] = flows.map(() => []);
        const note = ({ done, value }: IteratorResult<{ subSession: number; event: never }>): boolean => {
          if (!done) seen[value.subSession]!.push(brief(value.event));
          return done === true;
        };
        // If a source has failed, one call of `next` rejects with the error.
        let errors = 0;
        for (const result of taken) {
          await result.then(note, () => {
            errors++;
          });
        }
        for (let isDone = false; !isDone; ) {
          try {
            isDone = note((await merged.next()) as never);
          } catch {
            errors++;
          }
        }
        expect(seen).toEqual(sent);
        expect(errors).toBe(failed.size);
      }),
      { numRuns: 300 },
    );
  });

  test("mergeEvents reads from its sources in turn, so that a busy source does not delay the others", async () => {
    const { flows, merged } = setUp(3);
    for (let slot = 0n; slot < 10n; slot++) flows[0]!.arrive(slot);
    flows[2]!.arrive(100n);
    expect(await take(merged, 3)).toEqual(["0: slot 0", "2: slot 100", "0: slot 1"]);
    flows[1]!.arrive(50n);
    flows[2]!.arrive(101n);
    expect((await take(merged, 3)).toSorted()).toEqual(["0: slot 2", "1: slot 50", "2: slot 101"]);
    expect(await take(merged, 7)).toHaveLength(7);
  });

  test("mergeEvents reads an event from a source only when the next event is requested", async () => {
    const { flows, merged } = setUp(2);
    for (const flow of flows) for (const slot of [1n, 2n]) flow.arrive(slot);
    await take(merged, 1);
    await turn();
    expect(flows.map(({ events }) => events.length)).toEqual([1, 2]);
    await merged.return?.();
    expect(flows.map(({ events }) => events.length)).toEqual([1, 2]);
    expect(await merged.next()).toEqual({ done: true, value: undefined });
  });

  test("mergeEvents calls prepare() of each source before it waits for an event", async () => {
    const { flows, prepared, merged } = setUp(2);
    expect(prepared).toEqual([0, 0]);
    const waiting = take(merged, 1);
    await turn();
    expect(prepared).toEqual([1, 1]);
    flows[1]!.arrive(7n);
    expect(await waiting).toEqual(["1: slot 7"]);
  });

  test("mergeEvents continues if a source fails, and throws the error after all other sources have ended", async () => {
    const { flows, merged } = setUp(3);
    flows[1]!.arrive(1n);
    flows[1]!.finish({ failed: broken("first") });
    flows[2]!.finish({ failed: broken("second") });
    flows[0]!.arrive(2n);
    expect((await take(merged, 2)).toSorted()).toEqual(["0: slot 2", "1: slot 1"]);
    const waiting = merged.next();
    await turn();
    flows[0]!.arrive(3n);
    expect((await waiting).value).toMatchObject({ subSession: 0 });
    flows[0]!.finish({ over });
    await expect(merged.next()).rejects.toMatchObject({ code: "remote", message: "second" });
  });

  test("mergeEvents ends when every source has ended", async () => {
    const { flows, merged } = setUp(2);
    const waiting = merged.next();
    for (const flow of flows) flow.finish({ over });
    expect(await waiting).toEqual({ done: true, value: undefined });
    expect(await mergeEvents([]).next()).toEqual({ done: true, value: undefined });
  });

  test("mergeEvents reads no event after the loop exits", async () => {
    const { flows, merged } = setUp(2);
    const waits = [merged.next(), merged.next()];
    await turn();
    expect(await merged.return?.()).toEqual({ done: true, value: undefined });
    for (const wait of waits) expect(await wait).toEqual({ done: true, value: undefined });
    flows[0]!.arrive(1n);
    await turn();
    expect(flows[0]!.events.length).toBe(1);
  });
});
