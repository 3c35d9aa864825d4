import type { SimulatorErrorCode } from "../protocol/simulator-error.js";
import type { BudgetState } from "./budget-state.js";
import type { ReconnectPolicy } from "./reconnect-policy.js";
import type { SessionTimeouts } from "./session-timeouts.js";
import type { ConnectionStatus } from "./status.js";
import type { InputType, StateName } from "./transitions.js";

/**
 * Something that happens to a connection. Each input contains the time (`at`, in ms) and a random number (`random`, from 0 up to,
 * but not including, 1).
 */
export type Input = { at: number; random: number } & (
  | { type: Exclude<InputType, "lost" | "refused" | "pause"> }
  | { type: "lost"; reason: string; error?: unknown }
  | { type: "refused"; failure: Failure }
  | { type: "pause"; canPause: boolean }
);

/** Why a connection failed. */
export interface Failure {
  /**
   * `refused`: the peer refused the connection, or `shouldRetry` returned `false`. `budget`: attempts or time are used up.
   * `unreachable`: the connection was given up before any socket opened.
   */
  cause: "refused" | "budget" | "unreachable";
  reason: string;
  error?: unknown;
}

/** An action that the runner must perform. The effects of a step are performed in their order. */
export type Effect =
  | { type: "open" }
  | { type: "handshake" }
  | { type: "run" }
  /** Sends the close request. If no response is expected, sends the close frame too. */
  | { type: "sendClose" }
  | { type: "sendCloseFrame" }
  /** Sends the close request without waiting for its response. */
  | { type: "sendCloseRequest" }
  /** Ends the socket at once. */
  | { type: "terminate" }
  | { type: "pauseIntake" }
  | { type: "resumeIntake" }
  /** Causes the input `timer` after this many ms, unless the state changes before then. */
  | { type: "setTimer"; ms: number }
  | { type: "enterStreaming" }
  | { type: "leaveStreaming" }
  | { type: "requestSlot" }
  | { type: "withdrawSlotRequest" }
  | { type: "releaseSlot" };

export interface MachineOptions {
  reconnect: ReconnectPolicy;
  timeouts: SessionTimeouts;
  /**
   * Whether a coordinator exists. If so, the connection needs the coordinator's permission for each attempt after the first
   * `ungatedAttempts` attempts.
   */
  gated: boolean;
  /** The error code if the connection fails after its first socket has opened. An earlier failure has the code `unreachable`. */
  failureCode: SimulatorErrorCode;
}

/** The state of a connection: all values that determine the next step, besides the input. */
export interface MachineState {
  readonly name: StateName;
  /**
   * The time at which the connection entered the state `name`. If the socket closes in the state `intakePaused`, `since` is set to
   * the time of the close.
   */
  readonly since: number;
  /**
   * The time from which `initialConnectMs` counts. Time that does not count, such as a sleep of the computer, is added to this
   * value.
   */
  readonly startedAt: number;
  /** Whether a socket has been open. `initialConnectMs` applies only while this is `false`. */
  readonly hasOpened: boolean;
  /** The used part of the reconnect budget. Absent before the first loss, and after an uptime of `uptimeResetMs`. */
  readonly budget?: BudgetState;
  /** The time at which the connection was last established. */
  readonly upSince?: number;
  readonly reason?: string;
  /** The error that caused `reason`. Absent for errors of the platform, because they may contain the URL and the key. */
  readonly error?: unknown;
  readonly retryAt?: number;
  readonly holdsSlot: boolean;
  /** In the state `intakePaused`: whether the socket is open. */
  readonly hasSocket: boolean;
  /** The time at which the close handshake is abandoned, in the state `closing`. */
  readonly closeBy?: number;
  /** Whether the close frame must still be sent. The connection first waits for the response to the close request. */
  readonly isCloseFrameDue?: boolean;
  readonly failure?: Failure;
}

export interface Step {
  readonly state: MachineState;
  readonly effects: readonly Effect[];
}

export function initialState(now: number): MachineState {
  return {
    name: "idle",
    since: now,
    startedAt: now,
    hasOpened: false,
    holdsSlot: false,
    hasSocket: false,
  };
}

/** Returns the public status for a state. The state `intakePaused` counts as `up`. */
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
