import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { COLOUR, FOR_TERMINALS, MEDIA, type Medium, REDRAWN, runCli, type Serving, startCli, startServe } from "./support/cli.js";
import { type RpcNode, startRpcNode } from "./support/rpc-node.js";

/*
 * Runs each command on a pseudo-terminal and with pipes, against simulators that `serve` has started.
 */

const SLOTS = 40;
const NODE_START = 500n;
const NODE_END = 519n;
let folder: string;
let node: RpcNode;
const serving: Partial<Record<"litesvm" | "synthetic", Serving>> = {};

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "simulator-client-cli-"));
  const range = { startSlot: NODE_START, endSlot: NODE_END, transactionsPerSlot: 3 };
  [node, serving.litesvm, serving.synthetic] = await Promise.all([
    startRpcNode({ folder: join(folder, "node"), ...range }),
    startServe(["--slots", `${SLOTS}`]),
    startServe(["--slots", `${SLOTS}`, "--engine", "synthetic"], { medium: "terminal" }),
  ]);
  await runCli(runArgs("synthetic", "--transactions", "--out", join(folder, "a.ndjson")));
  await writeFile(join(folder, "accounts.txt"), `# all accounts\n${node.accounts.join("\n")}\n`);
});

afterAll(async () => {
  const ends = await Promise.all([serving.litesvm?.stop(), serving.synthetic?.stop(), node?.close()]);
  await rm(folder, { recursive: true, force: true, maxRetries: 10 });
  expect(ends.slice(0, 2).map((end) => end && "code" in end && end.code)).toEqual([0, 0]);
});

function the(engine: "litesvm" | "synthetic"): Serving {
  const served = serving[engine];
  if (served === undefined) throw new Error(`serve --engine ${engine} did not start`);
  return served;
}

/** Expects colours and redrawn lines only on a terminal. */
function expectTerminalOutput(text: string, medium: Medium): void {
  if (medium === "terminal") expect(text).toMatch(COLOUR);
  else expect(text).not.toMatch(FOR_TERMINALS);
}

const runArgs = (engine: "litesvm" | "synthetic", ...more: string[]) => {
  const { url, startSlot, programs } = the(engine);
  const [program = ""] = programs;
  return ["run", "--url", url, "--start-slot", `${startSlot}`, "--slots", `${SLOTS}`, "--program", program, ...more];
};

describe.each(MEDIA)("on a %s", (medium) => {
  it.each(["litesvm", "synthetic"] as const)("`serve` starts the engine %s, and ends after Ctrl-C", async (engine) => {
    const cli = startCli(["serve", "--engine", engine, "--port", "0", "--slots", "30"], { medium });
    await cli.until(/Press Ctrl-C to stop\./);
    const [, url] = await cli.until(/WebSocket +(ws:\/\/127\.0\.0\.1:\d+\/backtest)/);
    const [, httpUrl] = await cli.until(/HTTP +(http:\S+)/);
    expect(new URL(httpUrl ?? "").host).toBe(new URL(url ?? "").host);
    expect((await fetch(`${httpUrl}/health`)).status).toBe(200);
    const [, faultsUrl = ""] = await cli.until(/faults +(http:\S+)/);
    expect(await (await fetch(faultsUrl)).text()).toContain(url);
    expect(cli.text).toContain(`${engine}, slots 300000000 to 300000029`);
    expect(cli.text).toContain(`new BacktestClient({ url: "${url}" })`);
    cli.interrupt();
    const { code, text } = await cli.done;
    expect(code).toBe(0);
    expect(text).toMatch(/stopped\r?\n$/);
    expectTerminalOutput(text, medium);
    await expect(fetch(`${httpUrl}/health`)).rejects.toThrow();
  });

  it.each(["litesvm", "synthetic"] as const)("`run` records a backtest on the engine %s", async (engine) => {
    const file = join(folder, `${engine}-${medium}.ndjson`);
    const { code, text, plain, stdout, stderr } = await runCli(runArgs(engine, "--out", file), { medium });
    expect(code).toBe(0);
    expectTerminalOutput(text, medium);
    expect(plain).toMatch(/completed in \d+(\.\d)? s/);
    expect(plain).toMatch(/slots +40 {2}from 300000000 to 300000039/);
    expect(plain).toMatch(/same result +\d+ {2}as recorded on the chain\s+other result +0 /);
    if (medium === "terminal") {
      expect(text).toContain(REDRAWN);
      expect(plain).toMatch(/█.*100 %.*slots\/s/);
    } else {
      expect(stdout).toMatch(/^completed in /);
      expect(stderr).toMatch(/^running backtest_[0-9a-f]{32}, slots 300000000 to 300000039\n$/);
    }
    const records = (await readFile(file, "utf8")).trimEnd().split("\n");
    const types = records.map((line) => (JSON.parse(line) as { type: string }).type);
    expect(types[0]).toBe("run");
    expect(types.filter((type) => type === "slot")).toHaveLength(40);
    const counted = Number(/transactions +(\d+)/.exec(plain)?.[1]);
    expect(counted).toBeGreaterThan(40);
    expect(types.filter((type) => type === "transaction")).toHaveLength(counted);
    expect(types.at(-1)).toBe("completed");
  });

  it("`run --json` prints one line of JSON when the run has ended", async () => {
    const { code, text } = await runCli(runArgs("synthetic", "--json"), { medium });
    expect(code).toBe(0);
    const last = text.trimEnd().split(/\r?\n/).at(-1) ?? "";
    expect(JSON.parse(last)).toMatchObject({ reason: "completed", slots: 40, gaps: 0, summary: { incorrectSimulation: 0 } });
  });

  it("`ranges` lists the available slots and splits a range", async () => {
    const { url } = the("litesvm");
    const listed = await runCli(["ranges", "--url", url], { medium });
    expect(listed.code).toBe(0);
    expect(listed.text).toMatch(/300000000 +300000039 +40 /);
    expectTerminalOutput(listed.text, medium);
    const split = ["ranges", "--url", url, "--split", "300000000..300000009", "--json"];
    const { code, text } = await runCli(split, { medium });
    expect(code).toBe(0);
    expect(JSON.parse(text)).toEqual([{ startSlot: 300_000_000, endSlot: 300_000_009 }]);
  });

  it("`compare` shows the differences between two records, and exits with code 3 if --fail-on-diff is set", async () => {
    const [a, b] = [join(folder, "a.ndjson"), join(folder, `b-${medium}.ndjson`)];
    const lines = (await readFile(a, "utf8")).split("\n");
    const at = lines.findIndex((line) => line.startsWith('{"type":"transaction"'));
    const { signature } = JSON.parse(lines[at] ?? "") as { signature: string };
    await writeFile(b, lines.toSpliced(at, 1).join("\n"));
    const same = await runCli(["compare", a, a, "--fail-on-diff"], { medium });
    expect(same.code).toBe(0);
    expect(same.plain).toMatch(/missing +0/);
    const differing = await runCli(["compare", a, b, "--fail-on-diff"], { medium });
    expect(differing.code).toBe(3);
    expect(differing.plain).toMatch(/missing +1/);
    expect(differing.text).toContain(signature);
    expectTerminalOutput(differing.text, medium);
    const { code, text } = await runCli(["compare", a, b, "--json"], { medium });
    expect(code).toBe(0);
    expect(JSON.parse(text)).toMatchObject({ counts: { missing: 1, extra: 0, regression: 0 } });
  });

  it("`proxy` relays the calls of web pages, and ends after Ctrl-C", async () => {
    const origin = "https://app.example";
    const args = ["proxy", "--url", the("synthetic").url, "--origin", origin, "--port", "0"];
    const cli = startCli(args, { medium });
    await cli.until(/Press Ctrl-C to stop\./);
    const [, httpUrl] = await cli.until(/HTTP +(http:\S+)/);
    const relayed = await fetch(`${httpUrl}/available-ranges`, { headers: { origin } });
    expect(relayed.headers.get("access-control-allow-origin")).toBe(origin);
    expect(await relayed.json()).toMatchObject([{ bundle_start_slot: 300_000_000 }]);
    expect((await fetch(`${httpUrl}/available-ranges`, { headers: { origin: "https://evil.example" } })).status).toBe(403);
    await cli.until(/refused a page of https:\/\/evil\.example; add --origin https:\/\/evil\.example to accept it/);
    cli.interrupt();
    const { code, text } = await cli.done;
    expect(code).toBe(0);
    expectTerminalOutput(text, medium);
    const json = startCli([...args, "--json"], { medium });
    const [line] = await json.until(/^\{.*\}\r?\n/m);
    expect(JSON.parse(line)).toMatchObject({ origins: [origin], addsKey: false });
    json.interrupt();
    expect((await json.done).code).toBe(0);
  });

  it("`doctor` reports no problems for a running server, and a failed connection check if no server listens", async () => {
    const { url } = the("litesvm");
    const [well, nobody] = await Promise.all([
      runCli(["doctor", "--url", url], { medium }),
      runCli(["doctor", "--url", "ws://127.0.0.1:9", "--json"], { medium }),
    ]);
    expect(well.code).toBe(0);
    expect(well.text).toContain("No problems found.");
    expect(well.plain).toMatch(/ok +control channel +opened/);
    expectTerminalOutput(well.text, medium);
    expect(nobody.code).toBe(1);
    const { ok, checks } = JSON.parse(nobody.text) as { ok: boolean; checks: { name: string; status: string }[] };
    expect(ok).toBe(false);
    expect(checks.filter(({ status }) => status === "failed").map(({ name }) => name)).toEqual(["connection"]);
  });

  it("`capture` writes a ledger that `serve` replays with the same results", async () => {
    const out = join(folder, `captured-${medium}`);
    const range = ["--start-slot", `${NODE_START}`, "--end-slot", `${NODE_END}`];
    const args = ["capture", "--rpc-url", node.url, ...range, "--accounts-file", join(folder, "accounts.txt"), "--out", out];
    const { code, text } = await runCli(args, { medium });
    expect(text).toMatch(/captured slots 5\d\d to 5\d\d into /);
    expect(code).toBe(0);
    if (medium === "terminal") expect(text).toMatch(/slot 519 {2}100 %/);
    expectTerminalOutput(text, medium);
    expect((await readdir(out)).sort()).toEqual(["accounts.json", "blocks"]);
    const served = await startServe(["--ledger", out], { medium });
    expect(served.programs.length).toBeGreaterThan(2);
    const replayed = await runCli(
      ["run", "--url", served.url, "--start-slot", `${served.startSlot}`, "--end-slot", `${served.endSlot}`],
      { medium },
    );
    expect(replayed.code).toBe(0);
    expect(replayed.plain).toMatch(/same result +[1-9]\d* {2}as recorded on the chain\s+other result +0 [\s\S]*not executed +0 /);
    expect((await served.stop()).code).toBe(0);
  });
});

it("`run` shows the progress without colours if NO_COLOR is set", async () => {
  const { code, text } = await runCli(runArgs("synthetic"), { medium: "terminal", env: { NO_COLOR: "1" } });
  expect(code).toBe(0);
  expect(text).not.toMatch(COLOUR);
  expect(text).toContain(REDRAWN);
  expect(text).toContain("100 %");
});

it("the example script in the output of `serve` runs without changes", async () => {
  const { url } = the("litesvm");
  const cli = startCli(["serve", "--port", "0", "--slots", "20"]);
  await cli.until(/Press Ctrl-C to stop\./);
  expect(cli.stdout).not.toContain(url);
  const script = cli.stdout.split("\n").filter((line) => /^ {2}(?:import|const|session|for)/.test(line));
  expect(script).toHaveLength(5);
  const file = join(folder, "script.mjs");
  const entry = new URL("../dist/index.js", import.meta.url).href;
  await writeFile(file, script.join("\n").replace('"simulator-client"', JSON.stringify(entry)));
  const { code, text } = await runCli([], { cli: file });
  expect(code).toBe(0);
  expect(text.split("\n").filter((line) => line === "transaction").length).toBeGreaterThan(20);
  expect(text).toMatch(/completed\n$/);
  cli.interrupt();
  await cli.done;
});

it("`serve` injects the faults that are passed with --fault, and a run recovers from them", async () => {
  const served = await startServe([
    "--slots",
    "40",
    "--engine",
    "synthetic",
    "--fault",
    "drop@slot:300000020",
    "--fault",
    "delay=1",
  ]);
  const range = ["--start-slot", "300000000", "--slots", "40", "--program", served.programs[0] ?? ""];
  const { code, stdout, stderr } = await runCli(["run", "--url", served.url, ...range, "--json"]);
  expect(code).toBe(0);
  expect(stderr).toMatch(/^control lost: /m);
  expect(stderr).toMatch(/^control reconnected$/m);
  expect(JSON.parse(stdout)).toMatchObject({ reason: "completed", slots: 40, gaps: 0, reconnects: { control: 1 } });
  await served.stop();
});

it("`run --out -` writes only the record to the standard output", async () => {
  const { code, stdout, stderr } = await runCli(runArgs("synthetic", "--out", "-"));
  expect(code).toBe(0);
  const types = stdout
    .trimEnd()
    .split("\n")
    .map((line) => (JSON.parse(line) as { type: string }).type);
  expect(types[0]).toBe("run");
  expect(types.at(-1)).toBe("completed");
  expect(stderr).toMatch(/completed in /);
});

it("`run --out run.csv` writes a CSV file with a header and a line for each event", async () => {
  const file = join(folder, "run.csv");
  const { code } = await runCli(runArgs("synthetic", "--account-diffs", "--out", file));
  expect(code).toBe(0);
  const [header = "", ...rows] = (await readFile(file, "utf8")).trimEnd().split("\n");
  const columns = header.split(",").length;
  expect(columns).toBeGreaterThan(3);
  expect(rows.length).toBeGreaterThan(80);
});
