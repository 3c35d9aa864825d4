import * as v from "valibot";
import { describe, expect, onTestFinished, test } from "vitest";
import { parseJson } from "../../src/codec/json.js";
import { SYSTEM_PROGRAM } from "../../src/local/engine/synthetic/synthetic-addresses.js";
import { tokenTransfer } from "../../src/local/engine/synthetic/token-program.js";
import { actionResult } from "../../src/protocol/action-notification.js";
import { diagnosticSample } from "../../src/protocol/diagnostic-notification.js";
import { replacement } from "../../src/protocol/replacement-notification.js";
import { type Action, pack, packActions } from "./packed.js";
import { accountData, ownTransaction, transfer, WORLD } from "./transactions.js";
import {
  accountDiffs,
  continueBy,
  createSession,
  drain,
  type Message,
  openSocket,
  refusedCreate,
  results,
  rpc,
  type StartSimulator,
  slotsOf,
  subscribe,
  type TestSession,
  type TestSimulator,
  transactions,
} from "./wire-client.js";

interface Discovery {
  slot: number;
  batchIndex: number;
  matched: unknown[];
  transactions: { data: string; encoding: string }[];
  transactionIndices: number[];
}

const ANY_VERSION = { maxSupportedTransactionVersion: 1 };
const RANGE = { startSlot: 100n, endSlot: 129n };

/** Tests the parameters of a create request: discoveries, actions, diagnostic probes, reroute and account states. */
export function plansSuite(start: StartSimulator): void {
  const running = async (options: Parameters<StartSimulator>[0] = {}): Promise<TestSimulator> => {
    const sim = await start({ startSlot: 100n, slots: 1_000, ...options });
    onTestFinished(() => sim.close());
    return sim;
  };

  const complete = async (session: TestSession): Promise<Message> => {
    continueBy(session, 100_000);
    return session.control.method("completed");
  };

  const refusal = async (sim: TestSimulator, params: Record<string, unknown>): Promise<string | undefined> => {
    const answer = (await refusedCreate(sim, { startSlot: 100, endSlot: 129, ...params })) as {
      invalidRequest?: { error: string };
    };
    return answer.invalidRequest?.error ?? JSON.stringify(answer);
  };

  describe("discoveries", () => {
    const discoveriesOf = (messages: readonly Message[]): Discovery[] =>
      messages.filter(({ method }) => method === "discoveryBatch").map(({ params }) => params as Discovery);

    /** Runs a session to each discovered batch, and calls `look` before the batch is executed. */
    const stepThrough = async (
      sim: TestSimulator,
      discoveries: unknown[],
      look: (session: TestSession, discovery: Discovery) => Promise<void> = async () => {},
    ): Promise<{ session: TestSession; found: Discovery[] }> => {
      const session = await createSession(sim, { ...RANGE, discoveries });
      const { control } = session;
      const found: Discovery[] = [];
      const queue = discoveriesOf(control.messages);
      for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
        found.push(next);
        const { slot, batchIndex } = next;
        control.send({ method: "continueTo", params: { slot, batchIndex } });
        const messages = await control.until(({ method }) => method === "paused");
        expect(messages.at(-1)?.params).toEqual({ slot, batchIndex });
        queue.push(...discoveriesOf(messages));
        await look(session, next);
      }
      await complete(session);
      return { session, found };
    };

    test("a client can stop a session before the batch of each discovery is executed", async () => {
      const sim = await running({ transactionsPerSlot: 6 });
      const [, vault = ""] = sim.programs;
      const filter = { kind: "programExecuted", value: vault };
      const { session, found } = await stepThrough(sim, [filter], async (stopped, { slot, batchIndex, transactions: ahead }) => {
        const reported = (sim.record.session(stopped.sessionId)?.notifications("transaction", vault) ?? []).map(({ key }) => key);
        for (const { data } of ahead) {
          const { signature } = JSON.parse(atob(data)) as { signature: string };
          expect([slot, batchIndex, reported]).not.toContain(signature);
          expect((await rpc(sim, stopped, "getTransaction", signature)).result).toBeNull();
        }
      });
      const executed = sim.record.session(session.sessionId)?.notifications("transaction", vault) ?? [];
      const ahead = found.flatMap(({ transactions }) =>
        transactions.map(({ data, encoding }) => {
          expect(encoding).toBe("base64");
          return JSON.parse(atob(data)) as { signature: string; slot: number; index: number };
        }),
      );
      expect(found.length).toBeGreaterThan(20);
      expect(ahead.map(({ signature }) => signature)).toEqual(executed.map(({ key }) => key));
      expect(found.flatMap(({ transactionIndices }) => transactionIndices)).toEqual(ahead.map(({ index }) => index));
      expect(found.every(({ matched }) => matched.length === 1 && JSON.stringify(matched[0]) === JSON.stringify(filter))).toBe(
        true,
      );
    });

    test("the simulator sends `discoveryBatch` before it executes the discovered batch", async () => {
      const sim = await running();
      const filter = { kind: "programExecuted", value: sim.programs[1] };
      const session = await createSession(sim, { ...RANGE, discoveries: [filter] });
      const first = discoveriesOf(session.control.messages);
      expect(first.length).toBeGreaterThan(0);
      expect(session.control.messages.findIndex(({ method }) => method === "discoveryBatch")).toBeLessThan(
        session.control.messages.findIndex(({ method }) => method === "readyForContinue"),
      );
      await complete(session);
      const { messages } = session.control;
      const done = (slot: number): number =>
        messages.findIndex(({ method, params }) => method === "slotNotification" && params === slot);
      const reported = messages.flatMap((message, at) => discoveriesOf([message]).map(({ slot }) => [slot, at] as const));
      expect(reported.length).toBeGreaterThan(10);
      for (const [slot, at] of reported) expect(at).toBeLessThan(done(slot));
    });

    test("a client can pause or close a session during `discoveryLeadMs`, before a discovered batch is executed", async () => {
      const sim = await running({ discoveryLeadMs: 60_000 });
      const session = await createSession(sim, { ...RANGE, discoveries: [{ kind: "programExecuted", value: sim.programs[1] }] });
      const { control } = session;
      const [first] = discoveriesOf(control.messages) as [Discovery];
      continueBy(session, 1_000);
      if (first.slot > 100)
        await control.until(({ method, params }) => method === "slotNotification" && params === first.slot - 1);
      else await control.until(({ params }) => (params as { status?: string })?.status === "executingBlockTransactions");
      control.send({ method: "continueTo", params: { slot: first.slot, batchIndex: first.batchIndex } });
      const stopped = await control.until(({ method }) => method === "paused");
      expect(stopped.at(-1)?.params).toEqual({ slot: first.slot, batchIndex: first.batchIndex });
      continueBy(session, 1_000);
      await control.until(({ params }) => (params as { status?: string })?.status === "executingBlockTransactions");
      control.send({ method: "closeBacktestSession" });
      await control.method("success");
      expect(slotsOf(control.messages).length).toBeLessThan(30);
    });

    test("the discovery filter `oracleUpdate` matches transactions that call a listed program and move no tokens", async () => {
      const sim = await running();
      const [token = "", vault = ""] = sim.programs;
      const [account] = WORLD.vaults.map(({ text }) => text) as [string];
      const any = { kind: "oracleUpdate", value: { programs: [vault] } };
      const named = { kind: "oracleUpdate", value: { programs: [vault], accounts: [account] } };
      const { session, found } = await stepThrough(sim, [any, named]);
      const signatures = found.flatMap((batch) =>
        batch.transactions.map(({ data }) => JSON.parse(atob(data)) as { signature: string }),
      );
      for (const { signature } of signatures) {
        const { result } = await rpc(sim, session, "getTransaction", signature, ANY_VERSION);
        const { meta } = result as { meta: { preTokenBalances: unknown; postTokenBalances: unknown } };
        expect(meta.preTokenBalances).toEqual(meta.postTokenBalances);
      }
      const both = found.filter(({ matched }) => matched.length === 2);
      expect(both.length).toBeGreaterThan(0);
      expect(both.length).toBeLessThan(found.length);
      // `oracleUpdate` matches transactions that move no tokens. In the token program, only failed transactions move no tokens.
      const still = await stepThrough(sim, [{ kind: "oracleUpdate", value: { programs: [token] } }]);
      expect(still.found.length).toBeGreaterThan(0);
      for (const { data } of still.found.flatMap((batch) => batch.transactions)) {
        const { signature } = JSON.parse(atob(data)) as { signature: string };
        const { result } = await rpc(sim, still.session, "getTransaction", signature, ANY_VERSION);
        expect(result).toMatchObject({ meta: { err: { InstructionError: [1, { Custom: 1 }] } } });
      }
    });

    test("if no batch matches the `discoveries` of a session, the session runs to the end of its range", async () => {
      const sim = await running({ slots: 5_000, transactionsPerSlot: 1 });
      const session = await createSession(sim, {
        startSlot: 100n,
        endSlot: 4_000n,
        discoveries: [{ kind: "programExecuted", value: WORLD.wallets[0]?.text }],
      });
      await complete(session);
      expect(discoveriesOf(session.control.messages)).toEqual([]);
      expect(slotsOf(session.control.messages)).toHaveLength(3_901);
    });
  });

  describe("actions", () => {
    type Result = v.InferOutput<typeof actionResult>;

    /** Runs a session with actions, and returns the results that a client receives. */
    const run = async (
      sim: TestSimulator,
      actions: Action[],
      params: Record<string, unknown> = {},
    ): Promise<{ session: TestSession; reported: Result[] }> => {
      const session = await createSession(sim, { ...RANGE, ...params, actions: await packActions(actions) });
      await complete(session);
      const socket = await subscribe(sim, session, { method: "actionSubscribe", params: [null, {}] });
      const texts = results(await drain(socket));
      const { sessionId } = session;
      expect(texts).toEqual(
        sim.record
          .session(sessionId)
          ?.notifications("action")
          .map((result) => result.json()),
      );
      return { session, reported: texts.map((text) => v.parse(actionResult, parseJson(text))) };
    };

    test("an action simulates `transactions[i]` at the slot `anchor.slots[i]`", async () => {
      const sim = await running();
      const [alice, bob] = WORLD.wallets.map(({ text }) => text) as [string, string];
      const returnAccounts = [bob, "SysvarC1ock11111111111111111111111111111111"];
      const lots = [1n, 20n, 300n].map((lamports) => transfer(lamports));
      const texts = lots.map(({ base64 }) => base64);
      const { session, reported } = await run(sim, [
        { anchor: { at: "beforeSlot", slots: [105, 110, 105] }, transactions: texts, returnAccounts, label: "before" },
        { anchor: { at: "afterSlot", slots: [105] }, transactions: texts.slice(0, 1), returnAccounts },
      ]);
      expect(reported.map(({ slot, actionIndex, label, committed }) => [slot, actionIndex, label, committed])).toEqual([
        [105n, 0, "before", false],
        [105n, 1, undefined, false],
        [110n, 0, "before", false],
      ]);
      expect(reported.map(({ transactionOutcomes }) => transactionOutcomes.length)).toEqual([2, 1, 1]);
      for (const { context, slot, batchIndex, txIndex, matched, transactionOutcomes, accounts } of reported) {
        expect([context.slot, batchIndex, txIndex, matched]).toEqual([slot, undefined, undefined, undefined]);
        for (const { err, logs, unitsConsumed, fee } of transactionOutcomes) {
          expect([err, unitsConsumed, fee]).toEqual([null, 150n, 5_000n]);
          expect(logs[0]).toContain("invoke [1]");
        }
        expect(accounts?.map((account) => account?.owner)).toEqual([SYSTEM_PROGRAM.text, undefined]);
      }
      // The first action has two transactions at slot 105. The second transaction starts from the state after the first.
      const [before, after] = reported.map(({ accounts }) => accounts?.[0]?.lamports ?? 0n) as [bigint, bigint];
      const states = sim.record.session(session.sessionId)?.notifications("account", bob) ?? [];
      const at = (slot: bigint): bigint => {
        const state = states.findLast((result) => result.slot <= slot);
        const genesis = WORLD.genesis.get(bob)?.lamports ?? 0n;
        return state === undefined
          ? genesis
          : BigInt((parseJson(state.json()) as { value: { lamports: bigint } }).value.lamports);
      };
      expect(before).toBe(at(104n) + 301n);
      expect(after).toBe(at(105n) + 1n);
      const keys = sim.record
        .session(session.sessionId)
        ?.notifications("transaction", alice)
        .map(({ key }) => key);
      for (const { signature } of lots) expect(keys).not.toContain(signature);
    });

    test("an action at every n-th slot is skipped if the slot has no block", async () => {
      const sim = await running({ skipRate: 0.4 });
      const one = [transfer(1n).base64];
      const { session, reported } = await run(sim, [
        { anchor: { at: "beforeEverySlot", everyNSlots: 5 }, transactions: one },
        { anchor: { at: "afterEverySlot" }, transactions: one },
      ]);
      const slots = slotsOf(session.control.messages).map((slot) => BigInt(slot as number));
      const of = (action: number): bigint[] =>
        reported.filter(({ actionIndex }) => actionIndex === action).map(({ slot }) => slot);
      expect(of(0)).toEqual(slots.filter((slot) => slot % 5n === 0n));
      expect(of(0).length).toBeGreaterThan(0);
      expect(of(1)).toEqual(slots);
    });

    test("an action at `beforeMatch` or `afterMatch` is executed for each matching batch, and reports the transaction that matches the filter", async () => {
      const sim = await running();
      const [, vault = ""] = sim.programs;
      const filter = { kind: "programExecuted", value: vault };
      const probe = [transfer(1n).base64];
      const returnAccounts = WORLD.vaults.map(({ text }) => text);
      const { session, reported } = await run(sim, [
        { anchor: { at: "beforeMatch", filter }, transactions: probe, returnAccounts },
        { anchor: { at: "afterMatch", filter }, transactions: probe, returnAccounts },
      ]);
      const [before, after] = [0, 1].map((action) => reported.filter(({ actionIndex }) => actionIndex === action)) as [
        Result[],
        Result[],
      ];
      expect(before.length).toBeGreaterThan(10);
      const place = ({ slot, batchIndex, txIndex, matched }: Result): unknown => [slot, batchIndex, txIndex, matched?.data];
      expect(before.map(place)).toEqual(after.map(place));
      expect(
        before.every(({ batchIndex, txIndex, matched }) => batchIndex !== undefined && txIndex !== undefined && matched),
      ).toBe(true);
      // Some batches change the state of a vault.
      const differs = before.filter(
        ({ accounts }, index) => JSON.stringify(accounts, text) !== JSON.stringify(after[index]?.accounts, text),
      );
      expect(differs.length).toBeGreaterThan(before.length / 4);
      const keys = sim.record
        .session(session.sessionId)
        ?.notifications("transaction", vault)
        .map(({ key }) => key);
      for (const { matched } of before) {
        expect(keys).toContain((JSON.parse(atob(matched?.data ?? "")) as { signature: string }).signature);
      }
    });

    test("an action of the kind `send` executes its transactions in the block, and subscriptions and RPC calls report these transactions", async () => {
      const sim = await running();
      const alice = WORLD.wallets[0]!;
      const nobody = WORLD.positions[0]!;
      const sent = transfer(890_880n, 0, nobody);
      const { session, reported } = await run(sim, [
        { anchor: { at: "afterSlot", slots: [110] }, kind: "send", transactions: [sent.base64], returnAccounts: [nobody.text] },
      ]);
      expect(reported).toMatchObject([{ slot: 110n, committed: true, accounts: [{ lamports: 890_880n }] }]);
      const own = sim.record.session(session.sessionId)?.notifications("transaction", alice.text) ?? [];
      const seen = own.find(({ key }) => key === sent.signature);
      expect(seen?.slot).toBe(110n);
      // The sent transaction is the last transaction in its slot, after the transactions of the ledger.
      expect(parseJson(seen?.json() ?? "")).toMatchObject({ transactionIndex: 4 });
      expect((await rpc(sim, session, "getTransaction", sent.signature, ANY_VERSION)).result).toMatchObject({ slot: 110 });
    });

    test("an action ends at its first failed or unreadable transaction, and reports the error of this transaction", async () => {
      const sim = await running();
      const [payer, other, token] = [WORLD.wallets[0]!, WORLD.wallets[1]!, WORLD.tokens[1]!];
      const failing = ownTransaction(payer, tokenTransfer(token, WORLD.tokens[3]!, payer, 1n)).base64;
      const sequence = [transfer(1n).base64, failing, transfer(2n).base64];
      const { reported } = await run(sim, [
        { anchor: { at: "beforeSlot", slots: [105, 105, 105] }, transactions: sequence, returnAccounts: [other.text] },
        { anchor: { at: "beforeSlot", slots: [106, 106, 106] }, kind: "send", transactions: sequence },
        { anchor: { at: "beforeSlot", slots: [107] }, transactions: ["AA=="] },
        { anchor: { at: "beforeSlot", slots: [104] }, transactions: [transfer(1n).base64], returnAccounts: [other.text] },
      ]);
      const [reference, simulated, sent, unreadable] = reported;
      const outcomes = (result: Result | undefined): unknown => result?.transactionOutcomes.map(({ err }) => err);
      const error = "Error processing Instruction 0: custom program error: 0x4";
      expect(outcomes(simulated)).toEqual([null, error]);
      expect(outcomes(sent)).toEqual([null, error]);
      expect(sent?.committed).toBe(true);
      expect(outcomes(unreadable)).toEqual([expect.stringContaining("invalidTransactionFormat")]);
      expect(reference?.accounts?.[0]?.lamports).toBeDefined();
    });

    test("if an action has account overrides but no transactions, the overrides stay in effect after the action", async () => {
      const sim = await running();
      const [alice, bob] = WORLD.wallets as [(typeof WORLD.wallets)[0], (typeof WORLD.wallets)[0]];
      const rich = { [bob.text]: accountData(77_000_000n, SYSTEM_PROGRAM.text, "") };
      const fromBob = transfer(5n, 1, alice).base64;
      const { session, reported } = await run(sim, [
        {
          anchor: { at: "beforeSlot", slots: [104] },
          transactions: [fromBob],
          accountOverrides: rich,
          returnAccounts: [bob.text],
        },
        { anchor: { at: "beforeSlot", slots: [106] }, transactions: [fromBob], returnAccounts: [bob.text] },
        { anchor: { at: "beforeSlot", slots: [108] }, accountOverrides: rich },
        { anchor: { at: "afterSlot", slots: [109] }, transactions: [fromBob], returnAccounts: [bob.text] },
        {
          anchor: { at: "beforeSlot", slots: [120] },
          transactions: [fromBob],
          returnAccounts: [bob.text],
          feedsReroute: true,
        },
        { anchor: { at: "beforeSlot", slots: [121] }, transactions: [fromBob], returnAccounts: [bob.text] },
      ]);
      const cost = 5_005n;
      const left = reported.map(({ accounts }) => accounts?.[0]?.lamports ?? 0n);
      // An action with overrides and without transactions has no result.
      expect(reported.map(({ actionIndex }) => actionIndex)).toEqual([0, 1, 3, 4, 5]);
      expect(left[0]).toBe(77_000_000n - cost);
      expect(left[1]).toBeGreaterThan(2n ** 53n);
      expect(left.slice(2)).toEqual([77_000_000n - cost, 77_000_000n - cost, 77_000_000n - 2n * cost]);
      expect((await rpc(sim, session, "getBalance", bob.text)).result).toMatchObject({ value: 76_994_995 });
      const owned = await rpc(sim, session, "getProgramAccounts", SYSTEM_PROGRAM.text, { encoding: "base64" });
      const seen = (owned.result as { pubkey: string; account: { lamports: number } }[]).find(
        ({ pubkey }) => pubkey === bob.text,
      );
      expect(seen?.account.lamports).toBe(76_994_995);
    });

    test("a create request with invalid parameters of an action is refused", async () => {
      const sim = await running();
      const one = transfer(1n).base64;
      const bob = WORLD.wallets[1]!.text;
      const overrides = { [bob]: accountData(1n, SYSTEM_PROGRAM.text) };
      const at = (slots: number[]): Action["anchor"] => ({ at: "beforeSlot", slots });
      const why = async (action: Action, params: Record<string, unknown> = {}): Promise<string | undefined> =>
        refusal(sim, { ...params, actions: await packActions([action]) });
      expect(await why({ anchor: at([100, 101]), transactions: [one] })).toContain(
        "expected as many slots as transactions, got 2 and 1",
      );
      expect(await why({ anchor: at([100]), transactions: [one], kind: "send", accountOverrides: overrides })).toContain(
        "cannot be used with kind send",
      );
      expect(await why({ anchor: { at: "afterSlot", slots: [100] }, accountOverrides: overrides })).toContain("beforeSlot");
      expect(await why({ anchor: at([100]), feedsReroute: true })).toContain("feedsReroute");
      const program = { [bob]: { ...accountData(1n, SYSTEM_PROGRAM.text), executable: true } };
      expect(await why({ anchor: at([100]), accountOverrides: program })).toContain("program account");
      const resolve = { type: "liquidityArrays", pool: bob, inputMint: bob, arrayKeyIndices: [1] };
      expect(await why({ anchor: at([100, 101]), transactions: [one, one], resolve })).toContain(
        "rewrites one transaction, got 2",
      );
      expect(await why({ anchor: at([100]), transactions: [one], resolve, kind: "send" })).toContain("send");
      expect(await why({ anchor: at([100]), transactions: [one], resolve, feedsReroute: true })).toContain("feedsReroute");
      expect(await why({ anchor: { at: "beforeEverySlot" }, resolve: { type: "quoteStamp" } })).toContain("needs a transaction");
      const send = { anchor: at([100]), transactions: [one], kind: "send" };
      expect(await why(send, { replayAccountState: true })).toContain("Take kind: simulate");
      expect(await refusal(sim, { actions: "KLUv" })).toContain("zstd");
      expect(await refusal(sim, { actions: await pack({}) })).toContain("actions");
      expect(await refusal(sim, { actions: await pack([{ anchor: { at: "noon" } }]) })).toContain("at");
      const bad = { [bob]: { ...accountData(1n, SYSTEM_PROGRAM.text), data: { data: "%%%", encoding: "base64" } } };
      expect(await why({ anchor: at([100]), accountOverrides: bad })).toContain("invalidAccountEncoding");
    });
  });

  describe("diagnostic probes", () => {
    const [market, other] = WORLD.mints.map(({ text }) => text) as [string, string];

    test("a diagnostic probe reports one sample for each combination of slot, market and USD value", async () => {
      const sim = await running();
      const diagnosticProbes = [
        {
          anchor: { at: "afterEverySlot", everyNSlots: 10 },
          markets: [market, other],
          usdValues: [100, 4_294_967_295],
          label: "depth",
        },
        { anchor: { at: "afterSlot", slots: await pack([105, 112]) }, markets: [market], usdValues: [5] },
      ];
      const tell = async (): Promise<string[]> => {
        const session = await createSession(sim, { ...RANGE, diagnosticProbes });
        await complete(session);
        const socket = await subscribe(sim, session, { method: "diagnosticSubscribe", params: [null, {}] });
        const reported = results(await drain(socket));
        expect(reported).toEqual(
          sim.record
            .session(session.sessionId)
            ?.notifications("diagnostic")
            .map((result) => result.json()),
        );
        return reported;
      };
      const texts = await tell();
      const read = texts.map((text) => v.parse(diagnosticSample, parseJson(text)));
      expect(read.map(({ slot, probeIndex, market, usdValue, label }) => [slot, probeIndex, market, usdValue, label])).toEqual([
        ...[[100n], [105n, 1], [110n], [112n, 1], [120n]].flatMap(([slot, index]) =>
          index === 1
            ? [[slot, 1, market, 5, undefined]]
            : [market, other].flatMap((name) => [100, 4_294_967_295].map((usd) => [slot, 0, name, usd, "depth"])),
        ),
      ]);
      expect(read.every(({ results, err }) => (results === undefined) === (err !== undefined))).toBe(true);
      expect(await tell()).toEqual(texts);
    });

    test("a create request with invalid parameters of a diagnostic probe is refused", async () => {
      const sim = await running();
      const probe = { anchor: { at: "afterEverySlot" }, markets: [market], usdValues: [1] };
      const why = (change: Record<string, unknown>): Promise<string | undefined> =>
        refusal(sim, { diagnosticProbes: [{ ...probe, ...change }] });
      expect(await why({ markets: [] })).toContain("expected 1 to 64 markets, got 0");
      expect(await why({ usdValues: [] })).toContain("expected 1 to 16 usdValues, got 0");
      expect(await why({ markets: [market, market] })).toContain("expected each market once");
      expect(await why({ usdValues: [1, 0] })).toContain("expected usdValues above 0");
      expect(await why({ usdValues: new Array(17).fill(1) })).toContain("expected 1 to 16 usdValues, got 17");
      expect(await why({ anchor: { at: "beforeEverySlot" } })).toContain("expected the anchor afterSlot or afterEverySlot");
    });
  });

  describe("reroute", () => {
    const ROUTES = { aggregators: ["jupiter", "okx", "titan", "dflow"] };
    const long = { startSlot: 100n, endSlot: 399n };

    const tell = async (
      sim: TestSimulator,
      reroute: Record<string, unknown>,
    ): Promise<{ read: v.InferOutput<typeof replacement>[]; stats: Record<string, unknown>; texts: string[] }> => {
      const session = await createSession(sim, { ...long, reroute, sendSummary: true });
      const completed = await complete(session);
      const socket = await subscribe(sim, session, { method: "replacementSubscribe", params: [null, {}] });
      const texts = results(await drain(socket));
      expect(texts).toEqual(
        sim.record
          .session(session.sessionId)
          ?.notifications("replacement")
          .map((result) => result.json()),
      );
      const { rerouteStats } = (completed.params as { summary: { rerouteStats: Record<string, unknown> } }).summary;
      return { read: texts.map((text) => v.parse(replacement, parseJson(text))), stats: rerouteStats, texts };
    };

    const template = (inputMint: string, outputMint: string): Record<string, unknown> => ({
      label: "vault",
      mode: "ExactIn",
      inputMint,
      outputMint,
      instruction: { programId: WORLD.vaults[0]?.text, accounts: [], data: { data: "AA==", encoding: "base64" } },
      amountOffset: 0,
      taker: { user: [0], inputTokenAccount: 1, outputTokenAccount: 2 },
    });

    test("a session with `reroute` reports replacements of the kinds `requote`, `directFill` and `original`, and counts them in its summary", async () => {
      const sim = await running({ transactionsPerSlot: 8 });
      const plain = await tell(sim, ROUTES);
      const [first] = plain.read.flatMap((one) => (one.kind === "requote" ? one.legs : []));
      const { inputMint = "", outputMint = "" } = first ?? {};
      const reroute = { ...ROUTES, directFill: [template(inputMint, outputMint)], detectFailedL1Swaps: true };
      const { read, stats, texts } = await tell(sim, reroute);
      const count = (kind: string): number => read.filter((one) => one.kind === kind).length;
      for (const kind of ["requote", "directFill", "original"]) expect([kind, count(kind) > 5]).toEqual([kind, true]);
      expect(new Set(read.map(({ outcome }) => outcome))).toEqual(
        new Set(["filled", "reverted", "unattributed", "unsimulatable"]),
      );
      expect(read.some(({ originalFailed }) => originalFailed)).toBe(true);
      expect(plain.read.some(({ originalFailed }) => originalFailed)).toBe(false);
      for (const { outcome, err, category, changeVsL1Bps, l1Fill, originalFailed } of read) {
        expect(err === undefined).toBe(outcome === "filled" || outcome === "unattributed");
        expect(category === undefined).toBe(outcome !== "reverted");
        if (outcome !== "filled") expect(changeVsL1Bps).toBeUndefined();
        expect(l1Fill === undefined).toBe(originalFailed);
      }
      const failed = read.filter(({ originalFailed, kind }) => originalFailed && kind === "original").length;
      expect(stats).toMatchObject({
        swapsFiltered: 0,
        originalsReplayed: count("original"),
        directFillMatched: count("directFill"),
      });
      expect(Number(stats.swapsDetected) + failed).toBe(count("original"));
      expect(Number(stats.requoteFailures) + count("requote")).toBe(count("original"));
      const outcomes = Object.values(stats.directFillOutcomes as Record<string, number>).reduce((sum, one) => sum + one, 0);
      expect(outcomes).toBe(count("directFill"));
      expect(stats.directFillTemplates).toMatchObject({ vault: { matched: count("directFill") } });
      expect((await tell(sim, reroute)).texts).toEqual(texts);
      // There is one replacement of the kind `original` for each signature.
      expect(new Set(read.map(({ originalSignature }) => originalSignature)).size).toBe(count("original"));
    });

    test("the option `reroute` replaces only swaps of the requested aggregators and token pairs", async () => {
      const sim = await running({ transactionsPerSlot: 8 });
      const all = await tell(sim, ROUTES);
      const jupiter = await tell(sim, {});
      expect(jupiter.read.length).toBeGreaterThan(0);
      expect(jupiter.read.length).toBeLessThan(all.read.length);
      expect(Number(jupiter.stats.swapsFiltered)).toBeGreaterThan(0);
      expect(jupiter.stats.swapsDetected).toBe(all.stats.swapsDetected);
      const legs = all.read.flatMap((one) => (one.kind === "requote" ? one.legs : []));
      const { inputMint = "", outputMint = "" } = legs[0] ?? {};
      const filtered = await tell(sim, { ...ROUTES, filter: { pairs: [[outputMint, inputMint]] } });
      const pairs = filtered.read.flatMap((one) => (one.kind === "requote" ? one.legs : []));
      expect(pairs.length).toBeGreaterThan(0);
      expect(pairs.length).toBeLessThan(legs.length);
      const names = new Set(pairs.flatMap((leg) => [leg.inputMint, leg.outputMint]));
      expect(names).toEqual(new Set([inputMint, outputMint]));
      const probes = await tell(sim, { ...ROUTES, requote: false, directFill: [template(inputMint, outputMint)] });
      expect(new Set(probes.read.map(({ kind }) => kind))).toEqual(new Set(["original", "directFill"]));
    });

    test("the server refuses a create request if one of its reroute options would have no effect", async () => {
      const sim = await running();
      expect(await refusal(sim, { reroute: { requote: false } })).toContain("expected requote or");
      expect(await refusal(sim, { reroute: { aggregators: [] } })).toContain("aggregators");
      expect(await refusal(sim, { reroute: { filter: {} } })).toContain("filter");
      const [one = ""] = WORLD.mints.map(({ text }) => text);
      expect(await refusal(sim, { reroute: { directFill: [template(one, one), template(one, one)] } })).toContain(
        "two templates have the label",
      );
    });
  });

  describe("replayAccountState", () => {
    const NO_TRANSACTIONS = "Create the session without replayAccountState to execute and persist transactions.";

    test("a session with replayAccountState reports at most one change per account and slot, and no transactions", async () => {
      const sim = await running();
      const executing = await createSession(sim, RANGE);
      const session = await createSession(sim, { ...RANGE, replayAccountState: true });
      await Promise.all([complete(executing), complete(session)]);
      const [token = ""] = sim.programs;
      const socket = await subscribe(sim, session, transactions(token), accountDiffs(token), {
        method: "slotSubscribe",
        params: [],
      });
      const messages = await drain(socket, 3);
      const messagesOf = (method: string): Message[] => messages.filter((message) => message.method === method);
      expect(messagesOf("transactionNotification")).toEqual([]);
      expect(messagesOf("slotNotification")).toHaveLength(30);
      const read = (id: string): Record<string, unknown>[] =>
        (sim.record.session(id)?.notifications("accountDiff", token) ?? []).map((diff) => parseJson(diff.json()) as never);
      const diffs = read(session.sessionId) as { context: { slot: number }; account: string; post?: unknown; pre?: unknown }[];
      expect(results(messages)).toHaveLength(diffs.length + 30);
      const keys = diffs.map(({ context, account }) => `${context.slot} ${account}`);
      expect(new Set(keys).size).toBe(keys.length);
      for (const diff of diffs) expect(Object.keys(diff)).toEqual(["context", "account", "block_time", "pre", "post"]);
      // In both sessions, each account has the same final state.
      const last = (list: typeof diffs): Map<string, string> =>
        new Map(list.map(({ account, post }) => [account, JSON.stringify(post, text)]));
      expect(last(diffs)).toEqual(last(read(executing.sessionId) as typeof diffs));
      const account = diffs[0]!.account;
      expect((await rpc(sim, session, "getBalance", account)).result).toEqual(
        (await rpc(sim, executing, "getBalance", account)).result,
      );
    });

    test("a session with replayAccountState refuses to execute transactions, but can simulate transactions", async () => {
      const sim = await running();
      const session = await createSession(sim, { ...RANGE, replayAccountState: true });
      const { base64, signature } = transfer(1n);
      const config = { encoding: "base64" };
      for (const [method, param] of [
        ["getTransaction", signature],
        ["getSignatureStatuses", [signature]],
      ] as const) {
        expect((await rpc(sim, session, method, param)).error).toEqual({
          code: -32011,
          message: expect.stringContaining(NO_TRANSACTIONS),
        });
      }
      expect((await rpc(sim, session, "sendTransaction", base64, config)).error?.message).toContain("replayAccountState");
      expect((await rpc(sim, session, "simulateTransaction", base64, config)).result).toMatchObject({ value: { err: null } });
      continueBy(session, 1, { transactions: [base64] });
      expect((await session.control.method("error")).params).toEqual({
        invalidRequest: { error: expect.stringContaining("replayAccountState") },
      });
      continueBy(session, 1, { modifyAccountStates: { [WORLD.wallets[0]!.text]: accountData(5n, SYSTEM_PROGRAM.text) } });
      await session.control.method("readyForContinue");
    });
  });

  test("the synthetic engine accepts extraComputeUnits and capacityWaitTimeoutSecs, and ignores both", async () => {
    const sim = await running();
    const session = await createSession(sim, { ...RANGE, extraComputeUnits: 5, capacityWaitTimeoutSecs: 900 });
    await complete(session);
  });

  test("the connection stays usable after a create request with unreadable actions", async () => {
    const sim = await running();
    const control = await openSocket(sim);
    control.send({ method: "createBacktestSession", params: { ...RANGE, actions: "?" } });
    expect(await control.method("error")).toMatchObject({ params: { invalidRequest: {} } });
    control.send({ method: "createBacktestSession", params: RANGE });
    await control.method("readyForContinue");
    expect(sim.record.sessions).toHaveLength(1);
  });
}

/** A replacer for JSON.stringify that converts bigints to strings. */
function text(_: string, value: unknown): unknown {
  return typeof value === "bigint" ? value.toString() : value;
}
