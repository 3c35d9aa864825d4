import { readdir, readFile, writeFile } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { BacktestClient } from "../../../src/client/backtest-client.js";
import { parseJson } from "../../../src/codec/json.js";
import { startLocalSimulator } from "../../../src/local/index.js";
import { walletOf } from "../../local/engine/litesvm/litesvm-rig.js";
import { breakInstruction, TOKEN_2022 } from "../../support/broken-program.js";
import { runCli } from "../support/captured-io.js";
import { useFolder } from "../support/temporary-folder.js";

const folder = useFolder();
const SYSTEM = "11111111111111111111111111111111";
let simulator: Awaited<ReturnType<typeof startLocalSimulator>>;
let broken: Uint8Array;

beforeAll(async () => {
  simulator = await startLocalSimulator({ engine: "litesvm", seed: "7", startSlot: 300_000_000, slots: 60 });
  const client = new BacktestClient({ url: simulator.url, logger: false });
  const session = await client.startSession({ startSlot: 300_000_000, slotCount: 5 });
  for await (const { type } of session) if (type === "readyForContinue") break;
  broken = await breakInstruction(session.info.rpcEndpoint);
  await session.shutdown();
  await client.close();
});

afterAll(() => simulator.close());

/** Runs a command with the first 30 slots of the ledger. */
function run(command: string, ...options: string[]) {
  return runCli([command, "--url", simulator.url, "--start-slot", "300000000", "--slots", "30", ...options]);
}

async function programFile() {
  await writeFile(folder.path("broken.so"), broken);
  return `${TOKEN_2022}=${folder.path("broken.so")}`;
}

describe("ab", () => {
  it.each([[[]], [["--concurrent"]], [["--parallel"]]])(
    "`ab --fail-on regression` exits with 3 if the new program causes failures (additional options: %j)",
    async (options) => {
      const program = await programFile();
      const { code, stdout, stderr } = await run("ab", "--program-so", program, "--fail-on", "regression", ...options);
      expect(stdout).toMatch(/^A {2}baseline: \d+ transactions, 0 failed$/m);
      expect(stdout).toContain(`changed: program ${TOKEN_2022} replaced by ${folder.path("broken.so")}`);
      expect(stdout).toMatch(/^ {2}regressions +[1-9]/m);
      expect(stdout).toMatch(/^ {4}B: Token-2022: .*TransferChecked/im);
      expect(stdout).toContain("profit and loss");
      expect(stderr).toContain("completed in");
      expect(code).toBe(3);
    },
  );

  it("`ab` writes both records to the folder of --out, and a later `ab` can use the first record as its baseline", async () => {
    const program = await programFile();
    const records = folder.path("records");
    expect((await run("ab", "--program-so", program, "--out", records)).code).toBe(0);
    expect((await readdir(records)).sort()).toEqual(["baseline.ndjson", "candidate.ndjson"]);
    const [header = ""] = (await readFile(`${records}/candidate.ndjson`, "utf8")).split("\n");
    expect(JSON.parse(header)).toMatchObject({ changes: [expect.stringContaining("replaced by")] });
    const again = await run("ab", "--program-so", program, "--baseline", `${records}/baseline.ndjson`, "--json");
    expect(again.code).toBe(0);
    const { counts, a } = parseJson(again.stdout) as { counts: Record<string, number>; a: { file: string } };
    expect(a.file).toBe(`${records}/baseline.ndjson`);
    expect(counts.regression).toBeGreaterThan(0);
    expect((await run("ab", "--program-so", program, "--out", records)).stderr).toContain("exists already");
  });

  it("`ab --account-overrides` changes accounts in the candidate run, and --report md prints the comparison as Markdown", async () => {
    const { address } = walletOf(0);
    const state = { lamports: 0, owner: SYSTEM, data: ["", "base64"], executable: false };
    await writeFile(folder.path("accounts.json"), JSON.stringify({ [address.text]: state }));
    const options = [
      "--program",
      SYSTEM,
      "--account-overrides",
      folder.path("accounts.json"),
      "--report",
      "md",
      "--fail-on",
      "diff",
    ];
    const { code, stdout } = await run("ab", ...options);
    expect(code).toBe(3);
    expect(stdout).toMatch(/^## Backtest comparison$/m);
    expect(stdout).toContain(address.text);
  });

  it("`ab` sets the range with --end-slot, the names of its sessions with --name, and the slots per `continue` request with --advance-count", async () => {
    const options = ["--end-slot", "300000009", "--name", "named", "--advance-count", "3", "--extra-compute-units", "5"];
    const { code, stderr } = await runCli([
      ...["ab", "--url", simulator.url, "--start-slot", "300000000", "--program", SYSTEM],
      ...options,
    ]);
    expect(code, stderr).toBe(0);
    for (const name of ["named-baseline", "named-candidate"]) {
      const session = simulator.record.sessions.find(({ requests }) => JSON.stringify(requests, bigintText).includes(name));
      const [create, ...others] = session?.requests ?? [];
      expect(create).toMatchObject({ params: { startSlot: 300_000_000n, endSlot: 300_000_009n } });
      expect(others.filter(({ method }) => method === "continue").length).toBeGreaterThanOrEqual(3);
    }
  });

  it("`ab --inject` executes transactions in the candidate run only", async () => {
    await writeFile(folder.path("inject.json"), '{"300000005":["AAAA"]}');
    const { stdout, stderr } = await run("ab", "--program", SYSTEM, "--inject", folder.path("inject.json"));
    expect(stderr).toContain("candidate\nrunning ");
    expect(stderr.split("candidate")[1]).toContain("invalidTransactionFormat");
    expect(stderr.split("candidate")[0]).not.toContain("invalidTransactionFormat");
    expect(stdout).toMatch(/changed: 1 transactions of .*inject\.json injected/);
  });

  it("`ab` supports --ignore, --limit and --force", async () => {
    const program = await programFile();
    const records = folder.path("records");
    const options = [
      "--program-so",
      program,
      "--out",
      records,
      "--ignore",
      "computeUnits",
      "--ignore",
      "order",
      "--ignore",
      "log",
    ];
    const first = await run("ab", ...options, "--limit", "1");
    expect(first.code).toBe(0);
    expect(first.stdout).toMatch(/^regressions, the first 1 of \d+$/m);
    const again = await run("ab", ...options, "--force", "--wait", "--limit", "1000");
    expect(again.code).toBe(0);
    expect(again.stdout).toMatch(/^regressions$/m);
  });

  it("`ab --idl` uses the IDL of a program to describe failures", async () => {
    const synthetic = await startLocalSimulator({ engine: "synthetic", startSlot: 100, slots: 40 });
    const program = synthetic.programs[0] ?? "";
    const range = ["--url", synthetic.url, "--start-slot", "100", "--slots", "40", "--program", program];
    const baseline = folder.path("baseline.ndjson");
    expect((await runCli(["run", ...range, "--transactions", "--out", baseline])).code).toBe(0);
    // In this baseline, every transaction succeeded, so each failure of the candidate is new.
    const record = await readFile(baseline, "utf8");
    await writeFile(baseline, record.replace(/"err":\{"InstructionError":\[\d+,(?:"\w+"|\{"Custom":\d+\})\]\}/g, '"err":null'));
    const idl = { address: program, metadata: { name: "desk" }, instructions: [], errors: [{ code: 1, name: "DeskIsClosed" }] };
    await writeFile(folder.path("idl.json"), JSON.stringify(idl));
    const options = ["--baseline", baseline, "--extra-compute-units", "5", "--idl", folder.path("idl.json")];
    const { code, stdout, stderr } = await runCli(["ab", ...range, ...options]);
    expect(code, stderr).toBe(0);
    expect(stdout).toMatch(/^ {4}B: Token: desk is closed \(instruction #\d/m);
    await synthetic.close();
  });

  it.each([
    [["--program", SYSTEM], "nothing is changed"],
    [["--extra-compute-units", "5"], "--program is missing"],
    [
      ["--program", SYSTEM, "--extra-compute-units", "5", "--concurrent", "--baseline", "x"],
      "--concurrent and --baseline exclude each other",
    ],
    [["--program-so", "no-pair"], "Expected ADDRESS=FILE"],
  ])("`ab` refuses the options %j, and exits with 2", async (options, message) => {
    const { code, stderr } = await run("ab", ...options);
    expect(stderr).toContain(message);
    expect(code).toBe(2);
  });

  it("`ab` exits with 4 if there is nothing to compare", async () => {
    const options = ["--program", walletOf(99).address.text, "--extra-compute-units", "5"];
    expect((await run("ab", ...options)).code).toBe(4);
  });
});

describe("run with changes", () => {
  it("`run` replaces a program with --program-so, executes --advance-count slots per `continue` request, and lists the changes in its record", async () => {
    const program = await programFile();
    const out = folder.path("run.ndjson");
    const options = [
      "--program",
      TOKEN_2022,
      "--program-so",
      program,
      "--advance-count",
      "7",
      "--name",
      "run-with-changes",
      "--out",
      out,
    ];
    const { code, stderr } = await run("run", ...options, "--json");
    expect(code, stderr).toBe(0);
    const record = await readFile(out, "utf8");
    expect(record.split("\n")[0]).toContain(`"changes":["program ${TOKEN_2022} replaced by `);
    expect(record).toContain('"err":{"InstructionError"');
    const recorded = simulator.record.sessions.find(({ requests }) =>
      JSON.stringify(requests, bigintText).includes("run-with-changes"),
    );
    const continues = recorded?.requests.filter(({ method }) => method === "continue") ?? [];
    expect(continues.length).toBeGreaterThanOrEqual(5);
  });

  it("`run` sends the values of --extra-compute-units and --replay-account-state in its create request", async () => {
    await run("run", "--extra-compute-units", "77", "--name", "extra-units");
    await run("run", "--replay-account-state", "--name", "replayed-state");
    const text = JSON.stringify(
      simulator.record.sessions.map(({ requests }) => requests[0]),
      bigintText,
    );
    expect(text).toContain('"extraComputeUnits":77');
    expect(text).toContain('"replayAccountState":true');
  });

  it.each([
    [["--replay-account-state", "--extra-compute-units", "5"], "cannot be used with"],
    [["--inject", "x", "--parallel"], "--inject cannot be combined with --parallel"],
    [["--inject", "x", "--checkpoint", "y"], "--inject cannot be combined with --checkpoint"],
    [["--out", "x.parquet", "--checkpoint", "y"], "cannot be combined with the format parquet"],
    [["--out", "-", "--format", "parquet"], "cannot be combined with the format parquet"],
  ])("`run` refuses the options %j, and exits with 2", async (options, message) => {
    const { code, stderr } = await run("run", ...options);
    expect(stderr).toContain(message);
    expect(code).toBe(2);
  });

  it("`run --inject` refuses a transaction for a slot outside of the run's range", async () => {
    await writeFile(folder.path("inject.json"), '{"5":["AAAA"]}');
    const { code, stderr } = await run("run", "--inject", folder.path("inject.json"));
    expect([code, stderr]).toEqual([2, expect.stringContaining("slot 5 is outside of the range, 300000000 to 300000029")]);
  });

  it("`run` writes a Parquet record if the name of --out ends with .parquet", async () => {
    const out = folder.path("run.parquet");
    expect((await run("run", "--program", SYSTEM, "--out", out)).code).toBe(0);
    const bytes = await readFile(out);
    expect([bytes.toString("latin1", 0, 4), bytes.toString("latin1", bytes.length - 4)]).toEqual(["PAR1", "PAR1"]);
  });
});

const bigintText = (_: string, value: unknown): unknown => (typeof value === "bigint" ? Number(value) : value);
