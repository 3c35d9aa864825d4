import { expect, test } from "vitest";
import { Exclusive } from "../../../src/local/engine/exclusive.js";
import { timingOf } from "../../../src/local/link/timing.js";

test("Exclusive runs actions one at a time, in the order of the calls, and continues after an action has failed", async () => {
  const exclusive = new Exclusive();
  const log: string[] = [];
  const task = (name: string) => async () => {
    log.push(`${name} in`);
    await timingOf().nextTurn();
    log.push(`${name} out`);
    if (name === "b") throw new Error(name);
    return name;
  };
  const asked = ["a", "b", "c"].map((name) => exclusive.run(task(name)));
  expect(await Promise.allSettled(asked)).toMatchObject([
    { status: "fulfilled", value: "a" },
    { status: "rejected", reason: { message: "b" } },
    { status: "fulfilled", value: "c" },
  ]);
  expect(log).toEqual(["a in", "a out", "b in", "b out", "c in", "c out"]);
});
