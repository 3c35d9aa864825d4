import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { sameContent } from "../../src/react/same-content.js";

const CREATE = {
  startSlot: 300_000_000n,
  slotCount: 5,
  actions: [{ anchor: { at: "beforeSlot", slots: [1n, 2n] }, transactions: [new Uint8Array([1, 2, 3])] }],
};

describe("sameContent is true", () => {
  test.each([
    ["for a copy", structuredClone(CREATE)],
    ["for another order of keys", Object.fromEntries(Object.entries(CREATE).reverse())],
    ["for integers as bigint or number", { ...CREATE, startSlot: 300_000_000, slotCount: 5n }],
    ["for an undefined member", { ...CREATE, name: undefined }],
  ])("sameContent is true %s", (_, other) => {
    expect(sameContent(CREATE, other)).toBe(true);
    expect(sameContent(other, CREATE)).toBe(true);
  });

  test("sameContent is true for any data and its copy", () => {
    const data = fc.anything({ withBigInt: true, withTypedArray: false, maxDepth: 3 });
    fc.assert(fc.property(data, (value) => sameContent(value, structuredClone(value))));
  });
});

describe("sameContent is false", () => {
  test.each([
    ["for another slot", { ...CREATE, startSlot: 300_000_001n }],
    ["for a slot above 2^53", { ...CREATE, startSlot: 2n ** 64n - 1n }],
    ["for an added member", { ...CREATE, sendSummary: false }],
    ["for a removed member", { startSlot: CREATE.startSlot, slotCount: 5 }],
    [
      "for a nested difference",
      { ...CREATE, actions: [{ ...CREATE.actions[0], anchor: { at: "beforeSlot", slots: [1n, 3n] } }] },
    ],
    ["for another byte", { ...CREATE, actions: [{ ...CREATE.actions[0], transactions: [new Uint8Array([1, 2, 4])] }] }],
    ["for another array length", { ...CREATE, actions: [] }],
    ["for another type", { ...CREATE, slotCount: "5" }],
    ["for null instead of a value", { ...CREATE, slotCount: null }],
    ["for null", null],
  ])("sameContent is false %s", (_, other) => {
    expect(sameContent(CREATE, other)).toBe(false);
    expect(sameContent(other, CREATE)).toBe(false);
  });

  test("sameContent is false for different arrays, numbers and bigints", () => {
    expect(sameContent([1, 2], [2, 1])).toBe(false);
    expect(sameContent(2n ** 53n + 1n, 2n ** 53n)).toBe(false);
    expect(sameContent(1, 2)).toBe(false);
    expect(sameContent([], {})).toBe(false);
  });

  test("sameContent is false for different functions, and for different objects with private fields", () => {
    class Sealed {
      readonly #content: number;
      constructor(content: number) {
        this.#content = content;
      }
      get content(): number {
        return this.#content;
      }
    }
    const sealed = new Sealed(1);
    expect(sameContent({ sealed }, { sealed })).toBe(true);
    expect(sameContent({ sealed }, { sealed: new Sealed(2) })).toBe(false);
    const serialize = () => new Uint8Array();
    expect(sameContent({ serialize }, { serialize })).toBe(true);
    expect(sameContent({ serialize }, { serialize: () => new Uint8Array() })).toBe(false);
  });

  test("sameContent compares instances of a class by content", () => {
    class Transaction {
      constructor(readonly signature: string) {}
    }
    expect(sameContent(new Transaction("a"), new Transaction("a"))).toBe(true);
    expect(sameContent(new Transaction("a"), new Transaction("b"))).toBe(false);
    expect(sameContent(new Transaction("a"), { signature: "a" })).toBe(false);
  });
});
