import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test } from "vitest";
import { generateLedger, writeLedger } from "../dist/local.js";
import { runNode } from "./support/run-node.js";

const ROOT = fileURLToPath(new URL("..", import.meta.url));

async function run(folder = "-", isolation = "none"): Promise<string> {
  const { code, stdout, stderr } = await runNode(ROOT, ["e2e/support/run-ledger.mjs", folder, isolation]);
  expect(stderr).toBe("");
  expect(code).toBe(0);
  return stdout;
}

test("runs of the same ledger have the same events in every process, even if the ledger is read from a folder", async () => {
  const parent = await mkdtemp(join(tmpdir(), "same-ledger-"));
  onTestFinished(() => rm(parent, { recursive: true, force: true, maxRetries: 10 }));
  // A ledger in a folder must start and end with a block. This range does so, and has skipped slots in between.
  const plan = { seed: "twice", startSlot: 1_001n, endSlot: 1_039n, transactionsPerSlot: 8, skipRate: 0.2 };
  await writeLedger(join(parent, "ledger"), generateLedger(plan));

  const first = await run();
  const events = first.trimEnd().split("\n");
  const count = (type: string): number => events.filter((text) => text.startsWith(`{"type":"${type}"`)).length;
  expect(count("slot")).toBeGreaterThan(20);
  expect(count("slot")).toBeLessThan(40);
  expect(count("transaction")).toBeGreaterThan(200);
  expect(count("accountDiff")).toBeGreaterThan(200);
  expect(count("completed")).toBe(1);
  expect(first).toContain('"balanceDiff":0,"logDiff":0');

  // Compares the texts before the assertion, because `toBe` would print several megabytes.
  expect((await run()) === first, "in another process").toBe(true);
  expect((await run(join(parent, "ledger"))) === first, "from a folder").toBe(true);
  expect((await run("-", "process")) === first, "in a VM process").toBe(true);
  expect((await run(join(parent, "ledger"), "process")) === first, "in a VM process, from a folder").toBe(true);
});
