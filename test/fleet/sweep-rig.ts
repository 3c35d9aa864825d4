import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "vitest";
import { stringifyJson } from "../../src/codec/json.js";
import { createFleet, type Fleet, startFleetWorker } from "../../src/fleet/index.js";
import { BacktestClient } from "../../src/index.js";
import { type LocalSimulator, startLocalSimulator } from "../../src/local/index.js";
import { breakInstruction, TOKEN_2022 } from "../support/broken-program.js";
import { bySource, recordLines } from "./fleet-rig.js";

const START = 300_000_000n;
const RANGES = 4;
const SLOTS_OF_RANGE = 50n;
/** Pause after each block, in ms, so that the jobs are still running when processes are killed. */
const SLOT_DELAY_MS = 160;

/** A plan of 24 jobs (4 ranges with 6 variants), a litesvm simulator, and the records of an uninterrupted run of the plan. */
export class SweepRig {
  readonly simulator: LocalSimulator;
  readonly folder: string;
  readonly #whole: Map<string, string[]>;

  private constructor(simulator: LocalSimulator, folder: string, whole: Map<string, string[]>) {
    this.simulator = simulator;
    this.folder = folder;
    this.#whole = whole;
  }

  static async start(): Promise<SweepRig> {
    const slots = SLOTS_OF_RANGE * BigInt(RANGES);
    const options = { engine: "litesvm" as const, startSlot: START, slots, slotDelayMs: SLOT_DELAY_MS };
    const simulator = await startLocalSimulator(options);
    const folder = await mkdtemp(join(tmpdir(), "simulator-client-sweep-"));
    await writeFile(join(folder, "broken.so"), await brokenProgram(simulator.url));
    const [wallet] = simulator.wallets;
    const state = { lamports: 5_000_000_000, owner: "11111111111111111111111111111111", data: ["", "base64"], executable: false };
    await writeFile(join(folder, "accounts.json"), stringifyJson({ [wallet?.address ?? ""]: state }));
    const rig = new SweepRig(simulator, folder, new Map());
    await writeFile(rig.planFile, stringifyJson(rig.#plan()));
    const whole = join(folder, "whole");
    const fleet = await createFleet({ connection: { folder: whole }, plan: rig.#plan(), baseFolder: folder });
    await (await startFleetWorker({ connection: { folder: whole }, concurrency: 12 })).done;
    for (const { id } of fleet.jobs) rig.#whole.set(id, await recordLines(whole, id));
    return rig;
  }

  get planFile(): string {
    return join(this.folder, "plan.json");
  }

  /** Expects that all jobs have completed, and that their records equal those of the uninterrupted run. */
  async expectWholeRecords(fleet: Fleet, place: string): Promise<void> {
    const { counts } = await fleet.status();
    expect(counts).toEqual({ waiting: 0, running: 0, completed: this.#whole.size, failed: 0, cancelled: 0 });
    for (const [id, whole] of this.#whole) {
      const lines = await recordLines(place, id);
      expect(lines[0]).toBe(whole[0]);
      expect(lines.filter((line) => line.startsWith('{"type":"run"'))).toHaveLength(1);
      const [own, expected] = [bySource(lines).join("\n"), bySource(whole).join("\n")];
      if (own !== expected) expect(bySource(lines)).toEqual(bySource(whole));
      expect(expected).toContain('{"type":"transaction"');
      expect(expected).toContain('{"type":"accountDiff"');
    }
  }

  /** Waits until all sessions of the simulator have ended. */
  async expectNoSession(): Promise<void> {
    const client = new BacktestClient({ url: this.simulator.url, logger: false });
    const created = this.simulator.record.sessions.length;
    const since = new Date(Date.now() - 24 * 3600 * 1000).toISOString();
    await expect
      .poll(
        async () => {
          let ended = 0;
          for await (const _ of client.usageSessions({ since })) ended++;
          return created - ended;
        },
        { timeout: 60_000, interval: 500 },
      )
      .toBe(0);
  }

  async close(): Promise<void> {
    await this.simulator.close();
    await rm(this.folder, { recursive: true, force: true, maxRetries: 10 });
  }

  #plan() {
    const [program = ""] = this.simulator.programs;
    return {
      url: this.simulator.url,
      ranges: Array.from({ length: RANGES }, (_, index) => {
        const startSlot = START + BigInt(index) * SLOTS_OF_RANGE;
        return { startSlot, endSlot: startSlot + SLOTS_OF_RANGE - 1n };
      }),
      variants: [
        { name: "baseline" },
        { name: "units-1000", session: { extraComputeUnits: 1_000 } },
        { name: "units-50000", session: { extraComputeUnits: 50_000 } },
        { name: "rich", accounts: "accounts.json" },
        { name: "broken", programs: { [TOKEN_2022]: "broken.so" } },
        { name: "broken-units", programs: { [TOKEN_2022]: "broken.so" }, session: { extraComputeUnits: 1_000 } },
      ],
      subscriptions: [
        { kind: "transaction" as const, programs: [program, TOKEN_2022] },
        { kind: "accountDiff" as const, programs: [program] },
      ],
      // The timeout is short, so that the server ends abandoned sessions during the test.
      session: { disconnectTimeoutSecs: 45 },
      checkpointEveryMs: 200,
    };
  }
}

async function brokenProgram(url: string): Promise<Uint8Array> {
  const client = new BacktestClient({ url, logger: false });
  const session = await client.startSession({ startSlot: START, slotCount: 5 });
  for await (const { type } of session) if (type === "readyForContinue") break;
  const elf = await breakInstruction(session.info.rpcEndpoint);
  await session.shutdown();
  await client.close();
  return elf;
}
