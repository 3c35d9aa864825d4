import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { encodeBase58 } from "../../src/codec/base58.js";
import { encodeBase64 } from "../../src/codec/base64.js";
import { explainAccount, explainTransaction } from "../../src/explain/index.js";
import { sha256 } from "../../src/explain/sha256.js";
import { addressOf, DESTINATION, jsonTransaction, PAYER, ROUTER, SOURCE, u64Bytes } from "./sample-transactions.js";

const hash = (text: string): number[] => [...createHash("sha256").update(text).digest().subarray(0, 8)];
const u32 = (value: number): number[] => u64Bytes(BigInt(value)).slice(0, 4);
const text = (value: string): number[] => [...u32(value.length), ...Buffer.from(value)];
const key = Array.from({ length: 32 }, (_, index) => index + 1);
const KEY = encodeBase58(Uint8Array.from(key));

/** Returns the first instruction of the router program, explained with an IDL. */
function explain(data: number[], idls: object | object[], accounts = [SOURCE, DESTINATION, PAYER]) {
  const transaction = jsonTransaction({
    instructions: [{ program: ROUTER, accounts, data: encodeBase58(Uint8Array.from(data)) }],
  });
  const { instructions, problems } = explainTransaction(transaction, { idls: idls as object[] });
  return { ...instructions[0]!, problems };
}

const account = (data: number[], idls: object) =>
  explainAccount(
    {
      context: { slot: 1n },
      account: addressOf(60),
      post: { owner: ROUTER, lamports: 1n, data: [encodeBase64(Uint8Array.from(data)), "base64"] },
    },
    { idls: idls as object[] },
  ).after;

describe("sha256", () => {
  it("sha256 returns the same hashes as Node.js", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        expect(Buffer.from(sha256(bytes)).toString("hex")).toBe(createHash("sha256").update(bytes).digest("hex"));
      }),
    );
  });
});

/** An Anchor IDL with every kind of type. */
const ANCHOR = {
  address: ROUTER,
  metadata: { name: "amm", version: "0.1.0", spec: "0.1.0" },
  instructions: [
    {
      name: "swap_exact",
      discriminator: [1, 2, 3],
      accounts: [
        { name: "pool_state", writable: true },
        { name: "pair", accounts: [{ name: "base_vault" }, { name: "quote_vault" }] },
      ],
      args: [
        { name: "amount_in", type: "u64" },
        { name: "side", type: { defined: { name: "Side" } } },
        { name: "memo", type: { option: "string" } },
        { name: "limit", type: { coption: "u16" } },
        { name: "route", type: { vec: { defined: { name: "Pair", generics: [{ kind: "type", type: "u8" }] } } } },
        { name: "fixed", type: { array: ["i16", 2] } },
        { name: "raw", type: { array: ["u8", 3] } },
        { name: "blob", type: "bytes" },
        { name: "wide", type: "u128" },
        { name: "negative", type: "i64" },
        { name: "price", type: "f64" },
        { name: "is_exact", type: "bool" },
        { name: "owner", type: "pubkey" },
      ],
    },
  ],
  accounts: [{ name: "PoolState", discriminator: [9, 9] }],
  types: [
    {
      name: "Side",
      type: {
        kind: "enum",
        variants: [
          { name: "Bid" },
          { name: "Ask", fields: [{ name: "min_px", type: "u8" }] },
          { name: "Both", fields: ["u8", "u8"] },
        ],
      },
    },
    {
      name: "Pair",
      generics: [{ kind: "type", name: "T" }],
      type: {
        kind: "struct",
        fields: [
          { name: "a", type: { generic: "T" } },
          { name: "b", type: { generic: "T" } },
        ],
      },
    },
    {
      name: "PoolState",
      type: {
        kind: "struct",
        fields: [
          { name: "total_shares", type: "u64" },
          { name: "next", type: { option: { defined: { name: "Alias" } } } },
        ],
      },
    },
    { name: "Alias", type: { kind: "type", alias: "u16" } },
  ],
  errors: [{ code: 6000, name: "SlippageExceeded", msg: "Slippage tolerance exceeded" }],
};

describe("an Anchor IDL", () => {
  it("an Anchor IDL decodes arguments of every kind, and accounts in nested groups", () => {
    const data = [
      [1, 2, 3],
      u64Bytes(2n ** 64n - 1n),
      [1, 7],
      [1, ...text("hi")],
      [0, 0, 0, 0, 5, 0],
      [...u32(2), 1, 2, 3, 4],
      [255, 255, 1, 0],
      [1, 2, 3],
      [...u32(2), 9, 9],
      [...u64Bytes(1n), ...u64Bytes(1n)],
      u64Bytes(BigInt.asUintN(64, -5n)),
      [...Buffer.from(new Float64Array([1.5]).buffer)],
      [1],
      key,
    ].flat();
    const { name, args, accounts, program, problems } = explain(data, [ANCHOR]);
    expect({ name, problems, program }).toEqual({ name: "swapExact", problems: [], program: { address: ROUTER, name: "amm" } });
    expect(args).toEqual({
      amountIn: 2n ** 64n - 1n,
      side: { Ask: { minPx: 7 } },
      memo: "hi",
      limit: null,
      route: [
        { a: 1, b: 2 },
        { a: 3, b: 4 },
      ],
      fixed: [-1, 1],
      raw: "AQID",
      blob: "CQk=",
      wide: 2n ** 64n + 1n,
      negative: -5n,
      price: 1.5,
      isExact: true,
      owner: KEY,
    });
    expect(accounts.map(({ name: label }) => label)).toEqual(["poolState", "pair.baseVault", "pair.quoteVault"]);
  });

  it("if the data of an instruction is too short, an Anchor IDL decodes the arguments that the data contains", () => {
    expect(explain([1, 2, 3, ...u64Bytes(4n), 9], [ANCHOR])).toMatchObject({ name: "swapExact", args: { amountIn: 4n } });
  });

  it("an instruction that is missing in its Anchor IDL is shown with its data as base64", () => {
    const unknown = explain([7, 7], [ANCHOR]);
    expect(unknown.name).toBeUndefined();
    expect(unknown).toMatchObject({ data: "Bwc=", args: {}, program: { name: "amm" } });
  });

  it("an Anchor IDL decodes accounts of the program", () => {
    expect(account([9, 9, ...u64Bytes(3n), 1, 2, 1], [ANCHOR])).toMatchObject({
      kind: "poolState",
      fields: { totalShares: 3n, next: 258 },
    });
    expect(account([9, 9, 1], [ANCHOR])?.kind).toBeUndefined();
  });

  it("an Anchor IDL from before version 0.30 needs no discriminators, because they are computed from the names", () => {
    const legacy = {
      version: "0.1.0",
      name: "old_amm",
      instructions: [
        {
          name: "swapExactIn",
          accounts: [{ name: "poolState", isMut: true, isSigner: false }],
          args: [
            { name: "amountIn", type: "u64" },
            { name: "owner", type: "publicKey" },
            { name: "side", type: { defined: "Side" } },
          ],
        },
      ],
      accounts: [{ name: "PoolState", type: { kind: "struct", fields: [{ name: "total", type: "u8" }] } }],
      types: [{ name: "Side", type: { kind: "enum", variants: [{ name: "Bid" }, { name: "Ask" }] } }],
    };
    const data = [...hash("global:swap_exact_in"), ...u64Bytes(5n), ...key, 1];
    expect(explain(data, { [ROUTER]: legacy })).toMatchObject({
      name: "swapExactIn",
      args: { amountIn: 5n, owner: KEY, side: "Ask" },
      problems: [],
    });
    expect(account([...hash("account:PoolState"), 8], { [ROUTER]: legacy })).toMatchObject({
      kind: "poolState",
      fields: { total: 8 },
    });
    expect(explain(data, [legacy]).problems).toEqual(["the IDL 0 has no address: pass the IDLs as { ADDRESS: idl }"]);
  });

  it("the decoder stops at endless lists and recursive types of an Anchor IDL", () => {
    const idl = {
      address: ROUTER,
      instructions: [
        { name: "a", discriminator: [1], accounts: [], args: [{ name: "list", type: { vec: { defined: { name: "Empty" } } } }] },
        { name: "b", discriminator: [2], accounts: [], args: [{ name: "loop", type: { defined: { name: "Loop" } } }] },
        { name: "c", discriminator: [3], accounts: [], args: [{ name: "lost", type: { defined: { name: "Lost" } } }] },
      ],
      types: [
        { name: "Empty", type: { kind: "struct", fields: [] } },
        { name: "Loop", type: { kind: "struct", fields: [{ name: "next", type: { defined: { name: "Loop" } } }] } },
      ],
    };
    expect(explain([1, 255, 255, 255, 255], [idl])).toMatchObject({ name: "a", args: {} });
    expect(explain([2], [idl])).toMatchObject({ name: "b", args: {} });
    expect(explain([3], [idl])).toMatchObject({ name: "c", args: {} });
  });

  it("the decoder stops at a limit if an Anchor IDL describes billions of empty values", () => {
    const empty = { defined: { name: "T40" } };
    const idl = {
      address: ROUTER,
      instructions: [
        { name: "a", discriminator: [1], accounts: [], args: [{ name: "twice", type: { defined: { name: "T0" } } }] },
        {
          name: "b",
          discriminator: [2],
          accounts: [],
          args: [{ name: "list", type: { array: [{ array: [empty, 99_999] }, 99_999] } }],
        },
      ],
      types: Array.from({ length: 41 }, (_, level) => {
        const next = { defined: { name: `T${level + 1}` } };
        const fields = level === 40 ? [] : ["a", "b"].map((name) => ({ name, type: next }));
        return { name: `T${level}`, type: { kind: "struct", fields } };
      }),
    };
    expect(explain([1], [idl])).toMatchObject({ name: "a", args: {} });
    expect(explain([2], [idl])).toMatchObject({ name: "b", args: {} });
  });
});

const number = (format: string, endian = "le") => ({ kind: "numberTypeNode", format, endian });
const link = (name: string) => ({ kind: "definedTypeLinkNode", name });
const field = (name: string, type: object) => ({ kind: "structFieldTypeNode", name, type });
const struct = (...fields: object[]) => ({ kind: "structTypeNode", fields });
const prefixed = (type: object, prefix = number("u32")) => ({ kind: "sizePrefixTypeNode", type, prefix });
const argument = (name: string, type: object) => ({ kind: "instructionArgumentNode", name, type });
const utf8 = { kind: "stringTypeNode", encoding: "utf8" };

/** A Codama IDL with every kind of node. Empty lists are omitted, as in newer versions of Codama. */
const CODAMA = {
  kind: "rootNode",
  standard: "codama",
  version: "1.0.0",
  program: {
    kind: "programNode",
    name: "vault",
    publicKey: ROUTER,
    instructions: [
      {
        kind: "instructionNode",
        name: "deposit",
        accounts: [
          { kind: "instructionAccountNode", name: "vault" },
          { kind: "instructionAccountNode", name: "depositor" },
        ],
        arguments: [
          {
            ...argument("discriminator", number("u8")),
            defaultValueStrategy: "omitted",
            defaultValue: { kind: "numberValueNode", number: 4 },
          },
          argument("amount", { kind: "amountTypeNode", decimals: 9, number: number("u64") }),
          argument("bigEndian", number("u16", "be")),
          argument("short", number("shortU16")),
          argument("label", prefixed(utf8)),
          argument("code", { kind: "fixedSizeTypeNode", size: 4, type: utf8 }),
          argument("maybe", { kind: "optionTypeNode", item: number("u8"), prefix: number("u8") }),
          argument("fixedMaybe", { kind: "optionTypeNode", item: number("u8"), prefix: number("u32"), fixed: true }),
          argument("zeroable", { kind: "zeroableOptionTypeNode", item: { kind: "publicKeyTypeNode" } }),
          argument("pairs", {
            kind: "mapTypeNode",
            key: number("u8"),
            value: number("u8"),
            count: { kind: "fixedCountNode", value: 1 },
          }),
          argument("list", {
            kind: "arrayTypeNode",
            item: number("i8"),
            count: { kind: "prefixedCountNode", prefix: number("u8") },
          }),
          argument("tuple", { kind: "tupleTypeNode", items: [{ kind: "booleanTypeNode", size: number("u8") }, number("u8")] }),
          argument("side", link("side")),
          argument("padded", { kind: "preOffsetTypeNode", offset: 2, strategy: "padded", type: number("u8") }),
          argument("hidden", {
            kind: "hiddenPrefixTypeNode",
            type: number("u8"),
            prefix: [
              {
                kind: "constantValueNode",
                type: { kind: "bytesTypeNode" },
                value: { kind: "bytesValueNode", data: "ffee", encoding: "base16" },
              },
            ],
          }),
          argument("until", {
            kind: "sentinelTypeNode",
            type: utf8,
            sentinel: {
              kind: "constantValueNode",
              type: { kind: "bytesTypeNode" },
              value: { kind: "bytesValueNode", data: "00", encoding: "base16" },
            },
          }),
          argument("rest", { kind: "bytesTypeNode" }),
        ],
        discriminators: [{ kind: "fieldDiscriminatorNode", name: "discriminator", offset: 0 }],
      },
    ],
    accounts: [
      {
        kind: "accountNode",
        name: "vault",
        data: struct(field("balance", number("u64")), field("owner", { kind: "publicKeyTypeNode" })),
        discriminators: [{ kind: "sizeDiscriminatorNode", size: 40 }],
      },
      {
        kind: "accountNode",
        name: "config",
        data: struct(
          field("tag", number("u16")),
          field("items", { kind: "arrayTypeNode", item: number("u8"), count: { kind: "remainderCountNode" } }),
        ),
        discriminators: [
          {
            kind: "constantDiscriminatorNode",
            offset: 0,
            constant: {
              kind: "constantValueNode",
              type: { kind: "bytesTypeNode" },
              value: { kind: "bytesValueNode", data: "0102", encoding: "base16" },
            },
          },
        ],
      },
    ],
    definedTypes: [
      {
        kind: "definedTypeNode",
        name: "side",
        type: {
          kind: "enumTypeNode",
          size: number("u8"),
          variants: [
            { kind: "enumEmptyVariantTypeNode", name: "bid" },
            { kind: "enumStructVariantTypeNode", name: "ask", struct: struct(field("px", number("u8"))) },
            { kind: "enumTupleVariantTypeNode", name: "both", tuple: { kind: "tupleTypeNode", items: [number("u8")] } },
          ],
        },
      },
    ],
    errors: [{ kind: "errorNode", name: "vaultIsLocked", code: 6001, message: "The vault is locked" }],
  },
};

describe("a Codama IDL", () => {
  it("a Codama IDL decodes arguments of all Codama types", () => {
    const data = [
      [4],
      u64Bytes(5n),
      [1, 2],
      [0x80, 0x01],
      text("label"),
      [97, 98, 0, 0],
      [1, 9],
      [0, 0, 0, 0, 77],
      Array(32).fill(0),
      [3, 4],
      [2, 255, 1],
      [1, 6],
      [1, 8],
      [0, 0, 5],
      [0xff, 0xee, 6],
      [...Buffer.from("end"), 0],
      [1, 2, 3],
    ].flat();
    const { name, args, accounts, problems } = explain(data, CODAMA, [SOURCE, PAYER]);
    expect({ name, problems }).toEqual({ name: "deposit", problems: [] });
    expect(args).toEqual({
      amount: 5n,
      bigEndian: 258,
      short: 128,
      label: "label",
      code: "ab",
      maybe: 9,
      fixedMaybe: null,
      zeroable: null,
      pairs: { 3: 4 },
      list: [-1, 1],
      tuple: [true, 6],
      side: { ask: { px: 8 } },
      padded: 5,
      hidden: 6,
      until: "end",
      rest: "AQID",
    });
    expect(accounts.map(({ name: label }) => label)).toEqual(["vault", "depositor"]);
  });

  it("the decoder stops at a limit if a Codama IDL describes billions of empty values", () => {
    const part = (name: string) => ({ kind: "fixedSizeTypeNode", size: 0, type: link(name) });
    const program = {
      kind: "programNode",
      publicKey: ROUTER,
      accounts: [{ name: "huge", data: link("t0"), discriminators: [{ kind: "sizeDiscriminatorNode", size: 1 }] }],
      definedTypes: Array.from({ length: 41 }, (_, level) => ({
        name: `t${level}`,
        type: level === 40 ? struct() : struct(field("a", part(`t${level + 1}`)), field("b", part(`t${level + 1}`))),
      })),
    };
    expect(account([1], [program])).not.toHaveProperty("kind");
  });

  it("a Codama IDL identifies an account by its size or by a constant, and decodes the account", () => {
    expect(account([...u64Bytes(7n), ...key], [CODAMA])).toMatchObject({ kind: "vault", fields: { balance: 7n, owner: KEY } });
    expect(account([1, 2, 3, 4], [CODAMA])).toMatchObject({ kind: "config", fields: { tag: 513, items: [3, 4] } });
    expect(account([5], [CODAMA])?.kind).toBeUndefined();
  });

  it("an error of a program is described with the message in its Codama IDL", () => {
    const transaction = jsonTransaction({
      instructions: [{ program: ROUTER }],
      err: { InstructionError: [0, { Custom: 6001 }] },
    });
    expect(explainTransaction(transaction, { idls: [CODAMA] }).error?.text).toBe("vault: the vault is locked (instruction #1)");
  });
});

describe("IDLs that cannot be read", () => {
  it.each([
    [[null]],
    [[5]],
    [[{}]],
    [{ [ROUTER]: "text" }],
    [
      [
        {
          kind: "rootNode",
          program: {
            kind: "programNode",
            publicKey: ROUTER,
            instructions: [{ arguments: [{ name: "a", type: { kind: "newNode" } }] }],
          },
        },
      ],
    ],
    [[{ address: ROUTER, instructions: [{ name: "a", args: [{ name: "x", type: "u12" }] }] }]],
  ])("explainTransaction reports a problem for the unreadable IDL %j", (idls) => {
    const { problems, program } = explain([1], idls as object[]);
    expect(problems[0]).toMatch(/^the IDL .* cannot be read/);
    expect(program.address).toBe(ROUTER);
  });

  it("if one instruction of an IDL has an argument of an unknown type, the other instructions are still decoded", () => {
    const idl = {
      address: ROUTER,
      instructions: [
        { name: "odd", discriminator: [1], accounts: [], args: [{ name: "x", type: "f128" }] },
        { name: "swap", discriminator: [2], accounts: [{ name: "pool" }], args: [{ name: "amount", type: "u8" }] },
      ],
      errors: [{ code: 6000, name: "TooMuch", msg: "Too much." }],
    };
    expect(explain([2, 7], [idl])).toMatchObject({ name: "swap", args: { amount: 7 }, accounts: [{ name: "pool" }, {}, {}] });
    expect(explain([1, 7], [idl])).toMatchObject({
      name: "odd",
      args: {},
      problems: ["the IDL 0 has types that cannot be read: unknown type in the IDL: f128"],
    });
  });

  it("if several discriminators of an Anchor IDL match, the decoder selects the instruction with the longest discriminator", () => {
    const instruction = (name: string, discriminator: number[]) => ({ name, discriminator, accounts: [], args: [] });
    const instructions = [instruction("any", []), instruction("short", [7]), instruction("long", [7, 1])];
    const idl = { address: ROUTER, instructions };
    expect([[7, 1], [7, 2], [8]].map((data) => explain(data, [idl]).name)).toEqual(["long", "short", "any"]);
  });

  it("explainTransaction reports a problem if an IDL is passed as a string", () => {
    expect(explain([1], "{}" as unknown as object).problems).toEqual(["the option idls is a string: parse its JSON first"]);
  });

  it("the decoder refuses to decode one million bytes as a base58 text or as a list", () => {
    const idlOf = (type: object) => ({
      kind: "rootNode",
      program: {
        publicKey: ROUTER,
        accounts: [
          {
            name: "big",
            data: { kind: "structTypeNode", fields: [{ name: "a", type }] },
            discriminators: [{ kind: "sizeDiscriminatorNode", size: 1_000_000 }],
          },
        ],
      },
    });
    const data = new Array<number>(1_000_000).fill(255);
    const items = { kind: "arrayTypeNode", item: { kind: "booleanTypeNode" }, count: { kind: "remainderCountNode" } };
    for (const type of [{ kind: "stringTypeNode", encoding: "base58" }, items]) {
      expect(account(data, [idlOf(type)])?.kind).toBeUndefined();
    }
  });

  it("the explanation functions never throw, whatever an IDL contains", () => {
    const odd = fc.jsonValue();
    const idl = fc.oneof(
      fc.record({ address: fc.constant(ROUTER), instructions: odd, accounts: odd, types: odd, errors: odd }),
      fc.record({
        kind: fc.constant("rootNode"),
        program: fc.record({ publicKey: fc.constant(ROUTER), instructions: odd, accounts: odd, definedTypes: odd, errors: odd }),
      }),
      odd,
    );
    fc.assert(
      fc.property(idl, fc.uint8Array({ maxLength: 40 }), (given, data) => {
        expect(() => explain([...data], [given as object])).not.toThrow();
        expect(() => account([...data], [given as object])).not.toThrow();
      }),
    );
  });
});
