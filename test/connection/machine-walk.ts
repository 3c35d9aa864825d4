import type { Failure, Input, MachineOptions, MachineState, Step } from "../../src/connection/connection-state.js";
import { initialState } from "../../src/connection/connection-state.js";
import { transition } from "../../src/connection/machine.js";
import { DEFAULT_RECONNECT } from "../../src/connection/reconnect-policy.js";
import { DEFAULT_TIMEOUTS } from "../../src/connection/session-timeouts.js";
import { INPUTS, type InputType, isEnd } from "../../src/connection/transitions.js";

export const OPTIONS: MachineOptions = {
  reconnect: DEFAULT_RECONNECT,
  timeouts: DEFAULT_TIMEOUTS,
  gated: false,
  failureCode: "controlFailed",
};

export const REFUSAL: Failure = { cause: "refused", reason: "no such session" };

/** Returns inputs of the given type. For `pause`, returns one input for each value of `canPause`. */
export function variants(type: InputType, at: number, random = 0.5): Input[] {
  switch (type) {
    case "lost":
      return [{ type, at, random, reason: "1006 connection cut without a close frame" }];
    case "refused":
      return [{ type, at, random, failure: REFUSAL }];
    case "pause":
      return [
        { type, at, random, canPause: true },
        { type, at, random, canPause: false },
      ];
    default:
      return [{ type, at, random }];
  }
}

export interface Visit {
  from: MachineState;
  input: Input;
  step: Step;
}

/** Times to wait, in ms. The limits of the state machine (30 s, 60 s and 300 s) are between these times. */
const WAITS = [0, 1_000, 29_200, 31_000, 301_000];

/**
 * Applies each input to each state that is reachable from `idle`. Returns the steps by state and input.
 */
export function walkEverywhere(): Map<string, Visit[]> {
  const visits = new Map<string, Visit[]>();
  const reconnect = { ...DEFAULT_RECONNECT, maxAttempts: 2, ungatedAttempts: 1 };
  for (const gated of [true, false]) walk({ ...OPTIONS, reconnect, gated }, visits);
  return visits;
}

function walk(options: MachineOptions, visits: Map<string, Visit[]>): void {
  const start = { state: initialState(0), now: 0 };
  const seen = new Set([distinguish(start.state, start.now)]);
  for (const queue = [start]; queue.length > 0; ) {
    const { state, now } = queue.pop() as typeof start;
    const untilRetry = state.retryAt === undefined ? [] : [Math.max(0, state.retryAt - now)];
    for (const wait of [...WAITS, ...untilRetry]) {
      const at = now + wait;
      for (const input of INPUTS.flatMap((type) => variants(type, at))) {
        const step = transition(state, input, options);
        const pair = `${state.name} + ${input.type}`;
        const same = visits.get(pair) ?? [];
        visits.set(pair, same);
        same.push({ from: state, input, step });
        const key = distinguish(step.state, at);
        if (seen.has(key)) continue;
        seen.add(key);
        queue.push({ state: step.state, now: at });
      }
    }
  }
}

/**
 * Returns the same key for states that behave alike. The key contains rounded ages instead of timestamps. The longest time limit
 * is 300 s, so all ages above 301 s are equal.
 */
function distinguish(state: MachineState, now: number): string {
  const ago = (at: number | undefined, grain: number): number | undefined =>
    at === undefined ? undefined : Math.floor(Math.min(301_000, now - at) / grain);
  const { name, hasOpened, holdsSlot, hasSocket, isCloseFrameDue, budget } = state;
  return JSON.stringify([
    name,
    hasOpened,
    holdsSlot,
    hasSocket,
    isCloseFrameDue,
    name === "closing" ? ago(state.since, 5_000) : undefined,
    // After a socket has opened or the connection has ended, the machine ignores `startedAt`.
    hasOpened || isEnd(name) ? undefined : ago(state.startedAt, 1_000),
    name === "up" ? ago(state.upSince, 30_000) : undefined,
    budget?.attempt,
    ago(budget?.startedAt, 100_000),
  ]);
}
