import { expect, test } from "vitest";
import { RingBuffer } from "../../../demo/dashboard/worker/ring-buffer.js";

test("a ring buffer keeps the newest items, and returns an item by its number", () => {
  const ring = new RingBuffer<string>(3);
  expect([ring.total, ring.first, ring.at(0)]).toEqual([0, 0, undefined]);
  for (const item of ["a", "b"]) ring.push(item);
  expect([...ring]).toEqual(["a", "b"]);
  for (const item of ["c", "d", "e"]) ring.push(item);
  expect([ring.total, ring.first]).toEqual([5, 2]);
  expect([...ring]).toEqual(["c", "d", "e"]);
  expect([1, 2, 4, 5].map((number) => ring.at(number))).toEqual([undefined, "c", "e", undefined]);
});
