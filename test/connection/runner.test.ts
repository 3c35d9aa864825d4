import { describe, expect, test } from "vitest";
import { FatalFailure, TransientFailure } from "../../src/connection/channel-socket.js";
import { DEFAULT_TIMEOUTS } from "../../src/connection/session-timeouts.js";
import { SimulatorError } from "../../src/protocol/simulator-error.js";
import { FakePlatform, settle } from "../support/fake-platform.js";
import { type Bench, bench } from "./scripted-channel.js";

const last = <T>(values: readonly T[]): T | undefined => values.at(-1);

describe("a connection", () => {
  test("a connection reports each change of its status once", async () => {
    const b = bench();
    await b.comeUp();
    b.network.peer.emitText("one", "two");
    b.runner.close();
    b.network.peer.close(1000);
    expect(b.statuses).toEqual([
      { state: "down", phase: "connecting", attempt: 0 },
      { state: "down", phase: "handshaking", attempt: 0 },
      { state: "up" },
      { state: "closed" },
    ]);
    expect(b.channel.frames).toEqual(["one", "two"]);
    expect(b.ends).toEqual([undefined]);
    expect(b.isClean).toBe(true);
  });

  test("a connection has a status before it is started, while it is up, and after its end", async () => {
    const b = bench();
    expect(b.runner.status).toEqual({ state: "down", phase: "connecting", attempt: 0 });
    await b.comeUp();
    expect(b.runner.status).toEqual({ state: "up" });
    b.runner.cancel();
    expect(b.runner.status).toEqual({ state: "closed" });
  });

  test("a connection does not report an unchanged status", async () => {
    const b = bench();
    await b.comeUp();
    const statusCount = b.statuses.length;
    b.runner.pauseIntake();
    b.runner.pauseIntake();
    b.runner.resumeIntake();
    b.runner.resumeIntake();
    await b.platform.page("online");
    b.network.peer.pong();
    expect(b.statuses).toHaveLength(statusCount);
    b.runner.close();
    b.runner.close();
    await b.platform.advance(5_000);
    expect(b.statuses.slice(statusCount)).toEqual([{ state: "closed" }]);
  });

  test("a connection counts the characters of text frames and the bytes of binary frames", async () => {
    const b = bench();
    await b.comeUp();
    b.network.peer.emitBinary(new Uint8Array(7));
    expect(b.traffic).toEqual([
      ["hello".length, false],
      [7, true],
    ]);
  });

  test("at the end of the stream, a connection sends a close request and a WebSocket close frame", async () => {
    const b = bench();
    await b.comeUp();
    b.channel.finish();
    await settle();
    expect(b.network.peer).toMatchObject({ received: ["close request"], closing: { code: 1000, reason: "" } });
    b.network.peer.close(1000);
    expect(b.ends).toEqual([undefined]);
    expect(b.isClean).toBe(true);
  });

  test("a connection closes without running its channel if the handshake returns `ended`", async () => {
    const b = bench();
    b.channel.shake = async () => "ended";
    b.runner.start();
    await settle();
    b.network.peer.open();
    await settle();
    expect(b.network.peer.received).toEqual(["close request"]);
    b.network.peer.close(1000);
    expect(b.ends).toEqual([undefined]);
    expect(b.channel.runs).toBe(0);
  });
});

describe("a lost connection", () => {
  test("a lost connection is reopened after a wait, and the status contains the reason of the loss", async () => {
    const b = bench();
    await b.comeUp();
    b.network.peer.close(1012, "redeploy");
    expect(last(b.statuses)).toEqual({
      state: "down",
      phase: "backingOff",
      attempt: 1,
      reason: "1012 service restart (redeploy)",
      retryAt: b.platform.now() + 1_000,
    });
    await b.platform.advance(999);
    expect(b.network.peers).toHaveLength(1);
    await b.platform.advance(1);
    expect(b.network.peers).toHaveLength(2);
    await b.comeBack();
    expect(last(b.statuses)).toEqual({ state: "up" });
    expect(b.channel.runs).toBe(2);
  });

  for (const code of [1000, 1001, 1006, 1011, 1012, 4000]) {
    test(`a lost connection is reconnected after close code ${code}`, async () => {
      const b = bench();
      await b.comeUp();
      b.network.peer.close(code);
      await b.platform.advance(1_000);
      await b.comeBack();
      expect(last(b.statuses)).toEqual({ state: "up" });
    });
  }

  test("the runner calls `target` of the channel for each connection attempt", async () => {
    const b = bench();
    const urls = ["ws://first", "ws://second"];
    b.channel.target = () => ({ url: urls.shift() ?? "" });
    await b.comeUp();
    b.network.peer.close();
    await b.platform.advance(1_000);
    expect(b.network.peers.map(({ url }) => url)).toEqual(["ws://first", "ws://second"]);
  });

  test("when the retry budget is used up, a connection fails with the reason of its last failed attempt", async () => {
    const b = bench();
    await b.comeUp();
    b.network.peer.close(1011, "overloaded");
    for (let retry = 0; retry < 20; retry++) {
      await b.platform.advance(36_000);
      b.network.peer.fail(new Error("connect ECONNREFUSED"));
    }
    expect(b.network.peers.length).toBeLessThanOrEqual(21);
    expect(b.ends).toHaveLength(1);
    expect(b.ends[0]?.cause).toBe("budget");
    expect(b.ends[0]?.reason).toContain("ECONNREFUSED");
    expect(b.runner.status).toEqual({ state: "failed", reason: b.ends[0]?.reason });
    expect(b.isClean).toBe(true);
  });

  test("if a socket error has no message, the reason of the lost connection contains the error code", async () => {
    const b = bench();
    b.runner.start();
    await settle();
    b.network.peer.fail(Object.assign(new AggregateError([]), { code: "ECONNREFUSED" }));
    expect(last(b.statuses)).toMatchObject({ reason: "1006 connection cut without a close frame (ECONNREFUSED)" });
  });

  test("the reason of a lost connection contains no secrets", async () => {
    const b = bench();
    await b.comeUp();
    b.network.peer.close(1008, "bad key s3cret");
    expect(last(b.statuses)).toMatchObject({ reason: "1008 policy violation (bad key [redacted])" });
    await b.platform.advance(1_000);
    b.network.peer.fail(new Error("could not connect to ws://host?api_key=s3cret"));
    expect(last(b.statuses)).toMatchObject({ reason: expect.stringContaining("api_key=[redacted]") });
  });
});

describe("an event of an earlier socket", () => {
  test("the events `open`, `message` and `close` of an earlier socket are ignored", async () => {
    const b = bench();
    b.runner.start();
    await settle();
    const left = b.network.peer;
    await b.platform.advance(31_000);
    const statusCount = b.statuses.length;
    left.open();
    left.emitText("hello");
    left.close();
    await settle();
    expect(b.statuses).toHaveLength(statusCount);
    expect(b.network.peers).toHaveLength(2);
    expect(b.traffic).toEqual([]);
  });

  test("a connection attempt opens no socket if its target resolves after the attempt has timed out", async () => {
    const b = bench();
    let found = (): void => {};
    b.channel.target = () => new Promise((resolve) => (found = () => resolve({ url: "ws://late" })));
    b.runner.start();
    await b.platform.advance(30_000);
    expect(last(b.phases)).toBe("backingOff");
    found();
    await settle();
    expect(b.network.peers).toEqual([]);
  });

  test("after a socket closes, the result of the handshake on that socket is ignored", async () => {
    const b = bench();
    const handshakes: { ready(): void; refuse(): void }[] = [];
    b.channel.shake = () =>
      new Promise((resolve, reject) => {
        handshakes.push({ ready: () => resolve("ready"), refuse: () => reject(new FatalFailure("no")) });
      });
    b.runner.start();
    for (const end of ["ready", "refuse"] as const) {
      await settle();
      b.network.peer.open();
      b.network.peer.close();
      const [statusCount, handshake] = [b.statuses.length, last(handshakes)];
      handshake?.[end]();
      await settle();
      expect(b.statuses).toHaveLength(statusCount);
      await b.platform.advance(36_000);
    }
  });

  test("after a reconnect, the result of the handshake on the old socket does not affect the new handshake", async () => {
    for (const end of ["ready", "refuse"] as const) {
      const b = bench();
      const handshakes: { ready(): void; refuse(): void }[] = [];
      b.channel.shake = () =>
        new Promise((resolve, reject) => {
          handshakes.push({ ready: () => resolve("ready"), refuse: () => reject(new FatalFailure("no")) });
        });
      b.runner.start();
      await settle();
      b.network.peer.open();
      b.network.peer.close();
      await b.platform.advance(1_000);
      b.network.peer.open();
      expect(handshakes).toHaveLength(2);
      handshakes[0]?.[end]();
      await settle();
      expect(b.runner.status).toMatchObject({ phase: "handshaking" });
      handshakes[1]?.ready();
      await settle();
      expect(b.runner.status).toEqual({ state: "up" });
    }
  });

  test("if the stream of an old socket ends after a reconnect, the new stream continues", async () => {
    const b = bench();
    await b.comeUp();
    const { finish } = b.channel;
    b.network.peer.close();
    await b.platform.advance(1_000);
    await b.comeBack();
    finish();
    await settle();
    expect(b.runner.status).toEqual({ state: "up" });
  });

  test("if a socket closes before its stream ends, the end of the stream does not change the connection status", async () => {
    const b = bench();
    await b.comeUp();
    const { finish } = b.channel;
    b.network.peer.close();
    const statusCount = b.statuses.length;
    finish();
    await settle();
    expect(b.statuses).toHaveLength(statusCount);
  });
});

describe("a first connection that fails", () => {
  test("a first connection attempt is terminated after connectMs, and the client waits for the next attempt", async () => {
    const b = bench();
    b.runner.start();
    await b.platform.advance(29_999);
    expect(b.network.peer.isTerminated).toBe(false);
    await b.platform.advance(1);
    expect(b.network.peer.isTerminated).toBe(true);
    expect(last(b.statuses)).toMatchObject({ phase: "backingOff", attempt: 1, reason: "no connection within 30000 ms" });
  });

  test("a first connection fails with the cause `unreachable` after initialConnectMs", async () => {
    const b = bench("node", { role: "control" });
    b.runner.start();
    const begun = b.platform.now();
    await b.platform.advance(59_999);
    expect(b.ends).toEqual([]);
    await b.platform.advance(1);
    expect(b.platform.now() - begun).toBe(60_000);
    expect(b.ends).toMatchObject([{ cause: "unreachable", reason: expect.stringContaining("no connection within 60000 ms") }]);
    expect(b.isClean).toBe(true);
  });

  test("the first connection of a subscription is limited by the retry budget, not by initialConnectMs", async () => {
    const b = bench("node", { role: "subscription" });
    b.runner.start();
    await b.platform.advance(299_000);
    expect(b.ends).toEqual([]);
    await b.platform.advance(120_000);
    expect(b.ends).toMatchObject([{ cause: "unreachable", reason: expect.stringContaining("gave up after") }]);
    expect(b.isClean).toBe(true);
  });

  test("a first connection fails at once on a platform without a WebSocket, and the error says what to do", async () => {
    const b = bench("node", {}, new FakePlatform());
    b.runner.start();
    await settle();
    expect(b.ends).toMatchObject([{ cause: "refused", error: { code: "unsupported" } }]);
    expect(b.ends[0]?.reason).toContain("WebSocket");
  });

  test("a first connection fails at once if the WebSocket constructor throws, and the error message does not contain the API key", async () => {
    class Throwing {
      constructor(url: string) {
        throw new SyntaxError(`'${url}' is invalid`);
      }
    }
    const b = bench("node", {}, new FakePlatform({ WebSocket: Throwing as never }));
    b.channel.target = () => ({ url: "ws://host?api_key=s3cret" });
    b.runner.start();
    await settle();
    expect(b.ends).toMatchObject([{ cause: "refused", error: { code: "unreachable" } }]);
    expect(b.ends[0]?.reason).toBe("the platform's WebSocket refused to connect: 'ws://host?api_key=[redacted]' is invalid");
    expect(b.ends[0]?.error).toMatchObject({ message: b.ends[0]?.reason });
    expect(b.ends[0]?.error).not.toHaveProperty("cause");
  });

  test("the first connection is retried if the promise of `target()` rejects with a plain Error", async () => {
    const b = bench();
    b.channel.target = () => Promise.reject(new Error("the vault is sealed"));
    b.runner.start();
    await settle();
    expect(last(b.statuses)).toMatchObject({ phase: "backingOff", reason: "the vault is sealed" });
  });

  test("the first connection fails at once if the promise of `target()` rejects with a SimulatorError", async () => {
    const b = bench();
    const error = new SimulatorError("invalidParams", "apiKey: expected a text");
    b.channel.target = () => Promise.reject(error);
    b.runner.start();
    await settle();
    expect(b.ends).toEqual([{ cause: "refused", reason: "apiKey: expected a text", error }]);
  });
});

describe("a handshake that fails", () => {
  async function shake(fail: () => Promise<"ready">): Promise<Bench> {
    const b = bench();
    b.channel.shake = fail;
    b.runner.start();
    await settle();
    b.network.peer.open();
    await settle();
    return b;
  }

  test("a handshake that fails with a TransientFailure is retried", async () => {
    const b = await shake(() => Promise.reject(new TransientFailure("no sessionAttached within 120000 ms")));
    expect(last(b.statuses)).toMatchObject({ phase: "backingOff", attempt: 1, reason: "no sessionAttached within 120000 ms" });
    expect(b.network.peer.isTerminated).toBe(true);
  });

  test("a handshake that fails with an unexpected error is retried", async () => {
    const b = await shake(() => Promise.reject(new TypeError("undefined is no function")));
    expect(last(b.phases)).toBe("backingOff");
  });

  test("a handshake that fails with a FatalFailure is not retried, and the connection fails with the cause of that failure", async () => {
    const cause = new SimulatorError("create", "the name is taken");
    const b = await shake(() => Promise.reject(new FatalFailure("refused", { cause })));
    expect(b.ends).toEqual([{ cause: "refused", reason: "refused", error: cause }]);
    expect(b.statuses.at(-1)).toEqual({ state: "failed", reason: "refused" });
    expect(b.isClean).toBe(true);
  });

  test("if a handshake throws a FatalFailure without a `cause`, the connection fails without an `error`", async () => {
    const b = await shake(() => Promise.reject(new FatalFailure("refused")));
    expect(b.ends).toEqual([{ cause: "refused", reason: "refused", error: undefined }]);
  });

  test("if the server closes the connection during a handshake, the handshake is retried, and the status has the close reason", async () => {
    const b = bench();
    b.runner.start();
    await settle();
    b.network.peer.open();
    b.network.peer.close(1012);
    await settle();
    expect(last(b.statuses)).toMatchObject({ phase: "backingOff", reason: "1012 service restart" });
    expect(b.platform.timers).toHaveLength(1);
  });

  test("a handshake that times out is retried", async () => {
    const b = bench();
    b.runner.start();
    await settle();
    b.network.peer.open();
    await b.platform.advance(120_000);
    expect(last(b.statuses)).toMatchObject({ phase: "backingOff", reason: "no hello within 120000 ms" });
  });

  test("a connection fails if `run` of its channel rejects with a FatalFailure", async () => {
    const b = bench();
    await b.comeUp();
    b.channel.fail(new FatalFailure("subscribe refused"));
    await settle();
    expect(b.ends).toMatchObject([{ cause: "refused", reason: "subscribe refused" }]);
    expect(b.isClean).toBe(true);
  });
});

describe("the close handshake", () => {
  test("the close handshake waits one second for the close frame of the peer", async () => {
    const b = bench();
    await b.comeUp();
    b.runner.close();
    expect(b.network.peer).toMatchObject({ received: ["close request"], closing: { code: 1000 }, isTerminated: false });
    await b.platform.advance(999);
    expect(b.ends).toEqual([]);
    await b.platform.advance(1);
    expect(b.ends).toEqual([undefined]);
    expect(b.network.peer.isTerminated).toBe(true);
    expect(b.isClean).toBe(true);
  });

  test.each(["node", "page"] as const)(
    "the close handshake is over when the response to the close request arrives (%s)",
    async (kind) => {
      const b = bench(kind);
      b.channel.expectsCloseResponse = true;
      await b.comeUp();
      b.runner.close();
      expect(b.network.peer.closing).toBeUndefined();
      b.network.peer.emitText("an event");
      expect(b.ends).toEqual([]);
      b.network.peer.emitText("close response");
      expect(b.ends).toEqual([undefined]);
      expect(b.network.peer.closing).toEqual({ code: 1000, reason: "" });
      expect(b.isClean).toBe(true);
    },
  );

  test("if the server does not answer the close request, the close handshake ends after `closeMs`", async () => {
    const b = bench();
    b.channel.expectsCloseResponse = true;
    await b.comeUp();
    b.runner.close();
    await b.platform.advance(999);
    expect(b.network.peer.closing).toBeUndefined();
    await b.platform.advance(1);
    expect(b.network.peer.closing).toEqual({ code: 1000, reason: "" });
    await b.platform.advance(3_999);
    expect(b.ends).toEqual([]);
    await b.platform.advance(1);
    expect(b.ends).toEqual([undefined]);
    expect(b.isClean).toBe(true);
  });

  test("the close handshake is over when the peer closes the socket", async () => {
    const b = bench();
    await b.comeUp();
    b.runner.close();
    await b.platform.advance(20);
    b.network.peer.close(1000);
    expect(b.ends).toEqual([undefined]);
    expect(b.isClean).toBe(true);
  });

  test("frames that arrive during the close handshake are not passed to the channel", async () => {
    const b = bench();
    await b.comeUp();
    b.runner.close();
    b.network.peer.emitText("late");
    expect(b.channel.frames).toEqual([]);
  });

  test("a connection can be closed while the handshake of its channel is running", async () => {
    const b = bench();
    b.runner.start();
    await settle();
    b.network.peer.open();
    b.runner.close();
    expect(b.network.peer.received).toEqual(["close request"]);
    b.network.peer.close(1000);
    await settle();
    expect(b.ends).toEqual([undefined]);
    expect(b.isClean).toBe(true);
  });

  test("the close handshake resumes a paused socket, so that the close frame of the peer can arrive", async () => {
    const b = bench();
    await b.comeUp();
    b.runner.pauseIntake();
    b.network.peer.emitText("buffered");
    b.runner.close();
    expect(b.network.peer.isPaused).toBe(false);
    b.network.peer.close(1000);
    expect(b.ends).toEqual([undefined]);
    expect(b.channel.frames).toEqual([]);
    expect(b.isClean).toBe(true);
  });

  test("the close handshake ends at once if no socket is open", async () => {
    const b = bench("page");
    await b.comeUp();
    b.runner.pauseIntake();
    b.runner.close();
    expect(b.ends).toEqual([undefined]);
    expect(b.isClean).toBe(true);
  });
});

/** Each phase in which a connection can be cancelled, and the steps to reach it. */
const PHASES: Record<string, (b: Bench) => Promise<void>> = {
  "not started": async () => {},
  "waiting for its target": async (b) => {
    b.channel.target = () => new Promise(() => {});
    b.runner.start();
  },
  connecting: async (b) => {
    b.runner.start();
    await settle();
  },
  handshaking: async (b) => {
    b.runner.start();
    await settle();
    b.network.peer.open();
  },
  up: (b) => b.comeUp(),
  paused: async (b) => {
    await b.comeUp();
    b.runner.pauseIntake();
  },
  "paused and has lost its socket": async (b) => {
    await b.comeUp();
    b.runner.pauseIntake();
    await b.platform.advance(DEFAULT_TIMEOUTS.maxPauseMs);
  },
  "backing off": async (b) => {
    await b.comeUp();
    b.network.peer.close();
  },
  frozen: async (b) => {
    await b.comeUp();
    await b.platform.page("frozen");
  },
  closing: async (b) => {
    await b.comeUp();
    b.runner.close();
  },
};

describe("cancelling a connection", () => {
  for (const [phase, come] of Object.entries(PHASES)) {
    test(`cancelling a connection that is ${phase} ends the connection at once and leaves nothing open`, async () => {
      const b = bench();
      await come(b);
      b.runner.cancel();
      expect(b.ends).toEqual([undefined]);
      expect(b.runner.status).toEqual({ state: "closed" });
      expect(b.network.open).toEqual([]);
      // Waits for pending promises, because one of them may clear the last timer.
      await settle();
      expect(b.isClean).toBe(true);
      b.runner.cancel();
      b.runner.close();
      b.runner.start();
      await b.platform.advance(600_000);
      expect(b.ends).toHaveLength(1);
      expect(b.network.open).toEqual([]);
    });
  }

  test("cancelling a connection sends the close request once, if a socket is open", async () => {
    for (const [phase, words] of [
      ["connecting", []],
      ["handshaking", ["close request"]],
      ["up", ["close request"]],
      ["paused", ["close request"]],
      ["closing", ["close request"]],
    ] as const) {
      const b = bench();
      await PHASES[phase]?.(b);
      b.runner.cancel();
      expect({ phase, received: b.network.peer.received }).toEqual({ phase, received: words });
      expect(b.network.peer.isTerminated).toBe(true);
    }
  });
});

describe("closing", () => {
  for (const [phase, come] of Object.entries(PHASES)) {
    test(`closing a connection that is ${phase} ends the connection within closeMs and leaves nothing open`, async () => {
      const b = bench();
      await come(b);
      b.runner.close();
      await b.platform.advance(DEFAULT_TIMEOUTS.closeMs);
      expect(b.ends).toEqual([undefined]);
      expect(b.isClean).toBe(true);
    });
  }
});

describe("starting", () => {
  test("starting a connection a second time does nothing", async () => {
    const b = bench();
    b.runner.start();
    b.runner.start();
    await settle();
    expect(b.network.peers).toHaveLength(1);
    expect(b.platform.pageListeners).toBe(1);
  });
});
