import { fileURLToPath } from "node:url";
import { stripVTControlCharacters } from "node:util";
import { afterEach, describe, expect, it, vi } from "vitest";
import { Connections } from "../demo/node/connections.mjs";
import { Tally } from "../demo/node/demo-tally.mjs";
import { Progress } from "../demo/node/progress.mjs";
import { isComplete } from "../demo/node/summary.mjs";
import type { SessionRecord } from "../dist/local.js";
import { startLocalSimulator } from "../dist/local.js";
import { runNode } from "./support/run-node.js";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const API_KEY = "demo-key-90c1";
const ESCAPE = "\x1b[";

const runDemo = (args: string[], options?: Parameters<typeof runNode>[2]) =>
  runNode(ROOT, ["demo/node/backtest.mjs", ...args], {
    ...options,
    env: { SIMULATOR_API_KEY: "", ...options?.env },
  });

/** Returns the numbers in a row of the summary. */
function rowOf(output: string, name: string): number[] {
  const [, cells = ""] = new RegExp(`^ {2}${name} +([\\d ?]+)$`, "m").exec(output) ?? [];
  return cells.trim().split(/ +/).map(Number);
}

describe("the demo against the local simulator", () => {
  it("the demo against the local simulator completes without a missing event, even though all its connections are cut", async () => {
    const { code, stdout, stderr } = await runDemo([]);
    expect(stderr).toBe("");
    expect(code).toBe(0);
    expect(stdout).toContain("executed by litesvm");
    expect(stdout).toContain("connection lost: 1006");
    for (const channel of ["control", "transaction", "accountDiff"]) expect(stdout).toContain(`${channel} resumed`);
    expect(stdout).toMatch(/^completed in /m);
    expect(rowOf(stdout, "slots")).toEqual([400, 0, 0]);
    for (const name of ["transactions", "account diffs", "total"]) {
      const [delivered, twice, lost] = rowOf(stdout, name);
      expect(delivered).toBeGreaterThan(400);
      expect([twice, lost]).toEqual([0, 0]);
    }
    expect(stdout).toMatch(/^duplicates: [1-9]\d* dropped/m);
    // All transactions, 4 in each of 400 blocks, have the outcome that the ledger records.
    expect(stdout).toContain("simulation: 1600 as recorded, 0 not, 0 errors");
    // The output is not a terminal, so the progress consists of plain lines.
    expect(stdout).toMatch(/^slot 300000399 {2}100 % {2}\d+ slots\/s$/m);
    expect(stdout).not.toContain(ESCAPE);
    expect(stdout).not.toContain("\r");
  });
});

describe("the demo's engine", () => {
  const moduleOf = (source: string): string => `data:text/javascript,${encodeURIComponent(source)}`;
  const resolve = `export async function resolve(name, context, next) {
    if (name === "litesvm") throw new Error("Cannot find package 'litesvm' imported from here");
    return next(name, context);
  }`;
  const noRequire = `const find = Module._resolveFilename;
  Module._resolveFilename = function (name, ...others) {
    if (name === "litesvm") throw Object.assign(new Error("Cannot find module 'litesvm'"), { code: "MODULE_NOT_FOUND" });
    return find.call(this, name, ...others);
  };`;
  /** Makes `import` and `require` of litesvm fail, as if it were not installed. */
  const withoutLitesvm = moduleOf(
    `import Module, { register } from "node:module"; register(${JSON.stringify(moduleOf(resolve))});${noRequire}`,
  );

  it("the demo reports a missing litesvm in one line, and says how to install litesvm and how to run without it", async () => {
    const { code, stdout, stderr } = await runNode(ROOT, ["--import", withoutLitesvm, "demo/node/backtest.mjs"]);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^.*litesvm.*npm ci.*--engine synthetic.*\n$/);
    expect(stdout).toBe("");
  });

  it("the demo can use the synthetic engine if litesvm is not installed", async () => {
    const args = ["--import", withoutLitesvm, "demo/node/backtest.mjs", "--engine", "synthetic", "--slots", "30"];
    const { code, stdout, stderr } = await runNode(ROOT, args);
    expect(stderr).toBe("");
    expect(code).toBe(0);
    expect(stdout).toMatch(/^completed in /m);
  });
});

describe("the demo against a service", () => {
  it("the demo against a service reads the key from the environment and never prints it", async () => {
    await using service = await startLocalSimulator({ startSlot: 1_000, slots: 50, apiKey: API_KEY });
    const [program = ""] = service.programs;
    const args = ["--url", service.url, "--start-slot", "1000", "--slots", "40", "--program", program];
    const { code, stdout, stderr } = await runDemo(args, { env: { SIMULATOR_API_KEY: API_KEY } });
    expect(stderr).toBe("");
    expect(code).toBe(0);
    expect(stdout).toMatch(/^completed in /m);
    expect(rowOf(stdout, "slots").slice(0, 2)).toEqual([40, 0]);
    const [record] = service.record.sessions;
    expect(rowOf(stdout, "transactions")[0]).toBe(record?.notifications("transaction", program).length);
    expect(stdout).not.toContain(API_KEY);
  });

  it("the demo against a service reports a refused key in one line that does not contain the key", async () => {
    await using service = await startLocalSimulator({ apiKey: API_KEY });
    const { code, stdout, stderr } = await runDemo(["--url", service.url, "--start-slot", "300000000"], {
      env: { SIMULATOR_API_KEY: "wrong-key-4e" },
    });
    expect(code).toBe(1);
    expect(stderr).toMatch(/^.*SIMULATOR_API_KEY.*\n$/);
    expect(stdout + stderr).not.toContain("wrong-key-4e");
  });

  it("the demo against a service reports an unavailable range in one line that names --start-slot", async () => {
    await using service = await startLocalSimulator({ startSlot: 1_000, slots: 50 });
    const { code, stderr } = await runDemo(["--url", service.url, "--start-slot", "5000"]);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^.*--start-slot.*\n$/);
  });

  it("the demo against a service closes its session on the server after Ctrl-C", async () => {
    await using service = await startLocalSimulator({ slots: 400, slotDelayMs: 10 });
    const { code, stdout } = await runDemo(["--url", service.url, "--start-slot", "300000000"], { interruptAt: "10 %" });
    expect(code).toBe(130);
    expect(stdout).toMatch(/^shutdown in /m);
    expect(service.record.sessions[0]?.requests.at(-1)?.method).toBe("closeBacktestSession");
  });
});

describe("the demo's command line", () => {
  it("the demo lists its options with --help", async () => {
    const { code, stdout } = await runDemo(["--help"]);
    expect(code).toBe(0);
    for (const option of ["--url", "--start-slot", "--slots", "--engine", "--program", "SIMULATOR_API_KEY"])
      expect(stdout).toContain(option);
  });

  it.each([
    { args: ["--nope"], names: "--nope" },
    { args: ["--slots", "many"], names: "--slots" },
    { args: ["--slots", "99999999999999999999"], names: "--slots" },
    { args: ["--engine", "quantum"], names: "--engine" },
    { args: ["--url", "ws://127.0.0.1:1"], names: "--start-slot" },
  ])("the demo reports in one line what is wrong with the arguments $args", async ({ args, names }) => {
    const { code, stdout, stderr } = await runDemo(args);
    expect(code).toBe(2);
    expect(stdout).toBe("");
    expect(stderr).toMatch(/^.*\n$/);
    expect(stderr).toContain(names);
  });
});

describe("the demo's progress on a terminal", () => {
  afterEach(() => {
    vi.unstubAllEnvs();
  });

  /** Returns the text that the demo writes to a terminal with this number of columns. */
  function draw(columns: number, noColor = ""): string {
    vi.stubEnv("TERM", "xterm");
    vi.stubEnv("NO_COLOR", noColor);
    const written: string[] = [];
    const terminal = { isTTY: true, columns, write: (text: string) => written.push(text) };
    const connections = new Connections();
    const progress = new Progress(terminal as unknown as NodeJS.WriteStream, { startSlot: 100n, slotCount: 100n }, connections);
    progress.start();
    connections.note({
      channel: "control",
      status: { state: "down", phase: "backingOff", attempt: 1, retryAt: Date.now() + 900 },
    });
    progress.advance(149n);
    progress.stop();
    return written.join("");
  }

  it("the demo's progress on a terminal redraws one line with a bar, the slot, the rate and the connection", () => {
    const drawn = draw(100);
    const last = drawn.split("\r").at(-1) ?? "";
    expect(stripVTControlCharacters(last)).toContain("█░");
    expect(last).toContain("slot 149   50 %");
    expect(last).toMatch(/\d+ slots\/s, \d+ s left/);
    expect(last).toContain("control lost, retry in 0.");
    expect(drawn).toContain(`${ESCAPE}33m`);
  });

  it("the demo's progress on a terminal draws no line that is as wide as the terminal", () => {
    for (const columns of [20, 45, 60, 80, 200]) {
      const lines = stripVTControlCharacters(draw(columns)).split(/[\r\n]/);
      expect(Math.max(...lines.map((line) => line.length))).toBeLessThan(columns);
    }
  });

  it("the demo's progress on a terminal draws no colours if NO_COLOR is set", () => {
    expect(draw(100, "1")).not.toMatch(/\[\d+m/);
  });
});

describe("the result of the demo", () => {
  const record = {
    control: [1n, 2n, 3n].map((slot) => ({ response: { method: "slotNotification", params: slot } })),
    notifications: () => [],
  } as unknown as SessionRecord;

  /** Compares the delivered slots with the record. Returns the counts of slots, and whether the run is complete. */
  function judge(slots: bigint[]) {
    const tally = new Tally();
    for (const slot of slots) tally.add({ type: "slot", slot });
    const rows = tally.compare(record, ["program"]);
    const outcome = {
      end: { reason: "completed" as const },
      rows,
      gaps: 0,
      completed: undefined,
      seconds: 1,
      diagnostics: {} as never,
    };
    return { slots: rows[0], whole: isComplete(outcome) };
  }

  it("the demo reports a complete run if each slot was delivered once", () => {
    expect(judge([1n, 2n, 3n])).toEqual({ slots: { kind: "slot", delivered: 3, twice: 0, lost: 0 }, whole: true });
  });

  it("the demo reports an incomplete run if a slot is missing", () => {
    expect(judge([1n, 3n])).toEqual({ slots: { kind: "slot", delivered: 2, twice: 0, lost: 1 }, whole: false });
  });

  it("the demo reports an incomplete run if a slot was delivered twice", () => {
    expect(judge([1n, 2n, 2n, 3n])).toEqual({ slots: { kind: "slot", delivered: 4, twice: 1, lost: 0 }, whole: false });
  });
});
