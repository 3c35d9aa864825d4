import { discount } from "./budget-state.js";
import type { Input, MachineOptions, MachineState } from "./connection-state.js";

/** If a timer is late by more than this, in ms, the computer was asleep. The time of that sleep does not count. */
const OVERSLEPT_MS = 1_000;

/**
 * Maximum time, in ms, for which a handshake counts towards the retry budget. Any longer time is treated as a sleep of the
 * computer.
 */
const HANDSHAKE_COUNTED_MS = 120_000;

/** Returns the state with updated times and an updated budget. Called before each input is handled. */
export function settleAccounts(state: MachineState, input: Input, options: MachineOptions): MachineState {
  const { at } = input;
  const settled = isProven(state, at, options)
    ? { ...state, budget: undefined }
    : withoutFreeTime(state, freeTime(state, at, options));
  switch (input.type) {
    case "start":
      return { ...settled, startedAt: at };
    case "opened":
      return { ...settled, hasOpened: true, hasSocket: true };
    case "ready":
      return { ...settled, upSince: at };
    case "lost":
      return { ...settled, reason: input.reason, error: input.error };
    case "stale":
      return { ...settled, reason: "no response arrived" };
    case "slot":
      return { ...settled, holdsSlot: true };
    default:
      return settled;
  }
}

/** Whether the connection has been up for long enough to restart the budget. */
function isProven({ name, upSince }: MachineState, at: number, { reconnect }: MachineOptions): boolean {
  return name === "up" && upSince !== undefined && at - upSince >= reconnect.uptimeResetMs;
}

/** Returns the time that does not count against the budget, in ms: an intentional wait, or a sleep of the computer. */
function freeTime(state: MachineState, at: number, options: MachineOptions): number {
  switch (state.name) {
    case "parked":
    case "suspended":
    case "intakePaused":
      return at - state.since;
    case "connecting":
      return overslept(at, connectBy(state, options));
    case "backingOff":
      return overslept(at, state.retryAt ?? at);
    case "handshaking":
      return overslept(at, state.since + HANDSHAKE_COUNTED_MS);
    default:
      return 0;
  }
}

/**
 * Returns by how much the timer of a state was late, in ms. A timer is late if the computer slept or the tab was throttled.
 */
function overslept(at: number, dueAt: number): number {
  return at - dueAt > OVERSLEPT_MS ? at - dueAt : 0;
}

function withoutFreeTime(state: MachineState, ms: number): MachineState {
  if (ms === 0) return state;
  return {
    ...state,
    startedAt: state.startedAt + ms,
    ...(state.budget !== undefined && { budget: discount(state.budget, ms) }),
  };
}

/** Returns the time at which a connection attempt times out. */
export function connectBy({ since, startedAt, hasOpened }: MachineState, { timeouts }: MachineOptions): number {
  return Math.min(since + timeouts.connectMs, hasOpened ? Number.POSITIVE_INFINITY : startedAt + timeouts.initialConnectMs);
}
