import { readFileSync } from "node:fs";
import { cp, mkdir, mkdtemp, readdir, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { CLI, type Finished, runCli, type Serving, startServe } from "./support/cli.js";
import { type RpcNode, startRpcNode } from "./support/rpc-node.js";

/*
 * Tests that the commands report an error in one line that says what to do, exit with 1, and leave no incomplete file.
 */

const KEY = "right-key-6b20";
const manifest = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")) as {
  dependencies: Record<string, string>;
};

let parent: string;
let folder: string;
let serving: Serving;
let node: RpcNode;

beforeAll(async () => {
  parent = await mkdtemp(join(tmpdir(), "simulator-client-bad-"));
  [serving, node] = await Promise.all([
    startServe(["--engine", "synthetic", "--slots", "40"], { env: { SIMULATOR_API_KEY: KEY } }),
    startRpcNode({ folder: join(parent, "node"), startSlot: 500n, endSlot: 504n, transactionsPerSlot: 2 }),
  ]);
});

afterAll(async () => {
  await Promise.all([serving?.stop(), node?.close()]);
  await rm(parent, { recursive: true, force: true, maxRetries: 10 });
});

beforeEach(async () => {
  folder = await mkdtemp(join(parent, "test-"));
});

/** Expects exit code 1, and one line on the standard error that matches all patterns. */
function expectRefused({ code, stdout, stderr }: Finished, ...parts: RegExp[]): void {
  expect(stdout).toBe("");
  expect(stderr).toMatch(/^error: [^\n]+\n$/);
  for (const part of parts) expect(stderr).toMatch(part);
  expect(code).toBe(1);
}

const run = (...more: string[]) => {
  const { url, programs } = serving;
  const range = ["--start-slot", "300000000", "--slots", "40", "--program", programs[0] ?? ""];
  return runCli(["run", "--url", url, ...range, ...more], { env: { SIMULATOR_API_KEY: KEY } });
};

/** Removes the first line of the standard error, which names the session. */
const withoutStart = (finished: Finished): Finished => ({
  ...finished,
  stderr: finished.stderr.replace(/^running [^\n]+\n/, ""),
});

describe("serve", () => {
  it.each<[string, (ledger: string) => Promise<unknown>, RegExp]>([
    ["does not exist", (ledger) => rm(ledger, { recursive: true }), /accounts\.json: no such file or folder; use a folder/],
    [
      "has a truncated accounts.json",
      (ledger) => writeFile(join(ledger, "accounts.json"), '{"value":['),
      /is not JSON; capture it again/,
    ],
    [
      "has a truncated block file",
      (ledger) => writeFile(join(ledger, "blocks/504.json"), '{"blockhash":'),
      /504\.json: it is not JSON/,
    ],
    [
      "lacks the file of a block",
      (ledger) => rm(join(ledger, "blocks/502.json")),
      /a ledger must have no gaps: capture the missing blocks/,
    ],
  ])("`serve` refuses a ledger folder that %s", async (_, breakIt, message) => {
    const ledger = join(folder, "ledger");
    await cp(join(parent, "node"), ledger, { recursive: true });
    await breakIt(ledger);
    expectRefused(await runCli(["serve", "--port", "0", "--ledger", ledger]), /^error: --ledger: /, message);
  });

  it("`serve` and `proxy` report a port that is in use, and name the option that selects another port", async () => {
    const { port } = new URL(serving.url);
    const synthetic = ["serve", "--engine", "synthetic"];
    const proxy = ["proxy", "--url", serving.url, "--origin", "http://localhost:5173"];
    const [simulator, faults, relay] = await Promise.all([
      runCli([...synthetic, "--port", port]),
      runCli([...synthetic, "--port", "0", "--faults-port", port]),
      runCli([...proxy, "--port", port]),
    ]);
    expectRefused(simulator, new RegExp(`${port}`));
    expectRefused(faults, /--faults-port/);
    expectRefused(relay, /in use\. Use another one with --port/);
  });

  describe("without litesvm", () => {
    /** Installs the commands in a folder without litesvm. */
    async function installWithout(litesvm?: Record<string, string>): Promise<string> {
      const modules = join(folder, "node_modules");
      await mkdir(modules);
      for (const name of Object.keys(manifest.dependencies)) {
        await symlink(fileURLToPath(new URL(`../node_modules/${name}`, import.meta.url)), join(modules, name));
      }
      if (litesvm !== undefined) await mkdir(join(modules, "litesvm"));
      for (const [file, text] of Object.entries(litesvm ?? {})) await writeFile(join(modules, "litesvm", file), text);
      const dist = fileURLToPath(new URL(".", pathToFileURL(CLI)));
      await cp(dist, join(folder, "dist"), { recursive: true });
      await writeFile(join(folder, "package.json"), '{ "type": "module" }');
      return join(folder, "dist", basename(CLI));
    }

    it("if litesvm is not installed, the error of `serve` names the install command and the option --engine synthetic", async () => {
      const cli = await installWithout();
      const refused = await runCli(["serve", "--port", "0"], { cli, cwd: folder });
      expectRefused(refused, /npm install litesvm@1\.5, or pass --engine synthetic\n$/);
      const served = await startServe(["--engine", "synthetic"], { cli, cwd: folder });
      expect(served.engine).toBe("synthetic");
      expect((await served.stop()).code).toBe(0);
    });

    it("if litesvm has no native build for this machine, `serve` uses the synthetic engine only with --fallback", async () => {
      const cli = await installWithout({
        "package.json": '{"name":"litesvm","version":"1.5.0","main":"index.js"}',
        "index.js": 'throw new Error("Cannot find native binding.\\nnpm has a bug related to optional dependencies");',
      });
      expectRefused(
        await runCli(["serve", "--port", "0"], { cli, cwd: folder }),
        /no native build that loads on \w+-\w+/,
        /--engine synthetic\n$/,
      );
      const served = await startServe(["--fallback"], { cli, cwd: folder });
      expect(served.engine).toBe("synthetic");
      const { code, stderr } = await served.stop();
      expect(code).toBe(0);
      expect(stderr).toMatch(/^note: using the engine synthetic because of --fallback: litesvm has no native build[^\n]*\n$/);
    });
  });
});

describe("an API key", () => {
  it.each([
    ["a wrong API key", { SIMULATOR_API_KEY: "wrong-key-91c4" }],
    ["a missing API key", {}],
  ])("`run` and `doctor` report %s, and write no file", async (_, env) => {
    const out = join(folder, "run.ndjson");
    const range = ["--start-slot", "300000000", "--slots", "40"];
    const [refused, examined] = await Promise.all([
      runCli(["run", "--url", serving.url, ...range, "--out", out, "--checkpoint", join(folder, "c")], { env }),
      runCli(["doctor", "--url", serving.url], { env }),
    ]);
    expectRefused(
      { ...refused, stderr: refused.stderr.replace(/^note: without --program[^\n]+\n/, "") },
      /set SIMULATOR_API_KEY/,
    );
    expect(examined.code).toBe(1);
    expect(examined.stdout).toMatch(/^FAIL {2}control channel .*\n +→ .*SIMULATOR_API_KEY/m);
    expect(await readdir(folder)).toEqual([]);
  });

  it("`ranges` reports a wrong API key", async () => {
    const env = { SIMULATOR_API_KEY: "wrong-key-91c4" };
    expectRefused(await runCli(["ranges", "--url", serving.url], { env }), /set SIMULATOR_API_KEY/);
  });
});

describe("run", () => {
  it.each([
    ["in a folder that does not exist", "missing/run.ndjson", /the folder does not exist; create it first/],
    ["that is a folder", "folder.ndjson", /it is a folder; use the path of a file/],
    ["below a file", "file/run.ndjson", /a part of its path is not a folder/],
  ])("`run` fails if --out is a path %s", async (_, name, message) => {
    await mkdir(join(folder, "folder.ndjson"));
    await writeFile(join(folder, "file"), "");
    expectRefused(await run("--out", join(folder, name)), /^error: cannot write /, message);
    expect((await readdir(folder)).sort()).toEqual(["file", "folder.ndjson"]);
  });

  it("`run` reports a full disk, and leaves no incomplete file", async () => {
    const out = join(folder, "run.ndjson");
    // The partial file of `run` is a link to /dev/full, a device that is always full.
    await symlink("/dev/full", `${out}.partial`);
    expectRefused(withoutStart(await run("--out", out)), /cannot write .*run\.ndjson: no space left on the device; free some/);
    expect(await readdir(folder)).toEqual([]);
    const device = withoutStart(await run("--out", "/dev/full", "--format", "csv"));
    expectRefused(device, /cannot write \/dev\/full: no space left/);
  });

  it("`run` with --checkpoint fails if the disk is full, and the same command succeeds once there is space", async () => {
    const out = join(folder, "run.ndjson");
    const args = ["--out", out, "--checkpoint", join(folder, "c"), "--checkpoint-every", "0.1"];
    await symlink("/dev/full", `${join(folder, "c")}.tmp`);
    expectRefused(withoutStart(await run(...args)), /cannot write .*\/c: no space left/);
    expect(await readdir(folder)).toEqual(["run.ndjson.partial"]);
    expect((await run(...args)).code).toBe(0);
    expect((await readdir(folder)).sort()).toEqual(["c", "run.ndjson"]);
  });

  it("`run --checkpoint` refuses an existing file that is not a checkpoint", async () => {
    const checkpoint = join(folder, "c");
    await writeFile(checkpoint, "{}");
    expectRefused(await run("--checkpoint", checkpoint), /c exists and is not a checkpoint .*--force to replace it/);
    expect(await readdir(folder)).toEqual(["c"]);
  });

  it("`run` reports that the simulator does not have the requested slots", async () => {
    const env = { SIMULATOR_API_KEY: KEY };
    const refused = await runCli(["run", "--url", serving.url, "--start-slot", "5", "--slots", "5"], { env });
    expectRefused(refused, /`simulator-client ranges` lists the available slots/);
  });
});

describe("compare", () => {
  it.each([
    ["does not exist", undefined, /no such file; name a record written by `run --out`/, 1],
    ["is empty", "", /error: .*record/, 4],
    ["contains other JSON", '{"name":"simulator-client"}\n', /record/, 4],
    ["is not text", "\0\u0001\u0002\n\0", /not NDJSON; pass a record of `run --out/, 1],
  ])("`compare` reports a record file that %s", async (_, text, message, code) => {
    const file = join(folder, "a.ndjson");
    if (text !== undefined) await writeFile(file, text);
    const finished = await runCli(["compare", file, file]);
    expect(finished.code).toBe(code);
    expectRefused({ ...finished, code: 1 }, message);
  });
});

describe("capture", () => {
  const capture = (url: string, out: string) => {
    const range = ["--start-slot", "500", "--end-slot", "504"];
    return runCli(["capture", "--rpc-url", url, ...range, "--account", node.accounts[0] ?? "", "--out", out]);
  };

  it("`capture` refuses a folder that is not empty", async () => {
    await writeFile(join(folder, "notes.txt"), "mine");
    expectRefused(await capture(node.url, folder), /^error: .*empty/);
    expect(await readdir(folder)).toEqual(["notes.txt"]);
  });

  it("if `capture` cannot call the RPC node, the error does not contain the API key of the URL, and no file is written", async () => {
    const refused = await capture(`${serving.httpUrl}/?api-key=node-key-3310`, join(folder, "captured"));
    expectRefused(refused);
    expect(refused.stderr).not.toContain("node-key-3310");
    expect(await readdir(folder)).toEqual([]);
  });
});
