import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { decodeMessage, encodeMessage, messageType } from "../../src/codec/protobuf.js";

const INNER = messageType({ id: [1, "uint64"], text: [2, "string"] });
const TYPE = messageType({
  big: [1, "uint64"],
  signed: [2, "int64"],
  small: [3, "uint32"],
  flag: [4, "bool"],
  text: [5, "string"],
  data: [6, "bytes"],
  key: [7, "key"],
  real: [8, "double"],
  maybe: [9, "uint64", "optional"],
  inner: [10, INNER, "optional"],
  numbers: [11, "uint64", "repeated"],
  inners: [12, INNER, "repeated"],
  named: [13, INNER, "map"],
});
const EMPTY = {
  big: 0n,
  signed: 0n,
  small: 0,
  flag: false,
  text: "",
  data: new Uint8Array(),
  key: "",
  real: 0,
  numbers: [],
  inners: [],
  named: {},
};
const U64_MAX = 2n ** 64n - 1n;

describe("protobuf messages", () => {
  it("64-bit integers of a protobuf message are encoded and decoded without loss", () => {
    const u64 = fc.bigInt({ min: 0n, max: U64_MAX });
    const i64 = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
    fc.assert(
      fc.property(u64, i64, fc.array(u64), (big, signed, numbers) => {
        const bytes = encodeMessage(TYPE, { big, signed, numbers, maybe: big });
        expect(decodeMessage(TYPE, bytes)).toEqual({ ...EMPTY, big, signed, numbers, maybe: big });
      }),
    );
  });

  it("a protobuf message with all field types, repeated fields and nested messages is encoded and decoded without loss", () => {
    const message = {
      big: U64_MAX,
      signed: -1n,
      small: 4_294_967_295,
      flag: true,
      text: "é",
      data: Uint8Array.of(0, 255),
      key: "11111111111111111111111111111111",
      real: 0.1,
      maybe: 0n,
      inner: { id: 1n, text: "" },
      numbers: [0n, U64_MAX],
      inners: [
        { id: 0n, text: "" },
        { id: 2n, text: "b" },
      ],
      named: { a: { id: 3n, text: "c" }, "": { id: 0n, text: "" } },
    };
    expect(decodeMessage(TYPE, encodeMessage(TYPE, message))).toEqual(message);
  });

  it("protobuf messages have the bytes that the protobuf documentation shows", () => {
    expect([...encodeMessage(messageType({ a: [1, "uint64"] }), { a: 150n })]).toEqual([0x08, 0x96, 0x01]);
    expect([...encodeMessage(messageType({ f: [6, "uint64", "repeated"] }), { f: [3n, 270n, 86_942n] })]).toEqual([
      0x32, 0x06, 0x03, 0x8e, 0x02, 0x9e, 0xa7, 0x05,
    ]);
    expect(decodeMessage(messageType({ f: [6, "uint64", "repeated"] }), Uint8Array.of(0x30, 3, 0x30, 4))).toEqual({
      f: [3n, 4n],
    });
  });

  it("decodeMessage skips fields that are unknown or have an unexpected wire type", () => {
    const wide = messageType({ a: [1, "uint64"], b: [2, "string"], c: [3, INNER], d: [4, "double"], z: [100, "bytes"] });
    const bytes = encodeMessage(wide, { a: 5n, b: "x", c: { id: 1n }, d: 2, z: Uint8Array.of(1) });
    expect(decodeMessage(messageType({ a: [1, "uint64"] }), bytes)).toEqual({ a: 5n });
    expect(decodeMessage(messageType({ b: [1, "string"] }), bytes)).toEqual({ b: "" });
  });

  it("a decoded message has no property for an optional field or a nested message that is absent", () => {
    expect(decodeMessage(TYPE, new Uint8Array())).toEqual(EMPTY);
  });

  it.each([
    ["a field that ends beyond the message", [0x2a, 5, 1]],
    ["a nested message that ends inside a field", [0x52, 2, 0x08, 0x96, 0x01]],
    ["a varint without an end", [0x08, 0x96]],
    ["the field number 0", [0x00, 0x01]],
    ["a reserved wire type", [0x0f, 0x01]],
    ["a packed field that ends inside a value", [0x5a, 1, 0x96, 0x01]],
    ["a key that is longer than a signature", [0x3a, 65, ...new Array<number>(65).fill(1)]],
  ])("decodeMessage refuses %s", (_, bytes) => {
    expect(() => decodeMessage(TYPE, Uint8Array.from(bytes))).toThrow();
  });

  it("decodeMessage refuses a message with too many values", () => {
    const bytes = new Uint8Array(2 * 1_000_001);
    for (let at = 0; at < bytes.length; at += 2) bytes[at] = 0x62;
    expect(() => decodeMessage(TYPE, bytes)).toThrow("1000000 values");
  });

  it("decodeMessage returns a message or throws an Error for any bytes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        try {
          decodeMessage(TYPE, bytes);
        } catch (error) {
          expect(error).toBeInstanceOf(Error);
        }
      }),
    );
  });

  it("decodeMessage treats __proto__ like any other name of a map entry", () => {
    const named = Object.defineProperty({}, "__proto__", { value: { id: 1n, text: "" }, enumerable: true });
    const { named: decoded } = decodeMessage<{ named: object }>(TYPE, encodeMessage(TYPE, { named }));
    expect(Object.keys(decoded)).toEqual(["__proto__"]);
    expect(Object.getPrototypeOf(decoded)).toBe(Object.prototype);
  });
});
