import { describe, expect, test } from "vitest";
import { settle } from "../support/fake-platform.js";
import { bench } from "./scripted-channel.js";

const HOUR = 3_600_000;

describe("a silent connection", () => {
  test("the client pings a silent connection every 15 s, and counts it as lost after 45 s", async () => {
    const b = bench();
    await b.comeUp();
    await b.platform.advance(44_999);
    expect(b.network.peer.pings).toBe(2);
    expect(b.runner.status).toEqual({ state: "up" });
    await b.platform.advance(1);
    expect(b.runner.status).toMatchObject({ phase: "backingOff", attempt: 1, reason: "nothing was received for 45 s" });
    expect(b.network.peer.isTerminated).toBe(true);
  });

  test("a silent connection is kept if it answers pings", async () => {
    const b = bench();
    await b.comeUp();
    for (let i = 0; i < 100; i++) {
      await b.platform.advance(20_000);
      b.network.peer.pong();
    }
    expect(b.runner.status).toEqual({ state: "up" });
  });

  test("a connection is not pinged while text or binary frames arrive", async () => {
    const b = bench();
    await b.comeUp();
    for (let i = 0; i < 100; i++) {
      await b.platform.advance(10_000);
      if (i % 2 === 0) b.network.peer.emitText("x");
      else b.network.peer.emitBinary(new Uint8Array(1));
    }
    expect(b.runner.status).toEqual({ state: "up" });
    expect(b.network.peer.pings).toBe(0);
  });

  test("a silent connection is not probed during the handshake, because cold starts are silent for minutes", async () => {
    const b = bench();
    b.runner.start();
    await settle();
    b.network.peer.open();
    await b.platform.advance(119_000);
    expect(b.network.peer.pings).toBe(0);
    expect(b.runner.status).toMatchObject({ phase: "handshaking" });
  });

  test("a silent connection is probed with a request of the channel if pings are not available", async () => {
    const b = bench("page");
    b.channel.probe = { kind: "request", text: "are you there?" };
    await b.comeUp();
    await b.platform.advance(15_000);
    expect(b.network.peer.received).toEqual(["are you there?"]);
    b.network.peer.emitText("an error, but an answer");
    await b.platform.advance(14_999);
    expect(b.network.peer.received).toHaveLength(1);
    await b.platform.advance(30_001);
    expect(b.runner.status).toMatchObject({ phase: "backingOff" });
  });

  test("a silent connection that cannot be probed stays up until reconnectStale is called", async () => {
    const b = bench("page");
    await b.comeUp();
    await b.platform.advance(HOUR);
    expect(b.runner.status).toEqual({ state: "up" });
    expect(b.platform.timers).toEqual([]);
    b.runner.reconnectStale();
    await settle();
    expect(b.runner.status).toEqual({ state: "down", phase: "connecting", attempt: 0, reason: "no response arrived" });
    expect(b.network.peers).toHaveLength(2);
    expect(b.network.open).toHaveLength(1);
  });

  test("if both pings and probe requests are available, a silent connection is probed with a ping", async () => {
    const b = bench("node");
    b.channel.probe = { kind: "request", text: "are you there?" };
    await b.comeUp();
    await b.platform.advance(15_000);
    expect(b.network.peer).toMatchObject({ pings: 1, received: [] });
  });

  test("after the computer sleeps for 8 h, a dead connection is detected within 5 s", async () => {
    const b = bench();
    await b.comeUp();
    await b.platform.advance(1_000);
    b.platform.sleep(8 * HOUR);
    await b.platform.advance(5_000);
    expect(b.runner.status).toMatchObject({ phase: "backingOff", attempt: 1 });
    await b.platform.advance(1_000);
    await b.comeBack();
    expect(b.runner.status).toEqual({ state: "up" });
  });

  for (const phase of ["connecting", "backingOff"] as const) {
    test(`while the computer sleeps, a connection in the phase ${phase} uses no retry budget`, async () => {
      const b = bench();
      await b.comeUp();
      b.network.peer.close();
      if (phase === "connecting") await b.platform.advance(1_000);
      expect(b.runner.status).toMatchObject({ phase });
      b.platform.sleep(8 * HOUR);
      for (let i = 0; i < 5; i++) {
        await b.platform.advance(36_000);
        b.network.open[0]?.fail(new Error("no network yet"));
      }
      expect(b.ends).toEqual([]);
      await b.platform.advance(36_000);
      await b.comeBack();
      expect(b.runner.status).toEqual({ state: "up" });
    });
  }
});

describe("a page event", () => {
  test("the page event `frozen` closes the socket at once, and `thawed` reconnects without using the retry budget, even hours later", async () => {
    const b = bench();
    await b.comeUp();
    await b.platform.page("frozen");
    expect(b.network.open).toEqual([]);
    expect(b.platform.timers).toEqual([]);
    expect(b.runner.status).toMatchObject({ phase: "suspended", attempt: 0 });
    await b.platform.advance(HOUR);
    await b.platform.page("thawed");
    await b.comeBack();
    expect(b.runner.status).toEqual({ state: "up" });
    expect(b.network.peers).toHaveLength(2);
  });

  test("a connection that waits for its next attempt reconnects at once when a frozen page thaws", async () => {
    const b = bench();
    await b.comeUp();
    b.network.peer.close();
    await b.platform.page("frozen");
    await b.platform.advance(HOUR);
    expect(b.network.peers).toHaveLength(1);
    await b.platform.page("thawed");
    expect(b.runner.status).toMatchObject({ phase: "connecting", attempt: 1 });
  });

  test("two page events `frozen` or two page events `thawed` in a row count as one event", async () => {
    const b = bench("page");
    await b.comeUp();
    await b.platform.page("frozen");
    await b.platform.page("frozen");
    await b.platform.page("thawed");
    await b.platform.page("thawed");
    expect(b.network.peers).toHaveLength(2);
    expect(b.network.open).toHaveLength(1);
  });

  for (const event of ["offline", "online", "visible"] as const) {
    test(`the page event ${event} probes the connection, and the connection is lost if the peer does not answer within 5 s`, async () => {
      const b = bench();
      await b.comeUp();
      await b.platform.advance(1_000);
      await b.platform.page(event);
      expect(b.network.peer.pings).toBe(1);
      await b.platform.advance(4_999);
      expect(b.runner.status).toEqual({ state: "up" });
      await b.platform.advance(1);
      expect(b.runner.status).toMatchObject({ phase: "backingOff" });
    });

    test(`after the page event ${event}, the connection stays up if the peer answers the ping`, async () => {
      const b = bench();
      await b.comeUp();
      await b.platform.page(event);
      b.network.peer.pong();
      await b.platform.advance(10_000);
      expect(b.runner.status).toEqual({ state: "up" });
      expect(b.network.peers).toHaveLength(1);
    });
  }

  for (const [event, connects] of [
    ["online", true],
    ["visible", true],
    ["thawed", true],
    ["offline", false],
  ] as const) {
    test(`the page event ${event} ${connects ? "ends" : "does not end"} the wait of a connection for its next attempt`, async () => {
      const b = bench();
      await b.comeUp();
      b.network.peer.close();
      await b.platform.page(event);
      expect(b.network.peers).toHaveLength(connects ? 2 : 1);
    });
  }

  test("a connection removes its listeners for page events at its end", async () => {
    const b = bench();
    await b.comeUp();
    b.runner.cancel();
    expect(b.platform.pageListeners).toBe(0);
  });
});
