import { writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { type LocalSimulator, startLocalSimulator } from "../../../src/local/index.js";
import { runCli } from "../support/captured-io.js";
import { useFolder } from "../support/temporary-folder.js";

const PROGRAM = "So11111111111111111111111111111111111111112";
const RANGE = ["--start-slot", "1000", "--slots", "20"];
const folder = useFolder();

let simulator: LocalSimulator;
beforeAll(async () => {
  simulator = await startLocalSimulator({ startSlot: 1_000, slots: 25, bundleSlots: 10 });
});
afterAll(() => simulator.close());

let stub: Server | undefined;
afterEach(() => stub?.close());

/** Starts a fake service that has prices, and returns its URL. */
async function pricedService(): Promise<string> {
  const usage = {
    api_key_name: "team",
    since: "2026-01-01T00:00:00Z",
    until: "2026-01-02T00:00:00Z",
    sessions: { started: 0, completed: 0, failed: 0 },
    compute: { executed_slot_count: 0, session_duration_ms: 0 },
    pricing: { dollars_per_slot: 0.01, dollars_per_minute: 2, max_ms_per_slot: 300 },
  };
  const ranges = [{ bundle_start_slot: 1000, max_bundle_end_slot: 1999 }];
  stub = createServer((request, response) => {
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify(request.url?.startsWith("/usage") ? usage : ranges));
  });
  await new Promise<void>((resolve) => stub?.listen(0, "127.0.0.1", resolve));
  return `ws://127.0.0.1:${(stub.address() as AddressInfo).port}`;
}

describe("--plan", () => {
  it("`run --plan` prints the plan of the run, and creates neither a session nor a file", async () => {
    const out = folder.path("run.ndjson");
    const sessions = simulator.record.sessions.length;
    const args = ["run", "--plan", "--url", simulator.url, ...RANGE, "--program", PROGRAM, "--transactions", "--out", out];
    const { code, stdout } = await runCli([...args, "--extra-compute-units", "7", "--parallel"]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^nothing is run; this is the plan\n/);
    expect(stdout).toMatch(/^ {2}range +slots 1000 to 1019$/m);
    expect(stdout).toMatch(/^ {2}sessions +about 2 for each run, .*: 1000\.\.1009, 1010\.\.1019$/m);
    expect(stdout).toMatch(/^ {2}receives +slots, transactions of 1 program$/m);
    expect(stdout).toMatch(/^ {2}changes +.*7/m);
    expect(stdout).toContain(`${out} (ndjson)`);
    expect(stdout).toMatch(/^ {2}cost +at most \$0\.00 for 20 slots/m);
    expect(simulator.record.sessions.length).toBe(sessions);
    await expect(writeFile(out, "", { flag: "wx" })).resolves.toBeUndefined();
  });

  it("`run --plan` uses the prices of the service to estimate the cost", async () => {
    const { stdout } = await runCli(["run", "--plan", "--url", await pricedService(), ...RANGE, "--json"]);
    expect(JSON.parse(stdout)).toMatchObject({
      plan: true,
      startSlot: 1000,
      endSlot: 1019,
      slots: 20,
      sessions: [{ startSlot: 1000, endSlot: 1019 }],
      subscriptions: [],
      outputs: [],
      cost: { dollars: 0.2, slots: 20, dollarsPerSlot: 0.01, dollarsPerMinute: 2, maxMsPerSlot: 300 },
      notes: [],
    });
  });

  it("`ab --plan` estimates the cost for the slots of both runs, and lists the records that it would write", async () => {
    const args = ["ab", "--plan", ...RANGE, "--program", PROGRAM, "--extra-compute-units", "7", "--out", folder.path("records")];
    const { code, stdout } = await runCli([...args, "--url", await pricedService()]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^ {2}runs +2: baseline, candidate$/m);
    expect(stdout).toContain("at most $0.40 for 40 slots, $0.01 each; $2 a minute if a slot takes more than 300 ms");
    expect(stdout).toContain(`${folder.path("records/candidate.ndjson")} (ndjson)`);
  });

  it("`run --plan` prints notes about an unavailable range and an existing output file", async () => {
    await writeFile(folder.path("run.csv"), "");
    const args = ["run", "--plan", "--url", simulator.url, "--start-slot", "5", "--slots", "2", "--out", folder.path("run.csv")];
    const { code, stdout } = await runCli(args);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^note: the service may refuse the range: /m);
    expect(stdout).toContain("run.csv exists already: add --force to replace it");
  });

  it("`run --plan` prints a note and exits with 0 if the service does not answer", async () => {
    const { code, stdout } = await runCli(["run", "--plan", "--url", "ws://127.0.0.1:1", ...RANGE]);
    expect([code, stdout]).toEqual([0, expect.stringContaining("note: the available ranges are not known: ")]);
    expect(stdout).toMatch(/^ {2}cost +not known$/m);
  });
});
