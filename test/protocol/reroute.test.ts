import * as v from "valibot";
import { describe, expect, test } from "vitest";
import { reroute } from "../../src/protocol/reroute.js";

const MINT = "So11111111111111111111111111111111111111112";
const PROGRAM = "TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA";

const template = {
  label: "amm",
  mode: "ExactIn",
  inputMint: MINT,
  outputMint: PROGRAM,
  instruction: {
    programId: PROGRAM,
    accounts: [{ address: MINT }, { address: PROGRAM, writable: true, signer: true }],
    data: { data: "AQID", encoding: "base64" },
  },
  amountOffset: 8,
  taker: {
    user: [0],
    inputTokenAccount: 1,
    outputTokenAccount: [2, 3],
    derived: [{ program: PROGRAM, seeds: [{ utf8: "vault" }, "user"], slots: 4 }],
  },
};

describe("reroute parameters", () => {
  test("reroute parameters have the defaults of the Rust types, such as jupiter as the only aggregator", () => {
    expect(v.parse(reroute, {})).toEqual({
      aggregators: ["jupiter"],
      detectFailedL1Swaps: false,
      circularArbs: false,
      requote: true,
    });
  });

  test("the schema of reroute parameters omits empty lists, except an empty list of aggregators", () => {
    expect(v.parse(reroute, { aggregators: [], directFill: [], extraMarkets: [] })).toEqual({
      aggregators: [],
      detectFailedL1Swaps: false,
      circularArbs: false,
      requote: true,
    });
  });

  test("the schema `reroute` reads all members of the templates in the list `directFill`", () => {
    const [read] = v.parse(reroute, { directFill: [template] }).directFill ?? [];
    expect(read).toEqual({
      ...template,
      instruction: {
        ...template.instruction,
        accounts: [
          { address: MINT, writable: false, signer: false },
          { address: PROGRAM, writable: true, signer: true },
        ],
      },
    });
  });

  test("the schema of reroute parameters keeps the order of the pairs of mints", () => {
    const pairs: [string, string][] = [
      [PROGRAM, MINT],
      [MINT, PROGRAM],
    ];
    expect(v.parse(reroute, { filter: { pairs } }).filter).toEqual({ pairs });
    expect(v.parse(reroute, { filter: {} }).filter).toEqual({ pairs: [] });
  });

  for (const [pair, path] of [
    [[MINT], "filter.pairs.0"],
    [[MINT, MINT, MINT], "filter.pairs.0"],
    [`${MINT}${MINT}`, "filter.pairs.0"],
    [[MINT, "x"], "filter.pairs.0.1"],
    [[5, MINT], "filter.pairs.0.0"],
  ] as const) {
    test(`the schema of reroute parameters refuses ${JSON.stringify(pair)} as a pair of mints, and the issue names the path ${path}`, () => {
      const parsed = v.safeParse(reroute, { filter: { pairs: [pair] } });
      expect(parsed.issues?.map((issue) => v.getDotPath(issue))).toEqual([path]);
    });
  }

  for (const [name, bent, path] of [
    ["an unknown mode", { ...template, mode: "Exact" }, "mode"],
    ["an account index over u8", { ...template, taker: { ...template.taker, user: [256] } }, "taker.user.0"],
    [
      "an account index that is a string",
      { ...template, taker: { ...template.taker, inputTokenAccount: "1" } },
      "taker.inputTokenAccount",
    ],
    [
      "a list with an account index over u8",
      { ...template, taker: { ...template.taker, outputTokenAccount: [1, 256] } },
      "taker.outputTokenAccount.1",
    ],
    ["a negative offset", { ...template, amountOffset: -1 }, "amountOffset"],
    [
      "an unknown kind of seed",
      { ...template, taker: { ...template.taker, derived: [{ program: PROGRAM, seeds: ["me"], slots: 4 }] } },
      "taker.derived.0.seeds.0",
    ],
    [
      "a program that is not an address",
      { ...template, instruction: { ...template.instruction, programId: "x" } },
      "instruction.programId",
    ],
  ] as const) {
    test(`the schema of reroute parameters refuses ${name}, and an issue names the path ${path}`, () => {
      const parsed = v.safeParse(reroute, { directFill: [bent] });
      expect(parsed.success).toBe(false);
      expect(parsed.issues?.map((issue) => v.getDotPath(issue))).toContain(`directFill.0.${path}`);
    });
  }
});
