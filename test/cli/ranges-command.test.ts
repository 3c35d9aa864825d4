import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runCli } from "./support/captured-io.js";

const range = (start: number, slots: number, kind?: string, scope?: string) => ({
  bundle_start_slot: start,
  bundle_start_slot_utc: `2026-01-0${Math.floor(start / 1000)}T00:00:00Z`,
  max_bundle_end_slot: start + slots - 1,
  max_bundle_end_slot_utc: `2026-01-0${Math.floor(start / 1000)}T01:00:00Z`,
  max_bundle_size: slots,
  kind,
  scope,
});
const RANGES = [
  range(1000, 100, "blocks", "global"),
  range(1100, 109, "blocks", "user"),
  range(2000, 112, "blocks", "global"),
  range(3000, 500),
  range(3000, 100, "account_state", "user"),
];

let service: Server;
let url: string;
const requests: (string | undefined)[] = [];
beforeAll(async () => {
  service = createServer((request, response) => {
    requests.push(request.url);
    response.setHeader("content-type", "application/json").end(JSON.stringify(RANGES));
  });
  await new Promise<void>((resolve) => service.listen(0, "127.0.0.1", resolve));
  url = `ws://127.0.0.1:${(service.address() as AddressInfo).port}`;
});
afterAll(() => service.close());

/** Returns the ranges that the command prints with the given options, as `first..last`. */
async function listed(...options: string[]): Promise<string[]> {
  const { code, stdout, stderr } = await runCli(["ranges", "--url", url, ...options, "--json"]);
  expect(code, stderr).toBe(0);
  const ranges = JSON.parse(stdout) as Record<string, number>[];
  return ranges.map(({ bundleStartSlot, maxBundleEndSlot }) => `${bundleStartSlot}..${maxBundleEndSlot}`);
}

describe("ranges", () => {
  it("`ranges` prints the available ranges of blocks as a table with their scope", async () => {
    const { code, stdout } = await runCli(["ranges", "--url", url]);
    expect(code).toBe(0);
    expect(stdout).toMatch(
      /^ *first slot +last slot +slots +from +to +scope\n +1000 +1099 +100 +2026-01-01T00:00:00Z +\S+ +global\n/,
    );
    expect(stdout).toMatch(/\n4 ranges\n$/);
    expect(requests.at(-1)).toBe("/available-ranges?include_account_state=false");
  });

  it.each(["account_state", "account-state"])(
    "`ranges --kind %s` lists only ranges with recorded account states",
    async (kind) => {
      expect(await listed("--kind", kind)).toEqual(["3000..3099"]);
      expect(requests.at(-1)).toBe("/available-ranges?include_account_state=true");
    },
  );

  it("`ranges --kind transactions` lists the same ranges as --kind blocks", async () => {
    const all = ["1000..1099", "1100..1208", "2000..2111", "3000..3499"];
    expect(await listed("--kind", "transactions")).toEqual(all);
    expect(await listed("--kind", "blocks")).toEqual(all);
  });

  it("`ranges --scope` lists only the ranges of the given scope, and omits ranges of unknown scope", async () => {
    expect(await listed("--scope", "user")).toEqual(["1100..1208"]);
    expect(await listed("--scope", "global")).toEqual(["1000..1099", "2000..2111"]);
  });

  it("`ranges --size N` lists the ranges that have between 90 % and 110 % of N slots", async () => {
    expect(await listed("--size", "100")).toEqual(["1000..1099", "1100..1208"]);
    expect(await listed("--size", "111")).toEqual(["1000..1099", "1100..1208", "2000..2111"]);
    expect(await listed("--size", "100", "--scope", "user")).toEqual(["1100..1208"]);
  });

  it.each(["--after", "--before"])(
    "the option %s of `ranges` refuses a text that is neither a slot nor a time",
    async (option) => {
      const { code, stderr } = await runCli(["ranges", "--url", "ws://host", option, "soon"]);
      expect(code).toBe(2);
      expect(stderr).toContain(`${option}: expected a slot, or a time such as 2026-01-31 or 2026-01-31T12:00:00Z`);
    },
  );

  it("`ranges --after` and --before list the ranges between two slots or times", async () => {
    expect(await listed("--after", "1100", "--before", "2111")).toEqual(["1100..1208", "2000..2111"]);
    expect(await listed("--after", "2026-01-02", "--before", "2026-01-03T00:30:00Z")).toEqual(["2000..2111"]);
  });

  it("`ranges --split` splits a range at bundle borders, and --prefer selects the most or the fewest sub-ranges", async () => {
    const split = async (...options: string[]) => {
      const { code, stdout } = await runCli(["ranges", "--url", url, "--split", "1000..1208", ...options, "--json"]);
      expect(code).toBe(0);
      return JSON.parse(stdout) as object[];
    };
    expect(await split("--prefer", "most")).toEqual([
      { startSlot: 1000, endSlot: 1099 },
      { startSlot: 1100, endSlot: 1208 },
    ]);
    expect(await split("--prefer", "fewest")).toHaveLength(2);
    const failed = await runCli(["ranges", "--url", url, "--split", "5..9"]);
    expect([failed.code, failed.stderr]).toEqual([1, expect.stringContaining("--split: ")]);
  });

  it.each([
    [["--scope", "mine"], /Allowed choices are global, user/],
    [["--size", "0"], /Expected a whole number from 1/],
    [["--kind", "slots"], /Allowed choices are blocks, account_state/],
  ])("`ranges` refuses the invalid options %j, and exits with 2", async (options, message) => {
    const { code, stderr } = await runCli(["ranges", "--url", url, ...options]);
    expect(code).toBe(2);
    expect(stderr).toMatch(message);
  });
});
