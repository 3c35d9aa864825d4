import { describe, expect, it, vi } from "vitest";
import { runProgram } from "../../../src/cli/program.js";
import { BacktestClient } from "../../../src/client/backtest-client.js";
import { startLocalSimulator } from "../../../src/local/index.js";
import { capturedIo } from "../support/captured-io.js";

const opened = vi.hoisted(() => [] as string[]);

// Both functions are replaced, because a test must not open a browser, and the page needs a build.
vi.mock("../../../src/cli/dashboard/open-browser.js", () => ({
  showPage: async (address: string) => {
    opened.push(address);
  },
}));
vi.mock("../../../src/cli/dashboard/dashboard-pages.js", async (original) => ({
  ...(await original<typeof import("../../../src/cli/dashboard/dashboard-pages.js")>()),
  dashboardPages: () => (_request: unknown, response: { end(text: string): void }) => {
    response.end("page");
    return true;
  },
}));
// Simulates a missing litesvm: the engine fails with the error for a missing package.
vi.mock("../../../src/local/engine/litesvm/litesvm-engine.js", async () => {
  const { SimulatorError } = await import("../../../src/protocol/simulator-error.js");
  return {
    litesvmEngine: () => Promise.reject(new SimulatorError("unsupported", 'litesvm is missing; use the engine "synthetic"')),
  };
});

/** Starts a server with `--json`. Resolves to the line that it prints, and to its notes. */
async function start<T>(...args: string[]): Promise<{ line: T; notes: string; stop(): Promise<number> }> {
  const interrupt = new AbortController();
  const io = capturedIo({}, interrupt.signal);
  const code = runProgram([...args, "--json"], io);
  await Promise.race([io.out.until("\n"), code]);
  return {
    line: JSON.parse(io.out.text) as T,
    notes: io.err.text,
    stop: () => {
      interrupt.abort();
      return code;
    },
  };
}

const SERVE = ["serve", "--port", "0", "--slots", "5"];

describe("serve without litesvm", () => {
  it("`serve --fallback` uses the synthetic engine if litesvm is not installed", async () => {
    const { line, notes, stop } = await start<{ engine: string }>(...SERVE, "--fallback");
    expect(line.engine).toBe("synthetic");
    expect(notes).toMatch(/^note: using the engine synthetic because of --fallback: litesvm is missing/);
    expect(await stop()).toBe(0);
  });

  it("`serve` without --fallback fails if litesvm is not installed, and the error suggests --engine synthetic", async () => {
    const io = capturedIo();
    expect(await runProgram(SERVE, io)).toBe(1);
    expect(io.alerts.text).toBe("error: litesvm is missing; pass --engine synthetic\n");
  });
});

describe("the dashboard of a command", () => {
  it("`serve --open` opens the dashboard in a browser, and passes the URL of the simulator to the page", async () => {
    const { line, stop } = await start<{ url: string }>(...SERVE, "--engine", "synthetic", "--open");
    expect(await stop()).toBe(0);
    expect(new URL(opened.splice(0)[0] ?? "").searchParams.get("url")).toBe(line.url);
  });

  it("`dashboard` serves the page on --port, opens it in a browser with --open, and prints its address with --json", async () => {
    const { line, stop } = await start<{ dashboardUrl: string; addsKey: boolean }>("dashboard", "--port", "0", "--open");
    expect(line).toEqual({ dashboardUrl: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+\/dashboard\/$/), addsKey: false });
    expect(new URL(line.dashboardUrl).port).not.toBe("4300");
    expect(await (await fetch(line.dashboardUrl)).text()).toBe("page");
    expect(opened.splice(0)).toEqual([line.dashboardUrl]);
    expect(await stop()).toBe(0);
  });

  it("`dashboard --url` connects the page to a service through a proxy", async () => {
    const simulator = await startLocalSimulator({ engine: "synthetic", startSlot: 100, slots: 5 });
    const { line, stop } = await start<{ dashboardUrl: string; service: string }>(
      "dashboard",
      "--port",
      "0",
      "--url",
      simulator.url,
    );
    expect(line.service).toBe(new URL(simulator.url).host);
    const page = new URL(line.dashboardUrl);
    const proxied = new BacktestClient({
      url: page.searchParams.get("url") ?? "",
      logger: false,
      headers: { Origin: page.origin },
    });
    expect(await proxied.health()).toBe(true);
    await proxied.close();
    expect(await stop()).toBe(0);
    await simulator.close();
  });
});
