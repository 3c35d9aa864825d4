import { describe, expect, test } from "vitest";
import { decodeBase64 } from "../../src/codec/base64.js";
import { parseJson } from "../../src/codec/json.js";
import { decompress } from "../../src/codec/zstd.js";
import { type CreateSession, toCreateRequest } from "../../src/session/create-options.js";
import type { DiagnosticProbe, ScheduledAction } from "../../src/session/pack-actions.js";
import { overrideAt } from "../../src/session/program-override.js";
import { libzstd } from "../codec/zstd/libzstd.js";
import { wire } from "../conformance/vectors.js";
import { FakePlatform } from "../support/fake-platform.js";
import { startScriptedServer } from "../support/scripted-server.js";
import { ACCOUNT, newClient, OTHER_PROGRAM, PROGRAM, rejection } from "./session-rig.js";

const node = new FakePlatform({ hasPage: false });
const RANGE = { startSlot: 100, slotCount: 10 };
const FILTER = { kind: "programExecuted", value: PROGRAM } as const;
const account = {
  data: { data: "AQ==", encoding: "base64" as const },
  executable: false,
  lamports: 1n,
  owner: OTHER_PROGRAM,
  space: 1n,
};

async function paramsOf(create: Partial<CreateSession>) {
  const { create: request } = await toCreateRequest({ ...RANGE, ...create } as CreateSession, node);
  return request.params;
}

const refusal = (create: unknown) => rejection(paramsOf(create as Partial<CreateSession>));

/** Returns the decompressed text of a compressed field. */
function textIn(packed: unknown): string {
  return new TextDecoder().decode(decompress(decodeBase64(packed as string)));
}

const unpack = (packed: unknown): unknown => parseJson(textIn(packed));

describe("scheduled actions", () => {
  test("scheduled actions and the lists in them are compressed, and decompress to the same values", async () => {
    const actions: ScheduledAction[] = [
      {
        anchor: { at: "beforeSlot", slots: [101, 18_446_744_073_709_551_615n, 101] },
        kind: "send",
        transactions: ["AQ==", new Uint8Array([2]), "Aw=="],
        returnAccounts: [ACCOUNT],
        label: "three",
      },
      { anchor: { at: "afterEverySlot", everyNSlots: 5n }, transactions: ["AQ=="], resolve: { type: "quoteStamp" } },
      { anchor: { at: "beforeEverySlot" }, transactions: ["AQ==", "Ag=="] },
      { anchor: { at: "afterMatch", filter: FILTER }, accountOverrides: { [ACCOUNT]: account } },
      {
        anchor: { at: "beforeMatch", filter: { kind: "oracleUpdate", value: { programs: [PROGRAM], accounts: [ACCOUNT] } } },
        transactions: ["AQ=="],
        resolve: { type: "liquidityArrays", pool: ACCOUNT, inputMint: OTHER_PROGRAM, arrayKeyIndices: [3, 0, 255] },
      },
    ];
    const { actions: packed } = await paramsOf({ actions });
    const read = unpack(packed) as Record<string, unknown>[];
    expect(read.map(({ transactions }) => unpack(transactions))).toEqual([
      ["AQ==", "Ag==", "Aw=="],
      ["AQ=="],
      ["AQ==", "Ag=="],
      [],
      ["AQ=="],
    ]);
    const [{ slots, ...before }] = [read[0]!.anchor as Record<string, unknown>] as [Record<string, unknown>];
    expect(before).toEqual({ at: "beforeSlot" });
    expect(unpack(slots)).toEqual([101, 18_446_744_073_709_551_615n, 101]);
    expect(read.slice(1).map(({ anchor }) => anchor)).toEqual([
      { at: "afterEverySlot", everyNSlots: 5 },
      { at: "beforeEverySlot" },
      { at: "afterMatch", filter: FILTER },
      actions[4]!.anchor,
    ]);
    const plain = read.map(({ anchor: _, transactions: __, ...rest }) => rest);
    expect(plain).toEqual([
      { kind: "send", returnAccounts: [ACCOUNT], label: "three" },
      { resolve: { type: "quoteStamp" } },
      {},
      { accountOverrides: { [ACCOUNT]: { ...account, lamports: 1, space: 1 } } },
      { resolve: actions[4]!.resolve },
    ]);
  });

  test("the JSON text of an empty list in a scheduled action is the same as in the Rust crate", async () => {
    // Both the slots and the transactions of this action are empty lists.
    const { actions: packed } = await paramsOf({
      actions: [{ anchor: { at: "beforeSlot", slots: [] }, accountOverrides: { [ACCOUNT]: account } }],
    });
    const [action] = unpack(packed) as [{ anchor: { slots: string }; transactions: string }];
    const empty = wire.packed.find(({ json }) => json === "[]")!;
    expect(textIn(action.anchor.slots)).toBe(empty.json);
    expect(textIn(action.transactions)).toBe(textIn(empty.packed));
  });

  test("scheduled actions of ten thousand slots are compressed, and libzstd can read them", async () => {
    const slots = Array.from({ length: 10_000 }, (_, index) => 300_000_000 + index);
    const transactions = slots.map(() => "AQ".repeat(300));
    const { actions: packed } = await paramsOf({ actions: [{ anchor: { at: "beforeSlot", slots }, transactions }] });
    expect((packed as string).length).toBeLessThan(100_000);
    const [action] = unpack(packed) as [{ anchor: { slots: string }; transactions: string }];
    const theirs = new TextDecoder().decode(libzstd.decompress(decodeBase64(action.anchor.slots)));
    expect(JSON.parse(theirs)).toEqual(slots);
    expect(unpack(action.transactions)).toEqual(transactions);
  });

  test("a create request contains no actions and no probes if there are none", async () => {
    expect(await paramsOf({ actions: [], diagnosticProbes: [] })).not.toHaveProperty("actions");
    expect(await paramsOf({})).not.toHaveProperty("diagnosticProbes");
  });

  const slotAnchor = { at: "beforeSlot" as const, slots: [101] };
  const arrays = { type: "liquidityArrays", pool: ACCOUNT, inputMint: PROGRAM, arrayKeyIndices: [1] } as const;
  test.each<[problem: string, action: unknown, field?: string]>([
    ["resolve with the kind send", { anchor: slotAnchor, kind: "send", transactions: ["AQ=="], resolve: { type: "quoteStamp" } }],
    [
      "resolve with feedsReroute",
      { anchor: slotAnchor, feedsReroute: true, transactions: ["AQ=="], resolve: { type: "quoteStamp" } },
    ],
    ["resolve without a transaction", { anchor: { at: "beforeEverySlot" }, resolve: { type: "quoteStamp" } }],
    ["liquidityArrays without a transaction", { anchor: slotAnchor, resolve: arrays }],
    [
      "liquidityArrays with two transactions",
      { anchor: { at: "beforeSlot", slots: [101, 102] }, transactions: ["AQ==", "AQ=="], resolve: arrays },
    ],
    [
      "a duplicate in arrayKeyIndices",
      { anchor: slotAnchor, transactions: ["AQ=="], resolve: { ...arrays, arrayKeyIndices: [1, 1] } },
    ],
    ["an empty arrayKeyIndices", { anchor: slotAnchor, transactions: ["AQ=="], resolve: { ...arrays, arrayKeyIndices: [] } }],
    [
      "a value above 255 in arrayKeyIndices",
      { anchor: slotAnchor, transactions: ["AQ=="], resolve: { ...arrays, arrayKeyIndices: [256] } },
    ],
    ["an unknown resolver", { anchor: slotAnchor, transactions: ["AQ=="], resolve: { type: "magic" } }],
    ["feedsReroute after a slot", { anchor: { at: "afterSlot", slots: [101] }, feedsReroute: true }],
    ["feedsReroute at every slot", { anchor: { at: "beforeEverySlot" }, feedsReroute: true }],
    ["more slots than transactions", { anchor: { at: "afterSlot", slots: [101, 102] }, transactions: ["AQ=="] }],
    ["fewer slots than transactions", { anchor: slotAnchor, transactions: ["AQ==", "AQ=="] }],
    ["an unknown anchor", { anchor: { at: "noon" } }],
    ["an everyNSlots of 0", { anchor: { at: "beforeEverySlot", everyNSlots: 0 } }],
    ["a filter with an invalid address", { anchor: { at: "beforeMatch", filter: { kind: "programExecuted", value: "x" } } }],
    ["an unknown kind", { anchor: slotAnchor, kind: "dream", transactions: ["AQ=="] }],
    ["an invalid address in returnAccounts", { anchor: slotAnchor, returnAccounts: ["x"] }],
    ["an override of an invalid address", { anchor: slotAnchor, accountOverrides: { x: account } }],
    ["a number as the label", { anchor: slotAnchor, label: 5 }],
    ["an invalid transaction", { anchor: slotAnchor, transactions: [{}] }, "actions.0.transactions.0"],
    ["a negative slot", { anchor: { at: "beforeSlot", slots: [5, -1] } }, "actions.0.anchor.slots.1"],
    ["no anchor", { transactions: ["AQ=="] }],
    ["an anchor without its slots", { anchor: { at: "beforeSlot" }, transactions: ["AQ=="] }],
    ["a number instead of a list of slots", { anchor: { at: "beforeSlot", slots: 5 } }],
    ["a text instead of a list of transactions", { anchor: { at: "beforeEverySlot" }, transactions: "AQ==" }],
    ["null instead of an action", null],
  ])("a scheduled action is refused before anything is sent: %s", async (_, action, field = "actions.0") => {
    expect(await refusal({ actions: [action] })).toMatchObject({ code: "invalidParams", field });
    const good = { anchor: { at: "beforeEverySlot" }, transactions: ["AQ=="] };
    const named = field.replace("actions.0", "actions.1");
    expect(await refusal({ actions: [good, action] })).toMatchObject({ code: "invalidParams", field: named });
  });

  test("scheduled actions of the kind `send` are refused with replayAccountState, because such a session executes nothing", async () => {
    const send: ScheduledAction = { anchor: slotAnchor, kind: "send", transactions: ["AQ=="] };
    const error = await refusal({ actions: [send], replayAccountState: true });
    expect(error).toMatchObject({
      code: "invalidParams",
      field: "actions.0",
      message: expect.stringContaining("replayAccountState"),
    });
    expect(await paramsOf({ actions: [{ ...send, kind: "simulate" }], replayAccountState: true })).toHaveProperty("actions");
    expect(await paramsOf({ actions: [send] })).toHaveProperty("actions");
  });

  test("scheduled actions that are invalid are refused before a socket is opened", async () => {
    const server = await startScriptedServer();
    const create = { ...RANGE, actions: [{ anchor: { at: "afterSlot", slots: [1] }, feedsReroute: true }] } as CreateSession;
    expect(await rejection(newClient(server).startSession(create))).toMatchObject({ code: "invalidParams" });
    expect(await rejection(newClient(server).startParallelSession(create))).toMatchObject({ code: "invalidParams" });
    expect(server.connections).toHaveLength(0);
  });
});

describe("overrideAt", () => {
  test("overrideAt returns an action with the account states, the slot and `feedsReroute`", async () => {
    const { actions: packed } = await paramsOf({ reroute: {}, actions: [overrideAt(105, { [ACCOUNT]: account })] });
    const [action] = unpack(packed) as [Record<string, unknown>];
    const { anchor, transactions, ...rest } = action;
    expect(rest).toEqual({ feedsReroute: true, accountOverrides: { [ACCOUNT]: { ...account, lamports: 1, space: 1 } } });
    expect(unpack((anchor as { slots: string }).slots)).toEqual([105]);
    expect(unpack(transactions)).toEqual([]);
  });
});

describe("diagnostic probes", () => {
  const probe: DiagnosticProbe = {
    anchor: { at: "afterSlot", slots: [101n, 105] },
    markets: [ACCOUNT, PROGRAM],
    usdValues: [1, 4_294_967_295],
  };

  test("a create request contains the diagnostic probes with compressed slot lists", async () => {
    const { diagnosticProbes } = await paramsOf({
      diagnosticProbes: [probe, { ...probe, anchor: { at: "afterEverySlot" }, label: "x" }],
    });
    const [first, second] = diagnosticProbes as unknown as [{ anchor: { at: string; slots: string } }, object];
    expect(first).toEqual({ ...probe, anchor: { at: "afterSlot", slots: first.anchor.slots } });
    expect(unpack(first.anchor.slots)).toEqual([101, 105]);
    expect(second).toEqual({ ...probe, anchor: { at: "afterEverySlot", everyNSlots: 1n }, label: "x" });
  });

  const market = (index: number): string =>
    `${PROGRAM.slice(0, -2)}${"ABCDEFGHJKLMNPQRSTUVWXYZabcdefghij"[Math.floor(index / 34)]}${"ABCDEFGHJKLMNPQRSTUVWXYZabcdefghij"[index % 34]}`;
  const markets = Array.from({ length: 65 }, (_, index) => market(index));
  const sizes = Array.from({ length: 17 }, (_, index) => index + 1);

  test("a diagnostic probe is accepted with up to 64 markets and 16 sizes", async () => {
    expect(
      await paramsOf({ diagnosticProbes: [{ ...probe, markets: markets.slice(0, 64), usdValues: sizes.slice(0, 16) }] }),
    ).toHaveProperty("diagnosticProbes");
  });

  test.each<[string, unknown]>([
    ["an anchor before a slot", { ...probe, anchor: { at: "beforeSlot", slots: [101] } }],
    ["an anchor before every slot", { ...probe, anchor: { at: "beforeEverySlot" } }],
    ["an anchor at a match", { ...probe, anchor: { at: "afterMatch", filter: FILTER } }],
    ["an empty list of markets", { ...probe, markets: [] }],
    ["65 markets", { ...probe, markets }],
    ["a duplicate market", { ...probe, markets: [ACCOUNT, ACCOUNT] }],
    ["a market that is not an address", { ...probe, markets: ["SOL/USDC"] }],
    ["an empty list of sizes", { ...probe, usdValues: [] }],
    ["17 sizes", { ...probe, usdValues: sizes }],
    ["a size of 0", { ...probe, usdValues: [5, 0] }],
    ["a size above the u32 range", { ...probe, usdValues: [2 ** 32] }],
    ["a fractional size", { ...probe, usdValues: [0.5] }],
    ["no anchor in the probe", { ...probe, anchor: undefined }],
    ["no markets", { anchor: probe.anchor, usdValues: [1] }],
    ["no sizes", { anchor: probe.anchor, markets: [ACCOUNT] }],
    ["null instead of a probe", null],
  ])("a diagnostic probe is refused before anything is sent: %s", async (_, bad) => {
    expect(await refusal({ diagnosticProbes: [bad] })).toMatchObject({ code: "invalidParams", field: "diagnosticProbes.0" });
  });
});
