import { describe, expect, it } from "vitest";
import type { ChannelState, Phase, Snapshot } from "../../demo/dashboard/contract.js";
import { describeRun } from "../../demo/dashboard/view/masthead.js";

const NOW = 1_700_000_000_000;
const up: ChannelState = { name: "control", state: "up", reconnects: 0 };
const lost = (attempt: number, retryAt?: number): ChannelState => ({
  name: "transaction",
  state: "down",
  phase: retryAt === undefined ? "connecting" : "backingOff",
  attempt,
  reason: "1006",
  ...(retryAt !== undefined && { retryAt }),
  reconnects: 0,
});
const onServer = { source: { kind: "url" } } as Snapshot["settings"];

const textOf = (phase: Phase, channels: ChannelState[] = [up], more: Partial<Snapshot> = {}, isOnline = true) =>
  describeRun({ phase, channels, ...more }, NOW, isOnline).text;

describe("describeRun", () => {
  it("describeRun returns the name of the run's phase if no channel is down", () => {
    expect(textOf("idle", [])).toBe("Not started");
    expect(textOf("playing")).toBe("Playing");
    expect(textOf("stopped")).toBe("Paused");
  });

  it.each(["playing", "stopped", "pausing", "stepping"] as const)(
    "in the phase %s, describeRun shows the reconnect attempt while a channel is down",
    (phase) => {
      expect(textOf(phase, [up, lost(3, NOW + 1_200)])).toBe("Reconnecting (attempt 3, next in 2 s)");
      expect(textOf(phase, [up, lost(3)])).toBe("Reconnecting (attempt 3)");
      expect(describeRun({ phase, channels: [lost(1)] }, NOW, true).tone).toBe("bad");
    },
  );

  it("describeRun shows the channel with the most connection attempts", () => {
    expect(textOf("playing", [lost(1, NOW + 100), lost(4, NOW + 4_000)])).toBe("Reconnecting (attempt 4, next in 4 s)");
  });

  it("describeRun reports an unreachable server if the first connection of a run fails", () => {
    expect(textOf("starting", [{ name: "control", state: "down", phase: "connecting", attempt: 0, reconnects: 0 }])).toBe(
      "Starting",
    );
    expect(textOf("starting", [lost(2, NOW + 900)])).toBe("Server unreachable (attempt 2, next in 1 s)");
    expect(textOf("failed", [lost(9)], { error: { code: "unreachable", message: "" } })).toBe("Server unreachable");
  });

  it("describeRun does not report a reconnect after the run has ended", () => {
    for (const [phase, text] of [
      ["completed", "Completed"],
      ["ended", "Stopped"],
      ["failed", "Failed"],
      ["stopping", "Stopping"],
    ] as const)
      expect(textOf(phase, [lost(1)])).toBe(text);
  });

  it("describeRun reports an offline browser only if the run is on a server", () => {
    expect(textOf("playing", [up], { settings: onServer }, false)).toBe("Offline");
    expect(textOf("playing", [up], {}, false)).toBe("Playing");
    expect(textOf("completed", [up], { settings: onServer }, false)).toBe("Completed");
  });
});
