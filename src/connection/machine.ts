import { type BudgetState, discount, freshBudget, refund, spend } from "./budget.js";
import type { ConnectionTimeouts, ReconnectPolicy } from "./policy.js";
import type { ConnectionStatus } from "./status.js";
import { type InputType, type StateName, TRANSITIONS } from "./transitions.js";

/** What happens to a connection. Each comes with the time (`at`, ms) and a draw of chance (`random`, 0 up to 1). */
export type Input = { at: number; random: number } & (
  | { type: Exclude<InputType, "lost" | "refused" | "pause"> }
  | { type: "lost"; reason: string; error?: unknown }
  | { type: "refused"; failure: Failure }
  | { type: "pause"; canPause: boolean }
);

/** Why a connection is given up. */
export interface Failure {
  /** `refused`: the peer said no; `budget`: attempts or time are used up; `unreachable`: no socket ever opened. */
  cause: "refused" | "budget" | "unreachable";
  reason: string;
  error?: unknown;
}

/** What the runner is to do, in this order. */
export type Effect =
  | { type: "open" }
  | { type: "handshake" }
  | { type: "run" }
  | { type: "goodbye" }
  /** Says the goodbye's words, without waiting for what they lead to. */
  | { type: "lastWords" }
  /** Ends the socket without a word. */
  | { type: "terminate" }
  | { type: "pauseIntake" }
  | { type: "resumeIntake" }
  /** Sends `timer` after so many ms, unless the state is left before. */
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
  /** Whether the start lasts until the first handshake is done, and not just until a socket is open. */
  startsWhenReady: boolean;
}

/** A connection's state. Every value that the next step depends on is in it. */
export interface MachineState {
  readonly name: StateName;
  /** When the state was entered; while intake is paused, since when its time has not been accounted for. */
  readonly since: number;
  /** When the owner asked for the connection; time that is free is taken out of the account. */
  readonly startedAt: number;
  /** Whether a socket was ever open, or ever ready if the start lasts until then: before that `initialConnectMs` holds. */
  readonly hasStarted: boolean;
  /** Absent while nothing is wrong: it starts with the first loss, and with the next one after `uptimeResetMs` up. */
  readonly budget?: BudgetState;
  /** When the connection last came up. */
  readonly upSince?: number;
  readonly reason?: string;
  /** What stands behind the reason, if it is meant for the user. */
  readonly error?: unknown;
  readonly retryAt?: number;
  readonly holdsSlot: boolean;
  /** While intake is paused: whether the socket is still there. */
  readonly hasSocket: boolean;
  readonly failure?: Failure;
}

export interface Step {
  readonly state: MachineState;
  readonly effects: readonly Effect[];
}

/** A timer that comes so much later than it was set for tells that the machine slept: no fault of the connection's, in ms. */
const OVERSLEPT_MS = 1_000;

/** No answer of a handshake's is waited for longer, in ms: what it lasts beyond is sleep, or a server that brings us up to date. */
const HANDSHAKE_COUNTED_MS = 120_000;

export function initialState(now: number): MachineState {
  return { name: "idle", since: now, startedAt: now, hasStarted: false, holdsSlot: false, hasSocket: false };
}

/**
 * The reconnect state machine: one step, from a state and an input to the next state and what is to be done. Pure: no
 * clock, no chance, no socket. An input that the table has no row for changes nothing.
 */
export function transition(state: MachineState, input: Input, options: MachineOptions): Step {
  const targets = TRANSITIONS[state.name][input.type];
  if (targets === undefined) return { state, effects: [] };
  const settled = settleAccounts(state, input, options);
  const chosen = choose(settled, input, options, targets);
  const givesSlotBack = chosen.holdsSlot && !NEEDS_SLOT.has(chosen.name);
  const next = givesSlotBack ? { ...chosen, holdsSlot: false } : chosen;
  const effects = [...leave(settled, next), ...enter(settled, next, input, options)];
  // Last: a stream that has come up is counted before the next one in the queue looks whether the link is quiet.
  if (givesSlotBack) effects.push({ type: "releaseSlot" });
  return { state: next, effects };
}

/** The slot is held from the queue's head until the stream is up, or the attempt has failed. */
const NEEDS_SLOT: ReadonlySet<StateName> = new Set(["connecting", "handshaking"]);

/** What the time since the last step, and how it ended, mean for the accounts. */
function settleAccounts(state: MachineState, input: Input, options: MachineOptions): MachineState {
  const { at } = input;
  const settled = isProven(state, at, options)
    ? { ...state, budget: undefined }
    : withoutFreeTime(state, freeTime(state, at, options));
  switch (input.type) {
    case "start":
      return { ...settled, startedAt: at };
    case "opened":
      return { ...settled, hasStarted: state.hasStarted || !options.startsWhenReady, hasSocket: true };
    case "ready":
      return { ...settled, hasStarted: true, upSince: at };
    case "lost":
      return { ...settled, reason: input.reason, error: input.error };
    case "suspect":
      return { ...settled, reason: "no answer came" };
    case "slot":
      return { ...settled, holdsSlot: true };
    default:
      return settled;
  }
}

/** Whether it has been up for long enough that old troubles are forgotten, however it is left then. */
function isProven({ name, upSince }: MachineState, at: number, { reconnect }: MachineOptions): boolean {
  return name === "up" && upSince !== undefined && at - upSince >= reconnect.uptimeResetMs;
}

/** Time that is on nobody's account, in ms: spent waiting on purpose, or asleep. */
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

/** How long after its timer was due a state was still there: the machine slept, or the tab was throttled. */
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

/** When a connect has taken too long. */
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
    default:
      return move(targets[0] as StateName);
  }
}

/** The wait that an attempt was spent on is cut short: a page that is looked at again and again must not use them all up. */
function budgetAtWake({ name, budget }: MachineState): Partial<MachineState> {
  return name === "backingOff" && budget !== undefined ? { budget: refund(budget) } : {};
}

type Move = (name: StateName, change?: Partial<MachineState>) => MachineState;

function chooseAfterFailure(state: MachineState, input: Input, options: MachineOptions, move: Move): MachineState {
  switch (state.name) {
    case "closing":
      return move("closed");
    case "intakePaused":
      return { ...state, since: input.at, hasSocket: false };
    case "backingOff":
      if (isStartOver(state, input.at, options)) return move("failed", { failure: unreachable(state, options) });
      return move(mustPark(state, options) ? "parked" : "connecting");
    default:
      return retry(state, input, options, move);
  }
}

function retry(state: MachineState, input: Input, options: MachineOptions, move: Move): MachineState {
  const { reconnect, timeouts } = options;
  const { at } = input;
  const reason = input.type === "timer" ? `no connection within ${timeouts.connectMs} ms` : state.reason;
  const failing: MachineState = { ...state, reason };
  if (isStartOver(failing, at, options)) return move("failed", { reason, failure: unreachable(failing, options) });
  const spent = spend(state.budget ?? freshBudget(reconnect, at), reconnect, at, input.random);
  if (spent === undefined) {
    const failure: Failure = {
      cause: "budget",
      reason: `gave up after ${state.budget?.attempt ?? 0} attempts: ${reason ?? "no connection"}`,
      error: state.error,
    };
    return move("failed", { reason, failure });
  }
  const startBy = state.hasStarted ? Number.POSITIVE_INFINITY : state.startedAt + timeouts.initialConnectMs;
  return move("backingOff", { reason, budget: spent.budget, retryAt: Math.min(at + spent.waitMs, startBy) });
}

function isStartOver(state: MachineState, at: number, { timeouts }: MachineOptions): boolean {
  return !state.hasStarted && at - state.startedAt >= timeouts.initialConnectMs;
}

function unreachable({ reason, error }: MachineState, { timeouts }: MachineOptions): Failure {
  return {
    cause: "unreachable",
    reason: `no connection within ${timeouts.initialConnectMs} ms: ${reason ?? "no answer"}`,
    error,
  };
}

function mustPark({ budget }: MachineState, { gated, reconnect }: MachineOptions): boolean {
  return gated && (budget?.attempt ?? 0) >= reconnect.ungatedAttempts;
}

/** The states whose socket is open, and whose goodbye has not been said yet. */
const CAN_SPEAK: ReadonlySet<StateName> = new Set(["handshaking", "up", "intakePaused"]);

const WITH_SOCKET: ReadonlySet<StateName> = new Set(["connecting", "handshaking", "up", "closing"]);

function hasSocket({ name, hasSocket: kept }: MachineState): boolean {
  return WITH_SOCKET.has(name) || (name === "intakePaused" && kept);
}

function leave(from: MachineState, to: MachineState): Effect[] {
  const effects: Effect[] = [];
  if (from.name === "up" && to.name !== "up") effects.push({ type: "leaveStreaming" });
  if (from.name === "parked" && !from.holdsSlot) effects.push({ type: "withdrawSlotRequest" });
  if (to.name === "cancelled" && CAN_SPEAK.has(from.name) && hasSocket(from)) effects.push({ type: "lastWords" });
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
      effects.push({ type: "goodbye" });
      setTimer(timeouts.closeMs);
      break;
    default:
      break;
  }
  return effects;
}

/** What a state is to those outside. Paused intake is nobody's business but ours: the connection is up. */
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
