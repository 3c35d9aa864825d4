// To repeat a run with the same random flags, set FLAGS_SEED to the printed seed.
import { expect, it } from "vitest";
import { failingTests, flagsWithoutEffect, listedTests } from "../../../scripts/flag-tests.mjs";
import { SeededRandom } from "../../simulation/seeded-random.js";

const COUNT = 15;

it("if a command-line flag is removed, the test of this flag in flag-tests.json fails", async () => {
  const seed = process.env.FLAGS_SEED ?? `${Date.now()}`;
  console.log(`FLAGS_SEED=${seed}`);
  const random = new SeededRandom(seed);
  const flags = Object.keys(listedTests());
  const removed: string[] = [];
  while (removed.length < COUNT) removed.push(...flags.splice(random.int(0, flags.length - 1), 1));
  console.log(removed.join("\n"));
  // Before the flags are removed, their tests must pass. Otherwise, a failure after the removal proves nothing.
  expect(await failingTests(removed)).toEqual([]);
  expect(await flagsWithoutEffect(removed)).toEqual([]);
});
