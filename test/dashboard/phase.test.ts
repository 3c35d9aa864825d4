import { expect, it } from "vitest";
import { describeStage, isOver, PHASES } from "../../demo/dashboard/view/phase.js";

it("phase allows another run in the phases without an open run", () => {
  const phases = Object.keys(PHASES) as (keyof typeof PHASES)[];
  expect(phases.filter(isOver)).toEqual(["idle", "completed", "ended", "failed"]);
});

it("phase describes known start-up stages, and splits unknown ones into words", () => {
  expect(describeStage("decodedTransactions")).toBe("transactions decoded");
  expect(describeStage("warmingTheCache")).toBe("warming the cache");
});
