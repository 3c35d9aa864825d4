import { execFileSync } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { expect, onTestFinished, test, vi } from "vitest";
import { BacktestClient, type ManagedBacktestSession, SimulatorError, transactionSignature } from "../dist/index.js";
import { MEDIA, type Serving, startServe } from "./support/cli.js";
import { runNode } from "./support/run-node.js";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const [FIRST, LAST] = [300_000_000n, 300_000_099n];

/** The ids of the processes that a process has started. */
function childrenOf(pid: number): number[] {
  const lines = execFileSync("ps", ["-A", "-o", "ppid=,pid="], { encoding: "utf8" }).trim().split("\n");
  return lines
    .map((line) => line.trim().split(/\s+/).map(Number))
    .flatMap(([parent, child]) => (parent === pid ? (child ?? []) : []));
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

async function serve(...args: string[]): Promise<Serving> {
  const serving = await startServe(["--slots", "200", "--faults-port", "0", ...args]);
  onTestFinished(async () => void (await serving.stop()));
  return serving;
}

/** Opens sessions one after the other. Returns each session with the id of its VM process. */
async function openSessions({ url, cli }: Serving, count: number) {
  const client = new BacktestClient({ url, logger: false });
  onTestFinished(() => client.close());
  const opened: { session: ManagedBacktestSession; pid: number }[] = [];
  for (let index = 0; index < count; index++) {
    const before = new Set(childrenOf(cli.pid));
    const session = await client.startSession({ startSlot: FIRST, endSlot: LAST, sendSummary: true });
    opened.push({ session, pid: childrenOf(cli.pid).find((pid) => !before.has(pid)) as number });
  }
  return { client, opened };
}

test("if the VM process of a session is killed, the session ends with an internal error, and three other sessions of `serve` complete", async () => {
  const serving = await serve();
  const { client, opened } = await openSessions(serving, 4);
  const run = async ({ session, pid }: (typeof opened)[number], index: number): Promise<unknown> => {
    const signatures = new Set<string | undefined>();
    session.subscribeTransactions([...serving.programs]);
    try {
      for await (const event of session.run()) {
        if (event.type === "transaction") signatures.add(transactionSignature(event.transaction));
        if (event.type === "slot" && index === 1 && event.slot === FIRST + 20n) process.kill(pid, "SIGABRT");
        if (event.type === "completed") return [signatures.size, event.summary?.correctSimulation];
      }
    } catch (error) {
      return error;
    }
    return undefined;
  };
  const [first, failed, ...others] = await Promise.all(opened.map(run));
  expect(first).toEqual([400, 400]);
  expect(others).toEqual([first, first]);
  expect(failed).toBeInstanceOf(SimulatorError);
  expect(failed).toMatchObject({
    code: "remote",
    remote: {
      kind: "internal",
      error: expect.stringMatching(/SIGABRT; .* transaction [1-9A-HJ-NP-Za-km-z]{64,88} of slot 3000000\d\d/),
    },
  });
  await client.close();
  await vi.waitFor(() => expect(childrenOf(serving.cli.pid)).toEqual([]), 60_000);
});

test("`serve --isolation none` starts no VM process", async () => {
  const serving = await serve("--isolation", "none");
  const { opened } = await openSessions(serving, 1);
  expect(opened[0]?.pid).toBeUndefined();
});

test("VM processes end when their server is killed", async () => {
  const serving = await serve();
  const { opened } = await openSessions(serving, 2);
  serving.cli.kill("SIGKILL");
  await serving.cli.done;
  await vi.waitFor(() => expect(opened.map(({ pid }) => isRunning(pid))).toEqual([false, false]), 60_000);
});

test.for(MEDIA)("Ctrl-C on a %s ends `serve`, its sessions and their VM processes without an error", async (medium) => {
  const serving = await startServe(["--slots", "200", "--faults-port", "0"], { medium });
  const { opened } = await openSessions(serving, 2);
  const { code, plain } = await serving.stop();
  expect(code).toBe(0);
  expect(plain).not.toMatch(/error|SIG/i);
  expect(opened.map(({ pid }) => isRunning(pid))).toEqual([false, false]);
});

/** A program that runs a session in a VM process. */
const PROGRAM = `
  const sim = await startLocalSimulator({ engine: "litesvm", isolation: "process", slots: 5 });
  const client = new BacktestClient({ url: sim.url });
  const session = await client.startSession({ startSlot: 300000000, endSlot: 300000004, sendSummary: true });
  for await (const event of session.run()) if (event.type === "completed") console.log(event.summary.correctSimulation);
  await client.close();
  await sim.close();
`;

const MODULE = `import { BacktestClient } from ${JSON.stringify(join(ROOT, "dist/index.js"))};
  import { startLocalSimulator } from ${JSON.stringify(join(ROOT, "dist/local.js"))};${PROGRAM}`;

test.for<[string, string[]]>([
  ["an ES module", ["--input-type=module", "--eval", MODULE]],
  [
    "a CommonJS script",
    [
      "--eval",
      `(async () => { const { BacktestClient } = require("./dist/index.cjs"); const { startLocalSimulator } = require("./dist/local.cjs");${PROGRAM}})()`,
    ],
  ],
  ["an ES module under the debugger", ["--inspect=0", "--input-type=module", "--eval", MODULE]],
])("an application that is %s runs a session in a VM process", async ([, args]) => {
  const { code, stdout, stderr } = await runNode(ROOT, args);
  expect({ code, stdout, stderr: stderr.replace(/^(Debugger|For help).*\n/gm, "") }).toEqual({
    code: 0,
    stdout: "20\n",
    stderr: "",
  });
});

test.for(["esm", "cjs"] as const)("an application that is bundled as %s runs a session in a VM process", async (format) => {
  const folder = await mkdtemp(join(tmpdir(), "bundled-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const contents = format === "esm" ? MODULE : MODULE.replace(PROGRAM, `(async () => {${PROGRAM}})();`);
  const outfile = join(folder, format === "esm" ? "app.mjs" : "app.cjs");
  await build({
    stdin: { contents, resolveDir: ROOT },
    outfile,
    bundle: true,
    platform: "node",
    format,
    logLevel: "error",
    logOverride: { "empty-import-meta": "silent" },
    // Defines `require` in the ES module, because bundled CommonJS packages call it.
    banner:
      format === "esm"
        ? { js: 'import { createRequire as requireOf } from "node:module"; const require = requireOf(import.meta.url);' }
        : {},
  });
  const { code, stdout, stderr } = await runNode(ROOT, [outfile]);
  expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: "20\n", stderr: "" });
});
