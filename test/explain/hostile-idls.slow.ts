import { describe, expect, test } from "vitest";
import { encodeBase64 } from "../../src/codec/base64.js";
import { explainAccount } from "../../src/explain/explain-account.js";
import { explainTransaction } from "../../src/explain/explain-transaction.js";

/* IDLs that take far too long to decode. Without a limit, each of these tests takes from seconds to hours. */

const PROGRAM = "Vau1t11111111111111111111111111111111111111";
const STOPPED = expect.stringContaining("decoding was stopped: the IDL needs more than");

const u8 = { kind: "numberTypeNode", format: "u8" };
const text = { kind: "stringTypeNode", encoding: "utf8" };
const empty = { kind: "tupleTypeNode", items: [] };
const list = (item: object) => ({ kind: "arrayTypeNode", item, count: { kind: "remainderCountNode" } });
const sentinel = (type: object, data: string) => ({
  kind: "sentinelTypeNode",
  type,
  sentinel: { kind: "constantValueNode", type: text, value: { kind: "bytesValueNode", data, encoding: "base16" } },
});
const nested = (depth: number, wrap: (type: object) => object, inner: object): object =>
  depth === 0 ? inner : nested(depth - 1, wrap, wrap(inner));

/** Returns an IDL with one account type, which matches data of the given size. */
const idlOf = (type: object, size: number, more: object = {}) => ({
  kind: "programNode",
  name: "hostile",
  publicKey: PROGRAM,
  instructions: [],
  accounts: [
    {
      kind: "accountNode",
      name: "state",
      data: { kind: "structTypeNode", fields: [{ name: "value", type }] },
      discriminators: [{ kind: "sizeDiscriminatorNode", size }],
    },
  ],
  ...more,
});

const accountOf = (data: Uint8Array) => ({ lamports: 1, owner: PROGRAM, data: [encodeBase64(data), "base64"] });

/** Explains an account. All bytes of its data are 0, except the last byte, which is 1. */
function explained(type: object, bytes: number, more?: object) {
  const data = new Uint8Array(bytes);
  data[bytes - 1] = 1;
  return explainAccount(accountOf(data), { idls: idlOf(type, bytes, more) });
}

describe("the work of decoding an account with an IDL is limited", () => {
  test.each<[what: string, type: object, bytes: number]>([
    ["a sentinel of a megabyte that almost occurs at each byte", sentinel(text, `${"00".repeat(1_000_000)}02`), 3_000_000],
    ["zeroable options in zeroable options", nested(200, (item) => ({ kind: "zeroableOptionTypeNode", item }), text), 1_000_000],
    ["items with many values without bytes", list({ kind: "tupleTypeNode", items: [u8, ...Array(10_000).fill(empty)] }), 50_000],
    ["long texts in base58", list({ kind: "fixedSizeTypeNode", size: 4_096, type: { ...text, encoding: "base58" } }), 4_000_000],
    [
      "a type that contains itself twice, many times",
      nested(60, (type) => ({ kind: "tupleTypeNode", items: [type, type] }), empty),
      10,
    ],
  ])("for %s, the work of decoding an account is limited, and the limit is reported", (_, type, bytes) => {
    const { after, problems } = explained(type, bytes);
    expect(problems).toEqual([STOPPED]);
    expect(after).toMatchObject({ lamports: 1n, space: bytes });
    expect(after).not.toHaveProperty("fields");
  });

  test("decoding an account stops at a limit if the IDL nests 200 sentinel types", () => {
    const data = new Uint8Array(1_000_000);
    let type: object = text;
    // Each of the last 200 bytes is the sentinel (end mark) of one nested type. Each search for a sentinel scans almost the whole
    // data.
    for (let mark = 1; mark <= 200; mark++) {
      type = sentinel(type, mark.toString(16).padStart(2, "0"));
      data[data.length - 201 + mark] = mark;
    }
    expect(explainAccount(accountOf(data), { idls: idlOf(type, data.length) }).problems).toEqual([STOPPED]);
  });

  test("decoding an account stops at a limit if the IDL has 300 account types with a slow discriminator", () => {
    const accounts = Array.from({ length: 300 }, (_, index) => ({
      kind: "accountNode",
      name: `state${index}`,
      data: { kind: "structTypeNode", fields: [] },
      discriminators: [
        {
          kind: "constantDiscriminatorNode",
          offset: 0,
          constant: { kind: "constantValueNode", type: sentinel(u8, "02"), value: { kind: "numberValueNode", number: 1 } },
        },
      ],
    }));
    expect(explained(u8, 1_000_000, { accounts }).problems).toEqual([STOPPED]);
  });

  test("the limit on decoding work allows many omitted fields, long padded texts and long field names", () => {
    const fields = Array.from({ length: 20_000 }, (_, index) => ({
      name: `field${index}`,
      type: u8,
      ...(index > 0 && { defaultValueStrategy: "omitted" }),
    }));
    expect(explained({ kind: "structTypeNode", fields }, 20_000).after?.fields).toEqual({ value: { field0: 0 } });
    const padded = explained({ kind: "fixedSizeTypeNode", size: 300_000, type: text }, 300_000).after?.fields;
    expect(padded).toEqual({ value: `${"\0".repeat(299_999)}\u0001` });
    const named = { kind: "structTypeNode", fields: [{ name: "_".repeat(300_000), type: u8 }] };
    expect(explained(named, 1).problems).toEqual([]);
  });

  test("the limit on decoding work is high enough for an account of 10 MiB", () => {
    const bytes = 10 * 1024 * 1024;
    const item = { kind: "tupleTypeNode", items: Array(13).fill({ kind: "numberTypeNode", format: "u64" }) };
    const items = { kind: "arrayTypeNode", item, count: { kind: "fixedCountNode", value: 100_000 } };
    const type = { kind: "tupleTypeNode", items: [sentinel(text, "01"), items] };
    const data = new Uint8Array(bytes);
    data[50_000] = 1;
    const { after, problems } = explainAccount(accountOf(data), { idls: idlOf(type, bytes) });
    expect(problems).toEqual([]);
    const decoded = (after?.fields?.value as unknown[][] | undefined)?.[1];
    expect(decoded).toHaveLength(100_000);
  });
});

test("all instructions of a transaction share one limit of work, and the limit is reported once if it is reached", () => {
  const instruction = {
    kind: "instructionNode",
    name: "act",
    arguments: [{ name: "value", type: list({ kind: "tupleTypeNode", items: [u8, ...Array(10_000).fill(empty)] }) }],
    discriminators: [{ kind: "sizeDiscriminatorNode", size: 100 }],
  };
  const idls = { kind: "programNode", name: "hostile", publicKey: PROGRAM, instructions: [instruction], accounts: [] };
  const data = "1".repeat(100);
  const transaction = {
    signatures: [],
    message: {
      accountKeys: ["11111111111111111111111111111112", PROGRAM],
      instructions: Array.from({ length: 60 }, () => ({ programIdIndex: 1, accounts: [0], data })),
    },
  };
  const { instructions, problems } = explainTransaction({ transaction, meta: null, slot: 1 }, { idls });
  expect(instructions).toHaveLength(60);
  expect(instructions[0]?.args).toMatchObject({ value: expect.any(Array) });
  expect(problems.filter((problem) => problem.startsWith("decoding was stopped"))).toHaveLength(1);
});
