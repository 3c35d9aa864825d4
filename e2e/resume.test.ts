import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { SessionCheckpoint } from "../dist/index.js";
import { type LocalSimulator, startLocalSimulator } from "../dist/local.js";

const START = 300_000_000;
const SLOTS = 200;
const SCRIPT = fileURLToPath(new URL("support/resumable-run.mjs", import.meta.url));
const SIGKILLED = null;

let simulator: LocalSimulator;
let folder: string;

beforeEach(async () => {
  simulator = await startLocalSimulator({ startSlot: START, slots: SLOTS, slotDelayMs: 3 });
  folder = mkdtempSync(join(tmpdir(), "simulator-client-"));
});

afterEach(async () => {
  await simulator.close();
  rmSync(folder, { recursive: true, force: true, maxRetries: 10 });
});

interface ProcessRun {
  /** The exit code, or `null` if the process was killed. */
  code: number | null;
  output: string;
  /** The events that the process has processed, in order. */
  processed: string[];
}

const stateFile = (): string => join(folder, "state.json");

/** The last saved checkpoint, and the number of journal lines before it. */
function saved(): { checkpoint: SessionCheckpoint; lines: number } {
  return JSON.parse(readFileSync(stateFile(), "utf8"));
}

/** Runs a process. @param killAt the number of events after which it is killed by SIGKILL */
function runProcess(name: string, killAt = Number.POSITIVE_INFINITY): Promise<ProcessRun> {
  const journal = join(folder, `${name}.txt`);
  const args = [SCRIPT, simulator.url, stateFile(), journal, simulator.programs.slice(0, 2).join(","), `${START}`, `${SLOTS}`];
  return new Promise((resolve) => {
    const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    const handleText = (chunk: Buffer): void => {
      output += chunk;
      const count = Number(/.*^received (\d+)\./ms.exec(output)?.[1] ?? 0);
      if (count >= killAt) child.kill("SIGKILL");
    };
    child.stdout.on("data", handleText);
    child.stderr.on("data", handleText);
    child.on("close", (code) => {
      const text = existsSync(journal) ? readFileSync(journal, "utf8") : "";
      resolve({ code, output, processed: text.split("\n").slice(0, -1) });
    });
  });
}

/** Groups the lines of a journal by stream. */
function streamsOf(lines: readonly string[]): Record<string, string[]> {
  const streams: Record<string, string[]> = { control: [] };
  for (const line of lines) {
    const [kind = "", program] = line.split(" ");
    const name = kind === "transaction" || kind === "accountDiff" ? `${kind} ${program}` : "control";
    // Continuity events are created by the client, so they are not in the record.
    if (kind === "continuity") continue;
    streams[name] ??= [];
    streams[name].push(line);
  }
  return streams;
}

/** The events that the simulator recorded, in the format of the journal. */
function recorded(): Record<string, string[]> {
  const [record] = simulator.record.sessions;
  if (record === undefined) throw new Error("the simulator has no record of the session");
  const control = record.control.flatMap(({ response }) => {
    if (response.method === "slotNotification") return [`slot ${response.params}`];
    const { method }: { method: string } = response;
    return method === "sessionCreated" || method === "success" ? [] : [method];
  });
  const streams = (["transaction", "accountDiff"] as const).flatMap((kind) =>
    simulator.programs.slice(0, 2).map((program) => {
      const name = `${kind} ${program}`;
      return [name, record.notifications(kind, program).map(({ slot, key }) => `${name} ${slot} ${key}`)] as const;
    }),
  );
  return { control, ...Object.fromEntries(streams) };
}

describe("a process that is killed by SIGKILL in the middle of a run", () => {
  it("no event is lost if SIGKILL ends a process, because the next process resumes from the last checkpoint", async () => {
    const processed: string[] = [];
    let unsaved: string[] = [];
    let replayed = 0;
    for (const [index, killAt] of [150, 420, 700].entries()) {
      const run = await runProcess(`run-${index}`, killAt);
      expect(run.code, run.output).toBe(SIGKILLED);
      expect(run.processed).toEqual(expect.arrayContaining(unsaved));
      const { checkpoint, lines } = saved();
      expect(checkpoint.version).toBe(1);
      // Checks that the checkpoint is recent: it includes more than half of the events that the process received.
      expect(lines).toBeGreaterThan(killAt / 2);
      processed.push(...run.processed.slice(0, lines));
      unsaved = run.processed.slice(lines).filter((line) => line !== "continuity");
      replayed += unsaved.length;
    }
    const last = await runProcess("last");
    expect(last.output).toMatch(/^completed$/m);
    expect(last.code, last.output).toBe(0);
    expect(last.processed).toEqual(expect.arrayContaining(unsaved));
    expect(replayed).toBeGreaterThan(0);
    processed.push(...last.processed);

    // Joins the events that each process had saved in its last checkpoint. The result is the whole run: each event once and in
    // order.
    expect(streamsOf(processed)).toEqual(recorded());
    expect(processed.length).toBeGreaterThan(2_000);
    expect(simulator.record.sessions).toHaveLength(1);
    expect(simulator.record.sessions[0]?.connections.control).toBe(4);
  });
});
