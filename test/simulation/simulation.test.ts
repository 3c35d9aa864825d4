import { describe, expect, test } from "vitest";
import { SeededRandom } from "./seeded-random.js";
import { shrink } from "./shrink.js";
import { Simulation } from "./simulation.js";
import { VirtualClock } from "./virtual-clock.js";

const SEEDS = [1, 2, 3, 4, 5, 6, 7, 8];

describe("the simulation", () => {
  test("the same seed gives the same trace, line by line", async () => {
    for (const seed of SEEDS) {
      const first = await new Simulation(seed).run();
      const second = await new Simulation(seed).run();
      expect(second.trace).toEqual(first.trace);
      expect(second.hash).toBe(first.hash);
    }
  });

  test("different seeds give different traces", async () => {
    const hashes = new Set<string>();
    for (const seed of SEEDS) hashes.add((await new Simulation(seed).run()).hash);
    expect(hashes.size).toBe(SEEDS.length);
  });

  test("a world without faults has no violations", async () => {
    for (const seed of SEEDS) {
      const { violations, frames } = await new Simulation(seed, []).run();
      expect(violations).toEqual([]);
      expect(frames).toBeGreaterThan(0);
    }
  });
});

describe("VirtualClock", () => {
  test("VirtualClock runs tasks by time, those of the same millisecond in the order they were added", async () => {
    const clock = new VirtualClock();
    const random = new SeededRandom("clock");
    const ran: [number, number][] = [];
    for (let order = 0; order < 500; order++) {
      const at = random.int(0, 20);
      clock.add(at, () => ran.push([at, order]));
    }
    expect(await clock.run(100, () => ran.length === 500)).toBe(true);
    expect(ran).toEqual([...ran].sort(([a, first], [b, second]) => a - b || first - second));
  });

  test("VirtualClock settles the promises of a task before the next task", async () => {
    const clock = new VirtualClock();
    const ran: string[] = [];
    const follow = async (): Promise<void> => {
      for (let turn = 0; turn < 10; turn++) await Promise.resolve();
      ran.push("first");
    };
    clock.add(1, () => void follow());
    clock.add(1, () => ran.push("second"));
    await clock.run(10, () => ran.length === 2);
    expect(ran).toEqual(["first", "second"]);
  });

  test("VirtualClock does not run a cancelled task, and stops at its limit", async () => {
    const clock = new VirtualClock();
    const ran: string[] = [];
    clock.cancel(clock.add(1, () => ran.push("cancelled")));
    clock.add(50, () => ran.push("late"));
    expect(await clock.run(49, () => false)).toBe(false);
    expect(ran).toEqual([]);
  });
});

describe("shrink", () => {
  const cases: [name: string, needed: number[]][] = [
    ["nothing", []],
    ["one", [6]],
    ["two that are far apart", [0, 7]],
    ["all", [0, 1, 2, 3, 4, 5, 6, 7]],
  ];
  test.each(cases)("shrink keeps only the necessary items: %s", async (_, needed) => {
    expect(await shrink(8, async (kept) => needed.every((index) => kept.includes(index)))).toEqual(needed);
  });
});
