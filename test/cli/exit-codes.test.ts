import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { readdir, readFile, rm, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type RpcNode, startRpcNode } from "../../e2e/support/rpc-node.js";
import { EXIT_MEANINGS } from "../../src/cli/exit-codes.js";
import { Interrupted } from "../../src/cli/interrupts.js";
import { COMMANDS, runProgram } from "../../src/cli/program.js";
import { stringifyJson } from "../../src/codec/json.js";
import { type LocalSimulator, startLocalSimulator } from "../../src/local/index.js";
import { walletOf } from "../local/engine/litesvm/litesvm-rig.js";
import { capturedIo, runCli } from "./support/captured-io.js";
import { useFolder } from "./support/temporary-folder.js";

const ADDRESS = "So11111111111111111111111111111111111111112";

const folder = useFolder();
const nodeFolder = join(tmpdir(), `simulator-client-node-${randomUUID()}`);
let simulator: LocalSimulator;
let vm: LocalSimulator;
let node: RpcNode;
let busy: Server;
let busyPort = 0;
let refusing: Server;
/** A server that refuses each request at once, so that the commands do not retry. */
let refusingUrl = "";

beforeAll(async () => {
  simulator = await startLocalSimulator({ engine: "synthetic", startSlot: 100, slots: 40 });
  vm = await startLocalSimulator({ engine: "litesvm", seed: "7", startSlot: 100, slots: 10 });
  node = await startRpcNode({ folder: nodeFolder, startSlot: 100n, endSlot: 110n, transactionsPerSlot: 2 });
  busy = createServer();
  await new Promise<void>((resolve) => busy.listen(0, "127.0.0.1", resolve));
  busyPort = (busy.address() as AddressInfo).port;
  refusing = createServer((_request, response) => response.writeHead(403).end());
  await new Promise<void>((resolve) => refusing.listen(0, "127.0.0.1", resolve));
  refusingUrl = `ws://127.0.0.1:${(refusing.address() as AddressInfo).port}`;
});

afterAll(async () => {
  busy.close();
  refusing.close();
  await node.close();
  await simulator.close();
  await vm.close();
  await rm(nodeFolder, { recursive: true, force: true });
});

/** Writes a record with one transaction for each given error. */
async function record(name: string, errors: readonly unknown[]): Promise<string> {
  const lines = [
    { type: "run", startSlot: 100, endSlot: 109 },
    ...errors.map((err, index) => ({
      type: "transaction",
      slot: 100 + index,
      signature: `signature${index}`,
      err,
      fee: 5000,
      transaction: { slot: 100 + index, transaction: ["AQ==", "base64"], meta: { err, fee: 5000, logMessages: [] } },
    })),
    { type: "completed" },
  ];
  await writeFile(folder.path(name), lines.map((line) => `${stringifyJson(line)}\n`).join(""));
  return folder.path(name);
}

/** Writes a plan of a fleet with one job. */
async function fleetPlan(more: object = {}): Promise<string> {
  const plan = { url: simulator.url, ranges: [{ startSlot: 100, endSlot: 104 }], ...more };
  await writeFile(folder.path("plan.json"), stringifyJson(plan));
  return folder.path("plan.json");
}

/** Runs a fleet of two variants, and makes a transaction of the second variant fail. */
async function changedFleet(): Promise<string[]> {
  const subscriptions = [{ kind: "transaction", programs: simulator.programs.slice(0, 1) }];
  const plan = await fleetPlan({ subscriptions, variants: [{ name: "old" }, { name: "new" }] });
  await runCli(["fleet", "run", plan, "--out", folder.path("fleet")]);
  const job = folder.path("fleet/jobs/100-104.new");
  for (const segment of (await readdir(job)).filter((name) => name.endsWith(".ndjson"))) {
    const text = await readFile(join(job, segment), "utf8");
    await writeFile(join(job, segment), text.replaceAll('"err":null', '"err":"AccountNotFound"'));
  }
  return ["fleet", "report", "--out", folder.path("fleet"), "--fail-on", "diff"];
}

const run = () => ["run", "--url", simulator.url, "--start-slot", "100", "--slots", "5"];
const ab = (program = simulator.programs[0] ?? ADDRESS) => [
  "ab",
  ...run().slice(1),
  "--program",
  program,
  "--extra-compute-units",
  "5",
];

/** Returns the arguments of a run in which the wallets have no lamports, so that the results differ from the chain. */
async function changedRun(): Promise<string[]> {
  const state = { lamports: 0, owner: "11111111111111111111111111111111", data: ["", "base64"], executable: false };
  const wallets = Array.from({ length: 8 }, (_, index) => walletOf(index).address.text);
  await writeFile(folder.path("accounts.json"), JSON.stringify(Object.fromEntries(wallets.map((wallet) => [wallet, state]))));
  const options = ["--account-overrides", folder.path("accounts.json"), "--fail-on-diff"];
  return ["run", "--url", vm.url, "--start-slot", "100", "--slots", "10", ...options];
}

/** Returns the arguments of a capture from the fake node. */
const capture = (...options: string[]) => [
  "capture",
  ...["--rpc-url", node.url, "--start-slot", "100", "--slots", "3", "--out", folder.path("captured")],
  ...node.accounts.slice(0, 2).flatMap((address) => ["--account", address]),
  ...options,
];
const failed = { InstructionError: [0, "InvalidArgument"] };

/** For each command and exit code: the arguments that cause this exit code. */
const CASES: Record<string, Record<number, () => string[] | Promise<string[]>>> = {
  serve: {
    0: () => ["serve", "--engine", "synthetic", "--port", "0"],
    1: () => ["serve", "--engine", "synthetic", "--port", `${busyPort}`],
    2: () => ["serve", "--slots", "0"],
  },
  run: {
    0: run,
    1: () => ["run", "--url", refusingUrl, "--start-slot", "100", "--slots", "5"],
    2: () => ["run", "--url", simulator.url, "--start-slot", "100", "--end-slot", "99"],
    3: changedRun,
    130: run,
  },
  ranges: {
    0: () => ["ranges", "--url", simulator.url],
    1: () => ["ranges", "--url", simulator.url, "--split", "1..2"],
    2: () => ["ranges"],
  },
  compare: {
    0: async () => ["compare", await record("a", [null]), await record("b", [failed])],
    1: () => ["compare", "no-such-file", "other"],
    2: () => ["compare", "-", "-"],
    3: async () => ["compare", await record("a", [null]), await record("b", [failed]), "--fail-on", "regression"],
    4: async () => ["compare", await record("a", []), await record("b", [null])],
  },
  ab: {
    0: ab,
    1: () => [...ab(), "--url", refusingUrl],
    2: () => ["ab", ...run().slice(1)],
    3: async () => [...ab(), "--baseline", await record("baseline", [null]), "--fail-on", "diff"],
    4: () => ab(ADDRESS),
    130: ab,
  },
  fleet: {
    0: async () => ["fleet", "run", await fleetPlan(), "--out", folder.path("fleet")],
    1: () => ["fleet", "status", "--out", folder.path("nothing")],
    2: () => ["fleet", "status"],
    3: changedFleet,
    4: async () => {
      await runCli(["fleet", "run", await fleetPlan(), "--out", folder.path("fleet")]);
      return ["fleet", "report", "--out", folder.path("fleet")];
    },
    130: async () => ["fleet", "run", await fleetPlan(), "--out", folder.path("fleet")],
  },
  summarize: {
    0: async () => ["summarize", await record("a", [null])],
    1: () => ["summarize", "no-such-file"],
    2: () => ["summarize"],
    4: async () => ["summarize", await record("a", [])],
  },
  usage: {
    0: () => ["usage", "--url", simulator.url],
    1: () => ["usage", "--url", refusingUrl],
    2: () => ["usage"],
  },
  bundle: {
    0: () => ["bundle", "list", "--url", simulator.url],
    1: () => ["bundle", "status", "none", "--url", simulator.url],
    2: () => ["bundle", "build", "--url", simulator.url],
    130: () => ["bundle", "list", "--url", simulator.url],
  },
  depth: {
    0: () => ["depth", "coverage", "--url", simulator.url],
    1: () => ["depth", "status", "none", "--url", simulator.url],
    2: () => ["depth", "measure", "--url", simulator.url],
    130: () => ["depth", "coverage", "--url", simulator.url],
  },
  datasets: {
    0: () => ["datasets", "credentials", "--url", simulator.url],
    1: () => ["datasets", "credentials", "--url", refusingUrl],
    2: () => ["datasets", "credentials"],
  },
  proxy: {
    0: () => ["proxy", "--url", simulator.url, "--origin", "http://localhost:1", "--port", "0"],
    1: () => ["proxy", "--url", simulator.url, "--origin", "http://localhost:1", "--port", `${busyPort}`],
    2: () => ["proxy", "--url", simulator.url],
  },
  dashboard: {
    1: () => ["dashboard", "--port", `${busyPort}`],
    2: () => ["dashboard", "--port", "x"],
  },
  mcp: {
    0: () => ["mcp", "--url", simulator.url],
    2: () => ["mcp"],
  },
  completion: {
    0: () => ["completion", "bash"],
    2: () => ["completion", "powershell"],
  },
  doctor: {
    0: () => ["doctor"],
    1: () => ["doctor", "--url", refusingUrl],
    2: () => ["doctor", "--url", "ftp://host"],
  },
  capture: {
    0: () => capture(),
    1: () => capture("--accounts-file", "no-such-file"),
    2: () => ["capture"],
    130: () => capture(),
  },
};

const SERVERS = ["serve", "proxy"];
/** Exit codes that this test does not check. An e2e test checks them, because the command needs a build. */
const TESTED_IN_E2E: Record<string, string[]> = { dashboard: ["0"] };

async function exitCodeOf(name: string, code: number): Promise<number> {
  const args = (await CASES[name]?.[code]?.()) ?? [];
  const interrupt = new AbortController();
  // Interrupts the command to get exit code 130. The exit code of an interrupted `mcp` is 0.
  if (code === 130 || (name === "mcp" && code === 0)) interrupt.abort(new Interrupted("SIGINT"));
  const io = capturedIo({}, interrupt.signal);
  const running = runProgram(args, io);
  if (SERVERS.includes(name) && code === 0) {
    await io.out.until("\n");
    interrupt.abort(new Interrupted("SIGINT"));
  }
  return running;
}

describe.each(Object.keys(CASES))("the exit codes of %s", (name) => {
  it("the help of a command lists exactly the exit codes for which this file has a test", async () => {
    const { stdout } = await runCli([name, "--help"], { isTerminal: true, columns: 1_000 });
    const [, list = ""] = /^Exit codes: (.*)\.$/m.exec(stdout) ?? [];
    const codes = [...list.matchAll(/(?:^|, )(\d+) /g)].map(([, code]) => code);
    expect(codes).toEqual([...(TESTED_IN_E2E[name] ?? []), ...Object.keys(CASES[name] ?? {})]);
  });

  it.each(Object.keys(CASES[name] ?? {}).map(Number))(
    "a command exits with the code %i in the situation that the help of the command describes for this code",
    async (code) => {
      expect(await exitCodeOf(name, code)).toBe(code);
    },
  );
});

describe("the table of exit codes", () => {
  it("this file has tests for the exit codes of every command", () => {
    const names = COMMANDS.map((make) => make({ io: capturedIo(), exit: () => {} }).name());
    expect(Object.keys(CASES).sort()).toEqual(names.sort());
  });

  it("the help of the program and docs/cli.md contain the same table of exit codes", async () => {
    const docs = readFileSync(new URL("../../docs/cli.md", import.meta.url), "utf8");
    const { stdout } = await runCli(["--help"]);
    for (const [code, meaning] of EXIT_MEANINGS) {
      expect(docs).toMatch(new RegExp(`^\\| ${code} +\\| ${meaning} +\\|$`, "m"));
      expect(stdout).toContain(`  ${code.padEnd(15)}${meaning}\n`);
    }
  });
});
