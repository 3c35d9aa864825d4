import { describe, expect, test } from "vitest";
import { KIND_NAMES } from "../support/subscription-kind-names.js";
import type { FaultAction } from "./fault-script.js";
import type { ConsumerStyle } from "./scenario.js";
import { SeededRandom } from "./seeded-random.js";
import { shrink } from "./shrink.js";
import { Simulation } from "./simulation.js";
import { VirtualClock } from "./virtual-clock.js";

const SEEDS = [1, 2, 3, 4, 5, 6, 7, 8];

describe("the simulation", () => {
  test("two simulations of the same seed have the same trace, line by line", async () => {
    for (const seed of SEEDS) {
      const first = await new Simulation(seed).run();
      const second = await new Simulation(seed).run();
      expect(second.trace).toEqual(first.trace);
      expect(second.hash).toBe(first.hash);
    }
  });

  test("simulations of different seeds have different traces", async () => {
    const hashes = new Set<string>();
    for (const seed of SEEDS) hashes.add((await new Simulation(seed).run()).hash);
    expect(hashes.size).toBe(SEEDS.length);
  });

  test("a simulation without faults violates no invariant", async () => {
    for (const seed of SEEDS) {
      const { violations, frames } = await new Simulation(seed, []).run();
      expect(violations).toEqual([]);
      expect(frames).toBeGreaterThan(0);
    }
  });
});

/** Every value of these types. The compiler reports a missing value. */
const FAULTS: Record<FaultAction["type"], true> = {
  cut: true,
  reset: true,
  close: true,
  lateClose: true,
  halfOpen: true,
  delay: true,
  drip: true,
  corrupt: true,
  refuseUpgrade: true,
  refuseSubscribe: true,
  busyOwner: true,
  lostCreate: true,
  lostContinue: true,
  restart: true,
  evict: true,
  sleep: true,
  clockStep: true,
  freeze: true,
  offline: true,
  killAndResume: true,
  detachAndResume: true,
  flap: true,
  shutdown: true,
  detach: true,
  closeClient: true,
};
const CONSUMERS: Record<ConsumerStyle, true> = {
  run: true,
  iterate: true,
  nextEvent: true,
  listeners: true,
  steps: true,
  discoveries: true,
  waitsBesideRun: true,
  subscriptionLoops: true,
  subscriptionListeners: true,
};

test("the scenarios of 300 seeds contain every fault, every consumer and every kind of subscription", () => {
  const drawn = { faults: new Set<string>(), consumers: new Set<string>(), kinds: new Set<string>() };
  for (let seed = 1; seed <= 300; seed++) {
    const { scenario, faults } = new Simulation(seed);
    drawn.consumers.add(scenario.consumer);
    for (const { kind } of scenario.subscriptions) drawn.kinds.add(kind);
    for (const { action } of faults) drawn.faults.add(action.type);
  }
  expect([...drawn.faults].sort()).toEqual(Object.keys(FAULTS).sort());
  expect([...drawn.consumers].sort()).toEqual(Object.keys(CONSUMERS).sort());
  expect([...drawn.kinds].sort()).toEqual([...KIND_NAMES].sort());
});

describe("VirtualClock", () => {
  test("VirtualClock runs tasks in the order of their times, and tasks with the same time in the order in which they were added", async () => {
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

describe("shrink()", () => {
  const cases: [name: string, needed: number[]][] = [
    ["no item", []],
    ["one item", [6]],
    ["the first and the last item", [0, 7]],
    ["all items", [0, 1, 2, 3, 4, 5, 6, 7]],
  ];
  test.each(cases)("shrink() returns only the items that are needed to reproduce the failure: %s", async (_, needed) => {
    expect(await shrink(8, async (kept) => needed.every((index) => kept.includes(index)))).toEqual(needed);
  });
});
