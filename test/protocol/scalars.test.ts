import * as v from "valibot";
import { describe, expect, test } from "vitest";
import {
  address,
  count,
  i64,
  isAddress,
  nonZeroU64,
  readU64,
  toAddress,
  toU64,
  U64_MAX,
  u8,
  u16,
  u32,
  u64,
} from "../../src/protocol/scalars.js";
import { thrownBy } from "./thrown.js";

const TOKEN_PROGRAM = "TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA";
const NO_INTEGERS = [-0, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53, 2 ** 64, "5", null, undefined, true, {}, []];

const shown = (value: unknown) =>
  Object.is(value, -0) ? "-0" : typeof value === "string" ? `"${value}"` : JSON.stringify(value, bigintOut);
const bigintOut = (_key: string, value: unknown) => (typeof value === "bigint" ? `${value}n` : value);

describe("integers of the wire", () => {
  for (const { name, schema, min, max, wide } of [
    { name: "u64", schema: u64, min: 0n, max: U64_MAX, wide: true },
    { name: "non-zero u64", schema: nonZeroU64, min: 1n, max: U64_MAX, wide: true },
    { name: "i64", schema: i64, min: -(2n ** 63n), max: 2n ** 63n - 1n, wide: true },
    { name: "u32", schema: u32, min: 0n, max: 2n ** 32n - 1n, wide: false },
    { name: "u16", schema: u16, min: 0n, max: 65_535n, wide: false },
    { name: "u8", schema: u8, min: 0n, max: 255n, wide: false },
  ]) {
    const out = (value: bigint) => (wide ? value : Number(value));
    const read = (value: unknown) => {
      const parsed = v.safeParse(schema as v.GenericSchema, value);
      return parsed.success ? parsed.output : "refused";
    };

    test(`the schema ${name} accepts integers from ${min} to ${max}`, () => {
      expect(read(min)).toBe(out(min));
      expect(read(max)).toBe(out(max));
      expect(read(min - 1n)).toBe("refused");
      expect(read(max + 1n)).toBe("refused");
    });

    test(`the schema ${name} converts a number or a bigint to a ${wide ? "bigint" : "number"}`, () => {
      for (const value of [1, 2, 255]) {
        expect(read(value)).toBe(out(BigInt(value)));
        expect(read(BigInt(value))).toBe(out(BigInt(value)));
      }
    });

    test(`the schema ${name} refuses values that are not exact integers`, () => {
      for (const value of NO_INTEGERS) expect.soft(read(value), shown(value)).toBe("refused");
      expect(read(-1)).toBe(min < 0n ? -1n : "refused");
    });

    test(`the error of the schema ${name} states the expected range`, () => {
      expect(v.safeParse(schema as v.GenericSchema, "5").issues?.[0].message).toContain(
        `${name}: an integer from ${min} to ${max}`,
      );
    });
  }

  test("the schema `u64` refuses a number above the largest safe integer, but accepts the same value as a bigint", () => {
    expect(v.parse(u64, Number.MAX_SAFE_INTEGER)).toBe(9007199254740991n);
    expect(v.is(u64, Number.MAX_SAFE_INTEGER + 1)).toBe(false);
    expect(v.parse(u64, 9007199254740993n)).toBe(9007199254740993n);
  });

  test("the schema `count` converts a u64 to a `number`", () => {
    expect(v.parse(count, 7n)).toBe(7);
    expect(v.parse(count, U64_MAX)).toBe(2 ** 64);
    expect(v.is(count, -1)).toBe(false);
  });
});

describe("readU64", () => {
  for (const value of [0, Number.MAX_SAFE_INTEGER, 0n, 9007199254740993n, U64_MAX]) {
    test(`readU64 reads ${shown(value)}`, () => expect(readU64(value)).toBe(BigInt(value)));
  }

  test("readU64 returns undefined for values that are not integers from 0 to 2^64 - 1", () => {
    for (const value of [...NO_INTEGERS, -1, -1n, U64_MAX + 1n]) expect.soft(readU64(value), shown(value)).toBeUndefined();
  });
});

describe("toU64", () => {
  for (const value of [0, 1, Number.MAX_SAFE_INTEGER, 0n, 9007199254740993n, U64_MAX]) {
    test(`toU64 accepts ${shown(value)}`, () => expect(toU64(value, "startSlot")).toBe(BigInt(value)));
  }

  for (const value of [...NO_INTEGERS, -1, -1n, U64_MAX + 1n]) {
    test(`toU64 refuses ${shown(value) ?? "undefined"}, and names the field`, () => {
      const error = thrownBy(() => toU64(value, "startSlot"));
      expect(error).toMatchObject({ code: "invalidParams", field: "startSlot" });
      expect(error.message).toMatch(/^startSlot: expected a whole number from 0 to 18446744073709551615 .*, got /);
    });
  }

  test("the error of toU64 states the received value", () => {
    expect(thrownBy(() => toU64(-5n, "slot")).message).toMatch(/got -5$/);
    expect(thrownBy(() => toU64(1.5, "slot")).message).toMatch(/got 1\.5$/);
    expect(thrownBy(() => toU64("5", "slot")).message).toMatch(/got a string$/);
    expect(thrownBy(() => toU64(null, "slot")).message).toMatch(/got null$/);
    expect(thrownBy(() => toU64(undefined, "slot")).message).toMatch(/got undefined$/);
    expect(thrownBy(() => toU64({}, "slot")).message).toMatch(/got an object$/);
  });
});

describe("addresses", () => {
  const ADDRESSES = [TOKEN_PROGRAM, "11111111111111111111111111111111", "So11111111111111111111111111111111111111112"];
  const NONE = [
    "",
    "not-an-address",
    TOKEN_PROGRAM.slice(1),
    `${TOKEN_PROGRAM}1`,
    `1${"1".repeat(32)}`,
    TOKEN_PROGRAM.replace("k", "0"),
    "1".repeat(31),
    "z".repeat(44),
    ` ${TOKEN_PROGRAM}`,
    "1".repeat(1_000_000),
    7,
    null,
    undefined,
    [TOKEN_PROGRAM],
  ];

  for (const text of ADDRESSES) {
    test(`isAddress, toAddress and the schema \`address\` accept ${text}`, () => {
      expect(isAddress(text)).toBe(true);
      expect(v.parse(address, text)).toBe(text);
      expect(toAddress(text, "programs[0]")).toBe(text);
    });
  }

  for (const value of NONE) {
    test(`isAddress, toAddress and the schema \`address\` refuse ${(shown(value) ?? "undefined").slice(0, 60)}`, () => {
      expect(isAddress(value)).toBe(false);
      expect(v.is(address, value)).toBe(false);
      const error = thrownBy(() => toAddress(value, "programs[0]"));
      expect(error).toMatchObject({ code: "invalidParams", field: "programs[0]" });
      expect(error.message.length).toBeLessThan(200);
    });
  }
});
