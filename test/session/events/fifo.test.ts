import fc from "fast-check";
import { expect, test } from "vitest";
import { Fifo } from "../../../src/session/events/fifo.js";

test("a Fifo returns items in order", () => {
  const commands = fc.array(fc.constantFrom("push", "push", "push", "push", "push", "shift", "shift", "shift", "clear"), {
    maxLength: 200,
  });
  fc.assert(
    fc.property(commands, (steps) => {
      const fifo = new Fifo<number>();
      const model: number[] = [];
      steps.forEach((step, index) => {
        if (step === "push") {
          fifo.push(index);
          model.push(index);
        } else if (step === "shift") {
          expect(fifo.shift()).toBe(model.shift());
        } else {
          fifo.clear();
          model.length = 0;
        }
        expect(fifo.length).toBe(model.length);
      });
    }),
  );
});

test("a Fifo keeps the order of its items after thousands of removals", () => {
  const fifo = new Fifo<number>();
  for (let i = 0; i < 5_000; i++) fifo.push(i);
  for (let i = 0; i < 3_000; i++) expect(fifo.shift()).toBe(i);
  fifo.push(5_000);
  expect(fifo.length).toBe(2_001);
  for (let i = 3_000; i <= 5_000; i++) expect(fifo.shift()).toBe(i);
  expect(fifo.shift()).toBeUndefined();
});
