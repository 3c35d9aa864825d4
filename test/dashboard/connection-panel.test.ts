import { describe, expect, it } from "vitest";
import type { ChannelState } from "../../demo/dashboard/contract.js";
import { describeChannel, describeConnections, describeGaps } from "../../demo/dashboard/view/connection-panel.js";
import { IDLE_SNAPSHOT } from "../../demo/dashboard/view/idle-snapshot.js";

const channel = { name: "control", reconnects: 0 };

describe("describeChannel", () => {
  it("describeChannel returns the time until the next connection attempt", () => {
    const lost = { ...channel, state: "down", phase: "backingOff", attempt: 2, reason: "1006", retryAt: 5_000 } as const;
    expect(describeChannel(lost, 2_100)).toEqual({ tone: "bad", text: "lost", detail: "attempt 2 in 3 s: 1006" });
    expect(describeChannel(lost, 4_999).detail).toBe("attempt 2 in 1 s: 1006");
    expect(describeChannel(lost, 5_000).detail).toBe("attempt 2 now: 1006");
  });

  it("describeChannel returns the tone `busy` for a first connection attempt, and the tone `bad` for a reconnect", () => {
    const first = { ...channel, state: "down", phase: "connecting", attempt: 1 } as const;
    expect(describeChannel(first, 0)).toEqual({ tone: "busy", text: "connecting", detail: "" });
    expect(describeChannel({ ...first, reason: "1012" }, 0)).toEqual({
      tone: "bad",
      text: "connecting",
      detail: "attempt 1: 1012",
    });
  });

  it("describeChannel distinguishes connected, closed, suspended and failed channels", () => {
    expect(describeChannel({ ...channel, state: "up" }, 0)).toMatchObject({ tone: "good", text: "connected" });
    expect(describeChannel({ ...channel, state: "closed" }, 0)).toMatchObject({ tone: "still", text: "closed" });
    expect(describeChannel({ ...channel, state: "down", phase: "suspended" }, 0)).toMatchObject({
      tone: "still",
      text: "suspended",
    });
    expect(describeChannel({ ...channel, state: "failed", reason: "attempts used up" }, 0)).toEqual({
      tone: "bad",
      text: "failed",
      detail: "attempts used up",
    });
  });
});

describe("describeConnections", () => {
  const summaryOf = (...channels: ChannelState[]) => {
    const { tone, text } = describeConnections({ phase: "playing", channels, counters: IDLE_SNAPSHOT.counters });
    return [tone, text];
  };
  const up: ChannelState = { ...channel, state: "up" };

  it("describeConnections returns the tone `good` only if every channel is connected or closed", () => {
    expect(summaryOf()).toEqual(["still", "Not connected"]);
    expect(summaryOf(up)).toEqual(["good", "1 connection open"]);
    expect(summaryOf(up, up, { ...channel, state: "closed" })).toEqual(["good", "2 connections open"]);
    expect(summaryOf({ ...channel, state: "closed" })).toEqual(["still", "Connections closed"]);
  });

  it("describeConnections distinguishes a first connection attempt from a lost connection", () => {
    const first: ChannelState = { ...channel, state: "down", phase: "connecting", attempt: 1 };
    expect(summaryOf(up, first)).toEqual(["busy", "1 of 2 connections open"]);
    expect(summaryOf(up, { ...first, reason: "1006" })).toEqual(["bad", "1 of 2 connections open"]);
    expect(summaryOf(up, { ...channel, state: "failed", reason: "attempts used up" })).toEqual([
      "bad",
      "1 of 2 connections open",
    ]);
  });

  it("describeConnections returns the number of reconnects, gaps and received bytes", () => {
    const counters = { ...IDLE_SNAPSHOT.counters, reconnects: 3, frames: 9, bytes: 2_700_000 };
    expect(describeConnections({ phase: "playing", channels: [up], counters }).facts).toBe(
      "3 reconnects, gaps: none, 2.7 MB received",
    );
  });
});

describe("describeGaps", () => {
  const up: ChannelState = { ...channel, state: "up" };
  const lost: ChannelState = { ...channel, state: "down", phase: "connecting", attempt: 1, reason: "1006" };
  const gapsOf = (gaps: number, frames: number, phase: typeof IDLE_SNAPSHOT.phase = "playing", channels = [up]) =>
    describeGaps({ phase, channels, counters: { ...IDLE_SNAPSHOT.counters, gaps, frames } });

  it("describeGaps returns `none` if WebSocket messages have arrived without a gap", () => {
    expect(gapsOf(0, 1)).toEqual(["none", "good"]);
    expect(gapsOf(0, 1, "completed")).toEqual(["none", "good"]);
  });

  it("describeGaps reports the number of gaps", () => {
    expect(gapsOf(2, 1)).toEqual(["2: events were lost", "bad"]);
    expect(gapsOf(2, 1, "playing", [lost])).toEqual(["2: events were lost", "bad"]);
  });

  it("describeGaps returns `none` only if no gap is possible", () => {
    expect(gapsOf(0, 0)).toEqual(["–", undefined]);
    expect(gapsOf(0, 9, "playing", [up, lost])).toEqual(["unknown until reconnected", undefined]);
    expect(gapsOf(0, 9, "failed")).toEqual(["none before the failure", undefined]);
  });
});
