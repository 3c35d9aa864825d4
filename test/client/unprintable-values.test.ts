import { describe, expect, onTestFinished, test } from "vitest";
import { BacktestClient } from "../../src/client/backtest-client.js";
import type { BacktestClientOptions } from "../../src/client/client-options.js";
import { createLocalSimulator } from "../../src/local/index.js";
import { isSimulatorError } from "../../src/protocol/simulator-error.js";
import { PROGRAM } from "../session/session-rig.js";

/** Values for which `String` or `JSON.stringify` throws. */
const UNPRINTABLE: readonly [name: string, value: unknown][] = [
  ["a symbol", Symbol("a symbol")],
  ["a bigint", 5n],
  ["an object without a prototype", Object.create(null)],
  ["an object whose toString is a number", { toString: 1 }],
  ["an object whose toString throws", { toString: () => raise(new Error("toString was called")) }],
  ["a list of unprintable values", [Object.create(null), { toString: 1 }, Symbol("in a list")]],
];

function raise(error: unknown): never {
  throw error;
}

/** The methods of a client and of a session, with parameters of any type. */
type Untyped = Record<string, (...args: unknown[]) => unknown>;
type Call = (untyped: { client: Untyped; session: Untyped }, value: unknown) => unknown;

const SLOTS = { startSlot: 100, endSlot: 105 };
const anchor = { at: "beforeSlot", slots: [100] };
const action = { anchor, transactions: ["AQ=="] };
const probe = { anchor: { at: "afterEverySlot" }, markets: [PROGRAM], usdValues: [1] };
const transactions = (transaction: unknown): object => ({ transactions: [transaction] });

const CALLS: readonly [name: string, call: Call][] = [
  ["usage", ({ client }, value) => client.usage?.({ since: value })],
  ["bundleBuild", ({ client }, value) => client.bundleBuild?.(value)],
  ["bundleBuilds", ({ client }, value) => client.bundleBuilds?.({ limit: value })],
  ["availableRanges", ({ client }, value) => client.availableRanges?.({ includeAccountState: value })],
  ["buildBundle", ({ client }, value) => client.buildBundle?.({ ...SLOTS, kind: value })],
  ["deleteBundle", ({ client }, value) => client.deleteBundle?.({ ...SLOTS, kind: value })],
  ["generateDepth, markets", ({ client }, value) => client.generateDepth?.({ ...SLOTS, markets: value })],
  [
    "generateDepth, programOverrides",
    ({ client }, value) => client.generateDepth?.({ ...SLOTS, programOverrides: [{ programId: value, elf: "AQ==" }] }),
  ],
  ["startSession, name", ({ client }, value) => client.startSession?.({ ...SLOTS, name: value })],
  ["startSession, sendSummary", ({ client }, value) => client.startSession?.({ ...SLOTS, sendSummary: value })],
  ["startSession, discoveries", ({ client }, value) => client.startSession?.({ ...SLOTS, discoveries: [value] })],
  ["startSession, actions", ({ client }, value) => client.startSession?.({ ...SLOTS, actions: [{ ...action, label: value }] })],
  [
    "startSession, unknown member of an action",
    ({ client }, value) => client.startSession?.({ ...SLOTS, actions: [{ ...action, value }] }),
  ],
  [
    "startSession, diagnosticProbes",
    ({ client }, value) => client.startSession?.({ ...SLOTS, diagnosticProbes: [{ ...probe, markets: [value] }] }),
  ],
  ["startSession, extra", ({ client }, value) => client.startSession?.({ ...SLOTS, extra: { value } })],
  ["resumeSession", ({ client }, value) => client.resumeSession?.({ version: 1, sessionId: value })],
  ["subscribeTransactions", ({ session }, value) => session.subscribeTransactions?.([value])],
  ["subscribeSignatures", ({ session }, value) => session.subscribeSignatures?.([value])],
  ["waitForStatus", ({ session }, value) => session.waitForStatus?.(value)],
  ["modifyAccounts", ({ session }, value) => session.modifyAccounts?.({ [PROGRAM]: value })],
  ["transactionOutcomes", ({ session }, value) => session.transactionOutcomes?.(value)],
  ["programOverride", ({ session }, value) => session.programOverride?.(value, new Uint8Array())],
  ["continue, advanceCount", ({ session }, value) => session.continue?.({ advanceCount: [value] })],
  ["continue, transactions", ({ session }, value) => session.continue?.(transactions(value))],
  ["continue, serialize", ({ session }, value) => session.continue?.(transactions({ serialize: value }))],
  ["continue, result of serialize", ({ session }, value) => session.continue?.(transactions({ serialize: () => [value] }))],
  ["continue, error of serialize", ({ session }, value) => session.continue?.(transactions({ serialize: () => raise(value) }))],
  [
    "continue, signatures",
    ({ session }, value) =>
      session.continue?.(transactions({ messageBytes: new Uint8Array(40), signatures: { [PROGRAM]: value } })),
  ],
  ["continue, modifyAccountStates", ({ session }, value) => session.continue?.({ modifyAccountStates: { [PROGRAM]: value } })],
  ["continueTo", ({ session }, value) => session.continueTo?.({ slot: 100, batchIndex: value })],
];

function options(sim: { url: string; WebSocket: unknown; fetch: unknown }): BacktestClientOptions {
  return { url: sim.url, WebSocket: sim.WebSocket, fetch: sim.fetch, logger: false } as BacktestClientOptions;
}

/** Starts a session on a simulator in this process. */
async function startUntyped() {
  const client = new BacktestClient(options(createLocalSimulator({ startSlot: 100, slots: 10 })));
  onTestFinished(() => client.close());
  const session = await client.startSession({ startSlot: 100, endSlot: 105 });
  return { client: client as unknown as Untyped, session: session as unknown as Untyped };
}

async function failureOf(attempt: () => unknown): Promise<unknown> {
  try {
    await attempt();
    return undefined;
  } catch (error) {
    return error;
  }
}

test.each(CALLS)("%s throws only a SimulatorError for a value that cannot be converted to text or JSON", async (name, call) => {
  const untyped = await startUntyped();
  for (const [what, value] of UNPRINTABLE) {
    const error = await failureOf(() => call(untyped, value));
    // A call may accept the value. `error` is then undefined.
    expect(
      error === undefined || isSimulatorError(error),
      `${name} with ${what}: ${error instanceof Error ? error.stack : typeof error}`,
    ).toBe(true);
  }
});

describe("values that the application throws and that cannot be converted to text", () => {
  test.each(UNPRINTABLE)("startSession fails with the code `unreachable` if the apiKey function throws %s", async (_, thrown) => {
    const sim = createLocalSimulator({ startSlot: 100, slots: 10 });
    const reconnect = { shouldRetry: () => false };
    const client = new BacktestClient({ ...options(sim), apiKey: () => raise(thrown), reconnect });
    expect(await failureOf(() => client.startSession(SLOTS))).toMatchObject({ code: "unreachable" });
  });

  test.each(UNPRINTABLE)("startSession reports the failure of shouldRetry if shouldRetry throws %s", async (_, thrown) => {
    const reconnect = { shouldRetry: () => raise(thrown) };
    const sim = createLocalSimulator({ startSlot: 100, slots: 10 });
    const client = new BacktestClient({ ...options(sim), apiKey: () => raise(new Error("no key")), reconnect });
    expect(await failureOf(() => client.startSession(SLOTS))).toMatchObject({
      code: "unreachable",
      message: expect.stringContaining("reconnect.shouldRetry threw"),
    });
  });

  test.each(UNPRINTABLE)("an HTTP call fails with the code `unreachable` if fetch rejects with %s", async (_, thrown) => {
    const sim = createLocalSimulator({ startSlot: 100, slots: 10 });
    const client = new BacktestClient({ ...options(sim), fetch: () => Promise.reject(thrown) });
    expect(await failureOf(() => client.deleteBundle(SLOTS))).toMatchObject({ code: "unreachable" });
  });

  test.each(UNPRINTABLE)(
    "startSession fails with the code `unreachable` if the constructor of the WebSocket throws %s",
    async (_, thrown) => {
      class FailingSocket {
        constructor() {
          raise(thrown);
        }
      }
      const client = new BacktestClient({ url: "ws://127.0.0.1:9", WebSocket: FailingSocket as never, logger: false });
      expect(await failureOf(() => client.startSession(SLOTS))).toMatchObject({ code: "unreachable" });
    },
  );
});
