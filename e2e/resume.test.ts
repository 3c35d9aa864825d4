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

interface Life {
  /** `null`: it was killed. */
  code: number | null;
  output: string;
  /** What it took, in order. */
  taken: string[];
}

const stateFile = (): string => join(folder, "state.json");

/** The last saved checkpoint, and how much of its process's journal it stands for. */
function saved(): { checkpoint: SessionCheckpoint; lines: number } {
  return JSON.parse(readFileSync(stateFile(), "utf8"));
}

/** One process's life. @param killAt how many events it may take; SIGKILL, which no process sees coming, follows */
function live(name: string, killAt = Number.POSITIVE_INFINITY): Promise<Life> {
  const journal = join(folder, `${name}.txt`);
  const args = [SCRIPT, simulator.url, stateFile(), journal, simulator.programs.slice(0, 2).join(","), `${START}`, `${SLOTS}`];
  return new Promise((resolve) => {
    const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    const handleText = (chunk: Buffer): void => {
      output += chunk;
      const taken = Number(/.*^taken (\d+)\./ms.exec(output)?.[1] ?? 0);
      if (taken >= killAt) child.kill("SIGKILL");
    };
    child.stdout.on("data", handleText);
    child.stderr.on("data", handleText);
    child.on("close", (code) => {
      const text = existsSync(journal) ? readFileSync(journal, "utf8") : "";
      resolve({ code, output, taken: text.split("\n").slice(0, -1) });
    });
  });
}

/** The lines of each stream, by what it is. */
function streamsOf(lines: readonly string[]): Record<string, string[]> {
  const streams: Record<string, string[]> = { control: [] };
  for (const line of lines) {
    const [kind = "", program] = line.split(" ");
    const name = kind === "transaction" || kind === "accountDiff" ? `${kind} ${program}` : "control";
    // What a resume tells of itself is no part of what the server said.
    if (kind === "continuity") continue;
    streams[name] ??= [];
    streams[name].push(line);
  }
  return streams;
}

/** What the simulator told, as the script writes it down. */
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

describe("a process that is killed with SIGKILL in the middle of a run", () => {
  it("loses nothing: another one goes on from the last saved checkpoint, and what was taken after it comes again", async () => {
    const kept: string[] = [];
    let again: string[] = [];
    let repeated = 0;
    for (const [index, killAt] of [150, 420, 700].entries()) {
      const life = await live(`life-${index}`, killAt);
      expect(life.code, life.output).toBe(SIGKILLED);
      expect(life.taken).toEqual(expect.arrayContaining(again));
      const { checkpoint, lines } = saved();
      expect(checkpoint.version).toBe(1);
      // One that this process made, and not the one that it came from.
      expect(lines).toBeGreaterThan(killAt / 2);
      kept.push(...life.taken.slice(0, lines));
      again = life.taken.slice(lines).filter((line) => line !== "continuity");
      repeated += again.length;
    }
    const last = await live("last");
    expect(last.output).toMatch(/^completed$/m);
    expect(last.code, last.output).toBe(0);
    expect(last.taken).toEqual(expect.arrayContaining(again));
    expect(repeated).toBeGreaterThan(0);
    kept.push(...last.taken);

    // What each process had kept, one behind the other, is the whole run: each event once, none missing, in order.
    expect(streamsOf(kept)).toEqual(recorded());
    expect(kept.length).toBeGreaterThan(2_000);
    expect(simulator.record.sessions).toHaveLength(1);
    expect(simulator.record.sessions[0]?.connections.control).toBe(4);
  });
});
