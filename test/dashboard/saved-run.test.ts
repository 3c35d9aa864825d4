import { describe, expect, it } from "vitest";
import type { SavedRun } from "../../demo/dashboard/contract.js";
import { parseSavedRun, stringifySavedRun } from "../../demo/dashboard/view/saved-run.js";

const SAVED: SavedRun = {
  settings: {
    source: { kind: "url", url: "wss://simulator.example/backtest", apiKey: "", auth: "subprotocol" },
    startSlot: 2n ** 64n - 2n,
    slotCount: 1n,
    programs: ["A"],
    streams: { transactions: true, accountDiffs: false },
    discoverPrograms: [],
    step: 10,
    parallel: false,
    rows: 1000,
  },
  checkpoint: {
    version: 1,
    sessionId: "backtest_0",
    startSlot: "1",
    endSlot: "2",
    sequence: null,
    atStop: true,
    pendingContinue: null,
    subscriptions: [],
  },
  totals: { fees: 12_345_678_901_234_567_890n, counts: [1, null] },
  wasPlaying: true,
};

describe("a saved run", () => {
  it("parseSavedRun restores exactly the run that stringifySavedRun has saved", () => {
    expect(parseSavedRun(stringifySavedRun(SAVED))).toEqual(SAVED);
  });

  it("a saved run does not contain the API key", () => {
    const { source } = SAVED.settings;
    const text = stringifySavedRun({
      ...SAVED,
      settings: { ...SAVED.settings, source: { ...source, apiKey: "secret" } as typeof source },
    });
    expect(text).not.toContain("secret");
  });

  it.each([
    "",
    "{",
    "null",
    "{}",
    '{"checkpoint":{"version":2},"settings":{"startSlot":{"$bigint":"1"}}}',
    '{"checkpoint":{"version":1}}',
  ])("parseSavedRun throws a SyntaxError for the text %j", (text) => {
    expect(() => parseSavedRun(text)).toThrow(SyntaxError);
  });
});
