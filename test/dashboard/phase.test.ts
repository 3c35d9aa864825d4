import { expect, it } from "vitest";
import { describeStage, isOver, PHASES } from "../../demo/dashboard/view/phase.js";

it("isOver returns true only for the phases `idle`, `completed`, `ended` and `failed`", () => {
  const phases = Object.keys(PHASES) as (keyof typeof PHASES)[];
  expect(phases.filter(isOver)).toEqual(["idle", "completed", "ended", "failed"]);
});

it("describeStage returns a description of a known start-up stage, and the name of an unknown stage in words", () => {
  expect(describeStage("decodedTransactions")).toBe("transactions decoded");
  expect(describeStage("warmingTheCache")).toBe("warming the cache");
});
