import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { runProgram } from "../../../src/cli/program.js";
import { serveLog } from "../../../src/cli/serve/serve-log.js";
import { BacktestClient } from "../../../src/client/backtest-client.js";
import type { Session } from "../../../src/local/session/local-session.js";
import { type CapturedIo, capturedIo, capturedOutput } from "../support/captured-io.js";

const KEY = "secret-71";
let interrupt: AbortController;
let io: CapturedIo;
let running: Promise<number>;
let client: BacktestClient;
let httpUrl: string;

/** Starts `serve` on a free port. */
async function serve(...options: string[]): Promise<void> {
  io = capturedIo({ env: { SIMULATOR_API_KEY: KEY } }, interrupt.signal);
  running = runProgram(["serve", "--engine", "synthetic", "--port", "0", "--slots", "50", ...options], io);
  const banner = await io.out.until("\n");
  httpUrl = /http:\/\/127\.0\.0\.1:\d+/.exec(banner)?.[0] ?? "";
  client = new BacktestClient({ url: httpUrl.replace("http", "ws"), apiKey: KEY, logger: false });
}

async function runSession(name: string): Promise<string> {
  const session = await client.startSession({ startSlot: 300_000_000, slotCount: 5, name });
  for await (const { type } of session.run()) if (type === "completed") break;
  await session.closed;
  return session.info.sessionId;
}

beforeEach(() => {
  interrupt = new AbortController();
});

afterEach(async () => {
  await client.close();
  interrupt.abort();
  await running;
});

describe("the log of serve", () => {
  it("`serve` logs when a session starts and ends, and logs each request with its status, but not the API key", async () => {
    await serve();
    const id = await runSession("first");
    await io.err.until("ended");
    const lines = io.err.text.split("\n").map((line) => line.replace(/^\d\d:\d\d:\d\d /, ""));
    expect(lines).toContain("WebSocket /backtest 101");
    expect(lines).toContain(`session ${id} (first) created: slots 300000000 to 300000004`);
    expect(lines).toContain(`session ${id} (first) ended: completed after 5 slots, closed by its client`);
    await fetch(`${httpUrl}/available-ranges?api_key=${KEY}`);
    await io.err.until("GET /available-ranges 200");
    await fetch(`${httpUrl}/usage`);
    await io.err.until("GET /usage 401");
    expect(io.err.text).not.toContain(KEY);
  });

  it("`serve` logs each session that ends because the simulator stops", async () => {
    await serve();
    const session = await client.startSession({ startSlot: 300_000_000, slotCount: 5 });
    interrupt.abort();
    expect(await running).toBe(0);
    expect(io.err.text).toContain(`session ${session.info.sessionId} (`);
    expect(io.err.text).toMatch(/ ended: not completed after 0 slots, the simulator was stopped\n/);
  });

  it("`serve --json` prints its log as NDJSON on the standard error", async () => {
    await serve("--json");
    const sessionId = await runSession("second");
    await io.err.until("sessionEnded");
    const events = io.err.text
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as { event: string; time: string });
    expect(events).toContainEqual(expect.objectContaining({ event: "request", method: "GET", path: "/backtest", status: 101 }));
    const ended = { event: "sessionEnded", sessionId, name: "second", reason: "closed", outcome: "completed", executedSlots: 5 };
    expect(events).toContainEqual(expect.objectContaining(ended));
    expect(io.out.text.split("\n")).toHaveLength(2);
  });

  it("`serve --quiet` prints the addresses and no log", async () => {
    await serve("--quiet");
    await runSession("third");
    expect(io.err.text).toBe("");
    expect(io.out.text).toContain("WebSocket");
  });

  it("the commands that `serve` suggests contain --url if the port is not the default port", async () => {
    await serve();
    const port = new URL(httpUrl).port;
    expect(io.out.text).toMatch(
      new RegExp(
        `^ {2}SIMULATOR_API_KEY=… npx simulator-client run --url ws://127\\.0\\.0\\.1:${port} --start-slot 300000000 --slots 50 `,
        "m",
      ),
    );
    expect(io.out.text).toContain("npx simulator-client summarize run.ndjson");
  });

  it("the log of `serve` escapes text from clients and shortens long paths", async () => {
    await serve();
    const out = capturedOutput();
    serveLog(out, { isJson: false }).answered?.({ method: "GET", path: `/\x1b[2J${"x".repeat(500)}`, status: 404 });
    expect(out.text).toMatch(/ GET \/\\u001b\[2Jx+… 404\n$/);
    expect(out.text.length).toBeLessThan(250);
    const session = { identity: { sessionId: "backtest_1" }, executedSlots: 1, outcome: "open" } as Session;
    serveLog(out, { isJson: false }).sessionEnded?.(session, "disconnected");
    expect(out.text).toContain("ended: not completed after 1 slot, no client attached within its disconnect timeout");
  });
});
