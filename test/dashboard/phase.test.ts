import { expect, it } from "vitest";
import { describeStage, isOver, PHASES } from "../../demo/dashboard/view/phase.js";

it("another run can be started in each phase that has no open run", () => {
  const phases = Object.keys(PHASES) as (keyof typeof PHASES)[];
  expect(phases.filter(isOver)).toEqual(["idle", "completed", "ended", "failed"]);
});

it("known start-up stages have a description, and the names of unknown stages are split into words", () => {
  expect(describeStage("decodedTransactions")).toBe("transactions decoded");
  expect(describeStage("warmingTheCache")).toBe("warming the cache");
});
