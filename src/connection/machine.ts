import { messageOf, SimulatorError, type SimulatorErrorCode } from "../protocol/simulator-error.js";
import { type BudgetState, discount, freshBudget, refund, spendForConnection } from "./budget.js";
import type { ConnectionTimeouts, ReconnectPolicy } from "./policy.js";
import type { ConnectionStatus } from "./status.js";
import { type InputType, type StateName, TRANSITIONS } from "./transitions.js";

/** What happens to a connection. Each input carries the time (`at`, ms) and a random number (`random`, 0 up to 1). */
export type Input = { at: number; random: number } & (
  | { type: Exclude<InputType, "lost" | "refused" | "pause"> }
  | { type: "lost"; reason: string; error?: unknown }
  | { type: "refused"; failure: Failure }
  | { type: "pause"; canPause: boolean }
);

/** Why a connection was given up. */
export interface Failure {
  /**
   * `refused`: the peer refused, or `shouldRetry` did. `budget`: attempts or time are used up. `unreachable`: the same,
   * and no socket ever opened.
   */
  cause: "refused" | "budget" | "unreachable";
  reason: string;
  error?: unknown;
}

/** What the runner must do, in this order. */
export type Effect =
  | { type: "open" }
  | { type: "handshake" }
  | { type: "run" }
  /** Sends the close request, and the close frame if no response is expected. */
  | { type: "sendClose" }
  | { type: "sendCloseFrame" }
  /** Sends the close request without waiting for its response. */
  | { type: "sendCloseRequest" }
  /** Ends the socket at once. */
  | { type: "terminate" }
  | { type: "pauseIntake" }
  | { type: "resumeIntake" }
  /** Feeds the input `timer` after this many ms, unless the state is left before. */
  | { type: "setTimer"; ms: number }
  | { type: "enterStreaming" }
  | { type: "leaveStreaming" }
  | { type: "requestSlot" }
  | { type: "withdrawSlotRequest" }
  | { type: "releaseSlot" };

export interface MachineOptions {
  reconnect: ReconnectPolicy;
  timeouts: ConnectionTimeouts;
  /** Whether later connects wait for a coordinator's slot. */
  gated: boolean;
  /** Whether `initialConnectMs` lasts until the first handshake has succeeded, and not just until a socket is open. */
  startsWhenReady: boolean;
  /** The code that the connection fails with once a socket was open. */
  failureCode: SimulatorErrorCode;
}

/** The state of a connection: every value that the next step depends on. */
export interface MachineState {
  readonly name: StateName;
  /** When the state was entered. While intake is paused: since when its time has not been accounted for. */
  readonly since: number;
  /** When the owner started the connection, moved forward by time that does not count. */
  readonly startedAt: number;
  /** Whether the start is over. Until then `initialConnectMs` applies. */
  readonly hasStarted: boolean;
  /** Whether a socket was ever open. */
  readonly hasOpened: boolean;
  /** Absent while nothing is wrong. Starts with the first loss, and again with the first loss after `uptimeResetMs` up. */
  readonly budget?: BudgetState;
  /** When the connection last came up. */
  readonly upSince?: number;
  readonly reason?: string;
  /** The error behind the reason, if it is for the user. */
  readonly error?: unknown;
  readonly retryAt?: number;
  readonly holdsSlot: boolean;
  /** While intake is paused: whether the socket is still open. */
  readonly hasSocket: boolean;
  /** While closing: when the close handshake is abandoned. */
  readonly closeBy?: number;
  /** While closing: whether the close frame waits for the response to the close request. */
  readonly isCloseFrameDue?: boolean;
  readonly failure?: Failure;
}

export interface Step {
  readonly state: MachineState;
  readonly effects: readonly Effect[];
}

/** A timer that fires this much late means that the machine slept. That time does not count. In ms. */
const OVERSLEPT_MS = 1_000;

/** A handshake counts for this long at most, in ms. The rest is sleep, or a replay of what was missed. */
const HANDSHAKE_COUNTED_MS = 120_000;

/**
 * How long a close waits for a well-behaved peer, in ms: for the response to the close request before the close frame is
 * sent, and for the peer's close frame where there was no request.
 */
const CLOSE_STEP_MS = 1_000;

export function initialState(now: number): MachineState {
  return {
    name: "idle",
    since: now,
    startedAt: now,
    hasStarted: false,
    hasOpened: false,
    holdsSlot: false,
    hasSocket: false,
  };
}

/**
 * The reconnect state machine: one step from a state and an input to the next state and its effects. It uses no clock, no
 * random source and no socket. An input that the state's row lacks changes nothing.
 */
export function transition(state: MachineState, input: Input, options: MachineOptions): Step {
  const targets = TRANSITIONS[state.name][input.type];
  if (targets === undefined) return { state, effects: [] };
  const settled = settleAccounts(state, input, options);
  const chosen = choose(settled, input, options, targets);
  const givesSlotBack = chosen.holdsSlot && !NEEDS_SLOT.has(chosen.name);
  const next = givesSlotBack ? { ...chosen, holdsSlot: false } : chosen;
  const effects = [...leave(settled, next), ...enter(settled, next, input, options)];
  // Last: a stream that has come up must count before the next request in the queue is checked.
  if (givesSlotBack) effects.push({ type: "releaseSlot" });
  return { state: next, effects };
}

/** The slot is kept until the stream is up or the attempt has failed. */
const NEEDS_SLOT: ReadonlySet<StateName> = new Set(["connecting", "handshaking"]);

/** Updates what is counted: by the time since the last step, and by the input. */
function settleAccounts(state: MachineState, input: Input, options: MachineOptions): MachineState {
  const { at } = input;
  const settled = isProven(state, at, options)
    ? { ...state, budget: undefined }
    : withoutFreeTime(state, freeTime(state, at, options));
  switch (input.type) {
    case "start":
      return { ...settled, startedAt: at };
    case "opened":
      return { ...settled, hasStarted: state.hasStarted || !options.startsWhenReady, hasOpened: true, hasSocket: true };
    case "ready":
      return { ...settled, hasStarted: true, upSince: at };
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

/** When a connect is given up. */
function connectBy({ since, startedAt, hasStarted }: MachineState, { timeouts }: MachineOptions): number {
  return Math.min(since + timeouts.connectMs, hasStarted ? Number.POSITIVE_INFINITY : startedAt + timeouts.initialConnectMs);
}

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
      return move("intakePaused", { hasSocket: input.canPause });
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

/** Refunds the attempt whose wait is cut short: a page that is shown again and again must not use up all attempts. */
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

/** Whether the response to the close request is late, and there is time left for a close frame. */
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
  const startBy = state.hasStarted ? Number.POSITIVE_INFINITY : state.startedAt + timeouts.initialConnectMs;
  return move("backingOff", { reason, budget: spent.budget, retryAt: Math.min(at + spent.waitMs, startBy) });
}

/** Calls the user's `shouldRetry`. Returns the failure if it returns `false`, or throws. */
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
  return !state.hasStarted && at - state.startedAt >= timeouts.initialConnectMs;
}

function startFailed({ hasOpened, reason, error }: MachineState, { timeouts }: MachineOptions): Failure {
  return {
    cause: hasOpened ? "budget" : "unreachable",
    reason: `no connection within ${timeouts.initialConnectMs} ms: ${reason ?? "no response"}`,
    error,
  };
}

function mustPark({ budget }: MachineState, { gated, reconnect }: MachineOptions): boolean {
  return gated && (budget?.attempt ?? 0) >= reconnect.ungatedAttempts;
}

/** The states whose socket is open, and that have not sent a close request yet. */
const CAN_SEND_CLOSE: ReadonlySet<StateName> = new Set(["handshaking", "up", "intakePaused"]);

const WITH_SOCKET: ReadonlySet<StateName> = new Set(["connecting", "handshaking", "up", "closing"]);

function hasSocket({ name, hasSocket: kept }: MachineState): boolean {
  return WITH_SOCKET.has(name) || (name === "intakePaused" && kept);
}

function leave(from: MachineState, to: MachineState): Effect[] {
  const effects: Effect[] = [];
  if (from.name === "up" && to.name !== "up") effects.push({ type: "leaveStreaming" });
  if (from.name === "parked" && !from.holdsSlot) effects.push({ type: "withdrawSlotRequest" });
  if (to.name === "cancelled" && CAN_SEND_CLOSE.has(from.name) && hasSocket(from)) effects.push({ type: "sendCloseRequest" });
  if (hasSocket(from) && (!hasSocket(to) || to.name === "connecting")) effects.push({ type: "terminate" });
  return effects;
}

function enter(from: MachineState, to: MachineState, { at }: Input, options: MachineOptions): Effect[] {
  const { timeouts } = options;
  const effects: Effect[] = [];
  const setTimer = (ms: number): void => void effects.push({ type: "setTimer", ms: Math.max(0, ms) });
  switch (to.name) {
    case "connecting":
      effects.push({ type: "open" });
      setTimer(connectBy(to, options) - at);
      break;
    case "handshaking":
      effects.push({ type: "handshake" });
      break;
    case "up":
      effects.push({ type: "enterStreaming" }, { type: from.name === "intakePaused" ? "resumeIntake" : "run" });
      break;
    case "intakePaused":
      if (to.hasSocket) {
        effects.push({ type: "pauseIntake" });
        setTimer(timeouts.maxPauseMs);
      }
      break;
    case "backingOff":
      setTimer((to.retryAt ?? at) - at);
      break;
    case "parked":
      effects.push({ type: "requestSlot" });
      break;
    case "closing":
      if (from.name !== "closing") {
        effects.push({ type: "sendClose" });
        setTimer(Math.min(timeouts.closeMs, CLOSE_STEP_MS));
      } else if (from.isCloseFrameDue && !to.isCloseFrameDue) {
        effects.push({ type: "sendCloseFrame" });
        setTimer((to.closeBy ?? at) - at);
      }
      break;
    default:
      break;
  }
  return effects;
}

/** The public status of a state. A connection whose intake is paused is up. */
export function statusOf({ name, budget, reason, retryAt, failure }: MachineState): ConnectionStatus {
  switch (name) {
    case "up":
    case "intakePaused":
      return { state: "up" };
    case "failed":
      return { state: "failed", reason: failure?.reason ?? "unknown" };
    case "closing":
    case "closed":
    case "cancelled":
      return { state: "closed" };
    default:
      return {
        state: "down",
        phase: name === "idle" ? "connecting" : name,
        attempt: budget?.attempt ?? 0,
        ...(reason !== undefined && { reason }),
        ...(retryAt !== undefined && { retryAt }),
      };
  }
}
