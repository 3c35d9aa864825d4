import { describe, expect, test } from "vitest";
import type { Notification, SubscriptionKind } from "../../src/channels/subscription-kind.js";
import { type SubscriptionKindName, subscriptionKind } from "../../src/channels/subscription-kinds.js";
import { parseJson, stringifyJson } from "../../src/codec/json.js";
import { readVectors } from "../conformance/vectors.js";
import { ACCOUNT, OTHER_PROGRAM, PROGRAM } from "../session/session-rig.js";
import { KIND_NAMES } from "../support/subscription-kind-names.js";

interface Vector {
  text: string;
  accepted: boolean;
  read: Record<string, unknown>;
}

const { notifications } = readVectors("notifications.json") as { notifications: Record<string, Vector[]> };
const SIGNATURE = "5VERv8NMvzbJMEkV8xnrLkEaWRtSz9CosKDYjCJjBRnbJLgp8uirBgmQpjKhoR4tjF3ZpRzrFmBV6UjKdiSZkQUW";

function allKinds(validate: "cursor" | "full"): Record<SubscriptionKindName, SubscriptionKind> {
  return Object.fromEntries(KIND_NAMES.map((name) => [name, subscriptionKind(name, validate)])) as never;
}

const kinds = allKinds("cursor");
const fullyChecked = allKinds("full");

const SOURCE = { filter: PROGRAM, subscriptionId: "s-1" };

/** Reads a result as if it had arrived in a notification. */
function read(kind: SubscriptionKindName, result: unknown, filter = PROGRAM): Notification | undefined {
  return kinds[kind].read(parseJson(stringifyJson(result)), { filter, subscriptionId: "s-1" });
}

describe("a subscribe request", () => {
  test.each<[SubscriptionKindName, string, string, unknown]>([
    ["accountDiff", "accountDiff", PROGRAM, [PROGRAM, { address_type: "program" }]],
    ["singleAccountDiff", "accountDiff", ACCOUNT, [ACCOUNT, {}]],
    ["transaction", "transaction", PROGRAM, [{ mentions: [PROGRAM] }, { commitment: "confirmed" }]],
    ["action", "action", "", [null, {}]],
    ["diagnostic", "diagnostic", "", [null, {}]],
    ["replacement", "replacement", "", [null, {}]],
    ["logs", "logs", PROGRAM, [{ mentions: [PROGRAM] }, { commitment: "confirmed" }]],
    ["account", "account", ACCOUNT, [ACCOUNT, { commitment: "confirmed", encoding: "base64" }]],
    ["program", "program", PROGRAM, [PROGRAM, { commitment: "confirmed", encoding: "base64" }]],
    ["signature", "signature", SIGNATURE, [SIGNATURE, { commitment: "confirmed" }]],
    ["slot", "slot", "", []],
  ])("a subscribe request of the kind %s has the parameters that the protocol defines", (kind, name, filter, params) => {
    expect(kinds[kind].name).toBe(name);
    expect(kinds[kind].params(filter)).toEqual(params);
  });

  test("subscribe requests are the same with and without the option `validate: full`", () => {
    for (const name of KIND_NAMES) {
      expect(fullyChecked[name].params(PROGRAM)).toEqual(kinds[name].params(PROGRAM));
      expect(fullyChecked[name].name).toBe(kinds[name].name);
    }
  });
});

describe("a notification of the published types", () => {
  const cases: [SubscriptionKindName, string, (notification: Notification) => unknown][] = [
    ["action", "actionResult", ({ event }) => event.type === "actionResult" && event.result],
    ["diagnostic", "diagnostic", ({ event }) => event.type === "diagnostic" && event.sample],
    ["replacement", "replacement", ({ event }) => event.type === "replacement" && event.replacement],
    ["accountDiff", "accountDiff", ({ event }) => event.type === "accountDiff" && event.diff],
  ];
  for (const [kind, group, content] of cases) {
    for (const [index, vector] of notifications[group]!.entries()) {
      if (!vector.accepted) continue;
      test(`the client accepts a notification that the published Rust types accept: ${group} ${index}`, () => {
        const notification = read(kind, parseJson(vector.text))!;
        expect(notification.slot).toBe(BigInt(vector.read.slot as string));
        const fields = content(notification) as Record<string, unknown>;
        const { slot, outcomes, post, signature, ...plain } = vector.read;
        for (const [key, value] of Object.entries(plain)) expect(fields[key] ?? null).toEqual(value);
        if (outcomes !== undefined) expect(fields.transactionOutcomes).toHaveLength(outcomes as number);
      });
    }
    for (const [index, vector] of notifications[group]!.entries()) {
      if (vector.accepted || group === "accountDiff") continue;
      test(`the client refuses a notification that the published Rust types refuse: ${group} ${index}`, () => {
        expect(read(kind, parseJson(vector.text))).toBeUndefined();
      });
    }
  }
});

describe("with validate: full", () => {
  test.each<[SubscriptionKindName, string]>([
    ["action", "actionResult"],
    ["diagnostic", "diagnostic"],
    ["replacement", "replacement"],
    ["accountDiff", "accountDiff"],
    ["singleAccountDiff", "accountDiff"],
    ["transaction", "transaction"],
  ])("`validate: full` does not change how a valid notification of the kind %s is read", (kind, group) => {
    const vectors = notifications[group]!;
    for (const { text } of vectors) {
      const result = parseJson(text);
      const isRead = kinds[kind].read(result, SOURCE) !== undefined;
      const problem = fullyChecked[kind].findProblem!(result);
      // If `read` refuses a result, `findProblem` must find a problem in this result.
      if (!isRead) expect(problem).toMatch(/^[\w.]+: ./);
      else if (problem === undefined) expect(fullyChecked[kind].read(result, SOURCE)).toEqual(kinds[kind].read(result, SOURCE));
    }
    expect(vectors.filter(({ text }) => fullyChecked[kind].findProblem!(parseJson(text)) === undefined).length).toBeGreaterThan(
      0,
    );
  });

  test.each<[SubscriptionKindName, object, string]>([
    ["accountDiff", { context: { slot: 5 }, pre: { lamports: "many" } }, "pre.lamports"],
    ["singleAccountDiff", { context: { slot: 5 }, tx_index: -1 }, "tx_index"],
    ["transaction", { slot: 5, transaction: ["AQ==", "base64"], meta: { err: null, fee: "5" } }, "meta.fee"],
    ["logs", { context: { slot: 5 }, value: { signature: SIGNATURE, err: null, logs: [5] } }, "value.logs.0"],
    ["account", { context: { slot: 5 }, value: { lamports: 5 } }, "value"],
    ["program", { context: { slot: 5 }, value: { pubkey: 5 } }, "value.pubkey"],
    ["signature", { context: { slot: -1 }, value: { err: null } }, "context.slot"],
    ["slot", { slot: 5, parent: 4, root: -1 }, "root"],
    ["action", { context: { slot: 5 }, slot: 5, actionIndex: -1, committed: true }, "actionIndex"],
  ])(
    "with `validate: full`, the error for a malformed notification of the kind %s names the invalid field",
    (kind, result, where) => {
      expect(fullyChecked[kind].findProblem!(parseJson(stringifyJson(result)))).toContain(where);
    },
  );

  test("with `validate: full`, no subscription kind uses the fast path `scan`", () => {
    for (const name of KIND_NAMES) expect(fullyChecked[name].scan).toBeUndefined();
    expect(kinds.accountDiff.scan).toBeDefined();
  });
});

describe("a key", () => {
  const action = { context: { slot: 5 }, slot: 4, actionIndex: 1, batchIndex: 2, txIndex: 3, committed: true };
  const diagnostic = { context: { slot: 5 }, slot: 4, probeIndex: 1, market: ACCOUNT, usdValue: 100 };
  const direct = parseJson(notifications.replacement!.find(({ text }) => text.includes('"directFill"'))!.text) as Record<
    string,
    unknown
  >;
  const requote = parseJson(notifications.replacement![0]!.text) as Record<string, unknown>;
  const diff = { context: { slot: 5 }, account: ACCOUNT, signature: "s", tx_index: 1 };

  test.each<[SubscriptionKindName, object, object[]]>([
    ["accountDiff", diff, [{ account: PROGRAM }, { signature: "t" }, { tx_index: 2 }]],
    ["action", action, [{ actionIndex: 9 }, { batchIndex: 9 }, { txIndex: 9 }]],
    ["diagnostic", diagnostic, [{ probeIndex: 9 }, { market: PROGRAM }, { usdValue: 9 }]],
    ["replacement", requote, [{ batchIndex: 9 }, { originalSignature: "other" }]],
    [
      "replacement",
      direct,
      [
        { batchIndex: 9 },
        { originalSignature: "other" },
        { template: "other" },
        { hop: { ...(direct.hop as object), legIndex: 9 } },
      ],
    ],
    [
      "logs",
      { context: { slot: 5 }, value: { signature: SIGNATURE, err: null, logs: [] } },
      [{ value: { signature: "t", err: null, logs: [] } }],
    ],
  ])("the key for duplicate detection changes if an identifying field of a %s notification changes", (kind, result, changes) => {
    const { key } = read(kind, result)!;
    expect(read(kind, result)?.key).toBe(key);
    for (const change of changes) expect(read(kind, { ...result, ...change })?.key).not.toBe(key);
  });

  test("two replacement notifications have different keys if their `kind` differs", () => {
    const original = { ...requote, kind: "original" };
    expect(read("replacement", original)?.key).not.toBe(read("replacement", requote)?.key);
  });

  test("two account notifications of one slot have different cursor keys if their account states differ", () => {
    const state = {
      lamports: 5,
      data: ["AQ==", "base64"],
      owner: PROGRAM,
      executable: false,
      rentEpoch: 18_446_744_073_709_551_615n,
    };
    const at = (value: object) => read("account", { context: { slot: 5 }, value })?.key;
    expect(at(state)).toBe(at({ ...state }));
    expect(at({ ...state, lamports: 6 })).not.toBe(at(state));
    const of = (pubkey: string, account: object) => read("program", { context: { slot: 5 }, value: { pubkey, account } })?.key;
    expect(of(ACCOUNT, state)).not.toBe(of(PROGRAM, state));
    expect(of(ACCOUNT, state)).not.toBe(of(ACCOUNT, { ...state, lamports: 6 }));
  });
});

describe("the slot that a cursor follows", () => {
  test("the slot of a notification is `slot` for the kinds `replacement` and `transaction`, and `context.slot` for `action` and `diagnostic`", () => {
    expect(read("action", { context: { slot: 5 }, slot: 4, actionIndex: 1, committed: true })?.slot).toBe(5n);
    expect(read("diagnostic", { context: { slot: 5 }, slot: 4, probeIndex: 1, market: ACCOUNT, usdValue: 1 })?.slot).toBe(5n);
    const requote = parseJson(notifications.replacement![0]!.text) as object;
    expect(read("replacement", { ...requote, context: { slot: 11 }, slot: 10 })?.slot).toBe(10n);
    expect(read("transaction", { context: { slot: 7 }, slot: 6, transaction: ["AQ==", "base64"], meta: null })?.slot).toBe(6n);
  });
});

describe("an event", () => {
  const state = {
    lamports: 5,
    data: ["AQ==", "base64"],
    owner: PROGRAM,
    executable: false,
    rentEpoch: 18_446_744_073_709_551_615n,
    space: 1,
  };
  const typed = { ...state, lamports: 5n, space: 1n };

  test.each<[SubscriptionKindName, unknown, string, object]>([
    [
      "accountDiff",
      { context: { slot: 5 } },
      PROGRAM,
      { type: "accountDiff", subscriptionId: "s-1", program: PROGRAM, diff: { context: { slot: 5n } } },
    ],
    [
      "singleAccountDiff",
      { context: { slot: 5 } },
      ACCOUNT,
      { type: "accountDiff", subscriptionId: "s-1", diff: { context: { slot: 5n } } },
    ],
    [
      "logs",
      { context: { slot: 5 }, value: { signature: SIGNATURE, err: { InstructionError: [0, "x"] }, logs: ["a", "b"] } },
      OTHER_PROGRAM,
      {
        type: "logs",
        subscriptionId: "s-1",
        address: OTHER_PROGRAM,
        slot: 5n,
        signature: SIGNATURE,
        err: { InstructionError: [0, "x"] },
        logs: ["a", "b"],
      },
    ],
    [
      "account",
      { context: { slot: 5 }, value: state },
      ACCOUNT,
      { type: "account", subscriptionId: "s-1", address: ACCOUNT, slot: 5n, account: typed },
    ],
    [
      "program",
      { context: { slot: 5 }, value: { pubkey: ACCOUNT, account: state } },
      PROGRAM,
      { type: "programAccount", subscriptionId: "s-1", program: PROGRAM, address: ACCOUNT, slot: 5n, account: typed },
    ],
    [
      "signature",
      { context: { slot: 5 }, value: { err: null } },
      SIGNATURE,
      { type: "signature", subscriptionId: "s-1", signature: SIGNATURE, slot: 5n, err: null },
    ],
    ["slot", { slot: 5, parent: 4, root: 0 }, "", { type: "slotUpdate", subscriptionId: "s-1", slot: 5n, parent: 4n, root: 0n }],
  ])("an event of the kind %s contains the notification and its filter", (kind, result, filter, event) => {
    const notification = read(kind, result, filter)!;
    expect(notification.event).toEqual(event);
    expect(structuredClone(notification.event)).toEqual(event);
  });
});

describe("a malformed notification", () => {
  test.each(KIND_NAMES)("reading a malformed notification of the kind %s returns undefined and does not throw", (kind) => {
    for (const result of [
      null,
      5,
      "text",
      [],
      {},
      { context: null },
      { context: { slot: "5" } },
      { slot: -1 },
      { context: { slot: 5 }, value: null, slot: 1e300 },
    ]) {
      // `read` accepts this result as an account diff, because an account diff needs only a slot.
      if (kinds[kind].name === "accountDiff" && typeof result === "object" && result !== null && "value" in result) continue;
      expect(read(kind, result)).toBeUndefined();
    }
    expect(kinds[kind].read(undefined, SOURCE)).toBeUndefined();
  });
});
