import fc from "fast-check";
import { beforeEach, describe, expect, test } from "vitest";
import {
  DEFAULT_LIVENESS,
  judgeLiveness,
  type LivenessState,
  LivenessWatch,
  startLiveness,
} from "../../src/transport/liveness.js";
import { FakePlatform } from "../support/fake-platform.js";

const HOUR = 3_600_000;
const quiet: LivenessState = { lastInboundAt: 0, answerBy: undefined, nextCheckAt: 15_000, lateChecks: 0 };
const probed: LivenessState = { ...quiet, answerBy: 45_000, nextCheckAt: 30_000 };

describe("judgeLiveness", () => {
  const cases: [string, LivenessState, number, boolean, object][] = [
    [
      "does not probe before 15 s after the last frame",
      { ...quiet, lastInboundAt: 10_000 },
      15_000,
      false,
      { action: "wait", state: { nextCheckAt: 25_000 } },
    ],
    [
      "probes after the ping interval, with a deadline of 45 s after the last frame",
      quiet,
      15_000,
      false,
      { action: "probe", state: { answerBy: 45_000, nextCheckAt: 30_000, lastInboundAt: 0 } },
    ],
    [
      "probes again with the same deadline if a probe is unanswered",
      probed,
      30_000,
      false,
      { action: "probe", state: { answerBy: 45_000, nextCheckAt: 45_000 } },
    ],
    ["reports a loss at the deadline", { ...probed, nextCheckAt: 45_000 }, 45_000, false, { action: "lost", silentMs: 45_000 }],
    [
      "probes once more 1 ms before the deadline, and checks again at the deadline",
      { ...probed, nextCheckAt: 45_000 },
      44_999,
      false,
      { action: "probe", state: { answerBy: 45_000, nextCheckAt: 45_000 } },
    ],
    [
      "probes again and waits 5 s if a check with a pending probe is 8 h late",
      probed,
      8 * HOUR,
      false,
      { action: "probe", state: { answerBy: 8 * HOUR + 5_000, nextCheckAt: 8 * HOUR + 5_000, lateChecks: 1 } },
    ],
    [
      "probes and waits 5 s if a check is a minute late",
      quiet,
      75_000,
      false,
      { action: "probe", state: { answerBy: 80_000, lateChecks: 1 } },
    ],
    [
      "probes again at the second late check without an answer",
      { ...probed, lateChecks: 1 },
      HOUR,
      false,
      { action: "probe", state: { answerBy: HOUR + 5_000, lateChecks: 2 } },
    ],
    [
      "reports a loss at the third late check without an answer",
      { ...probed, lateChecks: 2 },
      HOUR,
      false,
      { action: "lost", silentMs: HOUR },
    ],
    [
      "does not treat a check as late if it is at most 2 s late",
      { ...probed, nextCheckAt: 45_000 },
      47_000,
      false,
      { action: "lost", silentMs: 47_000 },
    ],
    [
      "probes at once and waits 5 s on probeNow",
      { ...quiet, lastInboundAt: 1_000 },
      2_000,
      true,
      { action: "probe", state: { answerBy: 7_000, nextCheckAt: 7_000 } },
    ],
    [
      "keeps the deadline of the first probeNow call when it is called again",
      { ...quiet, lastInboundAt: 1_000, answerBy: 7_000, nextCheckAt: 7_000 },
      6_000,
      true,
      { action: "probe", state: { answerBy: 7_000, nextCheckAt: 7_000 } },
    ],
    [
      "probes instead of reporting a loss on a probeNow after the deadline, because frames may have arrived",
      { ...quiet, lastInboundAt: 1_000, answerBy: 7_000, nextCheckAt: 7_000 },
      7_500,
      true,
      { action: "probe", state: { answerBy: 7_000, nextCheckAt: 7_000 } },
    ],
    [
      "probes and waits 5 s if the clock was set back by an hour",
      { ...probed, lastInboundAt: HOUR, answerBy: HOUR + 45_000, nextCheckAt: HOUR + 30_000 },
      30_000,
      false,
      { action: "probe", state: { answerBy: 35_000, nextCheckAt: 35_000, lastInboundAt: 30_000 } },
    ],
    [
      "reports a loss 5 s after the clock was set back, if the probe is unanswered",
      { ...quiet, lastInboundAt: 30_000, answerBy: 35_000, nextCheckAt: 35_000 },
      35_000,
      false,
      { action: "lost", silentMs: 5_000 },
    ],
  ];
  for (const [title, state, now, isProbeNow, verdict] of cases) {
    test(`judgeLiveness decides by the clock and the pending probe: ${title}`, () => {
      expect(judgeLiveness(state, DEFAULT_LIVENESS, now, isProbeNow)).toMatchObject(verdict);
    });
  }

  test("judgeLiveness limits the wait for the answer to a probe to deadlineMs", () => {
    const policy = { pingIntervalMs: 15_000, deadlineMs: 20_000 };
    expect(judgeLiveness(startLiveness(policy, 0), policy, 15_000)).toMatchObject({
      state: { answerBy: 20_000, nextCheckAt: 20_000 },
    });
  });

  test("judgeLiveness probes before it reports a loss, even if the deadline is shorter than the ping interval", () => {
    const policy = { pingIntervalMs: 15_000, deadlineMs: 10_000 };
    expect(judgeLiveness(startLiveness(policy, 0), policy, 15_000)).toMatchObject({ state: { answerBy: 20_000 } });
  });

  test("judgeLiveness does not change its argument", () => {
    const state = Object.freeze({ ...quiet });
    judgeLiveness(state, DEFAULT_LIVENESS, 15_000);
    expect(state).toEqual(quiet);
  });
});

describe("a LivenessWatch", () => {
  let platform: FakePlatform;
  let watch: LivenessWatch;
  let probes: number[];
  let lost: { afterMs: number; silentMs: number }[];
  let begun: number;
  /** How the peer reacts to a probe. */
  let answer: () => void;

  const sinceStart = (): number => platform.now() - begun;

  function begin(policy = DEFAULT_LIVENESS): void {
    begun = platform.now();
    const probe = (): void => {
      probes.push(sinceStart());
      answer();
    };
    watch = new LivenessWatch(platform, policy, probe, (silentMs) => lost.push({ afterMs: sinceStart(), silentMs }));
  }

  beforeEach(() => {
    platform = new FakePlatform();
    probes = [];
    lost = [];
    answer = () => {};
    begin();
  });

  test("a LivenessWatch probes a silent connection every 15 s, and reports the connection as lost after 45 s", async () => {
    await platform.advance(10 * 60_000);
    expect(probes).toEqual([15_000, 30_000]);
    expect(lost).toEqual([{ afterMs: 45_000, silentMs: 45_000 }]);
    expect(platform.timers).toEqual([]);
  });

  test("a LivenessWatch keeps a quiet connection that answers probes", async () => {
    answer = () => platform.setTimeout(() => watch.handleInbound(), 100);
    await platform.advance(HOUR);
    expect(lost).toEqual([]);
    expect(probes.length).toBeGreaterThan(230);
    expect(probes.length).toBeLessThanOrEqual(240);
  });

  test("a LivenessWatch accepts a response in the same millisecond as its probe", async () => {
    answer = () => watch.handleInbound();
    await platform.advance(1_000);
    watch.probeNow();
    await platform.advance(HOUR);
    expect(lost).toEqual([]);
  });

  test("a LivenessWatch does not probe a connection that receives frames", async () => {
    for (let i = 0; i < 100; i++) {
      watch.handleInbound();
      await platform.advance(10_000);
    }
    expect(probes).toEqual([]);
    expect(lost).toEqual([]);
  });

  test("a LivenessWatch measures the deadline from the last frame", async () => {
    await platform.advance(20_000);
    watch.handleInbound();
    await platform.advance(10 * 60_000);
    expect(lost).toEqual([{ afterMs: 65_000, silentMs: 45_000 }]);
  });

  test("if a connection dies during a sleep of 8 h, a LivenessWatch reports the loss 5 s after waking", async () => {
    await platform.advance(20_000);
    platform.sleep(8 * HOUR);
    const woke = sinceStart();
    await platform.advance(5_000);
    expect(lost.map(({ afterMs }) => afterMs - woke)).toEqual([5_000]);
  });

  test("if a connection dies during a sleep that pauses timers, a LivenessWatch reports the loss 15 s after waking", async () => {
    await platform.advance(20_000);
    platform.setClock(8 * HOUR);
    const woke = sinceStart();
    await platform.advance(15_000);
    expect(lost.map(({ afterMs }) => afterMs - woke)).toEqual([15_000]);
  });

  test("a LivenessWatch reports a dead connection as lost 5 s after probeNow, even if its timers were paused", async () => {
    await platform.advance(20_000);
    platform.setClock(8 * HOUR);
    const woke = sinceStart();
    watch.probeNow();
    await platform.advance(5_000);
    expect(lost.map(({ afterMs }) => afterMs - woke)).toEqual([5_000]);
  });

  test("a LivenessWatch keeps a connection if the server answers after the computer has slept", async () => {
    answer = () => platform.setTimeout(() => watch.handleInbound(), 200);
    await platform.advance(20_000);
    platform.sleep(8 * HOUR);
    await platform.advance(10 * 60_000);
    expect(lost).toEqual([]);
  });

  test("a LivenessWatch does not report a live connection as lost if the computer sleeps several times", async () => {
    answer = () => void Promise.resolve().then(() => watch.handleInbound());
    for (let night = 0; night < 3; night++) {
      await platform.advance(20_000);
      platform.sleep(8 * HOUR);
    }
    await platform.advance(10_000);
    answer = () => {};
    for (const before = probes.length; probes.length === before; ) await platform.advance(1_000);
    platform.sleep(8 * HOUR);
    answer = () => void Promise.resolve().then(() => watch.handleInbound());
    await platform.advance(60_000);
    expect(lost).toEqual([]);
  });

  test("a LivenessWatch does not report a live connection as lost if timers fire once a minute", async () => {
    watch.stop();
    platform.throttle(60_000);
    begin();
    // The browser throttles timers, but not WebSocket messages. The response therefore arrives long before the next timer fires.
    answer = () => void Promise.resolve().then(() => watch.handleInbound());
    await platform.advance(2 * HOUR);
    expect(lost).toEqual([]);
    expect(probes.length).toBeGreaterThan(50);
  });

  test("a LivenessWatch detects a dead connection within four minutes, even if timers fire once a minute", async () => {
    watch.stop();
    platform.throttle(60_000);
    begin();
    await platform.advance(HOUR);
    expect(lost.map(({ afterMs }) => afterMs <= 240_000)).toEqual([true]);
  });

  test("a LivenessWatch keeps a live connection and reports a dead connection, even if the clock is set back", async () => {
    answer = () => void Promise.resolve().then(() => watch.handleInbound());
    await platform.advance(20_000);
    platform.setClock(-HOUR);
    await platform.advance(10 * 60_000);
    expect(lost).toEqual([]);
    answer = () => {};
    platform.setClock(-HOUR);
    const dead = sinceStart();
    await platform.advance(60_000);
    expect(lost).toHaveLength(1);
    expect((lost[0]?.afterMs ?? 0) - dead).toBeLessThanOrEqual(50_000);
  });

  test("a LivenessWatch keeps a live connection when the clock is set forward", async () => {
    answer = () => void Promise.resolve().then(() => watch.handleInbound());
    await platform.advance(20_000);
    platform.setClock(HOUR);
    await platform.advance(10 * 60_000);
    expect(lost).toEqual([]);
  });

  test("repeated calls of LivenessWatch.probeNow do not extend the 5 s for the answer", async () => {
    await platform.advance(1_000);
    watch.probeNow();
    expect(probes).toEqual([1_000]);
    for (let i = 0; i < 4; i++) {
      await platform.advance(1_000);
      watch.probeNow();
    }
    expect(lost).toEqual([]);
    await platform.advance(1_000);
    expect(lost).toEqual([{ afterMs: 6_000, silentMs: 6_000 }]);
  });

  test("a LivenessWatch does nothing after stop", async () => {
    watch.stop();
    watch.probeNow();
    await platform.advance(HOUR);
    expect({ probes, lost, timers: platform.timers }).toEqual({ probes: [], lost: [], timers: [] });
  });

  test("after random sleeps and clock changes, a LivenessWatch reports only dead connections as lost", async () => {
    const disturbance = fc.record({
      kind: fc.constantFrom("talk", "wait", "sleep", "clock", "probeNow", "throttle"),
      ms: fc.integer({ min: 0, max: 3 * 60_000 }),
      sign: fc.constantFrom(1, -1),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(disturbance, { maxLength: 15 }), async (disturbances) => {
        watch.stop();
        platform = new FakePlatform();
        [probes, lost] = [[], []];
        begin();
        answer = () => void Promise.resolve().then(() => watch.handleInbound());
        for (const { kind, ms, sign } of disturbances) {
          if (kind === "talk") watch.handleInbound();
          else if (kind === "wait") await platform.advance(ms);
          else if (kind === "sleep") platform.sleep(ms);
          else if (kind === "clock") platform.setClock(sign * ms);
          else if (kind === "throttle") platform.throttle(ms % 2 === 0 ? 60_000 : 0);
          else watch.probeNow();
        }
        await platform.advance(60_000);
        expect(lost).toEqual([]);
        answer = () => {};
        await platform.advance(5 * 60_000);
        expect(lost).toHaveLength(1);
      }),
      { numRuns: 60 },
    );
  });
});

describe("silence", () => {
  test.each([
    [2_000, 6_000],
    [1_000, 6_000],
    [5_000, 6_000],
    [15_000, 45_000],
    [6_000, 6_000],
    [60_000, 6_000],
    [10, 40],
  ])(
    "a LivenessWatch that pings every %d ms reports a silent connection as lost after its deadline of %d ms",
    async (pingIntervalMs, deadlineMs) => {
      const platform = new FakePlatform();
      const lost: number[] = [];
      let probes = 0;
      const start = platform.now();
      new LivenessWatch(
        platform,
        { pingIntervalMs, deadlineMs },
        () => probes++,
        () => lost.push(platform.now() - start),
      );
      await platform.advance(deadlineMs * 3);
      expect(lost).toEqual([deadlineMs]);
      expect(probes).toBeGreaterThan(0);
    },
  );
});
