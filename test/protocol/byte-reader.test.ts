import { describe, expect, it } from "vitest";
import { ByteReader } from "../../src/protocol/byte-reader.js";

const over = (...bytes: number[]) => new ByteReader(Uint8Array.from(bytes));

describe("a ByteReader", () => {
  it("a ByteReader reads bytes in order, and peeks without moving its position", () => {
    const reader = over(7, 1, 2, 3);
    expect([reader.peek(), reader.byte()]).toEqual([7, 7]);
    expect([...reader.take(2)]).toEqual([1, 2]);
    expect(() => reader.expectEnd()).toThrow(new RangeError("1 bytes too many"));
    expect(reader.byte()).toBe(3);
    reader.expectEnd();
    for (const read of [() => reader.peek(), () => reader.byte(), () => reader.take(1), () => reader.length()]) {
      expect(read).toThrow(new RangeError("ends too early"));
    }
  });

  // The format compact-u16 (https://solana.com/docs/core/transactions): each byte has seven bits of the value, the lowest bits
  // first.
  it.each([
    [[0], 0],
    [[0x7f], 127],
    [[0x80, 1], 128],
    [[0xff, 0x7f], 16_383],
    [[0x80, 0x80, 1], 16_384],
    [[0xff, 0xff, 3], 65_535],
  ])("a ByteReader reads the compact-u16 %j as %d", (bytes, value) => {
    const reader = over(...bytes);
    expect(reader.length()).toBe(value);
    reader.expectEnd();
  });

  it.each([
    [[0x80, 0], "not in its shortest form"],
    [[0xff, 0x80, 0], "not in its shortest form"],
    [[0x80, 0x80, 4], "more than 16 bits"],
    [[0xff, 0xff, 0xff], "more than 16 bits"],
  ])("a ByteReader refuses the invalid compact-u16 %j", (bytes, why) => {
    expect(() => over(...bytes).length()).toThrow(why);
  });

  it("a ByteReader reads the length of a list first, and then that number of items", () => {
    const reader = over(2, 5, 6, 9);
    expect(reader.list(() => reader.byte())).toEqual([5, 6]);
    expect(reader.peek()).toBe(9);
    const short = over(3, 1);
    expect(() => short.list(() => short.byte())).toThrow("ends too early");
  });
});
