import { expect, it } from "vitest";
import { Rate } from "../../../src/cli/run/rate.js";

it("the rate of progress is 0 before the first progress", () => {
  const rate = new Rate(0);
  expect(rate.perSecond(0)).toBe(0);
  rate.note(0, 10);
  expect(rate.perSecond(0)).toBe(0);
});

it("the rate of progress is the progress divided by the elapsed time", () => {
  const rate = new Rate(1_000);
  rate.note(1_500, 50);
  rate.note(2_000, 100);
  expect(rate.perSecond(2_000)).toBe(100);
  // The rate falls while there is no further progress.
  expect(rate.perSecond(3_000)).toBe(50);
});

it("the rate of progress covers only the last three seconds", () => {
  const rate = new Rate(0);
  for (let second = 1; second <= 10; second++) rate.note(second * 1_000, 1_000);
  for (let second = 11; second <= 20; second++) rate.note(second * 1_000, 1_000 + (second - 10) * 10);
  expect(rate.perSecond(20_000)).toBe(10);
});
