import { messageOf } from "../protocol/error-helpers.js";
import { SimulatorError } from "../protocol/simulator-error.js";
import { freshBudget, refund, spendForConnection } from "./budget-state.js";
import { settleAccounts } from "./budget-time.js";
import type { Failure, Input, MachineOptions, MachineState, Step } from "./connection-state.js";
import { enter, leave } from "./transition-effects.js";
import { type StateName, TRANSITIONS } from "./transitions.js";

/**
 * Performs one step of the reconnect state machine: takes a state and an input, and returns the next state and its effects. It
 * uses no clock, no random source and no socket. An input that is not in the state's row of `TRANSITIONS` changes nothing.
 */
export function transition(state: MachineState, input: Input, options: MachineOptions): Step {
  const targets = TRANSITIONS[state.name][input.type];
  if (targets === undefined) return { state, effects: [] };
  const settled = settleAccounts(state, input, options);
  const chosen = choose(settled, input, options, targets);
  const givesSlotBack = chosen.holdsSlot && !NEEDS_SLOT.has(chosen.name);
  const next = givesSlotBack ? { ...chosen, holdsSlot: false } : chosen;
  const effects = [...leave(settled, next), ...enter(settled, next, input, options)];
  // Must be the last effect: `enterStreaming` must count this connection as active before `releaseSlot` lets another connection
  // reconnect.
  if (givesSlotBack) effects.push({ type: "releaseSlot" });
  return { state: next, effects };
}

/**
 * The states in which a connection keeps the permission to reconnect (its reconnect slot). In any other state, the permission is
 * released.
 */
const NEEDS_SLOT: ReadonlySet<StateName> = new Set(["connecting", "handshaking"]);

function choose(state: MachineState, input: Input, options: MachineOptions, targets: readonly StateName[]): MachineState {
  const { at } = input;
  const move = (name: StateName, change: Partial<MachineState> = {}): MachineState => {
    const { retryAt: _, ...rest } = state;
    return { ...rest, name, since: at, ...change };
  };
  switch (input.type) {
    case "refused":
      return move("failed", { failure: input.failure });
    case "pause":
      // Only an established connection keeps its socket during a pause. A paused socket cannot receive the response to a handshake.
      return move("intakePaused", { hasSocket: input.canPause && state.name === "up" });
    case "resume":
      return move(state.hasSocket ? "up" : "connecting");
    case "lost":
    case "timer":
      return chooseAfterFailure(state, input, options, move);
    case "wake":
      return move(mustPark(state, options) ? "parked" : "connecting", budgetAtWake(state));
    case "closeRequested":
      return { ...state, isCloseFrameDue: true };
    default:
      return targets[0] === "closing"
        ? move("closing", { closeBy: at + options.timeouts.closeMs })
        : move(targets[0] as StateName);
  }
}

/** Refunds the attempt if a wake-up of the page ends the backoff early. Frequent wake-ups must not use up all attempts. */
function budgetAtWake({ name, budget }: MachineState): Partial<MachineState> {
  return name === "backingOff" && budget !== undefined ? { budget: refund(budget) } : {};
}

type Move = (name: StateName, change?: Partial<MachineState>) => MachineState;

function chooseAfterFailure(state: MachineState, input: Input, options: MachineOptions, move: Move): MachineState {
  switch (state.name) {
    case "closing":
      return mustSendCloseFrame(state, input) ? { ...state, isCloseFrameDue: false } : move("closed");
    case "intakePaused":
      return { ...state, since: input.at, hasSocket: false };
    case "backingOff":
      if (isStartOver(state, input.at, options)) return move("failed", { failure: startFailed(state, options) });
      return move(mustPark(state, options) ? "parked" : "connecting");
    default:
      return retry(state, input, options, move);
  }
}

/** Whether the client must send the close frame now. It must if no response to the close request arrived in time. */
function mustSendCloseFrame({ isCloseFrameDue, closeBy }: MachineState, { type, at }: Input): boolean {
  return type === "timer" && isCloseFrameDue === true && at < (closeBy ?? 0);
}

function retry(state: MachineState, input: Input, options: MachineOptions, move: Move): MachineState {
  const { reconnect, timeouts } = options;
  const { at } = input;
  const reason = input.type === "timer" ? `no connection within ${timeouts.connectMs} ms` : state.reason;
  const failing: MachineState = { ...state, reason, ...(input.type === "timer" && { error: undefined }) };
  if (isStartOver(failing, at, options)) return move("failed", { reason, failure: startFailed(failing, options) });
  const veto = askShouldRetry(failing, options);
  if (veto !== undefined) return move("failed", { reason, failure: veto });
  const spent = spendForConnection(state.budget ?? freshBudget(reconnect, at), reconnect, at, input.random);
  if (spent === undefined) return move("failed", { reason, failure: budgetSpent(failing) });
  const startBy = state.hasOpened ? Number.POSITIVE_INFINITY : state.startedAt + timeouts.initialConnectMs;
  return move("backingOff", { reason, budget: spent.budget, retryAt: Math.min(at + spent.waitMs, startBy) });
}

/** Calls the user's `shouldRetry`. Returns a failure if the function returns `false` or throws. */
function askShouldRetry(state: MachineState, { reconnect, failureCode }: MachineOptions): Failure | undefined {
  const { error, reason = "no connection", budget } = state;
  const known = error instanceof SimulatorError ? error : undefined;
  const code = known?.code ?? (state.hasOpened ? failureCode : "unreachable");
  const attempt = (budget?.attempt ?? 0) + 1;
  const cause = state.hasOpened ? "refused" : "unreachable";
  try {
    const { status } = known ?? {};
    const mayRetry = reconnect.shouldRetry?.({ code, message: reason, attempt, ...(status !== undefined && { status }) });
    return mayRetry === false ? { cause, reason, error } : undefined;
  } catch (thrown) {
    return { cause, reason: `${reason}; reconnect.shouldRetry threw: ${messageOf(thrown)}`, error: error ?? thrown };
  }
}

function budgetSpent({ hasOpened, budget, reason, error }: MachineState): Failure {
  const attempts = budget?.attempt ?? 0;
  return {
    cause: hasOpened ? "budget" : "unreachable",
    reason: `gave up after ${attempts} attempts: ${reason ?? "no connection"}`,
    error,
  };
}

function isStartOver(state: MachineState, at: number, { timeouts }: MachineOptions): boolean {
  return !state.hasOpened && at - state.startedAt >= timeouts.initialConnectMs;
}

function startFailed({ reason, error }: MachineState, { timeouts }: MachineOptions): Failure {
  return {
    cause: "unreachable",
    reason: `no connection within ${timeouts.initialConnectMs} ms: ${reason ?? "no response"}`,
    error,
  };
}

function mustPark({ budget }: MachineState, { gated, reconnect }: MachineOptions): boolean {
  return gated && (budget?.attempt ?? 0) >= reconnect.ungatedAttempts;
}
