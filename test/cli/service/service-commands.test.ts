import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { Interrupted } from "../../../src/cli/interrupts.js";
import { runProgram } from "../../../src/cli/program.js";
import { usageCost } from "../../../src/cli/service/usage-text.js";
import { BacktestClient } from "../../../src/client/backtest-client.js";
import { startLocalSimulator } from "../../../src/local/index.js";
import { capturedIo, runCli } from "../support/captured-io.js";

type Simulator = Awaited<ReturnType<typeof startLocalSimulator>>;
let simulator: Simulator;
beforeAll(async () => {
  simulator = await startLocalSimulator({ engine: "synthetic", startSlot: 1_000, slots: 400, apiKey: "secret" });
});
afterAll(() => simulator.close());

const env = { SIMULATOR_API_KEY: "secret" };

/** Runs a command against the simulator. */
function run(...words: string[]) {
  return runCli([...words, "--url", simulator.url], { env });
}

/** Returns the JSON that a command prints with `--json`. */
async function jsonOf<T>(...words: string[]): Promise<T> {
  const { code, stdout, stderr } = await run(...words, "--json");
  expect(code, stderr).toBe(0);
  return JSON.parse(stdout) as T;
}

let stub: Server | undefined;
afterEach(() => stub?.close());

/** Starts a fake service that returns the answers in turn, and repeats the last answer. Returns its URL and the requests. */
async function stubService(...answers: object[]): Promise<{ url: string; requests: string[] }> {
  const requests: string[] = [];
  stub = createServer((request, response) => {
    let body = "";
    request.on("data", (part) => (body += part));
    request.on("end", () => {
      requests.push(`${request.method} ${request.url} ${body}`.trimEnd());
      const answer = answers.length > 1 ? answers.shift() : answers[0];
      response.setHeader("content-type", "application/json").end(JSON.stringify(answer));
    });
  });
  await new Promise<void>((resolve) => stub?.listen(0, "127.0.0.1", resolve));
  return { url: `ws://127.0.0.1:${(stub.address() as AddressInfo).port}`, requests };
}

describe("usage", () => {
  it("`usage` prints totals and a row for each day, and --session-details adds the ended sessions", async () => {
    const client = new BacktestClient({ url: simulator.url, apiKey: "secret", logger: false });
    const session = await client.startSession({ startSlot: 1_000, slotCount: 30, name: "counted" });
    for await (const { type } of session.run()) if (type === "completed") break;
    await session.closed;
    await client.close();
    const { code, stdout } = await run("usage", "--session-details");
    expect(code).toBe(0);
    expect(stdout).toMatch(/^usage of the API key local\n/);
    expect(stdout).toMatch(/^ {2}sessions {3}1 started, 1 completed, 0 not completed$/m);
    expect(stdout).toMatch(/^day \(UTC\) .*cost\n\d{4}-\d\d-\d\d +1 +1 +0 +30 /m);
    expect(stdout).toMatch(/^name +session +started .*\ncounted +backtest_\w{32} +\d{4}-.* 30 +\S+ s +\$0\.00$/m);
    const report = await jsonOf<{ compute: { executedSlotCount: number }; sessionDetails?: object[] }>("usage");
    expect(report.compute.executedSlotCount).toBe(30);
    expect(report).not.toHaveProperty("sessionDetails");
    expect(await jsonOf("usage", "--session-details")).toMatchObject({ sessionDetails: [{ sessionName: "counted" }] });
  });

  it("`usage` sends the times of --since and --until to the service in UTC", async () => {
    const totals = {
      sessions: { started: 0, completed: 0, failed: 0 },
      compute: { executed_slot_count: 0, session_duration_ms: 0 },
    };
    const { url, requests } = await stubService({ api_key_name: "k", since: "a", until: "b", ...totals });
    const window = ["--since", "2026-01-01", "--until", "2026-01-31T14:00:00+02:00"];
    const { code, stdout } = await runCli(["usage", "--url", url, ...window]);
    expect(code).toBe(0);
    expect(requests).toEqual(["GET /usage?since=2026-01-01T00%3A00%3A00Z&until=2026-01-31T12%3A00%3A00Z"]);
    expect(stdout).not.toContain("day (UTC)");
  });

  it("usageCost prices a slow session by its time, and any other session by its slots", () => {
    const pricing = { dollarsPerSlot: 0.5, dollarsPerMinute: 3, maxMsPerSlot: 300n };
    expect(usageCost(pricing, 10, 3_000n)).toBe(5);
    expect(usageCost(pricing, 10, 60_000n)).toBe(3);
  });

  it("`usage` sorts the sessions by their start", async () => {
    const session = (name: string, started: string) => ({
      session_id: `backtest_${name.repeat(32)}`,
      started_at: started,
      ended_at: started,
      executed_slot_count: 1,
      session_duration_ms: 1,
    });
    const totals = {
      sessions: { started: 0, completed: 0, failed: 0 },
      compute: { executed_slot_count: 0, session_duration_ms: 0 },
    };
    const { url } = await stubService(
      { api_key_name: "k", since: "a", until: "b", ...totals },
      { since: "a", until: "b", sessions: [session("b", "2026-01-02T00:00:00Z"), session("a", "2026-01-01T00:00:00Z")] },
    );
    const { stdout } = await runCli(["usage", "--url", url, "--session-details"]);
    expect(stdout.indexOf("backtest_aaaa")).toBeLessThan(stdout.indexOf("backtest_bbbb"));
    expect(stdout.indexOf("backtest_aaaa")).toBeGreaterThan(0);
  });
});

const BUILD = { request_id: "build_1", start_slot: 5, end_slot: 9, created_at_unix_ms: 1_700_000_000_000 };

describe("bundle", () => {
  it("`bundle build` requests a bundle that `bundle status` and `bundle list` then show", async () => {
    const range = ["--start-slot", "1000", "--end-slot", "1199", "--bundle-size", "100"];
    const built = await run("bundle", "build", ...range, "--account-state", "--idempotency-key", "once");
    expect(built.code).toBe(0);
    const [, id = ""] = /^(build_\w+): in_progress\n/.exec(built.stdout) ?? [];
    expect(built.stderr).toBe(`${id}: in_progress\n`);
    expect(built.stdout).toMatch(/^ {2}slots +1000 to 1199\n {2}kind +account_state\n {2}bundles +of 100 slots\n/m);
    // A second request with the same idempotency key returns the same build.
    expect((await run("bundle", "build", ...range, "--account-state", "--idempotency-key", "once")).stdout).toContain(id);
    const other = await jsonOf<{ requestId: string; startSlot: number }>(
      "bundle",
      "build",
      "--start-slot",
      "1300",
      "--slots",
      "50",
    );
    expect(other).toMatchObject({ startSlot: 1300, endSlot: 1349, kind: "blocks" });
    expect(await jsonOf("bundle", "status", id)).toMatchObject({ requestId: id, kind: "account_state" });
    expect((await run("bundle", "status", id)).stdout).toContain(`${id}: `);
    const { stdout } = await run("bundle", "list");
    expect(stdout).toMatch(/^build +status +first slot +last slot +kind +requested\n/);
    expect(stdout).toMatch(new RegExp(`^${id} +\\w+ +1000 +1199 +account_state +\\d{4}-`, "m"));
    const newest = await jsonOf<{ builds: { requestId: string }[] }>("bundle", "list", "--limit", "1");
    expect(newest.builds.map(({ requestId }) => requestId)).toEqual([other.requestId]);
  });

  it("`bundle build --latest` starts at the first slot after the latest snapshot", async () => {
    const { url, requests } = await stubService({ snapshot_slot: 41 }, { ...BUILD, status: "in_progress" });
    const { code } = await runCli(["bundle", "build", "--url", url, "--latest", "--bundle-size", "10"]);
    expect(code).toBe(0);
    expect(requests[1]).toMatch(/^POST \/build-bundle \{.*"start_slot":42,"end_slot":51/);
  });

  it("`bundle build --wait` requests the status until the build has ended, and reports each change once", async () => {
    const [running, done] = ["in_progress", "completed"].map((status) => ({ ...BUILD, status }));
    const { url, requests } = await stubService(running as object, running as object, done as object);
    const range = ["--start-slot", "5", "--end-slot", "9"];
    const { code, stdout, stderr } = await runCli(["bundle", "build", "--url", url, ...range, "--wait", "--poll-secs", "0.1"]);
    expect(code).toBe(0);
    expect(stderr).toBe("build_1: in_progress\nbuild_1: completed\n");
    expect(stdout).toContain("build_1: completed\n");
    expect(requests.slice(1)).toEqual(["GET /build-bundle/build_1", "GET /build-bundle/build_1"]);
  });

  it("`bundle build --wait` exits with 130 after Ctrl-C", async () => {
    const { url } = await stubService({ ...BUILD, status: "in_progress" });
    const interrupt = new AbortController();
    const io = capturedIo({}, interrupt.signal);
    const range = ["--start-slot", "5", "--end-slot", "9"];
    const running = runProgram(["bundle", "build", "--url", url, ...range, "--wait"], io);
    await io.err.until("in_progress");
    interrupt.abort(new Interrupted("SIGINT"));
    expect(await running).toBe(130);
    expect(io.out.text).toBe("");
  });

  it.each([
    ["failed", 1],
    ["needs_investigation", 1],
    ["completed", 0],
    ["in_progress", 0],
  ])("for a build with the status %s, `bundle status` exits with %i", async (status, expected) => {
    const { url } = await stubService({ ...BUILD, status });
    expect((await runCli(["bundle", "status", "build_1", "--url", url])).code).toBe(expected);
  });

  it("`bundle list` prints the bundles that belong to the API key, or a message if the service could not list them", async () => {
    const bundle = { start_slot: 5, end_slot: 9, kind: "blocks", completed_at_unix_ms: 1_700_000_000_000, size_bytes: 4_300 };
    const { stdout } = await runCli(["bundle", "list", "--url", (await stubService({ builds: [], bundles: [bundle] })).url]);
    expect(stdout).toMatch(/^no builds\n\nbundle .*\nblocks +5 +9 +5 +4\.3 kB +2023-11-14T22:13:20Z\n$/);
    stub?.close();
    const unknown = await runCli(["bundle", "list", "--url", (await stubService({ builds: [] })).url]);
    expect(unknown.stdout).toBe("no builds\n\nthe service could not list your bundles\n");
  });

  it("`bundle delete` deletes nothing without --yes", async () => {
    const { url, requests } = await stubService({ start_slot: 5, end_slot: 9, kind: "account_state" });
    const bundle = ["bundle", "delete", "--url", url, "--start-slot", "5", "--end-slot", "9", "--kind", "account-state"];
    const refused = await runCli(bundle);
    expect([refused.code, requests]).toEqual([2, []]);
    expect(refused.stderr).toContain("add --yes to delete the bundle of kind account_state with the slots 5 to 9");
    expect((await runCli([...bundle, "--yes"])).stdout).toBe("deleted the bundle of kind account_state with the slots 5 to 9\n");
    expect(requests).toEqual(["DELETE /bundles?start_slot=5&end_slot=9&kind=account_state"]);
    expect((await runCli([...bundle, "--yes", "--json"])).stdout).toBe('{"startSlot":5,"endSlot":9,"kind":"account_state"}\n');
  });
});

describe("depth", () => {
  it("`depth measure` requests a depth dataset, and `depth status` shows its state", async () => {
    const range = ["--start-slot", "1010", "--end-slot", "1020"];
    const options = ["--source", "onchain", "--granularity", "oracle", "--market", "SOL-USDC", "--market", "mSOL-SOL"];
    const { code, stdout, stderr } = await run("depth", "measure", ...range, ...options);
    expect(code, stderr).toBe(0);
    const [, id = ""] = /^(depth_\w+): in_progress\n/.exec(stdout) ?? [];
    expect(stdout).toMatch(/^ {2}source +onchain, sampled at each oracle update\n {2}captured +\d+ to \d+$/m);
    expect(await jsonOf("depth", "status", id)).toMatchObject({ requestId: id, startSlot: 1010, granularity: "oracle" });
    expect((await run("depth", "status", id)).stdout).toContain(id);
    const routed = await jsonOf("depth", "measure", "--start-slot", "1010", "--slots", "5", "--source", "router");
    expect(routed).toMatchObject({ endSlot: 1014, source: "router" });
  });

  it("`depth measure --wait` polls the status until the dataset is no longer in progress", async () => {
    const dataset = { request_id: "depth_1", start_slot: 5, end_slot: 9, source: "onchain" };
    const { url, requests } = await stubService({ ...dataset, status: "in_progress" }, { ...dataset, status: "failed" });
    const range = ["--start-slot", "5", "--end-slot", "9", "--source", "onchain"];
    const { code, stderr } = await runCli(["depth", "measure", "--url", url, ...range, "--wait", "--poll-secs", "0.1"]);
    expect({ code, stderr }).toEqual({ code: 1, stderr: "depth_1: in_progress\ndepth_1: failed\n" });
    expect(requests[1]).toBe("GET /generate-depth/depth_1");
  });

  it("`depth coverage` prints the markets and venues of each source", async () => {
    const { code, stdout } = await run("depth", "coverage");
    expect(code).toBe(0);
    expect(stdout).toMatch(/^onchain, revision 1, 8 sizes in each direction\n {2}markets +SOL-USDC, .*\n {2}venues +orca, /);
    expect(await jsonOf("depth", "coverage")).toMatchObject({ sources: [{ source: "onchain" }, { source: "router" }] });
  });

  it("`depth coverage` fails if the response of the service contains no source", async () => {
    const { url } = await stubService({ sources: [] });
    const { code, stderr } = await runCli(["depth", "coverage", "--url", url]);
    expect([code, stderr]).toEqual([1, "error: the service could not describe what it samples; try again in a few minutes\n"]);
  });
});

describe("datasets credentials", () => {
  const CREDENTIALS = {
    access_key_id: "AKIA",
    secret_access_key: "se/cr'et$(x)",
    session_token: "tok",
    s3_uri: "s3://bucket/datasets",
    region: "us-east-1",
    expiration: "2026-10-14T05:15:00Z",
  };

  it("`datasets credentials` prints export commands for a shell to stdout, and notes to stderr", async () => {
    const { url } = await stubService(CREDENTIALS);
    const { code, stdout, stderr } = await runCli(["datasets", "credentials", "--url", url]);
    expect(code).toBe(0);
    expect(stdout.split("\n").slice(0, 3)).toEqual([
      "export AWS_ACCESS_KEY_ID='AKIA'",
      "export AWS_SECRET_ACCESS_KEY='se/cr'\\''et$(x)'",
      "export AWS_SESSION_TOKEN='tok'",
    ]);
    expect(stdout).toContain("\nexport AWS_REGION='us-east-1'\nexport AWS_DEFAULT_REGION='us-east-1'\n");
    expect(stderr).toBe("# datasets: s3://bucket/datasets\n# expires: 2026-10-14T05:15:00Z\n");
  });

  it("`datasets credentials --format process` prints the JSON document that AWS SDKs read from a credential_process", async () => {
    const { url } = await stubService(CREDENTIALS);
    const { stdout, stderr } = await runCli(["datasets", "credentials", "--url", url, "--format", "process"]);
    expect(JSON.parse(stdout)).toEqual({
      Version: 1,
      AccessKeyId: "AKIA",
      SecretAccessKey: "se/cr'et$(x)",
      SessionToken: "tok",
      Expiration: "2026-10-14T05:15:00Z",
    });
    expect(stderr).toBe("");
  });

  it("`datasets credentials` prints the same JSON with --json and with --format json", async () => {
    const { url } = await stubService(CREDENTIALS);
    const { stdout } = await runCli(["datasets", "credentials", "--url", url, "--json"]);
    expect(JSON.parse(stdout)).toMatchObject({ accessKeyId: "AKIA", s3Uri: "s3://bucket/datasets" });
    expect((await runCli(["datasets", "credentials", "--url", url, "--format", "json"])).stdout).toBe(stdout);
    expect((await jsonOf<object>("datasets", "credentials")) as object).toMatchObject({ region: "local" });
  });

  it.each(["a\nrm -rf x", "a\u2028b", "\\"])(
    "`datasets credentials` fails for the session token %j, because a shell cannot read the value safely",
    async (value) => {
      const { url } = await stubService({ ...CREDENTIALS, session_token: value });
      const { code, stdout, stderr } = await runCli(["datasets", "credentials", "--url", url]);
      expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
      expect(stderr).toContain("AWS_SESSION_TOKEN that a shell cannot read safely");
    },
  );
});

describe("an invalid command line of a service command", () => {
  const HOST = ["--url", "ws://host"];
  it.each([
    [["usage"], /--url is missing/],
    [["usage", ...HOST, "--since", "soon"], /--since <time>' argument 'soon' is invalid.*2026-01-31T12:00:00Z/],
    [["bundle"], /Usage: simulator-client bundle/],
    [["bundle", "biuld"], /unknown command 'biuld' .*build/],
    [["bundle", "build", ...HOST], /--start-slot is missing/],
    [["bundle", "build", ...HOST, "--latest"], /--latest needs --bundle-size/],
    [["bundle", "build", ...HOST, "--latest", "--start-slot", "5"], /'--latest' cannot be used with option '--start-slot/],
    [["bundle", "build", ...HOST, "--bundle-size", "0"], /Expected a whole number from 1/],
    [["bundle", "build", ...HOST, "--poll-secs", "0"], /Expected a number from 0.1/],
    [["bundle", "delete", ...HOST, "--kind", "all"], /Allowed choices are blocks, account_state/],
    [["bundle", "list", ...HOST, "--limit", "0"], /Expected a whole number from 1/],
    [["bundle", "status", ...HOST], /missing required argument 'request-id'/],
    [["depth", "measure", ...HOST, "--start-slot", "5", "--slots", "5"], /--source is missing/],
    [
      ["depth", "measure", ...HOST, "--start-slot", "5", "--slots", "5", "--source", "router", "--granularity", "oracle"],
      /--granularity oracle needs --source onchain/,
    ],
    [["datasets", "credentials", ...HOST, "--format", "yaml"], /Allowed choices are env, process, json/],
    [["datasets", "credentials", ...HOST, "--json", "--format", "env"], /--json and --format env exclude each other/],
  ])("a service command refuses the command line %j, and exits with 2", async (args, message) => {
    const { code, stderr } = await runCli(args);
    expect(code).toBe(2);
    expect(stderr).toMatch(message);
  });
});
