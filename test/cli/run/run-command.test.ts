import { existsSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { encodeBase64 } from "../../../src/codec/base64.js";
import { stringifyJson } from "../../../src/codec/json.js";
import { transferLamports } from "../../../src/local/engine/ledger/instructions.js";
import { type LocalSimulator, startLocalSimulator } from "../../../src/local/index.js";
import { SOL_MINT, USDC_MINT } from "../../../src/reroute/mint-table.js";
import { signed, walletOf } from "../../local/engine/litesvm/litesvm-rig.js";
import { runCli } from "../support/captured-io.js";
import { recentBlockhash } from "../support/recent-blockhash.js";
import { useFolder } from "../support/temporary-folder.js";

const SYSTEM = "11111111111111111111111111111111";
const folder = useFolder();
let simulator: LocalSimulator;
let vm: LocalSimulator;

beforeAll(async () => {
  simulator = await startLocalSimulator({ engine: "synthetic", startSlot: 100, slots: 60, bundleSlots: 10 });
  vm = await startLocalSimulator({ engine: "litesvm", seed: "7", startSlot: 300_000_000, slots: 20 });
});
afterAll(async () => {
  await simulator.close();
  await vm.close();
});

interface Summary {
  slots: number;
}

/** Runs the command `run` with the slots 100 to 119, and returns its JSON. */
async function summaryOf(...options: string[]): Promise<Summary> {
  const range = options.includes("--end-slot") ? [] : ["--slots", "20"];
  const { code, stdout, stderr } = await runCli([
    "run",
    "--url",
    simulator.url,
    "--start-slot",
    "100",
    ...range,
    ...options,
    "--json",
  ]);
  expect(code, stderr).toBe(0);
  return JSON.parse(stdout) as Summary;
}

/** Returns the parameters of the last create request that a simulator received. */
function created(): Record<string, unknown> {
  const last = simulator.record.sessions.at(-1)?.requests.find(({ method }) => method === "createBacktestSession");
  return JSON.parse(stringifyJson((last as { params?: unknown } | undefined)?.params)) as Record<string, unknown>;
}

/** Returns the types of the lines in a record. */
async function typesIn(file: string): Promise<Set<string>> {
  const lines = (await readFile(file, "utf8")).trimEnd().split("\n");
  return new Set(lines.map((line) => (JSON.parse(line) as { type: string }).type));
}

const program = () => simulator.programs[0] ?? "";

describe("run", () => {
  it("`run --end-slot` sets the last slot of the run, inclusive", async () => {
    expect((await summaryOf("--end-slot", "104")).slots).toBeLessThanOrEqual(5);
    expect(created()).toMatchObject({ startSlot: 100, endSlot: 104 });
  });

  it("`run --transactions` records no account changes, and `run --account-diffs` records no transactions", async () => {
    const record = folder.path("record.ndjson");
    await summaryOf("--program", program(), "--transactions", "--out", record);
    expect([...(await typesIn(record))]).toEqual(expect.arrayContaining(["transaction", "slot"]));
    expect(await typesIn(record)).not.toContain("accountDiff");
    const diffs = folder.path("diffs.ndjson");
    await summaryOf("--program", program(), "--account-diffs", "--out", diffs);
    expect(await typesIn(diffs)).toContain("accountDiff");
    expect(await typesIn(diffs)).not.toContain("transaction");
  });

  it("`run` warns if it received no transaction and no account change of its programs, and keeps the record", async () => {
    const record = folder.path("record.ndjson");
    const args = ["run", "--url", simulator.url, "--start-slot", "100", "--slots", "20", "--program", SOL_MINT];
    const warning = (what: string) => `warning: ${what} of ${SOL_MINT} in slots 100 to 119: check --program and the range\n`;
    const { code, stdout, stderr } = await runCli([...args, "--out", record]);
    expect([code, stderr]).toEqual([0, expect.stringContaining(warning("no transaction and no account change"))]);
    expect(stdout).toMatch(/^completed in/);
    expect(await typesIn(record)).toContain("completed");
    const quiet = await runCli([...args, "--transactions", "--json", "--quiet"]);
    expect([quiet.code, quiet.stderr]).toEqual([0, warning("no transaction")]);
    expect(JSON.parse(quiet.stdout)).toMatchObject({ reason: "completed", transactions: 0 });
  });

  it("`run` without --program does not warn about missing transactions, because it records only slots", async () => {
    const { code, stderr } = await runCli(["run", "--url", simulator.url, "--start-slot", "100", "--slots", "20"]);
    expect([code, stderr]).toEqual([0, expect.not.stringContaining("warning")]);
  });

  it("`run --parallel` runs the sub-ranges that the server selects", async () => {
    const options = ["--start-slot", "100", "--slots", "40", "--parallel"];
    const { code, stderr } = await runCli(["run", "--url", simulator.url, ...options]);
    expect(code).toBe(0);
    expect(stderr).toMatch(/running parallel_\w+ in [2-9] sub-ranges, slots 100 to 139/);
  });

  it("`run --format` sets the format of a record if the name of its file has no known extension", async () => {
    const out = folder.path("record.txt");
    await summaryOf("--out", out, "--format", "csv");
    expect((await readFile(out, "utf8")).split("\n")[0]).toMatch(/^type,|^slot,/);
  });

  it("`run --checkpoint --checkpoint-every 0.1` saves a checkpoint file, so that a repeated command starts no second session", async () => {
    const options = ["--out", folder.path("record.ndjson"), "--checkpoint", folder.path("point"), "--checkpoint-every", "0.1"];
    await summaryOf(...options);
    expect(existsSync(folder.path("point"))).toBe(true);
    const before = simulator.record.sessions.length;
    const { code } = await runCli(["run", "--url", simulator.url, "--start-slot", "100", "--slots", "20", ...options]);
    expect([code, simulator.record.sessions.length]).toEqual([0, before]);
  });

  it("`run --force` replaces an existing record", async () => {
    const out = folder.path("record.ndjson");
    await writeFile(out, "old");
    const refused = await runCli(["run", "--url", simulator.url, "--start-slot", "100", "--slots", "20", "--out", out]);
    expect([refused.code, await readFile(out, "utf8")]).toEqual([1, "old"]);
    await summaryOf("--out", out, "--force");
    expect(await typesIn(out)).toContain("completed");
  });

  it("`run --wait` starts at once if the simulator can be reached", async () => {
    expect((await summaryOf("--wait")).slots).toBeGreaterThan(10);
  });

  it("`run --fail-on-diff` exits with 0 if each transaction has the same result and balances as on the chain", async () => {
    await summaryOf("--program", program(), "--fail-on-diff");
  });

  it("`run --explain --idl` uses the IDL of a program to describe failures", async () => {
    const idl = { address: program(), metadata: { name: "desk" }, instructions: [], errors: [{ code: 1, name: "DeskIsClosed" }] };
    await writeFile(folder.path("idl.json"), JSON.stringify(idl));
    const options = ["--program", program(), "--explain", "--idl", folder.path("idl.json")];
    const { code, stderr, stdout } = await runCli([
      "run",
      "--url",
      simulator.url,
      "--start-slot",
      "100",
      "--slots",
      "60",
      ...options,
    ]);
    expect(code).toBe(0);
    expect(`${stderr}${stdout}`).toContain("Token: desk is closed (instruction #");
  });

  it("`run` sends the reroute options in its create request", async () => {
    await summaryOf(
      ...["--reroute-order-flow", "router", "--detect-failed-l1-swaps", "true", "--reroute-circular-arbs"],
      ...["--reroute-extra-markets", `${SOL_MINT},${USDC_MINT}`, "--reroute-aggregators", "okx,dflow"],
    );
    expect(created().reroute).toMatchObject({
      detectFailedL1Swaps: true,
      circularArbs: true,
      extraMarkets: [SOL_MINT, USDC_MINT],
      aggregators: ["okx", "dflow"],
    });
  });

  it("`run --parallel` adds up the reroute figures of the sub-ranges", async () => {
    const options = ["--start-slot", "100", "--slots", "40", "--reroute-order-flow", "router"];
    const figures = async (...more: string[]) => {
      const { code, stdout } = await runCli(["run", "--url", simulator.url, ...options, ...more]);
      expect(code).toBe(0);
      return /^ {2}swaps +\d+ .* re-quoted, .*$/m.exec(stdout)?.[0];
    };
    const before = simulator.record.sessions.length;
    const line = await figures("--parallel");
    const sessions = simulator.record.sessions.slice(before);
    expect(sessions.length).toBeGreaterThan(1);
    const detected = sessions.map(({ control }) => {
      const last = control.map(({ response }) => response as { method: string; params?: unknown });
      const completed = last.find(({ method }) => method === "completed");
      const { summary } = (completed?.params ?? {}) as { summary: { rerouteStats: { swapsDetected: bigint } } };
      return summary.rerouteStats.swapsDetected;
    });
    expect(line).toMatch(new RegExp(`^  swaps +${detected.reduce((sum, one) => sum + BigInt(one), 0n)}  \\d`));
  });

  it("with --reroute-order-flow, `run` schedules an action that sets the states of --account-overrides", async () => {
    const state = { lamports: 5, owner: SYSTEM, data: ["", "base64"], executable: false };
    await writeFile(folder.path("accounts.json"), JSON.stringify({ [SOL_MINT]: state }));
    await summaryOf("--reroute-order-flow", "--account-overrides", folder.path("accounts.json"));
    expect(created().actions).toEqual(expect.any(String));
    await summaryOf("--account-overrides", folder.path("accounts.json"));
    expect(created()).not.toHaveProperty("actions");
  });

  it("`run --venue-templates` sends the direct-fill templates in the file", async () => {
    const template = {
      label: "venue/sol-usdc",
      mode: "ExactIn",
      inputMint: SOL_MINT,
      outputMint: USDC_MINT,
      instruction: {
        programId: SYSTEM,
        accounts: [
          { address: SOL_MINT, signer: true },
          { address: USDC_MINT, writable: true },
          { address: SYSTEM, writable: true },
        ],
        data: { data: encodeBase64(new Uint8Array(9)), encoding: "base64" },
      },
      amountOffset: 1,
      taker: { user: [0], inputTokenAccount: 1, outputTokenAccount: 2 },
    };
    await writeFile(folder.path("templates.json"), JSON.stringify([template]));
    await summaryOf("--reroute-order-flow", "venue", "--venue-templates", folder.path("templates.json"));
    expect(created().reroute).toMatchObject({ requote: false, directFill: [{ label: "venue/sol-usdc" }] });
  });
});

describe("run with changes", () => {
  const range = () => ["run", "--url", vm.url, "--start-slot", "300000000", "--slots", "10", "--program", SYSTEM];

  it("`run --account-overrides` sets account states before the first slot", async () => {
    const empty = { lamports: 0, owner: SYSTEM, data: ["", "base64"], executable: false };
    await writeFile(folder.path("accounts.json"), JSON.stringify({ [walletOf(0).address.text]: empty }));
    const same = async (...options: string[]) => {
      const { code, stdout, stderr } = await runCli([...range(), ...options, "--json"]);
      expect(code, stderr).toBe(0);
      return (JSON.parse(stdout) as { summary: { correctSimulation: number } }).summary.correctSimulation;
    };
    expect(await same("--account-overrides", folder.path("accounts.json"))).toBeLessThan(await same());
  });

  it("`run --inject` executes the transactions in the file at their slots", async () => {
    const blockhash = await recentBlockhash(vm.url, 300_000_000);
    const payment = (lamports: bigint) =>
      encodeBase64(signed([walletOf(0)], [transferLamports(walletOf(0).address, walletOf(1).address, lamports)], blockhash));
    await writeFile(folder.path("inject.json"), JSON.stringify({ "300000003": [payment(7n), payment(1n << 62n)] }));
    const { stdout } = await runCli([...range(), "--inject", folder.path("inject.json"), "--json"]);
    const { injected } = JSON.parse(stdout) as { injected: object };
    expect(injected).toMatchObject({ count: 2, failed: [{ slot: 300_000_003 }] });
  });
});
