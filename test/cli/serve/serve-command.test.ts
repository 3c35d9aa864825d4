import { createServer, request } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { runProgram } from "../../../src/cli/program.js";
import { BacktestClient } from "../../../src/client/backtest-client.js";
import { subscribeGeyser } from "../../../src/geyser/index.js";
import { transactionSignature } from "../../../src/index.js";
import { generateLedger } from "../../../src/local/engine/ledger/generate-ledger.js";
import { writeLedger } from "../../../src/local/engine/ledger/write-ledger.js";
import { type CapturedIo, capturedIo, runCli } from "../support/captured-io.js";
import { useFolder } from "../support/temporary-folder.js";

interface Served {
  url: string;
  httpUrl: string;
  geyserUrl?: string;
  faultsUrl: string;
  engine: string;
  ledger?: string;
  startSlot: number;
  endSlot: number;
  programs: string[];
}

const folder = useFolder();
let running: { interrupt: AbortController; code: Promise<number> } | undefined;

afterEach(async () => {
  if (running === undefined) return;
  running.interrupt.abort();
  expect(await running.code).toBe(0);
  running = undefined;
});

/** Starts `serve` on a free port, and returns what it prints with `--json`. */
async function serve(...options: string[]): Promise<Served & { io: CapturedIo }> {
  const interrupt = new AbortController();
  const io = capturedIo({}, interrupt.signal);
  const code = runProgram(["serve", "--port", "0", "--json", ...options], io);
  running = { interrupt, code };
  await Promise.race([io.out.until("\n"), code]);
  return { ...(JSON.parse(io.out.text) as Served), io };
}

const SYNTHETIC = ["--engine", "synthetic"];

describe("the range of a generated ledger", () => {
  const FIRST = ["--start-slot", "18446744073709551615"];

  it.each(["synthetic", "litesvm"])(
    "`serve` with the engine %s refuses a range that ends after the largest u64, and opens no port",
    async (engine) => {
      const { code, stdout, stderr } = await runCli(["serve", "--engine", engine, "--port", "0", ...FIRST, "--slots", "2"]);
      expect([code, stdout]).toEqual([2, ""]);
      expect(stderr).toBe(
        "error: --slots: the last slot would be 18446744073709551616, which is larger than 18446744073709551615\n",
      );
    },
  );

  it("`serve` without --slots generates fewer slots if the range would exceed the largest u64", async () => {
    const served = await serve(...SYNTHETIC, ...FIRST);
    expect(served.io.out.text).toContain('"startSlot":18446744073709551615,"endSlot":18446744073709551615');
  });
});

/** Replays the whole ledger. Returns the number of slots, and the transaction signatures of the first program. */
async function replay({ url, startSlot, endSlot, programs }: Served): Promise<{ slots: number; signatures: string[] }> {
  const client = new BacktestClient({ url, logger: false });
  const session = await client.startSession({ startSlot, endSlot });
  session.subscribeTransactions(programs.slice(0, 1));
  let slots = 0;
  const signatures: string[] = [];
  for await (const event of session.run()) {
    if (event.type === "slot") slots++;
    if (event.type === "transaction") signatures.push(transactionSignature(event.transaction) ?? "");
  }
  await client.close();
  return { slots, signatures };
}

/** Returns the status of a GET request with the given headers. */
function statusOf(url: string, headers: Record<string, string>): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    request(url, { headers }, (response) => {
      response.resume();
      resolve(response.statusCode);
    })
      .on("error", reject)
      .end();
  });
}

describe("serve", () => {
  it("`serve --start-slot` and --slots set the range of the generated ledger", async () => {
    expect(await serve(...SYNTHETIC, "--start-slot", "500", "--slots", "20")).toMatchObject({ startSlot: 500, endSlot: 519 });
  });

  it("`serve --seed`, --transactions and --skip-rate control the content of the generated ledger", async () => {
    const ledger = async (...options: string[]) => {
      const replayed = await replay(await serve(...SYNTHETIC, "--start-slot", "500", "--slots", "40", ...options));
      running?.interrupt.abort();
      return replayed;
    };
    const plain = await ledger();
    expect(plain.slots).toBe(40);
    expect((await ledger("--seed", "other")).signatures).not.toEqual(plain.signatures);
    expect((await ledger("--seed", "0")).signatures).toEqual(plain.signatures);
    expect((await ledger("--transactions", "40")).signatures.length).toBeGreaterThan(plain.signatures.length * 3);
    expect((await ledger("--skip-rate", "0.5")).slots).toBeLessThan(35);
  });

  it("`serve` lists the first programs of the ledger, and refers to --json for the others", async () => {
    const { programs } = await serve(...SYNTHETIC, "--slots", "5");
    running?.interrupt.abort();
    const interrupt = new AbortController();
    const io = capturedIo({}, interrupt.signal);
    const code = runProgram(["serve", "--port", "0", ...SYNTHETIC, "--slots", "5"], io);
    running = { interrupt, code };
    await Promise.race([io.out.until("Press Ctrl-C"), code]);
    const [, listed = ""] = /^ {2}programs {3}(.*)$/m.exec(io.out.text) ?? [];
    expect(listed.split(", ").slice(0, 4)).toEqual(programs.slice(0, 4));
    expect(listed.includes("--json prints all")).toBe(programs.length > 4);
  });

  it("`serve --pace` pauses after each block", async () => {
    const served = await serve(...SYNTHETIC, "--slots", "10", "--pace", "20");
    const start = performance.now();
    await replay(served);
    // Nine pauses of 20 ms come before the last block. A timer can fire 1 ms early.
    expect(performance.now() - start).toBeGreaterThan(9 * 19);
  });

  it("`serve --host` sets the address, and prints a note that others can reach the simulator", async () => {
    const { url, io } = await serve(...SYNTHETIC, "--slots", "5", "--host", "localhost");
    expect(url).toMatch(/^ws:\/\/localhost:\d+\//);
    expect(io.err.text).toBe("note: listening on localhost, open to everyone who can reach it\n");
  });

  it("`serve --origin` accepts requests from web pages of the given origin", async () => {
    const { httpUrl } = await serve(...SYNTHETIC, "--slots", "5", "--origin", "https://app.example");
    const statusFor = async (origin: string) => (await fetch(`${httpUrl}/available-ranges`, { headers: { origin } })).status;
    expect([await statusFor("https://app.example"), await statusFor("https://other.example")]).toEqual([200, 403]);
  });

  it("`serve --allow-host` accepts requests for the given host name", async () => {
    const { httpUrl } = await serve(...SYNTHETIC, "--slots", "5", "--allow-host", "sim.example");
    const url = `${httpUrl}/available-ranges`;
    expect([await statusOf(url, { host: "sim.example" }), await statusOf(url, { host: "evil.example" })]).toEqual([200, 403]);
  });

  it("`serve --fault drop@slot:510` cuts the control connection of a session once", async () => {
    const served = await serve(...SYNTHETIC, "--start-slot", "500", "--slots", "40", "--fault", "drop@slot:510");
    const client = new BacktestClient({ url: served.url, logger: false });
    const session = await client.startSession({ startSlot: served.startSlot, endSlot: served.endSlot });
    for await (const { type } of session.run()) if (type === "completed") break;
    expect(session.diagnostics.reconnects.control).toBe(1);
    await client.close();
  });

  it("`serve --faults-port` sets the port of the fault page", async () => {
    const taken = createServer();
    await new Promise<void>((resolve) => taken.listen(0, "127.0.0.1", resolve));
    const { port } = taken.address() as AddressInfo;
    await new Promise((resolve) => taken.close(resolve));
    const { faultsUrl } = await serve(...SYNTHETIC, "--slots", "5", "--faults-port", `${port}`);
    expect(faultsUrl).toBe(`http://127.0.0.1:${port}/faults`);
    expect((await fetch(faultsUrl)).status).toBe(200);
  });

  it("`serve --geyser-port` serves a Yellowstone stream of each session", async () => {
    expect((await serve(...SYNTHETIC, "--slots", "5")).geyserUrl).toBeUndefined();
    running?.interrupt.abort();
    await running?.code;
    const { url, geyserUrl, startSlot, endSlot } = await serve(...SYNTHETIC, "--slots", "5", "--geyser-port", "0");
    const client = new BacktestClient({ url, logger: false });
    const session = await client.startSession({ startSlot, endSlot });
    const stream = subscribeGeyser(session, { blocksMeta: { all: {} } }, { url: geyserUrl ?? "" });
    await stream.ready;
    const run = (async () => {
      for await (const _ of session.run());
    })();
    let blocks = 0;
    for await (const { type } of stream) if (type === "blockMeta") blocks++;
    expect(blocks).toBe(5);
    await run;
    await client.close();
  });

  it("`serve --isolation none` runs the litesvm sessions in the process of `serve`", async () => {
    const served = await serve("--start-slot", "500", "--slots", "5", "--isolation", "none");
    expect(served.engine).toBe("litesvm");
    expect((await replay(served)).slots).toBe(5);
  });

  it("`serve --ledger` replays the ledger in the given folder", async () => {
    const path = folder.path("ledger");
    const range = { startSlot: 700n, endSlot: 709n, transactionsPerSlot: 2 };
    await writeLedger(path, generateLedger({ seed: "written", skipRate: 0, ...range }));
    const served = await serve("--ledger", path, "--isolation", "none");
    expect(served).toMatchObject({ engine: "litesvm", ledger: path, startSlot: 700, endSlot: 709 });
    expect((await replay(served)).slots).toBe(10);
  });
});
