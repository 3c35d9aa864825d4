import { describe, expect, test } from "vitest";
import { ReconnectCoordinator } from "../../src/connection/reconnect-coordinator.js";
import { DEFAULT_RECONNECT } from "../../src/connection/reconnect-policy.js";
import { settle } from "../support/fake-platform.js";
import { type Bench, bench } from "./scripted-channel.js";

const reconnect = { ...DEFAULT_RECONNECT, ungatedAttempts: 1 };

function gated(gate: ReconnectCoordinator, owner: unknown): Bench {
  return bench("node", { reconnect, coordinator: { gate, owner } });
}

/** Makes a runner lose its connection, wait for the first backoff, and request the permission to reconnect. */
async function fallBack(b: Bench): Promise<void> {
  b.network.peer.close();
  await b.platform.advance(1_000);
}

/** Whether the coordinator lets another session reconnect now. */
async function isFree(gate: ReconnectCoordinator): Promise<boolean> {
  const asking = new AbortController();
  let slot: { release(): void } | undefined;
  void gate.reconnectSlot(asking.signal, "another owner").then((given) => {
    slot = given;
  });
  await settle();
  asking.abort();
  slot?.release();
  return slot !== undefined;
}

describe("connections of a run that share a link", () => {
  test("a connection that is lost, paused, frozen or ended does not count as streaming", async () => {
    for (const leave of [
      (b: Bench) => b.network.peer.close(),
      (b: Bench) => b.runner.pauseIntake(),
      (b: Bench) => b.platform.page("frozen"),
      (b: Bench) => b.runner.cancel(),
      (b: Bench) => b.runner.close(),
    ]) {
      const gate = new ReconnectCoordinator();
      const b = gated(gate, "a");
      b.runner.start();
      expect(await isFree(gate)).toBe(true);
      await b.comeBack();
      expect(await isFree(gate)).toBe(false);
      await leave(b);
      expect(await isFree(gate)).toBe(true);
    }
  });

  test("a connection counts as streaming only while frames arrive", async () => {
    const gate = new ReconnectCoordinator();
    const b = gated(gate, "a");
    await b.comeUp();
    for (let frames = 0; frames < 5; frames++) {
      await b.platform.advance(1_900);
      expect(await isFree(gate)).toBe(false);
      b.network.peer.emitText("frame");
    }
    await b.platform.advance(2_000);
    expect(await isFree(gate)).toBe(true);
    b.network.peer.emitText("frame");
    expect(await isFree(gate)).toBe(false);
    // After the clock was set back, the time since the last frame is negative. The connection then counts as idle.
    b.platform.setClock(-3_600_000);
    await b.platform.advance(2_000);
    expect(await isFree(gate)).toBe(true);
    b.runner.cancel();
    expect(b.isClean).toBe(true);
    expect(await isFree(gate)).toBe(true);
  });

  test("if two sessions block each other's reconnects, each session reconnects when the other session receives no data", async () => {
    const gate = new ReconnectCoordinator();
    const [upA, parkedA, upB, parkedB] = ["a", "a", "b", "b"].map((owner) => gated(gate, owner)) as [Bench, Bench, Bench, Bench];
    for (const b of [upA, parkedA, upB, parkedB]) await b.comeUp();
    for (const b of [parkedA, parkedB]) await fallBack(b);
    expect([parkedA, parkedB].map(({ runner }) => runner.status)).toMatchObject([{ phase: "parked" }, { phase: "parked" }]);
    await upA.platform.advance(2_000);
    await parkedB.comeBack();
    expect([parkedA, parkedB].map(({ runner }) => runner.status)).toMatchObject([{ phase: "parked" }, { state: "up" }]);
    for (const b of [upB, parkedB]) await b.platform.advance(2_000);
    await parkedA.comeBack();
    expect([parkedA, parkedB].map(({ runner }) => runner.status)).toEqual([{ state: "up" }, { state: "up" }]);
  });

  test("a connection uses no retry budget while it waits for its turn to reconnect (`parked`)", async () => {
    const gate = new ReconnectCoordinator();
    const [streaming, parked] = [gated(gate, "a"), gated(gate, "b")];
    await streaming.comeUp();
    await parked.comeUp();
    await fallBack(parked);
    expect(parked.runner.status).toMatchObject({ phase: "parked", attempt: 1 });
    expect(parked.platform.timers).toEqual([]);
    await parked.platform.advance(600_000);
    expect(parked.network.peers).toHaveLength(1);
    streaming.runner.cancel();
    await settle();
    expect(parked.runner.status).toMatchObject({ phase: "connecting", attempt: 1 });
    await parked.comeBack();
    expect(parked.runner.status).toEqual({ state: "up" });
  });

  test("a connection does not wait for streams of its own session before it reconnects", async () => {
    const gate = new ReconnectCoordinator();
    const [one, other] = [gated(gate, "session"), gated(gate, "session")];
    await one.comeUp();
    await other.comeUp();
    await fallBack(other);
    await settle();
    expect(other.runner.status).toMatchObject({ phase: "connecting" });
  });

  test("waiting connections (`parked`) get the permission to reconnect one after the other", async () => {
    const gate = new ReconnectCoordinator();
    const [streaming, first, second] = [gated(gate, "a"), gated(gate, "b"), gated(gate, "c")];
    for (const b of [streaming, first, second]) await b.comeUp();
    await fallBack(first);
    await fallBack(second);
    streaming.runner.cancel();
    await settle();
    expect([first, second].map(({ runner }) => runner.status)).toMatchObject([{ phase: "connecting" }, { phase: "parked" }]);
    await first.comeBack();
    expect([first, second].map(({ runner }) => runner.status)).toMatchObject([{ state: "up" }, { phase: "parked" }]);
    first.channel.finish();
    await settle();
    expect(second.runner.status).toMatchObject({ phase: "connecting" });
  });

  test("a connection releases the permission to reconnect when its attempt fails", async () => {
    const gate = new ReconnectCoordinator();
    const [streaming, first, second] = [gated(gate, "a"), gated(gate, "b"), gated(gate, "c")];
    for (const b of [streaming, first, second]) await b.comeUp();
    await fallBack(first);
    await fallBack(second);
    streaming.runner.cancel();
    await settle();
    first.network.peer.fail(new Error("refused"));
    await settle();
    expect([first, second].map(({ runner }) => runner.status)).toMatchObject([{ phase: "backingOff" }, { phase: "connecting" }]);
  });

  test("a connection that is cancelled while it waits for its turn to reconnect (`parked`) does not reconnect", async () => {
    const gate = new ReconnectCoordinator();
    const [streaming, cancelled] = [gated(gate, "a"), gated(gate, "b")];
    await streaming.comeUp();
    await cancelled.comeUp();
    await fallBack(cancelled);
    cancelled.runner.cancel();
    expect(cancelled.isClean).toBe(true);
    expect(cancelled.ends).toEqual([undefined]);
    streaming.runner.cancel();
    expect(await isFree(gate)).toBe(true);
    expect(cancelled.network.peers).toHaveLength(1);
  });

  test("if a connection is cancelled just after it gets the permission to reconnect, it gives the permission back", async () => {
    const gate = new ReconnectCoordinator();
    const [streaming, cancelled] = [gated(gate, "a"), gated(gate, "b")];
    await streaming.comeUp();
    await cancelled.comeUp();
    await fallBack(cancelled);
    streaming.runner.cancel();
    // Cancels the connection after the permission is granted, and before the connection is notified.
    cancelled.runner.cancel();
    await settle();
    expect(cancelled.network.peers).toHaveLength(1);
    expect(await isFree(gate)).toBe(true);
  });

  for (const [phase, come] of [
    ["connecting", async () => {}],
    ["handshaking", async (b: Bench) => b.network.peer.open()],
  ] as const) {
    test(`if a connection is cancelled in the phase ${phase}, it releases the permission to reconnect`, async () => {
      const gate = new ReconnectCoordinator();
      const b = gated(gate, "a");
      await b.comeUp();
      await fallBack(b);
      await come(b);
      expect(b.runner.status).toMatchObject({ phase });
      expect(await isFree(gate)).toBe(false);
      b.runner.cancel();
      expect(await isFree(gate)).toBe(true);
    });
  }

  test("after the page was frozen and thawed, a `parked` connection still waits for its turn to reconnect", async () => {
    const gate = new ReconnectCoordinator();
    const [streaming, b] = [gated(gate, "a"), gated(gate, "b")];
    await streaming.comeUp();
    await b.comeUp();
    await fallBack(b);
    await b.platform.page("frozen");
    await b.platform.page("thawed");
    expect(b.runner.status).toMatchObject({ phase: "parked" });
    streaming.runner.cancel();
    await settle();
    expect(b.runner.status).toMatchObject({ phase: "connecting" });
  });
});
