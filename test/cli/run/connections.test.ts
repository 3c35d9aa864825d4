import { describe, expect, it } from "vitest";
import { Connections } from "../../../src/cli/run/connections.js";

const backingOff = { state: "down", phase: "backingOff", attempt: 1, reason: "1006", retryAt: 10_500 } as const;

describe("Connections", () => {
  it("`Connections.isHealthy` is true if each connection is up or closed", () => {
    const connections = new Connections();
    expect(connections.describe(0)).toBe("connected");
    connections.note("control", { state: "up" });
    connections.note("transaction", { state: "closed" });
    expect([connections.isHealthy, connections.describe(0)]).toEqual([true, "connected"]);
  });

  it("Connections shows the name of a single lost connection, or the number of several lost connections", () => {
    const connections = new Connections();
    connections.note("control", backingOff);
    expect([connections.isHealthy, connections.describe(10_000)]).toEqual([false, "control lost, retry in 0.5 s"]);
    expect(connections.describe(20_000)).toBe("control lost, retry in 0.0 s");
    connections.note("transaction", { state: "down", phase: "connecting", attempt: 1 });
    expect(connections.describe(10_000)).toBe("2 connections lost, retry in 0.5 s");
    connections.note("control", { state: "up" });
    expect(connections.describe(10_000)).toBe("transaction connecting");
    connections.note("transaction", { state: "failed", reason: "refused" });
    expect(connections.describe(10_000)).toBe("transaction failed");
  });

  it("Connections reports the loss of an established connection once, and not again for each retry", () => {
    const connections = new Connections();
    // A connection without an earlier status counts as up, so `backingOff` reports a loss.
    expect(connections.note("control", backingOff)).toBe(true);
    expect(connections.note("control", { state: "up" })).toBe(false);
    expect(connections.note("transaction", { state: "down", phase: "connecting", attempt: 1 })).toBe(false);
    expect(connections.note("transaction", backingOff)).toBe(false);
    expect(connections.note("control", backingOff)).toBe(true);
    expect(connections.note("control", { ...backingOff, attempt: 2 })).toBe(false);
  });
});
