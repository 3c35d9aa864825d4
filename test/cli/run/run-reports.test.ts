import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startLocalSimulator } from "../../../src/local/index.js";
import { runCli } from "../support/captured-io.js";

let simulator: Awaited<ReturnType<typeof startLocalSimulator>>;
beforeAll(async () => {
  simulator = await startLocalSimulator({ engine: "synthetic", startSlot: 100, slots: 40 });
});
afterAll(() => simulator.close());

const run = (...options: string[]) => runCli(["run", "--url", simulator.url, "--start-slot", "100", "--slots", "20", ...options]);

describe("the reports of run", () => {
  it("`run --explain` prints why transactions failed, and counts the failed transactions by reason", async () => {
    const { code, stdout, stderr } = await run("--program", String(simulator.programs[0]), "--explain");
    expect(code).toBe(0);
    expect(stderr).toMatch(/^slot 102: \w{80,90} failed: Token: insufficient funds \(instruction #2, transfer\)$/m);
    expect(stdout).toMatch(/^ {2}failed transactions by reason:\n {4}\d+ × Token: insufficient funds$/m);
  });

  it("`run --explain --json` lists the reasons of failed transactions in the summary", async () => {
    const { stdout } = await run("--program", String(simulator.programs[0]), "--explain", "--json");
    const { failures, failedTransactions } = JSON.parse(stdout) as { failures: object[]; failedTransactions: number };
    expect(failures).toEqual([{ reason: "Token: insufficient funds", transactions: failedTransactions }]);
  });

  it("`run --reroute-report VENUE` prints two sections: a report about the venue, and a benchmark", async () => {
    const { code, stdout } = await run("--reroute-report", "Raydium CLMM");
    expect(code).toBe(0);
    expect(stdout).toContain(
      "\n  Raydium CLMM   slots 100 to 119\n\n                      on L1      re-quoted          delta\n",
    );
    expect(stdout).toContain("### slots 100 to 119: no benchmark, because no swap shows the price of SOL");
  });

  it("`run --reroute-report` names the busiest venues if the given venue has no swaps", async () => {
    const { code, stdout } = await run(
      "--reroute-report",
      "Whirlpool",
      "--reroute-aggregators",
      "jupiter,okx",
      "--reroute-circular-arbs",
    );
    expect(code).toBe(0);
    expect(stdout).toContain(
      'label "Whirlpool" never appears in this stream.\nIt names 1 venues; the busiest are Raydium CLMM (',
    );
  });

  it("`run --reroute-report --json` prints the reroute reports as JSON", async () => {
    const { stdout } = await run("--reroute-report", "Raydium CLMM", "--json");
    const { reroute } = JSON.parse(stdout) as { reroute: { replacements: number; venue: object; probes: object } };
    expect(reroute.replacements).toBeGreaterThan(0);
    expect(reroute.venue).toMatchObject({ label: "Raydium CLMM", program: null });
    expect(reroute.probes).toEqual({});
  });
});
