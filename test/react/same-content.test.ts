import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { sameContent } from "../../src/react/same-content.js";

const CREATE = {
  startSlot: 300_000_000n,
  slotCount: 5,
  actions: [{ anchor: { at: "beforeSlot", slots: [1n, 2n] }, transactions: [new Uint8Array([1, 2, 3])] }],
};

describe("content is the same", () => {
  test.each([
    ["of a copy", structuredClone(CREATE)],
    ["with the keys in another order", Object.fromEntries(Object.entries(CREATE).reverse())],
    ["with an integer as bigint or as number", { ...CREATE, startSlot: 300_000_000, slotCount: 5n }],
    ["with a member that is undefined", { ...CREATE, name: undefined }],
  ])("%s", (_, other) => {
    expect(sameContent(CREATE, other)).toBe(true);
    expect(sameContent(other, CREATE)).toBe(true);
  });

  test("of any data and its copy", () => {
    const data = fc.anything({ withBigInt: true, withTypedArray: false, maxDepth: 3 });
    fc.assert(fc.property(data, (value) => sameContent(value, structuredClone(value))));
  });
});

describe("content differs", () => {
  test.each([
    ["by one slot", { ...CREATE, startSlot: 300_000_001n }],
    ["where a number would round", { ...CREATE, startSlot: 2n ** 64n - 1n }],
    ["by a member", { ...CREATE, sendSummary: false }],
    ["by a member less", { startSlot: CREATE.startSlot, slotCount: 5 }],
    ["deep inside", { ...CREATE, actions: [{ ...CREATE.actions[0], anchor: { at: "beforeSlot", slots: [1n, 3n] } }] }],
    ["by a byte", { ...CREATE, actions: [{ ...CREATE.actions[0], transactions: [new Uint8Array([1, 2, 4])] }] }],
    ["by the length of a list", { ...CREATE, actions: [] }],
    ["by a type", { ...CREATE, slotCount: "5" }],
    ["by what is null", { ...CREATE, slotCount: null }],
    ["by what is none", null],
  ])("%s", (_, other) => {
    expect(sameContent(CREATE, other)).toBe(false);
    expect(sameContent(other, CREATE)).toBe(false);
  });

  test("of two lists, two numbers, two bigints that aren't the same", () => {
    expect(sameContent([1, 2], [2, 1])).toBe(false);
    expect(sameContent(2n ** 53n + 1n, 2n ** 53n)).toBe(false);
    expect(sameContent(1, 2)).toBe(false);
    expect(sameContent([], {})).toBe(false);
  });

  test("of two functions, and of two that keep theirs to themselves", () => {
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

  test("of two transactions that are of one class: by what they hold", () => {
    class Transaction {
      constructor(readonly signature: string) {}
    }
    expect(sameContent(new Transaction("a"), new Transaction("a"))).toBe(true);
    expect(sameContent(new Transaction("a"), new Transaction("b"))).toBe(false);
    expect(sameContent(new Transaction("a"), { signature: "a" })).toBe(false);
  });
});
