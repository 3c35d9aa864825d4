import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { BacktestClient } from "../../src/client/backtest-client.js";
import { compareRuns } from "../../src/compare/compare-runs.js";
import { type AbClient, type AbSession, runAB } from "../../src/compare/run-ab.js";
import { sendTransactions } from "../../src/compare/send-transactions.js";
import { transferLamports } from "../../src/local/engine/ledger/instructions.js";
import { startLocalSimulator } from "../../src/local/index.js";
import { signed, walletOf } from "../local/engine/litesvm/litesvm-rig.js";
import { breakInstruction, TOKEN_2022 } from "../support/broken-program.js";

const create = { startSlot: 300_000_000, slotCount: 40 };
const SYSTEM = "11111111111111111111111111111111";

let simulator: Awaited<ReturnType<typeof startLocalSimulator>>;
let client: BacktestClient;

beforeAll(async () => {
  simulator = await startLocalSimulator({ engine: "litesvm", seed: "7", startSlot: 300_000_000, slots: 100 });
  client = new BacktestClient({ url: simulator.url, logger: false });
});

afterAll(async () => {
  await client.close();
  await simulator.close();
});

/** Starts a session, and waits until it is ready for its first continue request. */
async function readySession() {
  const session = await client.startSession(create);
  for await (const { type } of session) if (type === "readyForContinue") break;
  return session;
}

/** Returns a signed payment that is valid in all sessions, because all sessions have the same first blockhash. */
async function payment(lamports: bigint) {
  const session = await readySession();
  const response = await fetch(session.info.rpcEndpoint, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ jsonrpc: "2.0", id: 1, method: "getLatestBlockhash", params: [] }),
  });
  const { result } = (await response.json()) as { result: { value: { blockhash: string } } };
  const transfer = transferLamports(walletOf(0).address, walletOf(1).address, lamports);
  await session.shutdown();
  return signed([walletOf(0)], [transfer], result.value.blockhash);
}

describe("runAB", () => {
  it.each([false, true])(
    "runAB finds no difference between two runs without changes if the option `concurrent` is %s",
    async (concurrent) => {
      const options = { programs: [TOKEN_2022], candidate: {}, concurrent };
      const { baseline, candidate, comparison } = await runAB(client, create, options);
      expect(baseline.transactions).toBeGreaterThan(5);
      expect(candidate).toMatchObject({ transactions: baseline.transactions, isComplete: true });
      expect(comparison.summary).toMatchObject({ different: 0, same: baseline.transactions, warnings: [] });
    },
  );

  it("if the `candidate` run uses a broken program, runAB reports the changed transactions and balances", async () => {
    const session = await readySession();
    const broken = await breakInstruction(session.info.rpcEndpoint);
    await session.shutdown();
    const { comparison, baseline } = await runAB(client, create, { candidate: { programs: { [TOKEN_2022]: broken } } });
    const { regressions, balances, summary } = comparison;
    const transfers = baseline.record.lines.filter((line) => line.includes("Instruction: TransferChecked"));
    expect(regressions).toHaveLength(transfers.length);
    expect(summary.same).toBeGreaterThan(0);
    for (const { signature, b } of regressions) {
      expect(b?.failure).toMatchObject({ program: TOKEN_2022, name: "TransferChecked" });
      expect(transfers.some((line) => line.includes(signature))).toBe(true);
    }
    expect(balances.length).toBeGreaterThan(0);
    for (const { mint, owner, signature } of balances)
      expect([typeof mint, typeof owner, typeof signature]).toEqual(Array(3).fill("string"));
    expect(summary.pnl.some(({ change }) => change !== 0n)).toBe(true);
  });

  it("runAB sets the account states of the candidate before the first slot", async () => {
    const account = walletOf(0).address.text;
    const state = { data: { data: "", encoding: "base64" as const }, executable: false, lamports: 0n, owner: SYSTEM, space: 0n };
    const { comparison } = await runAB(client, create, { programs: [SYSTEM], candidate: { accounts: { [account]: state } } });
    const { differences, summary } = comparison;
    expect(summary.different).toBeGreaterThan(0);
    expect(JSON.stringify(differences, (_, value) => (typeof value === "bigint" ? `${value}` : value))).toContain(account);
  });

  it("runAB injects transactions at their slots, and reports them as extra transactions of the candidate", async () => {
    const transactions = [
      { slot: 300_000_010n, transactions: [await payment(1_001n)] },
      { slot: 300_000_000n, transactions: [await payment(1_002n)] },
      { slot: 300_000_011n, transactions: [await payment(1_003n)] },
    ];
    const { comparison, candidate } = await runAB(client, create, { programs: [SYSTEM], candidate: { transactions } });
    expect(candidate.isComplete).toBe(true);
    expect(comparison.extra.map(({ slot, b }) => [slot, b?.err])).toEqual([
      [300_000_000n, null],
      [300_000_010n, null],
      [300_000_011n, null],
    ]);
  });

  it("runAB applies `candidate.create` and `candidate.prepare` only to the candidate's session", async () => {
    const prepared: string[] = [];
    const candidate = {
      create: { extraComputeUnits: 1_000 },
      prepare: (session: { info: { sessionId: string } }) => void prepared.push(session.info.sessionId),
    };
    const { comparison } = await runAB(client, create, { programs: [TOKEN_2022], candidate });
    expect(prepared).toHaveLength(1);
    expect(comparison.summary.counts).toMatchObject({ regression: 0, missing: 0 });
  });

  it.each([
    [{ candidate: {} }, "programs"],
    [{}, "candidate"],
    [{ candidate: {}, program: ["x"] }, "program"],
    [{ candidate: { programme: {} } }, "candidate.programme"],
    [{ programs: [SYSTEM], candidate: { transactions: [{ slot: 5, transactions: ["AA=="] }] } }, "transactions.0.slot"],
  ])("runAB refuses the options %j, and the error names the invalid field", async (options, field) => {
    await expect(runAB(client, create, options as never)).rejects.toMatchObject({ code: "invalidParams", field });
  });

  it("when its signal is aborted, runAB shuts the session down and throws, even in an environment without AbortSignal.any", async () => {
    const { any } = AbortSignal;
    Object.assign(AbortSignal, { any: undefined });
    try {
      const stop = new AbortController();
      const closed: Promise<unknown>[] = [];
      const prepare = (session: { closed: Promise<unknown> }) => {
        closed.push(session.closed);
        stop.abort(new Error("enough"));
      };
      const options = { programs: [TOKEN_2022], baseline: { prepare }, candidate: {}, signal: stop.signal };
      await expect(runAB(client, create, options)).rejects.toThrow();
      expect(closed).toHaveLength(1);
      expect(await closed[0]).toMatchObject({ reason: "shutdown" });
    } finally {
      Object.assign(AbortSignal, { any });
    }
  });

  it.each([
    ["slotCount", { startSlot: 300_000_000, slotCount: 40 }],
    ["endSlot", { startSlot: 300_000_000n, endSlot: 300_000_039 }],
  ])("if a range is given with `%s`, runAB refuses a transaction after the last slot", async (_, range) => {
    const transactions = [{ slot: 300_000_040, transactions: [] }];
    const options = { programs: [TOKEN_2022], baseline: { transactions }, candidate: {} };
    await expect(runAB(client, range, options)).rejects.toThrow(
      "transactions.0.slot: 300000040 is after the last slot 300000039",
    );
  });

  it("runAB shuts down the sessions of both runs before it rejects with the first error", async () => {
    const events: string[] = [];
    const session = (name: string): AbSession<string> => ({
      subscriptions: [{ kind: "transaction", filters: ["P"] }],
      subscribeTransactions: () => {},
      programOverride: async () => ({}),
      modifyAccounts: async () => 0,
      // biome-ignore lint/correctness/useYield: the run fails at once
      run: async function* () {
        throw new Error(`${name} failed`);
      },
      nextEvent: () => Promise.reject(new Error("not used")),
      continue: async () => {},
      continueTo: async () => {},
      transactionOutcomes: async () => [],
      shutdown: async () => {
        const turns = name === "baseline" ? 10 : 200;
        for (let turn = 0; turn < turns; turn++) await Promise.resolve();
        events.push(`${name} shut down`);
        throw new Error(`${name} cannot be closed`);
      },
    });
    const names = ["baseline", "candidate"];
    const fake: AbClient<{ startSlot: number }, AbSession<string>> = {
      startSession: async () => session(names.shift() as string),
    };
    const options = { programs: ["P"], candidate: {}, concurrent: true };
    await expect(runAB(fake, { startSlot: 1 }, options)).rejects.toThrow("baseline failed");
    expect(events).toEqual(["baseline shut down", "candidate shut down"]);
  });

  it("runAB returns both records in a form that compareRuns accepts", async () => {
    const { baseline, candidate } = await runAB(client, create, { programs: [TOKEN_2022], candidate: {} });
    const again = await compareRuns(baseline.record, candidate.record, { accounts: [TOKEN_2022] });
    expect(again.summary.same).toBe(baseline.transactions);
  });
});

describe("sendTransactions", () => {
  it("sendTransactions executes transactions in the next block, and resolves to their outcomes", async () => {
    const wire = await payment(1_004n);
    const session = await readySession();
    const [sent, ...others] = await sendTransactions(session, [wire]);
    expect(others).toEqual([]);
    expect(sent).toMatchObject({ signature: expect.any(String), outcome: { err: null } });
    await session.shutdown();
  });
});
