import { join } from "node:path";
import { beforeAll, expect, onTestFinished, test } from "vitest";
import { BacktestClient } from "../../src/client/backtest-client.js";
import { compareRuns } from "../../src/compare/compare-runs.js";
import { record } from "../../src/compare/record.js";
import { MemoryRecord } from "../../src/compare/record-sinks.js";
import { captureLedger } from "../../src/local/engine/ledger/capture-ledger.js";
import { generateLedger } from "../../src/local/engine/ledger/generate-ledger.js";
import { readLedger } from "../../src/local/engine/ledger/read-ledger.js";
import { addressText } from "../../src/local/engine/litesvm/address-text.js";
import { SYSTEM_PROGRAM } from "../../src/local/engine/litesvm/programs.js";
import { startLocalSimulator } from "../../src/local/node/node-server.js";
import { type MessageVersion, readTransaction } from "../../src/protocol/transaction-message.js";
import { FakeNode } from "../local/engine/ledger/fake-node.js";
import { testFolder } from "../local/engine/ledger/ledger-folder.js";

const START = 700n;
const END = START + 24n;
const PER_SLOT = 12;

let node: FakeNode;

beforeAll(async () => {
  const ledger = generateLedger({ seed: "v", startSlot: START, endSlot: END, skipRate: 0, transactionsPerSlot: PER_SLOT });
  node = await FakeNode.of(ledger);
});

async function capture(): Promise<string> {
  const folder = join(await testFolder(), "captured");
  const accounts = [...node.accounts.keys()];
  await captureLedger({ rpcUrl: "http://node", startSlot: START, endSlot: END, accounts, folder, fetch: node.fetch });
  return folder;
}

/** Runs a captured ledger and records the run. Before the last slot, calls `beforeLastSlot` with the RPC URL of the session. */
async function run(folder: string, beforeLastSlot?: (rpc: string) => Promise<void>) {
  const simulator = await startLocalSimulator({ engine: "litesvm", ledger: folder, isolation: "none" });
  onTestFinished(() => simulator.close());
  const client = new BacktestClient({ url: simulator.url });
  onTestFinished(() => client.close());
  const session = await client.startSession({ startSlot: START, endSlot: END, sendSummary: true });
  session.subscribeTransactions([...simulator.programs]);
  const memory = new MemoryRecord();
  let summary: Record<string, unknown> = {};
  await record(session, memory, {
    step: 1,
    onEvent: async (event) => {
      if (event.type === "completed") summary = { ...event.summary };
      if (event.type === "slot" && event.slot === END - 1n) await beforeLastSlot?.(session.info.rpcEndpoint);
    },
  });
  return { lines: memory.lines, summary };
}

test("compareRuns finds the transaction that fails only in the second run of a captured ledger", async () => {
  const folder = await capture();
  const ledger = await readLedger(folder);
  const versions = new Map<MessageVersion, number>();
  for (let slot = START; slot <= END; slot++) {
    for (const { wire } of (await ledger.blockFrom(slot))!.transactions) {
      const { version } = readTransaction(wire).message;
      versions.set(version, (versions.get(version) ?? 0) + 1);
    }
  }
  expect([...versions.keys()].map(String).sort()).toEqual(["0", "1", "legacy"]);
  const total = [...versions.values()].reduce((sum, count) => sum + count, 0);
  expect(total).toBe(25 * PER_SLOT);

  const first = await run(folder);
  const counted = ["correctSimulation", "incorrectSimulation", "executionErrors", "balanceDiff", "logDiff", "unsanitizable"];
  const sumOf = (summary: Record<string, unknown>): number => counted.reduce((sum, key) => sum + Number(summary[key]), 0);
  expect(sumOf(first.summary)).toBe(total);
  expect(first.summary).toMatchObject({ correctSimulation: total });

  // In the second run, a payer in the last slot has only enough lamports for the fee and the rent, so the payment fails.
  const { transactions } = (await ledger.blockFrom(END))!;
  const payers = transactions.map(({ wire }) => readTransaction(wire).message.keys.map(addressText));
  const at = transactions.findIndex(({ wire, meta }, index) => {
    const { keys, instructions } = readTransaction(wire).message;
    const isPayment = instructions.some(
      ({ programIdIndex, data }) => addressText(keys[programIdIndex]!) === SYSTEM_PROGRAM && data[0] === 2,
    );
    const payer = addressText(keys[0]!);
    return isPayment && meta?.err == null && payers.every((accounts, other) => other === index || !accounts.includes(payer));
  });
  const payer = payers[at]![0]!;
  const second = await run(folder, async (rpc) => {
    const state = {
      lamports: 900_000,
      owner: SYSTEM_PROGRAM,
      executable: false,
      data: { data: "", encoding: "base64" },
      space: 0,
    };
    const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "modifyAccounts", params: [{ [payer]: state }] });
    const response = await fetch(rpc, { method: "POST", headers: { "content-type": "application/json" }, body });
    expect(await response.json()).not.toHaveProperty("error");
  });
  expect(sumOf(second.summary)).toBe(total);
  expect(second.summary).toMatchObject({ correctSimulation: total - 1, incorrectSimulation: 1 });

  const same = await compareRuns([first.lines.join("")], [(await run(folder)).lines.join("")]);
  expect(same.differences).toEqual([]);
  const { regressions, differences } = await compareRuns([first.lines.join("")], [second.lines.join("")]);
  expect(regressions).toMatchObject([{ slot: END }]);
  expect(differences).toHaveLength(1);
});
