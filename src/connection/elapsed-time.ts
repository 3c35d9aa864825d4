import { discount } from "./budget-state.js";
import type { Input, MachineOptions, MachineState } from "./connection-state.js";

/** A timer that fires this much late means that the machine slept. That time does not count. In ms. */
const OVERSLEPT_MS = 1_000;

/** A handshake counts for this long at most, in ms. The rest is sleep, or a replay of missed frames. */
const HANDSHAKE_COUNTED_MS = 120_000;

/** Updates the counted times, for the time since the last step and for the input. */
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

/** Whether the connection was up for long enough to restart the budget. */
function isProven({ name, upSince }: MachineState, at: number, { reconnect }: MachineOptions): boolean {
  return name === "up" && upSince !== undefined && at - upSince >= reconnect.uptimeResetMs;
}

/** Time that does not count, in ms: spent waiting on purpose, or asleep. */
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

/** How long a state lasted after its timer was due, in ms: the machine slept, or the tab was throttled. */
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

/** The time at which a connect times out. */
export function connectBy({ since, startedAt, hasOpened }: MachineState, { timeouts }: MachineOptions): number {
  return Math.min(since + timeouts.connectMs, hasOpened ? Number.POSITIVE_INFINITY : startedAt + timeouts.initialConnectMs);
}
