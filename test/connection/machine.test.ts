import { describe, expect, test } from "vitest";
import {
  type Effect,
  type Failure,
  type Input,
  initialState,
  type MachineOptions,
  type MachineState,
  statusOf,
} from "../../src/connection/connection-state.js";
import { transition } from "../../src/connection/machine.js";
import { DEFAULT_RECONNECT, type RetryContext } from "../../src/connection/reconnect-policy.js";
import { DEFAULT_TIMEOUTS } from "../../src/connection/session-timeouts.js";
import { INPUTS, type InputType, isEnd, STATES, type StateName, TRANSITIONS } from "../../src/connection/transitions.js";
import { SimulatorError } from "../../src/protocol/simulator-error.js";
import { OPTIONS, REFUSAL, type Visit, variants, walkEverywhere } from "./machine-walk.js";

/**
 * The expected effects of each step. `|` separates alternatives. A step that ends an attempt may also have the effect
 * `releaseSlot`, which gives back the permission to reconnect.
 */
const EFFECTS: Readonly<Record<string, string>> = {
  "idle + start → connecting": "open setTimer",
  "idle + close → closed": "",
  "idle + cancel → cancelled": "",
  "connecting + opened → handshaking": "handshake",
  "connecting + lost → backingOff": "terminate setTimer",
  "connecting + lost → failed": "terminate",
  "connecting + timer → backingOff": "terminate setTimer",
  "connecting + timer → failed": "terminate",
  "connecting + refused → failed": "terminate",
  "connecting + suspend → suspended": "terminate",
  "connecting + close → closed": "terminate",
  "connecting + cancel → cancelled": "terminate",
  "handshaking + ready → up": "enterStreaming run",
  "handshaking + lost → backingOff": "terminate setTimer",
  "handshaking + lost → failed": "terminate",
  "handshaking + refused → failed": "terminate",
  "handshaking + ended → closing": "sendClose setTimer",
  "handshaking + pause → intakePaused": "terminate",
  "handshaking + suspend → suspended": "terminate",
  "handshaking + close → closing": "sendClose setTimer",
  "handshaking + cancel → cancelled": "sendCloseRequest terminate",
  "up + lost → backingOff": "leaveStreaming terminate setTimer",
  "up + lost → failed": "leaveStreaming terminate",
  "up + stale → connecting": "leaveStreaming terminate open setTimer",
  "up + refused → failed": "leaveStreaming terminate",
  "up + ended → closing": "leaveStreaming sendClose setTimer",
  "up + pause → intakePaused": "leaveStreaming pauseIntake setTimer | leaveStreaming terminate",
  "up + suspend → suspended": "leaveStreaming terminate",
  "up + close → closing": "leaveStreaming sendClose setTimer",
  "up + cancel → cancelled": "leaveStreaming sendCloseRequest terminate",
  "intakePaused + resume → up": "enterStreaming resumeIntake",
  "intakePaused + resume → connecting": "open setTimer",
  "intakePaused + lost → intakePaused": "terminate | ",
  "intakePaused + timer → intakePaused": "terminate | ",
  "intakePaused + refused → failed": "terminate | ",
  "intakePaused + ended → closing": "sendClose setTimer",
  "intakePaused + suspend → suspended": "terminate | ",
  "intakePaused + close → closing": "sendClose setTimer",
  "intakePaused + cancel → cancelled": "sendCloseRequest terminate | ",
  "backingOff + timer → connecting": "open setTimer",
  "backingOff + timer → parked": "requestSlot",
  "backingOff + timer → failed": "",
  "backingOff + wake → connecting": "open setTimer",
  "backingOff + wake → parked": "requestSlot",
  "backingOff + suspend → suspended": "",
  "backingOff + close → closed": "",
  "backingOff + cancel → cancelled": "",
  "parked + slot → connecting": "open setTimer",
  "parked + suspend → suspended": "withdrawSlotRequest",
  "parked + close → closed": "withdrawSlotRequest",
  "parked + cancel → cancelled": "withdrawSlotRequest",
  "suspended + wake → connecting": "open setTimer",
  "suspended + wake → parked": "requestSlot",
  "suspended + close → closed": "",
  "suspended + cancel → cancelled": "",
  "closing + closeRequested → closing": "",
  "closing + closeDone → closed": "terminate",
  "closing + timer → closing": "sendCloseFrame setTimer",
  "closing + lost → closed": "terminate",
  "closing + timer → closed": "terminate",
  "closing + cancel → cancelled": "terminate",
};

const HOLDS_SLOT: ReadonlySet<StateName> = new Set(["connecting", "handshaking"]);

function expectedEffects(from: StateName, input: InputType, to: StateName): string[] {
  const cases = EFFECTS[`${from} + ${input} → ${to}`]?.split("|").map((effects) => effects.trim()) ?? [
    "(not in this test's table)",
  ];
  if (!HOLDS_SLOT.has(from) || HOLDS_SLOT.has(to)) return cases;
  return cases.flatMap((effects) => [effects, `${effects} releaseSlot`.trim()]);
}

const names = (effects: readonly Effect[]): string => effects.map(({ type }) => type).join(" ");
const sorted = (values: Iterable<string>): string[] => [...new Set(values)].sort();

const visits = walkEverywhere();

describe("each state and each input", () => {
  for (const from of STATES) {
    for (const input of INPUTS) {
      const targets = TRANSITIONS[from][input];
      test(`the input ${input} leads from the state ${from} to ${targets?.join(" or ") ?? "no other state"}`, () => {
        const found = visits.get(`${from} + ${input}`) as Visit[];
        if (targets === undefined) {
          expect(found.every(({ from, step }) => step.state === from && step.effects.length === 0)).toBe(true);
          return;
        }
        expect(sorted(found.map(({ step }) => step.state.name))).toEqual(sorted(targets));
        for (const target of targets) {
          const reached = found.filter(({ step }) => step.state.name === target);
          expect(sorted(reached.map(({ step }) => names(step.effects)))).toEqual(sorted(expectedEffects(from, input, target)));
        }
      });
    }
  }

  test("the final states of a connection are `closed`, `cancelled` and `failed`", () => {
    expect(STATES.filter(isEnd)).toEqual(["closed", "cancelled", "failed"]);
  });

  test("the input `cancel` leads from every state that is not final to the state `cancelled`", () => {
    const found = [...visits.values()].flat().filter(({ input }) => input.type === "cancel");
    for (const { from, step } of found) expect(step.state.name).toBe(isEnd(from.name) ? from.name : "cancelled");
  });
});

/** A machine that receives inputs one after the other, each after a given time. */
class Machine {
  state: MachineState = initialState(0);
  now = 0;
  effects: readonly Effect[] = [];
  readonly #options: MachineOptions;

  constructor(options: Partial<MachineOptions> = {}) {
    this.#options = { ...OPTIONS, ...options };
  }

  after(
    ms: number,
    type: InputType,
    change: { canPause?: boolean; random?: number; reason?: string; error?: unknown } = {},
  ): this {
    this.now += ms;
    const input = { ...(variants(type, this.now)[0] as Input), ...change } as Input;
    ({ state: this.state, effects: this.effects } = transition(this.state, input, this.#options));
    return this;
  }

  /** Advances the time until the timer of the state is due, and fires it. */
  untilTimer(): this {
    return this.after(this.timerMs, "timer");
  }

  get timerMs(): number {
    return this.effects.find((effect) => effect.type === "setTimer")?.ms ?? Number.NaN;
  }

  /** Opens the socket and completes the handshake. Requires the state `connecting`. */
  comesUp(): this {
    return this.after(10, "opened").after(10, "ready");
  }

  get failure(): Failure | undefined {
    return this.state.failure;
  }
}

const up = (options: Partial<MachineOptions> = {}): Machine => new Machine(options).after(0, "start").comesUp();

describe("the first connection", () => {
  test("connectMs limits each attempt of the first connection, and initialConnectMs limits all attempts together", () => {
    const machine = new Machine().after(0, "start");
    expect(machine.timerMs).toBe(30_000);
    machine.untilTimer();
    expect(machine.state).toMatchObject({ name: "backingOff", reason: "no connection within 30000 ms" });
    machine.untilTimer();
    expect(machine.state.name).toBe("connecting");
    expect(machine.timerMs).toBe(29_000);
    machine.untilTimer();
    expect(machine.state.name).toBe("failed");
    expect(machine.now).toBe(60_000);
    expect(machine.failure).toEqual({
      cause: "unreachable",
      reason: "no connection within 60000 ms: no connection within 30000 ms",
    });
  });

  test("if the host refuses every attempt, the first connection fails after initialConnectMs", () => {
    const machine = new Machine().after(0, "start");
    for (let step = 0; step < 100 && machine.state.name !== "failed"; step++) {
      if (machine.state.name === "connecting") machine.after(1, "lost", { reason: "ECONNREFUSED" });
      else machine.untilTimer();
    }
    expect(machine.now).toBe(60_000);
    expect(machine.failure).toEqual({ cause: "unreachable", reason: "no connection within 60000 ms: ECONNREFUSED" });
  });

  test("initialConnectMs has no effect after a socket has opened", () => {
    const machine = new Machine().after(0, "start").after(59_000, "opened").after(60_000, "lost");
    expect(machine.state).toMatchObject({ name: "backingOff", budget: { attempt: 1 } });
  });

  test("the retry budget starts when a connection is lost for the first time", () => {
    const machine = up().after(24 * 3_600_000, "lost");
    expect(machine.state.name).toBe("backingOff");
    expect(machine.state.budget).toEqual({ attempt: 1, startedAt: machine.now, backoffMs: 1_000, hasWaited: true });
  });

  test("the time for which a page is frozen does not count towards initialConnectMs", () => {
    const machine = new Machine().after(0, "start").after(10_000, "suspend").after(3_600_000, "wake");
    expect(machine.state.name).toBe("connecting");
    expect(machine.timerMs).toBe(30_000);
    machine.untilTimer().untilTimer();
    expect(machine.state.name).toBe("connecting");
    expect(machine.timerMs).toBe(19_000);
  });
});

describe("the budget", () => {
  /** Opens each connection and loses it after `upMs`, until no retry is left. Returns the machine and the number of attempts. */
  function hammer(upMs: number, reset = DEFAULT_RECONNECT): { machine: Machine; connects: number } {
    const machine = new Machine({ reconnect: reset }).after(0, "start");
    let connects = 1;
    while (machine.state.name !== "failed" && connects < 1_000) {
      machine.comesUp().after(upMs, "lost");
      if (machine.state.name === "backingOff") {
        machine.untilTimer();
        connects++;
      }
    }
    return { machine, connects };
  }

  test("the budget allows at most 20 retries if a server accepts each connection and drops it", () => {
    const { machine, connects } = hammer(0);
    expect(connects).toBeLessThanOrEqual(21);
    expect(machine.failure?.cause).toBe("budget");
    expect(machine.now).toBeLessThanOrEqual(300_000 + 36_000);
  });

  test("the budget is not restarted by connections that are up for less than 30 s", () => {
    const { machine, connects } = hammer(29_979);
    expect(connects).toBeLessThanOrEqual(11);
    expect(machine.failure?.cause).toBe("budget");
    expect(machine.failure?.reason).toBe(`gave up after ${connects - 1} attempts: 1006 connection cut without a close frame`);
  });

  test("the retry budget starts again each time a connection has been up for 30 s", () => {
    const { machine, connects } = hammer(30_000);
    expect(connects).toBe(1_000);
    expect(machine.state).toMatchObject({ name: "connecting", budget: { attempt: 1 } });
  });

  for (const [left, come] of [
    ["lost", (machine: Machine) => machine.untilTimer()],
    ["stale", (machine: Machine) => machine],
    ["suspend", (machine: Machine) => machine.after(1_000, "wake")],
    ["pause", (machine: Machine) => machine.after(1_000, "lost").after(1_000, "resume")],
  ] as const) {
    test(`the input ${left} restarts the retry budget after an hour of uptime`, () => {
      const machine = up().after(0, "lost").untilTimer().comesUp().after(3_600_000, left);
      come(machine);
      expect(machine.state.name).toBe("connecting");
      machine.after(10, "lost");
      expect(machine.state).toMatchObject({ name: "backingOff", budget: { attempt: left === "lost" ? 2 : 1 } });
    });
  }

  test("the retry budget is used up after 20 attempts", () => {
    const reconnect = { ...DEFAULT_RECONNECT, maxElapsedMs: Number.POSITIVE_INFINITY };
    const { machine, connects } = hammer(0, reconnect);
    expect(connects).toBe(21);
    expect(machine.failure?.reason).toBe("gave up after 20 attempts: 1006 connection cut without a close frame");
  });

  test("the retry budget is used up 300 s after the first loss", () => {
    const reconnect = { ...DEFAULT_RECONNECT, maxAttempts: Number.POSITIVE_INFINITY };
    const machine = up({ reconnect }).after(0, "lost");
    const begun = machine.now;
    for (const ms of [100_000, 100_000, 95_969]) machine.untilTimer().after(10, "opened").after(ms, "lost");
    expect(machine.now - begun).toBe(299_999);
    expect(machine.state.name).toBe("backingOff");
    machine.untilTimer().after(10, "lost");
    expect(machine.failure?.cause).toBe("budget");
  });

  /**
   * Waits of 600 s. Each entry contains the name, the start and the end of the wait, and the time in ms that the retry budget does
   * not count.
   */
  const WAITINGS: [string, (machine: Machine) => Machine, (machine: Machine) => Machine, number, attempts?: number][] = [
    ["parked", (m) => m.untilTimer(), (m) => m.after(600_000, "slot").after(10, "lost"), 600_000],
    ["frozen", (m) => m.after(0, "suspend"), (m) => m.after(600_000, "wake").after(10, "lost"), 600_000],
    [
      "paused without a socket",
      (m) => m.untilTimer().comesUp().after(10, "pause", { canPause: false }),
      (m) => m.after(600_000, "resume").after(10, "lost"),
      600_000,
    ],
    [
      "paused and loses its socket during the pause",
      (m) => m.untilTimer().comesUp().after(10, "pause", { canPause: true }),
      (m) => m.untilTimer().after(570_000, "resume").after(10, "lost"),
      600_000,
    ],
    ["asleep while backing off", (m) => m, (m) => m.after(600_000, "timer").after(10, "lost"), 599_000],
    [
      "asleep while backing off, and is woken by an event",
      (m) => m,
      (m) => m.after(600_000, "wake").after(10, "lost"),
      599_000,
      1,
    ],
    ["asleep while connecting", (m) => m.untilTimer(), (m) => m.after(600_000, "timer"), 570_000],
    ["asleep while handshaking", (m) => m.untilTimer().after(10, "opened"), (m) => m.after(600_000, "lost"), 480_000],
  ];
  for (const [waiting, enter, leave, freeMs, attempt = 2] of WAITINGS) {
    test(`the retry budget does not count the time during which a connection is ${waiting}`, () => {
      const reconnect = { ...DEFAULT_RECONNECT, ungatedAttempts: 1 };
      const machine = up({ gated: waiting === "parked", reconnect }).after(10, "lost");
      const begun = machine.now;
      leave(enter(machine));
      expect(machine.state).toMatchObject({ name: "backingOff", budget: { attempt } });
      expect(machine.state.budget?.startedAt).toBe(begun + freeMs);
    });
  }

  test("a retry budget of 300 s is used up after three handshakes of 120 s", () => {
    const machine = up().after(0, "lost");
    for (let i = 0; i < 3; i++) machine.untilTimer().after(10, "opened").after(120_000, "lost");
    expect(machine.failure?.cause).toBe("budget");
  });

  test("the reconnect of a stale connection spends no attempt of the budget", () => {
    const machine = up();
    for (let i = 0; i < 50; i++) machine.after(5_000, "stale").comesUp();
    expect(machine.state.name).toBe("up");
    expect(machine.state.budget).toBeUndefined();
  });

  test("a wait that ends early because the page wakes up uses no attempt of the retry budget", () => {
    const machine = up().after(0, "lost").after(200, "wake");
    expect(machine.state).toMatchObject({ name: "connecting", budget: { attempt: 0 } });
    expect(machine.state.retryAt).toBeUndefined();
  });

  test("a page that repeatedly becomes visible does not use up the retry budget", () => {
    const machine = up().after(0, "lost");
    for (let i = 0; i < 50; i++) machine.after(100, "wake").after(100, "lost");
    expect(machine.state).toMatchObject({ name: "backingOff", budget: { attempt: 1, backoffMs: 30_000 } });
  });

  test("the first wait after a lost connection is a random time up to twice initialBackoffMs", () => {
    expect(up().after(0, "lost", { random: 0 }).timerMs).toBe(0);
    expect(up().after(0, "lost", { random: 0.5 }).timerMs).toBe(1_000);
    expect(up().after(0, "lost", { random: 1 - Number.EPSILON }).timerMs).toBe(2_000);
  });

  test("the wait between two reconnect attempts starts at initialBackoffMs ± 20 % and doubles after each attempt", () => {
    const second = (random: number): Machine => up().after(0, "lost").untilTimer().after(0, "lost", { random });
    expect([0, 0.5, 1 - Number.EPSILON].map((random) => second(random).timerMs)).toEqual([800, 1_000, 1_200]);
    expect(second(0.5).untilTimer().after(0, "lost").timerMs).toBe(2_000);
    expect(second(0.5).untilTimer().after(0, "lost").untilTimer().after(0, "lost").timerMs).toBe(4_000);
  });

  test("the first wait without jitter is exactly initialBackoffMs", () => {
    const machine = up({ reconnect: { ...DEFAULT_RECONNECT, jitter: 0 } });
    expect(machine.after(0, "lost", { random: 0.1 }).timerMs).toBe(1_000);
  });

  test("the first wait is never longer than maxBackoffMs", () => {
    const machine = up({ reconnect: { ...DEFAULT_RECONNECT, maxBackoffMs: 1_500 } });
    expect(machine.after(0, "lost", { random: 1 - Number.EPSILON }).timerMs).toBe(1_500);
  });
});

describe("shouldRetry", () => {
  const asked: RetryContext[] = [];
  const shouldRetry = (answer: (failed: RetryContext) => boolean): MachineOptions["reconnect"] => {
    asked.length = 0;
    return {
      ...DEFAULT_RECONNECT,
      shouldRetry: (failed) => {
        asked.push(failed);
        return answer(failed);
      },
    };
  };
  const lost = (machine: Machine, error?: SimulatorError): Machine =>
    machine.after(0, "lost", { reason: "HTTP 503", ...(error && { error }) });

  test("shouldRetry is called before each retry with the error code, the HTTP status and the number of the attempt", () => {
    const machine = new Machine({ reconnect: shouldRetry(() => true) }).after(0, "start");
    lost(machine, new SimulatorError("unreachable", "refused", { status: 503 })).untilTimer();
    machine.comesUp();
    lost(machine);
    expect(machine.state.name).toBe("backingOff");
    expect(asked).toEqual([
      { code: "unreachable", status: 503, message: "HTTP 503", attempt: 1 },
      { code: "controlFailed", message: "HTTP 503", attempt: 2 },
    ]);
  });

  test("a connection fails at once when shouldRetry returns false", () => {
    const machine = up({ reconnect: shouldRetry(({ attempt }) => attempt < 2) });
    lost(machine).untilTimer();
    expect(lost(machine).state.name).toBe("failed");
    expect(machine.failure).toMatchObject({ cause: "refused", reason: "HTTP 503" });
  });

  test("if shouldRetry returns false after a connect timeout, a first connection fails with the cause `unreachable`", () => {
    const machine = new Machine({ reconnect: shouldRetry(() => false) }).after(0, "start").untilTimer();
    expect(machine.failure).toMatchObject({ cause: "unreachable", reason: "no connection within 30000 ms" });
    expect(asked).toMatchObject([{ code: "unreachable", attempt: 1 }]);
  });

  test("a connection fails when shouldRetry throws, and the reason contains the message of the thrown error", () => {
    const reconnect = shouldRetry(() => {
      throw new Error("my mistake");
    });
    const machine = lost(up({ reconnect }));
    expect(machine.failure).toMatchObject({ reason: "HTTP 503; reconnect.shouldRetry threw: my mistake" });
  });
});

describe("the permission to reconnect", () => {
  test("a connection waits for the permission to reconnect from its sixth attempt on", () => {
    const machine = new Machine({ gated: true }).after(0, "start");
    const parkedBefore: boolean[] = [];
    for (let connect = 1; connect <= 8; connect++) {
      machine.after(10, "opened").after(10, "lost").untilTimer();
      const isParked = machine.state.name === "parked";
      parkedBefore.push(isParked);
      if (isParked) machine.after(60_000, "slot");
    }
    // One value per attempt, from the second to the ninth: whether the connection had to wait for the permission to reconnect.
    expect(parkedBefore).toEqual([false, false, false, false, true, true, true, true]);
  });

  test("a reconnected connection marks itself as active before it releases the permission to reconnect", () => {
    const machine = up({ gated: true, reconnect: { ...DEFAULT_RECONNECT, ungatedAttempts: 1 } })
      .after(0, "lost")
      .untilTimer();
    expect(machine.state.holdsSlot).toBe(false);
    machine.after(0, "slot").after(0, "opened");
    expect(machine.state.holdsSlot).toBe(true);
    machine.after(0, "ready");
    expect(machine.state.holdsSlot).toBe(false);
    expect(names(machine.effects)).toBe("enterStreaming run releaseSlot");
  });

  test("a connection that waits to reconnect (`parked`) continues to wait after the page was frozen", () => {
    const machine = up({ gated: true, reconnect: { ...DEFAULT_RECONNECT, ungatedAttempts: 1 } })
      .after(0, "lost")
      .untilTimer();
    expect(machine.after(10, "suspend").after(10, "wake").state.name).toBe("parked");
  });

  test("a connection without a coordinator never enters the phase `parked`", () => {
    const machine = up();
    for (let i = 0; i < 8; i++) expect(machine.after(0, "lost").untilTimer().comesUp().state.name).toBe("up");
  });
});

describe("paused intake", () => {
  test("after a reading pause of maxPauseMs, a connection closes its socket but keeps the status `up`", () => {
    const machine = up().after(10, "pause", { canPause: true });
    expect(machine.timerMs).toBe(30_000);
    expect(statusOf(machine.state)).toEqual({ state: "up" });
    machine.untilTimer();
    expect(machine.state).toMatchObject({ name: "intakePaused", hasSocket: false });
    expect(statusOf(machine.state)).toEqual({ state: "up" });
  });

  test("after a reading pause, a connection opens a new socket only if its socket was closed during the pause", () => {
    expect(up().after(10, "pause", { canPause: true }).after(10, "resume").state.name).toBe("up");
    expect(up().after(10, "pause", { canPause: true }).untilTimer().after(10, "resume").state.name).toBe("connecting");
    expect(up().after(10, "pause", { canPause: false }).after(10, "resume").state.name).toBe("connecting");
    expect(up().after(10, "pause", { canPause: true }).after(10, "lost").after(10, "resume").state.name).toBe("connecting");
  });
});

describe("the close handshake", () => {
  test("without a close request, the close handshake waits one second for the close frame of the peer", () => {
    const machine = up().after(10, "close");
    expect(machine.timerMs).toBe(1_000);
    expect(machine.untilTimer().state.name).toBe("closed");
  });

  test("the close handshake is over when the response to the close request arrives", () => {
    const machine = up().after(10, "close").after(0, "closeRequested").after(300, "closeDone");
    expect(machine.state.name).toBe("closed");
  });

  test("if the server does not respond to the close request within 1 s, the client sends a WebSocket close frame", () => {
    const machine = up().after(10, "close").after(0, "closeRequested").after(1_000, "timer");
    expect(names(machine.effects)).toBe("sendCloseFrame setTimer");
    expect(machine.timerMs).toBe(4_000);
    expect(machine.untilTimer().state.name).toBe("closed");
  });

  test("the close handshake ends after closeMs even if closeMs is less than a second", () => {
    const timeouts = { ...DEFAULT_TIMEOUTS, closeMs: 200 };
    const machine = up({ timeouts }).after(10, "close");
    expect(machine.timerMs).toBe(200);
    expect(machine.after(0, "closeRequested").after(200, "timer").state.name).toBe("closed");
  });
});

describe("the status of each state", () => {
  const down = (machine: Machine): unknown => statusOf(machine.state);

  test("a connection has the status `down` until it is first established", () => {
    expect(down(new Machine())).toEqual({ state: "down", phase: "connecting", attempt: 0 });
    expect(down(new Machine().after(0, "start"))).toEqual({ state: "down", phase: "connecting", attempt: 0 });
    expect(down(new Machine().after(0, "start").after(0, "opened"))).toEqual({ state: "down", phase: "handshaking", attempt: 0 });
  });

  test("the status of a waiting connection contains the attempt, the reason, and the time of the next attempt", () => {
    const machine = up().after(10, "lost", { reason: "1012 service restart" });
    expect(down(machine)).toEqual({
      state: "down",
      phase: "backingOff",
      attempt: 1,
      reason: "1012 service restart",
      retryAt: machine.now + 1_000,
    });
    machine.untilTimer();
    expect(down(machine)).toEqual({ state: "down", phase: "connecting", attempt: 1, reason: "1012 service restart" });
  });

  test("the phase of a connection is `parked` during a wait for other streams, and `suspended` while the page is frozen", () => {
    const machine = up({ gated: true, reconnect: { ...DEFAULT_RECONNECT, ungatedAttempts: 1 } })
      .after(0, "lost")
      .untilTimer();
    expect(down(machine)).toMatchObject({ state: "down", phase: "parked", attempt: 1 });
    expect(down(machine.after(0, "suspend"))).toMatchObject({ state: "down", phase: "suspended", attempt: 1 });
  });

  test("an established connection has the status `up`, a refused connection has `failed`, and a closed connection has `closed`", () => {
    expect(down(up())).toEqual({ state: "up" });
    expect(down(up().after(0, "refused"))).toEqual({ state: "failed", reason: REFUSAL.reason });
    expect(down(up().after(0, "close"))).toEqual({ state: "closed" });
    expect(down(up().after(0, "close").after(0, "lost"))).toEqual({ state: "closed" });
    expect(down(up().after(0, "cancel"))).toEqual({ state: "closed" });
  });
});
