import * as v from "valibot";
import { describe, expect, test } from "vitest";
import { parseJson } from "../../src/codec/json.js";
import { actionAnchor, scheduledAction } from "../../src/protocol/scheduled-action.js";

const MINT = "So11111111111111111111111111111111111111112";
const EMPTY = "KLUv/SACEQAAW10=";

const read = (schema: v.GenericSchema, text: string) => v.safeParse(schema, parseJson(text, { integersOnly: true }));
const refusedAt = (schema: v.GenericSchema, text: string) => {
  const parsed = read(schema, text);
  if (parsed.success) throw new Error(`${text} was read`);
  return v.getDotPath(parsed.issues[0]);
};

describe("an anchor", () => {
  for (const [text, anchor] of [
    ['{"at":"beforeSlot","slots":"AAAA"}', { at: "beforeSlot", slots: "AAAA" }],
    ['{"at":"afterSlot"}', { at: "afterSlot", slots: EMPTY }],
    ['{"at":"beforeEverySlot"}', { at: "beforeEverySlot", everyNSlots: 1n }],
    ['{"at":"afterEverySlot","everyNSlots":18446744073709551615}', { at: "afterEverySlot", everyNSlots: 18446744073709551615n }],
    [
      `{"at":"beforeMatch","filter":{"kind":"programExecuted","value":"${MINT}"}}`,
      { at: "beforeMatch", filter: { kind: "programExecuted", value: MINT } },
    ],
    [
      `{"at":"afterMatch","filter":{"kind":"oracleUpdate","value":{"programs":["${MINT}"],"accounts":[]}}}`,
      { at: "afterMatch", filter: { kind: "oracleUpdate", value: { programs: [MINT] } } },
    ],
  ] as const) {
    test(`the schema actionAnchor reads ${text}`, () => expect(read(actionAnchor, text).output).toEqual(anchor));
  }

  for (const [text, path] of [
    ['{"at":"beforeEverySlot","everyNSlots":0}', "everyNSlots"],
    ['{"at":"beforeEverySlot","everyNSlots":1.0}', "everyNSlots"],
    ['{"at":"beforeMatch"}', "filter"],
    ['{"at":"beforeSlot","slots":[1]}', "slots"],
    ['{"at":"sometimes"}', "at"],
    ["{}", "at"],
  ] as const) {
    test(`the schema actionAnchor refuses ${text}, and the issue names the path ${path}`, () =>
      expect(refusedAt(actionAnchor, text)).toBe(path));
  }
});

describe("an action", () => {
  const action = (members: string) => `{"anchor":{"at":"afterEverySlot"}${members}}`;

  test("the schema scheduledAction adds the defaults of the Rust types", () => {
    expect(read(scheduledAction, action("")).output).toEqual({
      anchor: { at: "afterEverySlot", everyNSlots: 1n },
      kind: "simulate",
      transactions: EMPTY,
      accountOverrides: {},
      returnAccounts: [],
    });
  });

  test("the schema scheduledAction reads all members", () => {
    const members = `,"kind":"send","transactions":"AAAA","feedsReroute":true,"label":"x","returnAccounts":["${MINT}"],"resolve":{"type":"liquidityArrays","pool":"${MINT}","inputMint":"${MINT}","arrayKeyIndices":[0,255]}`;
    expect(read(scheduledAction, action(members)).output).toMatchObject({
      kind: "send",
      transactions: "AAAA",
      feedsReroute: true,
      label: "x",
      returnAccounts: [MINT],
      resolve: { type: "liquidityArrays", pool: MINT, inputMint: MINT, arrayKeyIndices: [0, 255] },
    });
    expect(read(scheduledAction, action(',"resolve":{"type":"quoteStamp"}')).output).toMatchObject({
      resolve: { type: "quoteStamp" },
    });
  });

  const resolve = (indices: string) =>
    `,"resolve":{"type":"liquidityArrays","pool":"${MINT}","inputMint":"${MINT}","arrayKeyIndices":${indices}}`;
  for (const [members, path] of [
    [',"kind":"pretend"', "kind"],
    [',"returnAccounts":["x"]', "returnAccounts.0"],
    [`,"accountOverrides":{"x":{}}`, "accountOverrides.x"],
    [',"resolve":{"type":"other"}', "resolve.type"],
    [resolve("[]"), "resolve.arrayKeyIndices"],
    [resolve("[1,1]"), "resolve.arrayKeyIndices"],
    [resolve("[256]"), "resolve.arrayKeyIndices.0"],
    [resolve('"0"'), "resolve.arrayKeyIndices"],
  ] as const) {
    test(`the schema scheduledAction refuses ${members.slice(1)}, and the issue names the path ${path}`, () =>
      expect(refusedAt(scheduledAction, action(members))).toBe(path));
  }
});

describe("an action's indices given as bigint", () => {
  const action = (arrayKeyIndices: unknown[]) => ({
    anchor: { at: "afterEverySlot" },
    resolve: { type: "liquidityArrays", pool: MINT, inputMint: MINT, arrayKeyIndices },
  });

  test("arrayKeyIndices converts bigint indices to numbers, and refuses duplicate indices", () => {
    expect(v.safeParse(scheduledAction, action([0n, 255])).output).toMatchObject({ resolve: { arrayKeyIndices: [0, 255] } });
    expect(v.is(scheduledAction, action([1n, 1]))).toBe(false);
  });
});
