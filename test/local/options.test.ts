import { describe, expect, test } from "vitest";
import type { Engine } from "../../src/local/browser.js";
import { createLocalSimulator, startLocalSimulator } from "../../src/local/index.js";
import type { LocalServerOptions } from "../../src/local/options.js";

describe("options that make no sense are refused by name", () => {
  test.for<[string, Record<string, unknown>]>([
    ["startSlot", { startSlot: -1 }],
    ["startSlot", { startSlot: 1.5 }],
    ["startSlot", { startSlot: 2n ** 64n }],
    ["slots", { slots: "many" }],
    ["skipRate", { skipRate: 1.1 }],
    ["skipRate", { skipRate: Number.NaN }],
    ["transactionsPerSlot", { transactionsPerSlot: 0 }],
    ["transactionsPerSlot", { transactionsPerSlot: 2.5 }],
    ["slotDelayMs", { slotDelayMs: -1 }],
    ["discoveryLeadMs", { discoveryLeadMs: -1 }],
    ["parallelSessions", { parallelSessions: 0 }],
    ["parallelSessions", { parallelSessions: 1.5 }],
    ["parallelSessions", { parallelSessions: 257 }],
    ["bundleSlots", { bundleSlots: 0 }],
    ["replayOverlap", { replayOverlap: -1 }],
    ["apiKey", { apiKey: "" }],
    ["engine", { engine: "quantum" }],
    ["engine", { engine: { programs: [] } }],
    ["engine", { engine: null }],
  ])("%s: %o", ([field, options]) => {
    expect(() => createLocalSimulator(options as LocalServerOptions)).toThrow(
      expect.objectContaining({ code: "invalidParams", field }),
    );
  });

  test.for([-1, 65_536, 1.5])("port: %d", async (port) => {
    await expect(startLocalSimulator({ port })).rejects.toMatchObject({ code: "invalidParams", field: "port" });
  });
});

test("litesvm is told to be missing, with what to do", () => {
  expect(() => createLocalSimulator({ engine: "litesvm" })).toThrow(
    expect.objectContaining({ code: "unsupported", message: expect.stringContaining("synthetic") }),
  );
});

test("an engine of one's own is taken", () => {
  const engine: Engine = {
    programs: ["11111111111111111111111111111111"],
    bundles: [],
    open: () => Promise.reject(new Error("closed")),
  };
  expect(createLocalSimulator({ engine }).programs).toBe(engine.programs);
});

test("await using closes a simulator", async () => {
  const sim = createLocalSimulator();
  await sim[Symbol.asyncDispose]();
  const socket = new sim.WebSocket(sim.url);
  await new Promise((resolve) => socket.addEventListener("error", resolve));
  expect(socket.readyState).toBe(socket.CLOSED);
});
