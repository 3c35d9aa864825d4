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
    ["one object is a copy of the other", structuredClone(CREATE)],
    ["only the order of the keys differs", Object.fromEntries(Object.entries(CREATE).reverse())],
    ["an integer is a bigint in one object and a number in the other", { ...CREATE, startSlot: 300_000_000, slotCount: 5n }],
    ["a member is undefined in one object and missing in the other", { ...CREATE, name: undefined }],
  ])("sameContent returns `true` in this case: %s", (_, other) => {
    expect(sameContent(CREATE, other)).toBe(true);
    expect(sameContent(other, CREATE)).toBe(true);
  });

  test("sameContent returns `true` for any data and its copy", () => {
    const data = fc.anything({ withBigInt: true, withTypedArray: false, maxDepth: 3 });
    fc.assert(fc.property(data, (value) => sameContent(value, structuredClone(value))));
  });
});

describe("sameContent is false", () => {
  test.each([
    ["a slot differs", { ...CREATE, startSlot: 300_000_001n }],
    ["a slot differs above 2^53", { ...CREATE, startSlot: 2n ** 64n - 1n }],
    ["a member is added", { ...CREATE, sendSummary: false }],
    ["a member is missing", { startSlot: CREATE.startSlot, slotCount: 5 }],
    ["a nested value differs", { ...CREATE, actions: [{ ...CREATE.actions[0], anchor: { at: "beforeSlot", slots: [1n, 3n] } }] }],
    ["a byte differs", { ...CREATE, actions: [{ ...CREATE.actions[0], transactions: [new Uint8Array([1, 2, 4])] }] }],
    ["the length of an array differs", { ...CREATE, actions: [] }],
    ["the type of a value differs", { ...CREATE, slotCount: "5" }],
    ["a value is null", { ...CREATE, slotCount: null }],
    ["an object is compared with null", null],
  ])("sameContent returns `false` in this case: %s", (_, other) => {
    expect(sameContent(CREATE, other)).toBe(false);
    expect(sameContent(other, CREATE)).toBe(false);
  });

  test("sameContent is false for arrays, numbers and bigints that differ", () => {
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
