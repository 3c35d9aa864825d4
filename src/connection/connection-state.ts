import type { SimulatorErrorCode } from "../protocol/simulator-error.js";
import type { BudgetState } from "./budget-state.js";
import type { ConnectionTimeouts } from "./connection-timeouts.js";
import type { ReconnectPolicy } from "./reconnect-policy.js";
import type { ConnectionStatus } from "./status.js";
import type { InputType, StateName } from "./transitions.js";

/** What happens to a connection. Each input carries the time (`at`, ms) and a random number (`random`, 0 up to 1). */
export type Input = { at: number; random: number } & (
  | { type: Exclude<InputType, "lost" | "refused" | "pause"> }
  | { type: "lost"; reason: string; error?: unknown }
  | { type: "refused"; failure: Failure }
  | { type: "pause"; canPause: boolean }
);

/** Why a connection failed. */
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
  /** The code that the connection fails with once a socket was open. */
  failureCode: SimulatorErrorCode;
}

/** The state of a connection: every value that the next step depends on. */
export interface MachineState {
  readonly name: StateName;
  /** When the state was entered. While intake is paused: when its time was last counted. */
  readonly since: number;
  /** When the owner started the connection, moved forward by time that does not count. */
  readonly startedAt: number;
  /** Whether a socket was ever open. Until then `initialConnectMs` applies, and then the reconnect budget. */
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
