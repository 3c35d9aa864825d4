import { access, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { MEDIA, runCli, type Serving, startCli, startServe } from "./support/cli.js";

/*
 * Tests how the command `run` ends early, and how it resumes.
 */

const START = 300_000_000;
const SLOTS = 250;

let folder: string;
let serving: Serving;
/** The record of an uninterrupted run. */
let whole: Record<string, string[]>;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "simulator-client-run-"));
  serving = await startServe(["--engine", "synthetic", "--slots", `${SLOTS}`, "--pace", "4"]);
  const { code } = await runCli(runArgs("whole.ndjson"));
  expect(code).toBe(0);
  whole = await recordOf("whole.ndjson");
});

afterAll(async () => {
  await serving?.stop();
  await rm(folder, { recursive: true, force: true, maxRetries: 10 });
});

function runArgs(name: string, ...more: string[]): string[] {
  const { url, programs } = serving;
  const range = ["--url", url, "--start-slot", `${START}`, "--slots", `${SLOTS}`];
  return ["run", ...range, "--program", programs[0] ?? "", "--out", join(folder, name), ...more];
}

/** Returns the lines of a record by type, each in order. The order of lines with different types differs from run to run. */
async function recordOf(name: string): Promise<Record<string, string[]>> {
  const record: Record<string, string[]> = {};
  for (const line of (await readFile(join(folder, name), "utf8")).trimEnd().split("\n")) {
    const { type } = JSON.parse(line) as { type: string };
    record[type] = [...(record[type] ?? []), line];
  }
  return record;
}

const exists = (name: string) =>
  access(join(folder, name)).then(
    () => true,
    () => false,
  );

describe.each(MEDIA)("Ctrl-C on a %s", (medium) => {
  it("the command `run` closes its session on Ctrl-C, and keeps the partial record", async () => {
    const name = `stopped-${medium}.ndjson`;
    const cli = startCli(runArgs(name), { medium });
    await cli.until(/running backtest_/);
    await expect.poll(() => exists(`${name}.partial`)).toBe(true);
    cli.interrupt();
    const { code, plain } = await cli.done;
    expect(code).toBe(130);
    expect(plain).toMatch(/interrupted in /);
    expect(plain).toContain(`${name}.partial`);
    expect(plain).not.toContain("error");
    expect(await exists(name)).toBe(false);
    const record = await recordOf(`${name}.partial`);
    expect(record.run).toEqual(whole.run);
    expect(record.completed).toBeUndefined();
  });

  it("if Ctrl-C stops a run with a checkpoint, the same command resumes the run, and records each event exactly once", async () => {
    const name = `paused-${medium}.ndjson`;
    const args = runArgs(name, "--checkpoint", join(folder, `${name}.checkpoint`));
    const cli = startCli(args, { medium });
    await cli.until(/running backtest_/);
    await expect.poll(() => exists(`${name}.checkpoint`)).toBe(true);
    cli.interrupt();
    const stopped = await cli.done;
    expect(stopped.code).toBe(130);
    expect(stopped.plain).toMatch(/repeat the command within 15 min/);
    expect(await exists(name)).toBe(false);
    const { code, plain } = await runCli(args, { medium });
    expect(plain).toMatch(/resuming backtest_/);
    expect(code).toBe(0);
    expect(await recordOf(name)).toEqual(whole);
    expect([await exists(`${name}.partial`), await exists(`${name}.lock`)]).toEqual([false, false]);
    const again = await runCli(args, { medium });
    expect(again.code).toBe(0);
    expect(again.plain).toMatch(/had completed before; nothing was run/);
    expect(await recordOf(name)).toEqual(whole);
  });
});

it("if a run is killed, the same command resumes the run from its checkpoint, and records each event exactly once", async () => {
  const checkpoint = join(folder, "killed.checkpoint");
  const args = runArgs("killed.ndjson", "--checkpoint", checkpoint, "--checkpoint-every", "0.1");
  const cli = startCli(args);
  const slotsSaved = async () => {
    const text = await readFile(checkpoint, "utf8").catch(() => '{"tally":{"slots":0}}');
    return (JSON.parse(text) as { tally: { slots: number } }).tally.slots;
  };
  await expect.poll(slotsSaved, { interval: 20 }).toBeGreaterThan(20);
  cli.kill("SIGKILL");
  expect((await cli.done).code).toBe(137);
  expect(await exists("killed.ndjson")).toBe(false);
  expect(await exists("killed.ndjson.partial")).toBe(true);
  const { code, stderr } = await runCli(args);
  expect(stderr).toMatch(/resuming backtest_/);
  expect(code).toBe(0);
  expect(await recordOf("killed.ndjson")).toEqual(whole);
  expect([await exists("killed.ndjson.lock"), await exists("killed.ndjson.partial")]).toEqual([false, false]);
});

it("a second Ctrl-C ends the command `run`, even if the server does not respond", async () => {
  const cli = startCli(runArgs("hanging.ndjson"));
  await cli.until(/running backtest_/);
  const headers = { "content-type": "application/json" };
  await fetch(serving.faultsUrl, { method: "POST", headers, body: '{"fault":"halfOpen"}' });
  const pressedAt = performance.now();
  cli.interrupt();
  // The CLI counts signals within 250 ms as one signal. Repeats the signal until the CLI counts a second signal.
  const pressing = setInterval(() => cli.interrupt(), 100);
  const { code } = await cli.done;
  clearInterval(pressing);
  expect(code).toBe(130);
  // The client did not wait for the close handshake, which may take 5 s.
  expect(performance.now() - pressedAt).toBeLessThan(4_000);
});

it("the command `run` ends when the program that reads its output has ended", async () => {
  const cli = startCli(["run", ...runArgs("-").slice(1, -1), "-"]);
  await cli.until(/"type":"slot"/);
  cli.stopReading();
  expect((await cli.done).code).toBe(141);
});
