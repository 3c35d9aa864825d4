import { readFileSync } from "node:fs";
import { join, posix } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { installTarball, type PackageFolder } from "./support/package-folder.js";

const { version } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")) as { version: string };

let folder: PackageFolder;

beforeAll(() => {
  folder = installTarball();
});

afterAll(() => {
  folder?.remove();
});

/** A script that runs a session to its end. The caller adds the imports at the beginning. */
const SESSION = `
async function main() {
  const simulator = await startLocalSimulator({ startSlot: 100, slots: 30 });
  const client = new BacktestClient({ url: simulator.url });
  const session = await client.startSession({ startSlot: 100, slotCount: 20 });
  session.subscribeTransactions(simulator.programs.slice(0, 1));
  let slots = 0;
  for await (const event of session.run()) if (event.type === "slot") slots += 1;
  const { reason } = await session.closed;
  await simulator.close();
  console.log(JSON.stringify({ slots, reason }));
}
main();`;

describe("the packed package in an empty folder", () => {
  it("a module that imports the packed package runs a session", async () => {
    folder.write(
      "session.mjs",
      `import { BacktestClient } from "simulator-client";\nimport { startLocalSimulator } from "simulator-client/local";${SESSION}`,
    );
    const { code, stdout, stderr } = await folder.node("session.mjs");
    expect(stderr).toBe("");
    expect(JSON.parse(stdout)).toEqual({ slots: 20, reason: "completed" });
    expect(code).toBe(0);
  });

  it("a CommonJS script that requires the packed package runs a session", async () => {
    folder.write(
      "session.cjs",
      `const { BacktestClient } = require("simulator-client");\nconst { startLocalSimulator } = require("simulator-client/local");${SESSION}`,
    );
    const { code, stdout, stderr } = await folder.node("session.cjs");
    expect(stderr).toBe("");
    expect(JSON.parse(stdout)).toEqual({ slots: 20, reason: "completed" });
    expect(code).toBe(0);
  });

  it("the packed package exports the same names by import and by require, and its two entries share the class SimulatorError", async () => {
    folder.write(
      "names.mjs",
      `import { createRequire } from "node:module";
import * as client from "simulator-client";
import * as local from "simulator-client/local";
const require = createRequire(import.meta.url);
const names = (module) => Object.keys(module).filter((name) => name !== "default" && name !== "__esModule").sort();
const thrown = await local.startLocalSimulator({ port: -1 }).catch((error) => error);
console.log(JSON.stringify({
  imported: [names(client), names(local)],
  required: [names(require("simulator-client")), names(require("simulator-client/local"))],
  isOne: thrown instanceof client.SimulatorError,
}));`,
    );
    const { stdout, stderr } = await folder.node("names.mjs");
    expect(stderr).toBe("");
    const { imported, required, isOne } = JSON.parse(stdout) as Record<string, string[][]>;
    expect(imported?.[0]).toContain("BacktestClient");
    expect(imported?.[1]).toEqual(expect.arrayContaining(["createLocalSimulator", "startLocalSimulator"]));
    expect(required).toEqual(imported);
    expect(isOne).toBe(true);
  });

  it("the packed package opens no sockets and starts no timers when it is imported", async () => {
    folder.write(
      "quiet.mjs",
      // Opens stderr, so that both lists contain stderr. Otherwise the import of `node:http2` adds it only to `after`.
      `void process.stderr;
// Leaves out file operations, because Node.js can still be closing the files of imported modules.
const list = () => process.getActiveResourcesInfo().filter((kind) => !/^(?:CloseReq|FSReq)/.test(kind)).sort();
const before = list();
await import("simulator-client");
await import("simulator-client/local");
const after = list();
console.log(JSON.stringify({ before, after }));`,
    );
    const { stdout } = await folder.node("quiet.mjs");
    const { before, after } = JSON.parse(stdout) as Record<string, string[]>;
    expect(after).toEqual(before);
  });

  it("the packed modules `explain` and `reroute` have the same exports for `import`, for `require` and for browsers", async () => {
    folder.write(
      "reports.mjs",
      `import { createRequire } from "node:module";
import { isSimulatorError } from "simulator-client";
import * as explain from "simulator-client/explain";
import * as reroute from "simulator-client/reroute";
import * as pageExplain from "simulator-client/browser/explain";
import * as pageReroute from "simulator-client/browser/reroute";
const require = createRequire(import.meta.url);
const names = (...modules) => modules.map((module) => Object.keys(module).filter((name) => !/^(?:default|__esModule)$/.test(name)).sort());
let code;
try { pageReroute.venueReport([], { label: "V" }); } catch (error) { code = isSimulatorError(error) && error.code; }
console.log(JSON.stringify({
  imported: names(explain, reroute),
  required: names(require("simulator-client/explain"), require("simulator-client/reroute")),
  pages: names(pageExplain, pageReroute),
  text: explain.describeError({ err: { InstructionError: [0, "InsufficientFunds"] } }).text,
  code,
}));`,
    );
    const { stdout, stderr } = await folder.node("reports.mjs");
    expect(stderr).toBe("");
    const { imported, required, pages, text, code } = JSON.parse(stdout) as Record<string, unknown>;
    expect(imported).toEqual([
      expect.arrayContaining(["describeError", "explainAccount", "explainTransaction"]),
      expect.arrayContaining(["benchmarkReport", "decodeReplacement", "pricesOf", "probeReport", "venueReport"]),
    ]);
    expect(required).toEqual(imported);
    expect(pages).toEqual(imported);
    expect({ text, code }).toEqual({ text: "insufficient funds (instruction #1)", code: "nothingMatched" });
  });

  it("the packed package contains the browser files, and every file in it is intended for publication", () => {
    for (const file of ["browser.js", "browser-local.js", "browser.LICENSES.txt", "index.d.ts", "index.d.cts"]) {
      expect(folder.files).toContain(`dist/${file}`);
    }
    const expected = /^(?:dist\/|docs\/[\w-]+\.md$|examples\/|README\.md$|CHANGELOG\.md$|SECURITY\.md$|LICENSE$|package\.json$)/;
    expect(folder.files.filter((file) => !expected.test(file))).toEqual([]);
    expect(folder.manifest).toMatchObject({ name: "simulator-client", version });
  });
});

describe("the documentation in the packed package", () => {
  it("each link in the documentation of the packed package leads to a file of the package", () => {
    const pages = folder.files.filter((file) => file.endsWith(".md"));
    expect(pages).toEqual(expect.arrayContaining(["README.md", "docs/getting-started.md", "docs/cli.md", "examples/README.md"]));
    for (const page of pages) {
      const text = readFileSync(join(folder.path, "node_modules", "simulator-client", page), "utf8");
      // Ignores pictures: the package does not contain the image files.
      const pictures = /\[?!\[[^\]]*\]\([^)]*\)/g;
      const links = [...text.replaceAll(pictures, "").matchAll(/\]\(([^)#\s]+)[^)]*\)/g)].map(([, link = ""]) => link);
      for (const link of links.filter((target) => !/^[a-z]+:/.test(target) && !target.startsWith("?"))) {
        const target = posix.join(posix.dirname(page), link);
        expect(
          folder.files.some((file) => file === target || file.startsWith(`${target}/`)),
          `${page}: ${link}`,
        ).toBe(true);
      }
    }
  });
});

/** A TypeScript program that uses the package and relies on its types and on narrowing. */
const CONSUMER = `import { BacktestClient, SimulatorError, type ManagedEvent, type SessionEnd, type Subscription } from "simulator-client";
import { startLocalSimulator } from "simulator-client/local";

export async function lastSlot(apiKey: string): Promise<bigint> {
  const simulator = await startLocalSimulator({ slots: 10, apiKey });
  const client = new BacktestClient({ url: simulator.url, apiKey, reconnect: { maxAttempts: 3 } });
  const session = await client.startSession({ startSlot: 300_000_000, slotCount: 5n });
  const subscription: Subscription = session.subscribeAccountDiffs([...simulator.programs]);
  await subscription.ready;
  let last = 0n;
  session.on("slot", ({ slot }) => {
    last = slot;
  });
  for await (const event of session.run({ step: 2 })) {
    const known: ManagedEvent = event;
    if (known.type === "accountDiff") last = known.diff.post?.lamports ?? last;
    // @ts-expect-error: a slot event has no diff
    if (known.type === "slot") known.diff;
  }
  // @ts-expect-error: endSlot and slotCount exclude each other
  await client.startSession({ startSlot: 1, endSlot: 2, slotCount: 3 }).catch((error: unknown) => {
    if (error instanceof SimulatorError && error.code === "invalidParams") return undefined;
    throw error;
  });
  const end: SessionEnd = await session.closed;
  if (end.reason === "failed") throw end.error;
  return last;
}
`;

const PAGE = `import { BacktestClient } from "simulator-client/browser";
import { createLocalSimulator } from "simulator-client/browser/local";
const simulator = createLocalSimulator({ slots: 10 });
export const client = new BacktestClient({ url: simulator.url, WebSocket: simulator.WebSocket, fetch: simulator.fetch });
`;

describe("a TypeScript project with the installed package", () => {
  it.each([
    {
      name: "node16, as an ES module and as CommonJS",
      files: { "consumer.mts": CONSUMER, "consumer.cts": CONSUMER },
      module: "node16",
      moduleResolution: "node16",
    },
    {
      name: "bundler, with the browser entries",
      files: { "consumer.ts": CONSUMER, "page.ts": PAGE },
      module: "esnext",
      moduleResolution: "bundler",
    },
  ])(
    "a TypeScript project with the installed package compiles with moduleResolution $name",
    async ({ files, module, moduleResolution }) => {
      for (const [name, text] of Object.entries(files)) folder.write(name, text);
      folder.write(
        "tsconfig.json",
        JSON.stringify({
          compilerOptions: {
            module,
            moduleResolution,
            target: "es2022",
            lib: ["es2022", "dom"],
            types: [],
            strict: true,
            noEmit: true,
            // `npm run check` already checks the .d.ts files.
            skipLibCheck: true,
          },
          files: Object.keys(files),
        }),
      );
      const { code, stdout } = await folder.tsc();
      expect(stdout).toBe("");
      expect(code).toBe(0);
    },
    120_000,
  );
});

describe("a Node.js process", () => {
  /** Runs a script that prints `over` at its exit. Returns its output and its run time. */
  async function exitAfter(script: string) {
    folder.write(
      "exit.mjs",
      `import { BacktestClient } from "simulator-client";
import { startLocalSimulator } from "simulator-client/local";
const simulator = await startLocalSimulator({ startSlot: 100, slots: 1100, slotDelayMs: 5 });
const client = new BacktestClient({ url: simulator.url });
const open = () => process.getActiveResourcesInfo().filter((name) => !name.includes("Pipe"));
process.on("exit", () => console.log("over", JSON.stringify(open())));
${script}`,
    );
    const { code, stdout, stderr, ms } = await folder.node("exit.mjs");
    expect(stderr).toBe("");
    expect(code).toBe(0);
    return { lines: stdout.trim().split("\n"), ms };
  }

  it("a Node.js process exits by itself after a session was shut down in the middle of a run", async () => {
    const { lines, ms } = await exitAfter(`
const session = await client.startSession({ startSlot: 100, slotCount: 1000 });
session.subscribeTransactions(simulator.programs.slice(0, 1));
session.subscribeAccountDiffs(simulator.programs.slice(0, 1));
for await (const event of session.run()) if (event.type === "slot" && event.slot === 150n) break;
await session.shutdown();
console.log((await session.closed).reason);
await simulator.close();`);
    expect(lines).toEqual(["shutdown", "over []"]);
    // The close handshake may take 5 s. A session that stays open would keep the process running for more than 12 s.
    expect(ms).toBeLessThan(12_000);
  });

  it("if a session is shut down while its connection is down, the Node.js process exits by itself", async () => {
    const { lines, ms } = await exitAfter(`
const session = await client.startSession({ startSlot: 100, slotCount: 1000 });
session.subscribeTransactions(simulator.programs.slice(0, 1));
const down = new Promise((resolve) => session.on("connection", ({ status }) => status.phase === "backingOff" && resolve()));
for await (const event of session.run()) if (event.type === "slot" && event.slot === 150n) break;
simulator.faults.drop();
await down;
await session.shutdown();
console.log((await session.closed).reason);
await simulator.close();`);
    expect(lines).toEqual(["shutdown", "over []"]);
    expect(ms).toBeLessThan(12_000);
  });

  it("a Node.js process exits by itself after a session failed to start", async () => {
    const { lines, ms } = await exitAfter(`
await simulator.close();
const hasty = new BacktestClient({ url: simulator.url, logger: false, timeouts: { initialConnectMs: 500 } });
console.log((await hasty.startSession({ startSlot: 100, slotCount: 1000 }).catch((error) => error)).code);`);
    expect(lines).toEqual(["unreachable", "over []"]);
    expect(ms).toBeLessThan(12_000);
  });

  it("a Node.js process exits by itself after a completed run, even without a call of shutdown()", async () => {
    const { lines, ms } = await exitAfter(`
const session = await client.startSession({ startSlot: 100, slotCount: 20 });
for await (const event of session.run()) if (event.type === "completed") console.log("completed");
await simulator.close();`);
    expect(lines).toEqual(["completed", "over []"]);
    expect(ms).toBeLessThan(12_000);
  });
});
