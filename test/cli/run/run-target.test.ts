import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { resolveTarget } from "../../../src/cli/run/run-target.js";
import { type LocalSimulator, startLocalSimulator } from "../../../src/local/index.js";
import { capturedIo, runCli } from "../support/captured-io.js";

let simulator: LocalSimulator;
let env: Record<string, string>;

beforeAll(async () => {
  simulator = await startLocalSimulator({ startSlot: 1_000, slots: 25, bundleSlots: 10 });
  // Without a URL, `resolveTarget` uses the port in SIMULATOR_PORT.
  env = { SIMULATOR_PORT: new URL(simulator.httpUrl).port };
});
afterAll(() => simulator.close());

describe("resolveTarget", () => {
  it("resolveTarget without options uses the simulator on the default port of `serve` and all slots of its ledger", async () => {
    const io = capturedIo({ env });
    expect(await resolveTarget({}, io)).toEqual({ url: simulator.url, startSlot: 1_000n, endSlot: 1_024n });
    expect(io.err.text).toBe(`note: using the slots 1000 to 1024 of the simulator at ${new URL(simulator.url).host}\n`);
  });

  it.each([
    ["a number of slots", { slots: 5n }, 1_000n, 1_004n],
    ["a last slot", { endSlot: 1_002n }, 1_000n, 1_002n],
    ["a first slot", { startSlot: 1_015n }, 1_015n, 1_024n],
    ["a first slot and a number of slots", { startSlot: 1_015n, slots: 2n }, 1_015n, 1_016n],
  ])(
    "given only %s, resolveTarget computes the slot range from the ledger of a local simulator",
    async (_, range, startSlot, endSlot) => {
      expect(await resolveTarget({ url: simulator.url, ...range }, capturedIo())).toEqual({
        url: simulator.url,
        startSlot,
        endSlot,
      });
    },
  );

  it("resolveTarget refuses a start slot that is not in the ledger of the simulator", async () => {
    const refused = resolveTarget({ url: simulator.url, startSlot: 5n }, capturedIo());
    await expect(refused).rejects.toThrow(/not among the slots of 127\.0\.0\.1/);
  });

  it("resolveTarget requires a complete range if the simulator is on another machine", async () => {
    await expect(resolveTarget({ url: "wss://host/backtest" }, capturedIo())).rejects.toThrow("--start-slot is missing");
  });

  it("if --url is missing, resolveTarget uses the local simulator, and prints its address", async () => {
    const io = capturedIo({ env });
    expect(await resolveTarget({ startSlot: 1_000n, slots: 2n }, io)).toMatchObject({ url: simulator.url });
    expect(io.err.text).toBe(`note: --url is not set: using the simulator at ${new URL(simulator.url).host}\n`);
  });

  it("the error of resolveTarget for a missing simulator says how to start one", async () => {
    await expect(resolveTarget({}, capturedIo())).rejects.toThrow(/--url is missing: .*`simulator-client serve`/);
  });

  it("`run` without options runs all slots of a local simulator", async () => {
    const { code, stdout } = await runCli(["run"], { env });
    expect([code, stdout]).toEqual([0, expect.stringContaining("from 1000 to 1024")]);
  });
});
