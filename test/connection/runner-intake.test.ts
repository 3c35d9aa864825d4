import { describe, expect, test } from "vitest";
import { DEFAULT_TIMEOUTS } from "../../src/connection/session-timeouts.js";
import { settle } from "../support/fake-platform.js";
import { bench } from "./scripted-channel.js";

describe("on a platform that can pause sockets", () => {
  test("frames that a paused socket still emits are delivered in order after reading is resumed", async () => {
    const b = bench();
    await b.comeUp();
    b.channel.handleFrame = (frame) => {
      if (frame === "two") b.runner.pauseIntake();
    };
    b.network.peer.emitText("one", "two", "three", "four");
    expect(b.channel.frames).toEqual(["one", "two"]);
    expect(b.network.peer.isPaused).toBe(true);
    b.runner.resumeIntake();
    expect(b.network.peer.isPaused).toBe(false);
    b.network.peer.emitText("five");
    expect(b.channel.frames).toEqual(["one", "two", "three", "four", "five"]);
  });

  test("on a platform that can pause sockets, the client can pause reading after each buffered frame", async () => {
    const b = bench();
    await b.comeUp();
    b.runner.pauseIntake();
    b.network.peer.emitText("one", "two", "three");
    b.channel.handleFrame = () => b.runner.pauseIntake();
    for (const frames of [["one"], ["one", "two"], ["one", "two", "three"]]) {
      b.runner.resumeIntake();
      expect(b.channel.frames).toEqual(frames);
      expect(b.network.peer.isPaused).toBe(true);
    }
  });

  test("no ping is sent while the client has paused reading", async () => {
    const b = bench("node", { timeouts: { ...DEFAULT_TIMEOUTS, maxPauseMs: 600_000 } });
    await b.comeUp();
    b.runner.pauseIntake();
    await b.platform.advance(500_000);
    expect(b.network.peer).toMatchObject({ pings: 0, isTerminated: false });
    b.runner.resumeIntake();
    await b.platform.advance(15_000);
    expect(b.network.peer).toMatchObject({ pings: 1, isTerminated: false });
  });

  test("if reading is paused for maxPauseMs, the runner closes the socket without a status change", async () => {
    const b = bench();
    await b.comeUp();
    const statusCount = b.statuses.length;
    b.runner.pauseIntake();
    await b.platform.advance(29_999);
    expect(b.network.peer.isTerminated).toBe(false);
    await b.platform.advance(1);
    expect(b.network.peer.isTerminated).toBe(true);
    expect(b.platform.timers).toEqual([]);
    await b.platform.advance(3_600_000);
    expect(b.statuses).toHaveLength(statusCount);
    b.runner.resumeIntake();
    await b.comeBack();
    expect(b.statuses.slice(statusCount)).toEqual([
      { state: "down", phase: "connecting", attempt: 0 },
      { state: "down", phase: "handshaking", attempt: 0 },
      { state: "up" },
    ]);
  });

  test("on a platform that can pause sockets, a loss during a pause is reported only after the connection is resumed", async () => {
    const b = bench();
    await b.comeUp();
    const statusCount = b.statuses.length;
    b.runner.pauseIntake();
    b.network.peer.close(1012);
    expect(b.platform.timers).toEqual([]);
    await b.platform.advance(600_000);
    expect(b.statuses).toHaveLength(statusCount);
    b.runner.resumeIntake();
    await settle();
    expect(b.network.peers).toHaveLength(2);
    expect(b.runner.status).toMatchObject({ phase: "connecting", attempt: 0, reason: "1012 service restart" });
  });

  test("before the socket is open, pauseIntake has no effect", async () => {
    const b = bench();
    b.runner.start();
    await settle();
    b.runner.pauseIntake();
    b.network.peer.open();
    b.network.peer.emitText("hello");
    await settle();
    b.network.peer.emitText("one");
    expect(b.channel.frames).toEqual(["one"]);
  });
});

describe("on a platform that cannot pause", () => {
  test("on a platform that cannot pause, pauseIntake closes the socket, and resumeIntake opens a new socket", async () => {
    const b = bench("page");
    await b.comeUp();
    const statusCount = b.statuses.length;
    b.channel.handleFrame = () => b.runner.pauseIntake();
    b.network.peer.emitText("one", "two");
    expect(b.channel.frames).toEqual(["one"]);
    expect(b.network.open).toEqual([]);
    expect(b.platform.timers).toEqual([]);
    expect(b.statuses).toHaveLength(statusCount);
    b.runner.resumeIntake();
    await b.comeBack();
    expect(b.network.peers).toHaveLength(2);
    expect(b.runner.status).toEqual({ state: "up" });
    expect(b.statuses.slice(statusCount).every((status) => status.state !== "down" || status.attempt === 0)).toBe(true);
  });
});
