import fc from "fast-check";
import { expect, test } from "vitest";
import { type Effect, type Input, initialState, type MachineState } from "../../src/connection/connection-state.js";
import { transition } from "../../src/connection/machine.js";
import { DEFAULT_RECONNECT } from "../../src/connection/reconnect-policy.js";
import { DEFAULT_TIMEOUTS } from "../../src/connection/session-timeouts.js";
import { INPUTS, type InputType, isEnd, type StateName } from "../../src/connection/transitions.js";
import { OPTIONS, variants } from "./machine-walk.js";

const { maxAttempts, maxElapsedMs, uptimeResetMs } = DEFAULT_RECONNECT;
const { initialConnectMs } = DEFAULT_TIMEOUTS;

const SOCKET: ReadonlySet<StateName> = new Set(["connecting", "handshaking", "up"]);
const TIMED: ReadonlySet<StateName> = new Set(["connecting", "backingOff", "closing"]);
const FREE: ReadonlySet<StateName> = new Set(["parked", "suspended", "intakePaused"]);

/**
 * A simulated runner. It counts open sockets, streams and reconnect slots, and compares the counts with the state of the machine.
 */
class World {
  state: MachineState = initialState(0);
  now = 0;
  connects = 0;
  readonly #gated: boolean;
  #sockets = 0;
  #streams = 0;
  #slots = 0;
  #slotRequests = 0;
  #timerAt: number | undefined;
  /** When the current series of failures started. */
  #troubledSince: number | undefined;
  /** Time since `#troubledSince` that does not use the retry budget, in ms. */
  #freeMs = 0;
  #attempts = 0;
  #startedAt = 0;
  #freeSinceStartMs = 0;
  #upSince = 0;
  #wasOpen = false;

  constructor(gated: boolean) {
    this.#gated = gated;
  }

  /** Advances the time, and fires the timers that become due. */
  wait(ms: number, random: number): void {
    const end = this.now + ms;
    while (this.#timerAt !== undefined && this.#timerAt <= end) {
      this.#pass(Math.max(0, this.#timerAt - this.now));
      this.take("timer", random);
    }
    this.#pass(end - this.now);
  }

  /** Simulates the sleep of the computer: time passes, and no timer fires. */
  sleep(ms: number): void {
    this.#pass(ms);
  }

  take(type: InputType, random: number, variant = 0): void {
    const all = variants(type, this.now, random);
    this.#step(all[variant % all.length] as Input);
  }

  #pass(ms: number): void {
    this.now += ms;
    if (FREE.has(this.state.name)) this.#free(ms);
  }

  #free(ms: number): void {
    this.#freeMs += ms;
    this.#freeSinceStartMs += ms;
  }

  #step(input: Input): void {
    const from = this.state;
    const overdue = this.#timerAt === undefined ? 0 : this.now - this.#timerAt;
    const { state, effects } = transition(from, input, { ...OPTIONS, gated: this.#gated });
    if (state === from) {
      expect(effects).toEqual([]);
      return;
    }
    const handshaken = this.now - from.since - 120_000;
    if (from.name === "handshaking" && handshaken > 1_000) this.#free(handshaken);
    if (overdue > 1_000 && (from.name === "connecting" || from.name === "backingOff")) this.#free(overdue);
    this.#account(from, input, state);
    this.state = state;
    // A timer that has fired is no longer pending. The first timer of `closing` can start another one in the same state.
    if (state.name !== from.name || input.type === "timer") this.#timerAt = undefined;
    for (const effect of effects) this.#perform(effect);
    this.#checkHoldings();
  }

  #account(from: MachineState, input: Input, to: MachineState): void {
    if (input.type === "start") {
      this.#startedAt = this.now;
      this.#freeSinceStartMs = 0;
    }
    if (input.type === "opened") this.#wasOpen = true;
    if (input.type === "ready") this.#upSince = this.now;
    if (from.name === "up" && this.now - this.#upSince >= uptimeResetMs) {
      this.#troubledSince = undefined;
      this.#attempts = 0;
    }
    if (from.name === "backingOff" && input.type === "wake") this.#attempts--;
    if (to.name === "backingOff") {
      this.#begin();
      this.#attempts++;
      expect(this.#attempts).toBeLessThanOrEqual(maxAttempts);
      expect(this.#spentMs()).toBeLessThan(maxElapsedMs);
      expect(to.budget?.attempt).toBe(this.#attempts);
    }
    if (to.failure?.cause === "budget") {
      this.#begin();
      expect(this.#attempts === maxAttempts || this.#spentMs() >= maxElapsedMs).toBe(true);
    }
    if (to.failure?.cause === "unreachable") {
      expect(this.#wasOpen).toBe(false);
      const isStartOver = this.now - this.#startedAt - this.#freeSinceStartMs >= initialConnectMs;
      expect(isStartOver || this.#attempts === maxAttempts).toBe(true);
    }
  }

  #begin(): void {
    if (this.#troubledSince !== undefined) return;
    this.#troubledSince = this.now;
    this.#freeMs = 0;
  }

  #spentMs(): number {
    return this.now - (this.#troubledSince ?? this.now) - this.#freeMs;
  }

  #perform(effect: Effect): void {
    switch (effect.type) {
      case "open":
        this.connects++;
        this.#sockets++;
        expect(this.#sockets).toBe(1);
        break;
      case "terminate":
        this.#sockets = 0;
        // Clears the timer, as the real runner does when it terminates a socket.
        this.#timerAt = undefined;
        break;
      case "enterStreaming":
        this.#streams++;
        break;
      case "leaveStreaming":
        this.#streams--;
        break;
      case "requestSlot":
        this.#slotRequests++;
        break;
      case "withdrawSlotRequest":
        this.#slotRequests--;
        break;
      case "releaseSlot":
        this.#slots--;
        break;
      case "setTimer":
        expect(this.#timerAt).toBeUndefined();
        expect(effect.ms).toBeGreaterThanOrEqual(0);
        this.#timerAt = this.now + effect.ms;
        break;
      default:
        expect(this.#sockets === 1 || effect.type === "sendClose" || effect.type === "sendCloseFrame").toBe(true);
    }
  }

  #checkHoldings(): void {
    const { name, hasSocket, holdsSlot } = this.state;
    if (name === "connecting" && holdsSlot && this.#slotRequests === 1) {
      this.#slotRequests--;
      this.#slots++;
    }
    const keepsSocket = SOCKET.has(name) || (name === "intakePaused" && hasSocket);
    // Not checked in the state `closing`: the socket may be open or already gone.
    if (name !== "closing") expect(this.#sockets).toBe(keepsSocket ? 1 : 0);
    expect(this.#streams).toBe(name === "up" ? 1 : 0);
    expect(this.#slotRequests).toBe(name === "parked" ? 1 : 0);
    expect(this.#slots).toBe(holdsSlot ? 1 : 0);
    expect(this.#timerAt !== undefined).toBe(TIMED.has(name) || (name === "intakePaused" && hasSocket));
  }
}

const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
const ms = fc.oneof(
  fc.integer({ min: 0, max: 5_000 }),
  fc.integer({ min: 0, max: 40_000 }),
  fc.integer({ min: 0, max: 700_000 }),
  fc.constantFrom(0, 1_000, 29_999, 30_000, 60_000, 300_000),
);
/** Inputs that keep a connection alive have a higher weight. Otherwise most random sequences would end the connection early. */
const input = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom<InputType>("opened", "ready", "lost", "slot", "resume", "wake", "timer") },
  { weight: 2, arbitrary: fc.constantFrom<InputType>("pause", "suspend", "stale", "start") },
  { weight: 1, arbitrary: fc.constantFrom<InputType>(...INPUTS) },
);
type Action =
  | { kind: "take"; type: InputType; variant: number; random: number }
  | { kind: "wait"; ms: number; random: number }
  | { kind: "sleep"; ms: number };
const action: fc.Arbitrary<Action> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({ kind: fc.constant("take" as const), type: input, variant: fc.integer({ min: 0, max: 1 }), random }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("wait" as const), ms, random }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("sleep" as const), ms }) },
);

/** No response to the close request arrives. Random sequences rarely contain this case. */
const CLOSE_WITHOUT_RESPONSE: [gated: boolean, actions: Action[]] = [
  false,
  [
    { kind: "take", type: "opened", variant: 0, random: 0 },
    { kind: "take", type: "close", variant: 0, random: 0 },
    { kind: "take", type: "closeRequested", variant: 0, random: 0 },
    { kind: "wait", ms: 1_000, random: 0 },
  ],
];

test("no sequence of inputs makes a connection open two sockets, leak a resource or exceed its budget", () => {
  fc.assert(
    fc.property(fc.boolean(), fc.array(action, { maxLength: 120 }), (gated, actions) => {
      const world = new World(gated);
      world.take("start", 0.5);
      for (const act of actions) {
        if (act.kind === "take") world.take(act.type, act.random, act.variant);
        else if (act.kind === "wait") world.wait(act.ms, act.random);
        else world.sleep(act.ms);
      }
      if (!isEnd(world.state.name)) world.take("cancel", 0.5);
      expect(isEnd(world.state.name)).toBe(true);
    }),
    { numRuns: 2_000, examples: [CLOSE_WITHOUT_RESPONSE] },
  );
});

test("a client makes at most 21 connection attempts in 300 s, even if a server accepts and drops connections in any pattern", () => {
  const round = fc.record({
    opens: fc.boolean(),
    handshakes: fc.boolean(),
    upMs: fc.integer({ min: 0, max: uptimeResetMs - 1 }),
    random,
  });
  fc.assert(
    fc.property(fc.array(round, { minLength: 30, maxLength: 60 }), (rounds) => {
      const world = new World(false);
      world.take("start", 0.5);
      world.take("opened", 0.5);
      for (const { opens, handshakes, upMs, random } of rounds) {
        if (opens) world.take("opened", random);
        if (opens && handshakes) world.take("ready", random);
        if (opens && handshakes) world.wait(upMs, random);
        world.take("lost", random);
        world.wait(36_000, random);
      }
      expect(world.state.name).toBe("failed");
      expect(world.connects).toBeLessThanOrEqual(maxAttempts + 1);
    }),
  );
});
