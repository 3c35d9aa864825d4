import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Interrupted } from "../../../src/cli/interrupts.js";
import { runProgram } from "../../../src/cli/program.js";
import { stringifyJson } from "../../../src/codec/json.js";
import { type LocalSimulator, startLocalSimulator } from "../../../src/local/index.js";
import { capturedIo, runCli } from "../support/captured-io.js";
import { useFolder } from "../support/temporary-folder.js";

const folder = useFolder();
let simulator: LocalSimulator;

beforeAll(async () => {
  simulator = await startLocalSimulator({ engine: "synthetic", startSlot: 100, slots: 40 });
});

afterAll(() => simulator.close());

/** Writes a plan with two ranges of ten slots. */
async function writePlan(more: object = {}): Promise<string> {
  const plan = {
    url: simulator.url,
    ranges: [
      { startSlot: 100, endSlot: 109 },
      { startSlot: 110, endSlot: 119 },
    ],
    subscriptions: [{ kind: "transaction", programs: simulator.programs.slice(0, 1) }],
    ...more,
  };
  await writeFile(folder.path("plan.json"), stringifyJson(plan));
  return folder.path("plan.json");
}

const ROUTER = "TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA";
const VARIANTS = { variants: [{ name: "baseline" }, { name: "more", session: { extraComputeUnits: 1_000 } }] };
const out = () => folder.path("records");
const JOB = "100-109.baseline";

describe("fleet run", () => {
  it("`fleet run --out` records all jobs in a folder, and --json prints the number of jobs in each state", async () => {
    const { code, stdout, stderr } = await runCli(["fleet", "run", await writePlan(), "--out", out(), "--json"]);
    expect(code, stderr).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ counts: { completed: 2, failed: 0 } });
    expect(stderr).toContain(`${JOB}: completed, `);
  });

  it("`fleet run --url` overrides the address of the simulator in the plan", async () => {
    const plan = await writePlan({ url: "ws://127.0.0.1:1", retries: 0 });
    const { code } = await runCli(["fleet", "run", plan, "--out", out(), "--url", simulator.url]);
    expect(code).toBe(0);
  });

  it("`fleet run` exits with 1 if a job fails, and `fleet retry` makes the job wait for another attempt", async () => {
    const plan = await writePlan({ ranges: [{ startSlot: 900, endSlot: 909 }], retries: 0 });
    const { code, stderr } = await runCli(["fleet", "run", plan, "--out", out()]);
    expect(code).toBe(1);
    expect(stderr).toMatch(/900-909\.baseline: failed: /);
    expect((await runCli(["fleet", "status", "--out", out()])).code).toBe(1);
    const { stdout } = await runCli(["fleet", "retry", "--out", out(), "--json"]);
    expect(JSON.parse(stdout)).toEqual({ retried: 1 });
    expect((await runCli(["fleet", "status", "--out", out(), "--json"])).stdout).toContain('"waiting":1');
  });

  it("`fleet run` exits with 130 after Ctrl-C, and the same command completes the fleet", async () => {
    const plan = await writePlan();
    const interrupt = new AbortController();
    interrupt.abort(new Interrupted("SIGINT"));
    expect(await runProgram(["fleet", "run", plan, "--out", out()], capturedIo({}, interrupt.signal))).toBe(130);
    expect((await runCli(["fleet", "run", plan, "--out", out()])).stdout).toBe("2 jobs: 2 completed\n");
  });

  it.each([
    ["--workers 0", ["fleet", "run", "plan.json", "--workers", "0"], /--workers <count>' argument '0' is invalid/],
    ["a plan file that does not exist", ["fleet", "run", "plan.json", "--redis", "http://host"], /cannot read plan\.json/],
    ["--queue without --redis", ["fleet", "run", "plan.json", "--queue", "name"], /--queue needs --redis/],
    ["a command line without --out", ["fleet", "run", "plan.json"], /--out is missing/],
    ["records in S3 without --redis", ["fleet", "run", "plan.json", "--out", "s3://bucket"], /records in S3 need --redis/],
  ])("for %s, `fleet run` prints an error that states the problem", async (_, args, message) => {
    const { stderr } = await runCli(args);
    expect(stderr).toMatch(message);
  });
});

describe("fleet work", () => {
  const redis = ["fleet", "work", "--redis", "redis://127.0.0.1:1"];

  it.each([
    ["a command line without --redis", ["fleet", "work"], /--redis is missing/],
    ["--redis with the scheme http", ["fleet", "work", "--redis", "http://host"], /expected a redis:\/\/ or rediss:\/\/ URL/],
    ["a colon in --queue", [...redis, "--queue", "a:b"], /connection\.queue: expected/],
    ["--workers 0", [...redis, "--workers", "0"], /--workers <count>' argument '0' is invalid/],
    ["--lock-time 0", [...redis, "--lock-time", "0"], /--lock-time <seconds>' argument '0' is invalid/],
    ["--url with the scheme ftp", [...redis, "--url", "ftp://host"], /--url: /],
  ])("for %s, `fleet work` prints an error that states the problem", async (_, args, message) => {
    const { stderr } = await runCli(args);
    expect(stderr).toMatch(message);
  });

  it("`fleet work` does not print the password in an invalid URL of Redis", async () => {
    const { stderr } = await runCli(["fleet", "work", "--redis", "redis://:secret@host:not-a-port"]);
    expect(stderr).not.toContain("secret");
  });
});

describe("the state of a fleet", () => {
  it("`fleet status` prints the jobs and their progress as a table, or as JSON with --json", async () => {
    await runCli(["fleet", "run", await writePlan(), "--out", out()]);
    const { stdout } = await runCli(["fleet", "status", "--out", out()]);
    expect(stdout).toMatch(/^100-109\.baseline +completed +#{20} 100 % /m);
    expect(stdout).toMatch(/^2 jobs: 2 completed$/m);
    const { stdout: json } = await runCli(["fleet", "status", "--out", out(), "--json"]);
    expect(JSON.parse(json)).toMatchObject({ counts: { completed: 2 }, jobs: [{ job: { id: JOB }, state: "completed" }, {}] });
  });

  it("`fleet status --watch` shows the progress on a terminal, and ends when all jobs are over", async () => {
    await runCli(["fleet", "run", await writePlan(), "--out", out()]);
    const { code, stdout } = await runCli(["fleet", "status", "--out", out(), "--watch"]);
    expect({ code, stdout }).toEqual({ code: 0, stdout: "2 jobs: 2 completed\n" });
    const shown = await runCli(["fleet", "status", "--out", out(), "--watch"], { isTerminal: true });
    expect(shown.stdout).toContain("100 %");
  });

  it("`fleet cancel` cancels the named jobs or all jobs, and --json prints the number of cancelled jobs", async () => {
    const plan = await writePlan();
    const interrupt = new AbortController();
    interrupt.abort(new Interrupted("SIGINT"));
    await runProgram(["fleet", "run", plan, "--out", out()], capturedIo({}, interrupt.signal));
    expect((await runCli(["fleet", "cancel", JOB, "--out", out()])).stdout).toBe("cancelled 1 job\n");
    expect((await runCli(["fleet", "cancel", "--out", out(), "--json"])).stdout).toBe('{"cancelled":1}\n');
    expect((await runCli(["fleet", "cancel", "unknown", "--out", out()])).stderr).toContain("the fleet has no job unknown");
  });

  it.each(["cancel", "retry"])(
    "the command `fleet %s` refuses --queue without --redis, and an invalid URL in --redis",
    async (name) => {
      expect((await runCli(["fleet", name, "--out", out(), "--queue", "x"])).stderr).toContain("--queue needs --redis");
      expect((await runCli(["fleet", name, "--out", out(), "--redis", "x"])).stderr).toContain(
        "expected a redis:// or rediss:// URL",
      );
    },
  );

  it.each(["status", "cancel", "retry", "report"])("the command `fleet %s` exits with 2 if --out is missing", async (name) => {
    const { code, stderr } = await runCli(["fleet", name]);
    expect(code).toBe(2);
    expect(stderr).toContain("--out is missing");
  });
});

describe("fleet report", () => {
  it("`fleet report` explains in words why a transaction fails", async () => {
    await runCli(["fleet", "run", await writePlan({ ...VARIANTS, ranges: [{ startSlot: 100, endSlot: 119 }] }), "--out", out()]);
    const jobs = folder.path("records/jobs/100-119.more");
    const segment = (await readdir(jobs)).find((name) => name.endsWith(".ndjson")) ?? "";
    const text = await readFile(join(jobs, segment), "utf8");
    const failed = text.replace('"err":null', '"err":{"InstructionError":[0,"ComputationalBudgetExceeded"]}');
    await writeFile(join(jobs, segment), failed);
    const { code, stdout } = await runCli(["fleet", "report", "--out", out()]);
    expect([code, stdout]).toEqual([0, expect.stringContaining("the compute budget is exhausted")]);
  });

  it("`fleet report --fail-on` exits with 3 if a variant has a regression, and --report writes Markdown", async () => {
    await runCli(["fleet", "run", await writePlan({ ...VARIANTS, ranges: [{ startSlot: 100, endSlot: 119 }] }), "--out", out()]);
    const [jobs, report] = [folder.path("records/jobs/100-119.more"), ["fleet", "report", "--out", out()]];
    expect(await runCli([...report, "--fail-on", "regression"])).toMatchObject({ code: 0 });
    const error = '"err":{"InstructionError":[0,{"Custom":6001}]}';
    for (const segment of (await readdir(jobs)).filter((name) => name.endsWith(".ndjson"))) {
      const text = await readFile(join(jobs, segment), "utf8");
      await writeFile(join(jobs, segment), text.replaceAll('"err":null', error));
    }
    const idl = { address: ROUTER, metadata: { name: "router" }, instructions: [], errors: [{ code: 6001, name: "TooLate" }] };
    await writeFile(folder.path("idl.json"), JSON.stringify(idl));
    const found = await runCli([...report, "--fail-on", "regression", "--report", "md", "--limit", "1"]);
    expect(found.code).toBe(3);
    expect(found.stdout).toMatch(/^#+ more, compared with baseline over 1 range$/m);
    expect(found.stdout).toContain("Token: custom error 6001");
    expect(found.stdout).toMatch(/^… and \d+ more\.$/m);
    expect(await runCli([...report, "--fail-on", "regression", "--ignore", "regression"])).toMatchObject({ code: 0 });
    expect((await runCli([...report, "--idl", folder.path("idl.json")])).stdout).toContain("Token: too late");
  });

  it("`fleet report --out` compares each variant with the first variant, and --json prints one line for each comparison", async () => {
    await runCli(["fleet", "run", await writePlan(VARIANTS), "--out", out()]);
    const { code, stdout } = await runCli(["fleet", "report", "--out", out()]);
    expect(code).toBe(0);
    expect(stdout).toContain("more, compared with baseline over 2 ranges");
    expect(stdout).toMatch(/^ {2}regressions +0 /m);
    const { stdout: json } = await runCli(["fleet", "report", "--out", out(), "--json"]);
    expect(JSON.parse(json)).toMatchObject({ baseline: "baseline", variant: "more", report: { counts: { regression: 0 } } });
  });
});
