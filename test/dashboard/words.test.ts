import { describe, expect, it } from "vitest";
import { describeChannel, describeGaps } from "../../demo/dashboard/view/connection-panel.js";
import { IDLE_SNAPSHOT } from "../../demo/dashboard/view/idle-snapshot.js";
import { describeStage, isOver, PHASES } from "../../demo/dashboard/view/phase.js";
import { adviseOn } from "../../demo/dashboard/view/problem-notice.js";

const channel = { name: "control", reconnects: 0 };

describe("describeChannel", () => {
  it("counts down to the next attempt", () => {
    const lost = { ...channel, state: "down", phase: "backingOff", attempt: 2, reason: "1006", retryAt: 5_000 } as const;
    expect(describeChannel(lost, 2_100)).toEqual({ tone: "bad", text: "lost", detail: "attempt 2 in 3 s: 1006" });
    expect(describeChannel(lost, 4_999).detail).toBe("attempt 2 in 1 s: 1006");
    expect(describeChannel(lost, 5_000).detail).toBe("attempt 2 now: 1006");
  });

  it("takes a first connection for no trouble, and a later one for what it is", () => {
    const first = { ...channel, state: "down", phase: "connecting", attempt: 1 } as const;
    expect(describeChannel(first, 0)).toEqual({ tone: "busy", text: "connecting", detail: "" });
    expect(describeChannel({ ...first, reason: "1012" }, 0)).toEqual({
      tone: "bad",
      text: "connecting",
      detail: "attempt 1: 1012",
    });
  });

  it("tells what is at rest from what is given up", () => {
    expect(describeChannel({ ...channel, state: "up" }, 0).tone).toBe("good");
    expect(describeChannel({ ...channel, state: "closed" }, 0).tone).toBe("still");
    expect(describeChannel({ ...channel, state: "down", phase: "suspended" }, 0)).toMatchObject({
      tone: "still",
      text: "suspended",
    });
    expect(describeChannel({ ...channel, state: "failed", reason: "budget spent" }, 0)).toEqual({
      tone: "bad",
      text: "given up",
      detail: "budget spent",
    });
  });
});

describe("describeGaps", () => {
  const told = (gaps: number, frames: number, phase: typeof IDLE_SNAPSHOT.phase = "playing") =>
    describeGaps({ phase, counters: { ...IDLE_SNAPSHOT.counters, gaps, frames } });

  it("says that nothing was lost where something came and all of it did", () => {
    expect(told(0, 1)).toEqual(["none: nothing was lost", "good"]);
    expect(told(0, 1, "completed")).toEqual(["none: nothing was lost", "good"]);
    expect(told(2, 1)).toEqual(["2: something is missing", "bad"]);
  });

  it("promises nothing of a run that brought nothing, or has failed", () => {
    expect(told(0, 0)).toEqual(["–", undefined]);
    expect(told(0, 9, "failed")).toEqual(["none until it failed", undefined]);
  });
});

describe("phases", () => {
  it("are over where another run can be started", () => {
    const phases = Object.keys(PHASES) as (keyof typeof PHASES)[];
    expect(phases.filter(isOver)).toEqual(["idle", "completed", "ended", "failed"]);
  });

  it("tell a stage that this page doesn't know in its own words", () => {
    expect(describeStage("decodedTransactions")).toBe("transactions are decoded");
    expect(describeStage("warmingTheCache")).toBe("warming the cache");
  });
});

describe("adviseOn", () => {
  const told = (...of: Parameters<typeof adviseOn>) =>
    adviseOn(...of)
      .flat(2)
      .join("");
  const at = (url: string) => ({ kind: "url", url, apiKey: "", auth: "subprotocol" }) as const;

  it("tells how to start a server here, and how it lets this page in", () => {
    const text = told("unreachable", at("ws://127.0.0.1:4100/backtest"), "https://pages.example");
    expect(text).toContain("npx simulator-client serve");
    expect(text).toContain("serve --origin https://pages.example");
    expect(text).not.toContain("proxy");
  });

  it("tells of the proxy for a server elsewhere, and of ws:// in a page that came by https", () => {
    const text = told("unreachable", at("ws://simulator.example"), "https://pages.example");
    expect(text).toContain("npx simulator-client proxy");
    expect(text).toContain("wss://");
    expect(told("unreachable", at("wss://simulator.example"), "https://pages.example")).not.toContain("came by https");
  });

  it("names the way to find a range", () => {
    expect(told("create", at("wss://simulator.example"), "")).toContain("simulator-client ranges --url wss://simulator.example");
  });

  it("has something to say on every error", () => {
    for (const code of [
      "unauthorized",
      "controlFailed",
      "subscriptionFailed",
      "sessionBusy",
      "remote",
      "protocol",
      "TypeError",
    ]) {
      expect(told(code, undefined, "")).toMatch(/\w{3}/);
    }
  });
});
