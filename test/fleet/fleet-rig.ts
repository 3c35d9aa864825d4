import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach } from "vitest";
import { parseJson } from "../../src/codec/json.js";
import { NdjsonEncoder } from "../../src/compare/ndjson-encoder.js";
import type { FleetPlan } from "../../src/fleet/index.js";
import { BacktestClient } from "../../src/index.js";
import { type LocalSimulator, startLocalSimulator } from "../../src/local/index.js";

export const START = 300_000_000n;
export const SLOTS = 40n;

/** Starts a simulator and creates a folder for each test. */
export function useFleetRig(options: Parameters<typeof startLocalSimulator>[0] = {}) {
  let simulator: LocalSimulator;
  let folder = "";
  beforeEach(async () => {
    simulator = await startLocalSimulator({ startSlot: START, slots: 1_000, bundleSlots: 20, ...options });
    folder = await mkdtemp(join(tmpdir(), "simulator-client-fleet-"));
  });
  afterEach(async () => {
    await simulator.close();
    await rm(folder, { recursive: true, force: true, maxRetries: 10 });
  });
  return {
    get simulator() {
      return simulator;
    },
    get folder() {
      return folder;
    },
    /** A plan with two ranges of 20 slots. */
    plan(more: Partial<FleetPlan> = {}): FleetPlan {
      const programs = [...simulator.programs].slice(0, 1);
      return {
        url: simulator.url,
        ranges: [
          { startSlot: START, endSlot: START + 19n },
          { startSlot: START + 20n, endSlot: START + SLOTS - 1n },
        ],
        subscriptions: [
          { kind: "transaction", programs },
          { kind: "accountDiff", programs },
        ],
        ...more,
      };
    },
  };
}

/**
 * Sorts the lines of a record by their source, because only the lines of one source have a fixed order. Omits lines about the
 * connection.
 */
export function bySource(lines: readonly string[]): string[] {
  const sources = new Map<string, string[]>();
  for (const line of lines) {
    const { type, program = "" } = parseJson(line) as { type: string; program?: string };
    if (type === "run" || type === "session" || type === "connection" || type === "continuity") continue;
    // Events other than transactions and account diffs come from the control connection.
    const source = type === "transaction" || type === "accountDiff" ? `${type} ${program}` : "control";
    sources.set(source, [...(sources.get(source) ?? []), line]);
  }
  return [...sources].sort(([a], [b]) => (a < b ? -1 : 1)).flatMap(([, own]) => own);
}

/** Records one range with a client, without a fleet. */
export async function recordDirectly(
  url: string,
  { startSlot, endSlot, programs }: { startSlot: bigint; endSlot: bigint; programs: readonly string[] },
): Promise<string[]> {
  const client = new BacktestClient({ url, logger: false });
  const session = await client.startSession({ startSlot, endSlot, sendSummary: true });
  session.subscribeTransactions([...programs]);
  session.subscribeAccountDiffs([...programs]);
  const encoder = new NdjsonEncoder();
  const lines: string[] = [];
  for await (const event of session.run()) {
    const line = encoder.add(event);
    if (line !== undefined) lines.push(line.trimEnd());
  }
  await client.close();
  return lines;
}

/** Returns the lines of a job's record. Reads the files directly, not with the code in src/fleet. */
export async function recordLines(folder: string, job: string): Promise<string[]> {
  const inside = join(folder, "jobs", job);
  const names = await readdir(inside);
  const [manifest] = names
    .filter((name) => name.startsWith("manifest-"))
    .sort()
    .reverse();
  const { segments } = JSON.parse(await readFile(join(inside, manifest as string), "utf8")) as { segments: { name: string }[] };
  const texts = await Promise.all(segments.map(({ name }) => readFile(join(inside, name), "utf8")));
  return texts.join("").trimEnd().split("\n");
}
