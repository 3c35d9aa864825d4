import { describe, expect, test } from "vitest";
import type { ManagedEvent } from "../../src/channels/managed-events.js";
import type { SubscriptionKindName } from "../../src/channels/subscription-kinds.js";
import { stringifyJson } from "../../src/codec/json.js";
import type { ManagedBacktestSession } from "../../src/session/managed-backtest-session.js";
import type { Subscription } from "../../src/session/subscription.js";
import { thrownBy } from "../protocol/thrown.js";
import { startScriptedServer } from "../support/scripted-server.js";
import {
  ACCOUNT,
  brief,
  newClient,
  OTHER_PROGRAM,
  PROGRAM,
  settle,
  startSession,
  take,
  takeAll,
  takeUntil,
  until,
} from "./session-rig.js";

const SIGNATURE = "5VERv8NMvzbJMEkV8xnrLkEaWRtSz9CosKDYjCJjBRnbJLgp8uirBgmQpjKhoR4tjF3ZpRzrFmBV6UjKdiSZkQUW";
const OTHER_SIGNATURE = "4MwEMz3ptGyk2sbEASFLdyNGjQEqA1oH7hF5cL7Cb9VQ9KcBgBcf7R467bp7rvkn8vB2Tc7PNE5N99EgmT8UL9Qe";
const ZIPPED = { compression: "zstd" };

const state = (lamports: number) => ({ lamports, data: ["AQ==", "base64"], owner: PROGRAM, executable: false, rentEpoch: 0 });
const at = (slot: number, value: object) => ({ context: { slot }, value });

interface Row {
  kind: SubscriptionKindName;
  /** The name of the kind on the wire. */
  name: string;
  subscribe(session: ManagedBacktestSession): Subscription;
  params: unknown[];
  event: ManagedEvent["type"];
  /** Returns the `result` field of the notification with the nth event of a slot. */
  result(slot: number, n: number): object;
}

const rows: Row[] = [
  {
    kind: "accountDiff",
    name: "accountDiff",
    subscribe: (session) => session.subscribeAccountDiffs([PROGRAM]),
    params: [PROGRAM, { address_type: "program", ...ZIPPED }],
    event: "accountDiff",
    result: (slot, n) => ({ context: { slot }, account: ACCOUNT, signature: SIGNATURE, tx_index: n }),
  },
  {
    kind: "singleAccountDiff",
    name: "accountDiff",
    subscribe: (session) => session.subscribeAccountDiffsOf([ACCOUNT]),
    params: [ACCOUNT, ZIPPED],
    event: "accountDiff",
    result: (slot, n) => ({ context: { slot }, account: ACCOUNT, signature: SIGNATURE, tx_index: n }),
  },
  {
    kind: "transaction",
    name: "transaction",
    subscribe: (session) => session.subscribeTransactions([PROGRAM]),
    params: [{ mentions: [PROGRAM] }, { commitment: "confirmed", ...ZIPPED }],
    event: "transaction",
    result: (slot, n) => ({
      slot,
      // A transaction with one signature. The last byte of the signature is n.
      transaction: [btoa(String.fromCharCode(1, ...Array.from({ length: 63 }, () => 7), n)), "base64"],
      meta: null,
    }),
  },
  {
    kind: "action",
    name: "action",
    subscribe: (session) => session.subscribeActions(),
    params: [null, ZIPPED],
    event: "actionResult",
    result: (slot, n) => ({ context: { slot }, slot, actionIndex: n, committed: false }),
  },
  {
    kind: "diagnostic",
    name: "diagnostic",
    subscribe: (session) => session.subscribeDiagnostics(),
    params: [null, ZIPPED],
    event: "diagnostic",
    result: (slot, n) => ({ context: { slot }, slot, probeIndex: n, market: ACCOUNT, usdValue: 100 }),
  },
  {
    kind: "replacement",
    name: "replacement",
    subscribe: (session) => session.subscribeReplacements(),
    params: [null, ZIPPED],
    event: "replacement",
    result: (slot, n) => ({
      kind: "original",
      context: { slot },
      slot,
      batchIndex: n,
      originalSignature: SIGNATURE,
      outcome: "replayed",
      computeUnitsConsumed: 5,
    }),
  },
  {
    kind: "logs",
    name: "logs",
    subscribe: (session) => session.subscribeLogs([PROGRAM]),
    params: [{ mentions: [PROGRAM] }, { commitment: "confirmed", ...ZIPPED }],
    event: "logs",
    result: (slot, n) => at(slot, { signature: `${SIGNATURE}${n}`, err: null, logs: ["a"] }),
  },
  {
    kind: "account",
    name: "account",
    subscribe: (session) => session.subscribeAccounts([ACCOUNT], { intraSlotUpdates: true }),
    params: [ACCOUNT, { commitment: "confirmed", encoding: "base64", intraSlotUpdates: true, ...ZIPPED }],
    event: "account",
    result: (slot, n) => at(slot, state(n)),
  },
  {
    kind: "program",
    name: "program",
    subscribe: (session) => session.subscribeProgramAccounts([PROGRAM], { intraSlotUpdates: true }),
    params: [PROGRAM, { commitment: "confirmed", encoding: "base64", intraSlotUpdates: true, ...ZIPPED }],
    event: "programAccount",
    result: (slot, n) => at(slot, { pubkey: ACCOUNT, account: state(n) }),
  },
];

async function setUp(options: Parameters<typeof newClient>[1] = {}) {
  const server = await startScriptedServer();
  const standing = await startSession(server, newClient(server, options));
  return { server, ...standing };
}

const typesOf = (events: readonly ManagedEvent[], type: string): ManagedEvent[] => events.filter((event) => event.type === type);

describe.each(rows)("subscribing to $kind", ({ kind, name, subscribe, params, event, result }) => {
  test(`subscribing to ${kind} sends the subscribe request of the protocol and delivers its events`, async () => {
    const { server, session } = await setUp();
    const subscription = subscribe(session);
    expect(subscription.kind).toBe(kind);
    const stream = await server.subscription();
    expect(await stream.message()).toEqual({ jsonrpc: "2.0", id: 1, method: `${name}Subscribe`, params });
    stream.acknowledge(1, 7);
    await subscription.ready;
    stream.notify(`${name}Notification`, 7, result(100, 1));
    const events = await takeUntil(session, event);
    expect(structuredClone(events.at(-1))).toEqual(events.at(-1));
    expect(session.diagnostics.malformed).toBe(0);
  });

  test(`after a reconnect, a subscription to ${kind} drops the events that it has already received`, async () => {
    const { server, session, control } = await setUp();
    subscribe(session);
    const first = await server.subscription();
    await first.accept(`${name}Subscribe`, 7);
    // The last two notifications are equal. On one connection, equal notifications are separate events, so both are delivered.
    first.notify(`${name}Notification`, 7, result(100, 0), result(101, 1), result(101, 2), result(101, 2));
    await until(() => session.diagnostics.queueLength === 5, "what was sent");
    first.destroy();
    const second = await server.subscription();
    const { config } = await second.accept(`${name}Subscribe`, 9);
    expect(config).toEqual({ ...(params[1] as object), replayFromSlot: 101 });
    const replayed = [result(101, 1), result(101, 2), result(101, 2), result(101, 3), result(102, 1)];
    second.notify(`${name}Notification`, 9, ...replayed);
    second.complete(9);
    control.respond(3, "completed", {});
    expect(typesOf(await takeAll(session), event)).toHaveLength(6);
    expect(session.diagnostics).toMatchObject({ duplicatesDropped: 3, malformed: 0, reconnects: { [kind]: 1 } });
  });

  test(`a subscription to ${kind} skips a malformed notification, with and without \`validate: full\``, async () => {
    for (const validate of ["cursor", "full"] as const) {
      const { server, session } = await setUp({ validate });
      subscribe(session);
      const stream = await server.subscription();
      await stream.accept(`${name}Subscribe`, 7);
      stream.notify(`${name}Notification`, 7, { nothing: true }, result(100, 1));
      const events = await takeUntil(session, event);
      expect(typesOf(events, "unrecognized")).toMatchObject([
        { raw: expect.stringContaining("nothing"), reason: expect.stringContaining(`${name}Notification`) },
      ]);
      expect(session.diagnostics.malformed).toBe(1);
    }
  });

  test(`a subscription to ${kind} ends when the server sends subscriptionComplete`, async () => {
    const { server, session, control } = await setUp();
    const subscription = subscribe(session);
    const stream = await server.subscription();
    await stream.accept(`${name}Subscribe`, 7);
    stream.complete(7);
    await stream.ended;
    await until(() => subscription.connection.state === "closed", "its end");
    control.respond(3, "completed", {});
    expect((await takeAll(session)).map(brief)).toEqual(["readyForContinue", "completed"]);
  });
});

describe("validate: full", () => {
  test("`validate: full` reports an invalid field that `validate: cursor` does not check", async () => {
    const half = { context: { slot: 100 }, account: ACCOUNT, signature: "s", tx_index: 0, pre: { lamports: "5" } };
    for (const validate of ["cursor", "full"] as const) {
      const { server, session } = await setUp({ validate });
      session.subscribeAccountDiffs([PROGRAM]);
      const stream = await server.subscription();
      await stream.accept("accountDiffSubscribe", 7);
      stream.notify("accountDiffNotification", 7, half);
      const [, event] = await take(session, 2);
      if (validate === "cursor") expect(event?.type).toBe("accountDiff");
      else expect(event).toMatchObject({ type: "unrecognized", reason: expect.stringContaining("pre.lamports") });
    }
  });
});

describe("signatures", () => {
  test("a subscription to signatures reports each signature once, and then ends", async () => {
    const { server, session, control } = await setUp();
    const subscription = session.subscribeSignatures([SIGNATURE, OTHER_SIGNATURE]);
    const stream = await server.subscription();
    for (const [index, signature] of [SIGNATURE, OTHER_SIGNATURE].entries()) {
      const { filter, config } = await stream.accept("signatureSubscribe", index + 1);
      expect([filter, config]).toEqual([signature, { commitment: "confirmed", ...ZIPPED }]);
    }
    stream.notify("signatureNotification", 2, at(101, { err: { InstructionError: [0, { Custom: 1 }] } }));
    await settle();
    expect(stream.isOpen).toBe(true);
    stream.notify("signatureNotification", 1, at(100, { err: null }));
    await stream.ended;
    control.respond(3, "completed", {});
    const events = await takeAll(session);
    expect(typesOf(events, "signature")).toEqual([
      {
        type: "signature",
        subscriptionId: "signature-1",
        signature: OTHER_SIGNATURE,
        slot: 101n,
        err: { InstructionError: [0, { Custom: 1 }] },
      },
      { type: "signature", subscriptionId: "signature-1", signature: SIGNATURE, slot: 100n, err: null },
    ]);
    expect(subscription.connection).toEqual({ state: "closed" });
    expect(events.at(-1)?.type).toBe("completed");
  });

  test("a subscription to signatures reports each signature once, even if the connection is lost between two signatures", async () => {
    const { server, session } = await setUp();
    session.subscribeSignatures([SIGNATURE, OTHER_SIGNATURE]);
    const first = await server.subscription();
    for (const id of [1, 2]) await first.accept("signatureSubscribe", id);
    first.notify("signatureNotification", 1, at(100, { err: null }));
    await until(() => session.diagnostics.queueLength === 2, "the first");
    first.destroy();
    const second = await server.subscription();
    for (const id of [1, 2]) {
      const { config } = await second.accept("signatureSubscribe", id);
      expect(config.replayFromSlot).toBe(id === 1 ? 100 : undefined);
    }
    for (const id of [1, 2]) second.notify("signatureNotification", id, at(100, { err: null }));
    await second.ended;
    const events = await take(session, 4);
    expect(typesOf(events, "signature").map((event) => event.type === "signature" && event.signature)).toEqual([
      SIGNATURE,
      OTHER_SIGNATURE,
    ]);
    expect(session.diagnostics.duplicatesDropped).toBe(1);
  });
});

describe("invalid filters", () => {
  const bad: [string, (session: ManagedBacktestSession) => unknown][] = [
    ["programs", (session) => session.subscribeAccountDiffs([])],
    ["programs.1", (session) => session.subscribeTransactions([PROGRAM, "not an address"])],
    ["accounts", (session) => session.subscribeAccountDiffsOf([])],
    ["accounts.0", (session) => session.subscribeAccountDiffsOf([SIGNATURE])],
    ["addresses", (session) => session.subscribeLogs(PROGRAM as never)],
    ["addresses.0", (session) => session.subscribeAccounts([5 as never])],
    ["programs.0", (session) => session.subscribeProgramAccounts([""])],
    ["signatures", (session) => session.subscribeSignatures([])],
    ["signatures.0", (session) => session.subscribeSignatures([PROGRAM])],
  ];
  test("invalid filters of a subscribe call are refused with the name of the field, and no connection is opened", async () => {
    const { server, session } = await setUp();
    for (const [field, subscribe] of bad) {
      expect(thrownBy(() => subscribe(session))).toMatchObject({ code: "invalidParams", field });
    }
    await settle();
    expect(server.connections).toHaveLength(1);
  });
});

describe("during a run", () => {
  const NOTIFICATION = "logsNotification";
  const logs = (slot: number, signature: string) => at(slot, { signature, err: null, logs: [] });

  test("subscriptions can be added and removed during a run, and the received events of a removed subscription are still delivered", async () => {
    const { server, session, control } = await setUp();
    const running = session.run()[Symbol.asyncIterator]();
    const seen: string[] = [];
    const pull = async (count: number): Promise<void> => {
      for (let n = 0; n < count; n++) {
        const { value } = await running.next();
        seen.push(value.type === "logs" ? `logs ${value.signature}` : brief(value));
      }
    };
    await pull(1);
    const next = pull(1);
    await control.expect("continue");
    control.respond(3, "slotNotification", 100);
    await next;
    const first = session.subscribeLogs([PROGRAM]);
    const stream = await server.subscription();
    await stream.accept("logsSubscribe", 7);
    stream.notify(NOTIFICATION, 7, logs(101, "a"), logs(101, "b"));
    await until(() => session.diagnostics.queueLength === 2, "its events");
    await first.unsubscribe();
    expect(await stream.ended).toBe(1000);
    expect(first.connection).toEqual({ state: "closed" });
    const second = session.subscribeLogs([OTHER_PROGRAM]);
    const other = await server.subscription();
    await other.accept("logsSubscribe", 8);
    await second.ready;
    other.notify(NOTIFICATION, 8, logs(102, "c"));
    other.complete(8);
    control.respond(4, "slotNotification", 101);
    control.respond(5, "completed", {});
    await pull(5);
    await session.closed;
    expect(seen.toSorted()).toEqual(
      ["readyForContinue", "slot 100", "slot 101", "logs a", "logs b", "logs c", "completed"].toSorted(),
    );
    expect(seen.indexOf("logs a")).toBeLessThan(seen.indexOf("logs b"));
    expect(seen.at(-1)).toBe("completed");
    expect(await running.next()).toEqual({ done: true, value: undefined });
  });

  test("a continue request waits for a new subscription, but not for a removed subscription", async () => {
    const { server, session, control } = await setUp();
    const added = session.subscribeLogs([PROGRAM]);
    const stream = await server.subscription();
    const { id } = await stream.expect("logsSubscribe");
    const continuing = session.continue();
    await settle();
    expect(control.received.some((text) => text.includes('"continue"'))).toBe(false);
    void added.unsubscribe();
    await continuing;
    await control.expect("continue");
    stream.acknowledge(id, 7);
    expect(await added.ready.catch((error: Error) => error.message)).toContain("logs-1 has ended");
  });

  test("unsubscribing twice or after the end of the session has no effect", async () => {
    const { server, session } = await setUp();
    const subscription = session.subscribeLogs([PROGRAM]);
    const stream = await server.subscription();
    await stream.accept("logsSubscribe", 7);
    await Promise.all([subscription.unsubscribe(), subscription.unsubscribe()]);
    await subscription.unsubscribe();
    expect(stream.received).toHaveLength(1);
  });

  test("a subscribe call on an ended session is refused", async () => {
    const { session, control } = await setUp();
    control.respond(3, "completed", {});
    await takeAll(session);
    await session.closed;
    expect(thrownBy(() => session.subscribeSlots())).toMatchObject({ code: "controlClosed" });
    const { session: failed, control: other } = await setUp();
    other.respond(3, "error", "noMoreBlocks");
    await failed.closed;
    expect(thrownBy(() => failed.subscribeActions())).toMatchObject({ code: "remote" });
  });
});

test("a subscription is not affected by changes to its list of programs after the subscribe call", async () => {
  const { server, session } = await setUp();
  const programs = [PROGRAM];
  const subscription = session.subscribeAccountDiffs(programs);
  programs.push(OTHER_PROGRAM);
  programs[0] = OTHER_PROGRAM;
  const stream = await server.subscription();
  expect((await stream.accept("accountDiffSubscribe", 7)).filter).toBe(PROGRAM);
  expect(subscription.filters).toEqual([PROGRAM]);
  stream.destroy();
  const again = await server.subscription();
  expect((await again.accept("accountDiffSubscribe", 7)).filter).toBe(PROGRAM);
  expect(stringifyJson(session.checkpoint().subscriptions)).not.toContain(OTHER_PROGRAM);
});
