// Measures the memory for a comparison of large records. Only `npm run test:slow` runs this test, because each case takes a minute.
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { beforeAll, describe, expect, it } from "vitest";
import { ensureBuilt } from "../scripts/build.mjs";

const SCRIPT = fileURLToPath(new URL("support/compare-memory.mjs", import.meta.url));
const MINUTES = 60_000;

/** Compares two generated records in a separate process. */
async function compare(megabytes: number, order: string) {
  const { stdout } = await promisify(execFile)(process.execPath, [SCRIPT, `${megabytes}`, order]);
  return JSON.parse(stdout) as { transactions: number; same: number; residentMB: number; counts: Record<string, number> };
}

beforeAll(async () => {
  expect(await ensureBuilt("runnable")).toBe(true);
}, 5 * MINUTES);

describe("compareRuns on two records of 500 MB", () => {
  it.each([
    ["single", "of a single session"],
    ["parallel", "of a parallel run, with the sub-sessions in different orders"],
  ])(
    "compareRuns needs less than 300 MB for two records of 500 MB (%s)",
    async (order) => {
      const { transactions, same, counts, residentMB } = await compare(500, order);
      expect(transactions).toBeGreaterThan(200_000);
      // Of every 100 transactions in record B, one fails, ten have different logs, and two are missing.
      expect(counts.regression).toBeCloseTo(transactions / 100, -2);
      expect(counts.missing).toBeCloseTo(transactions / 50, -2);
      expect(counts.extra).toBe(0);
      expect(same).toBeGreaterThan(0.85 * transactions);
      expect(residentMB).toBeLessThan(300);
    },
    10 * MINUTES,
  );
});

describe("compareRuns on records whose transactions are not in slot order", () => {
  it(
    "compareRuns finds the same differences in bounded memory even if the transactions are not in slot order",
    async () => {
      const [ordered, unordered] = [await compare(100, "single"), await compare(100, "unordered")];
      expect(unordered.counts).toEqual(ordered.counts);
      expect(unordered.residentMB).toBeLessThan(300);
    },
    10 * MINUTES,
  );
});
