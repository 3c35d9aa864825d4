import { connectBy } from "./budget-time.js";
import type { Effect, Input, MachineOptions, MachineState } from "./connection-state.js";
import type { StateName } from "./transitions.js";

/**
 * Timeout of the first step of the close handshake, in ms. The first step is the close request, or the close frame if no close
 * request is sent.
 */
const CLOSE_STEP_MS = 1_000;

/** The states in which the socket is open and no close request has been sent yet. */
const CAN_SEND_CLOSE: ReadonlySet<StateName> = new Set(["handshaking", "up", "intakePaused"]);

const WITH_SOCKET: ReadonlySet<StateName> = new Set(["connecting", "handshaking", "up", "closing"]);

function hasSocket({ name, hasSocket: kept }: MachineState): boolean {
  return WITH_SOCKET.has(name) || (name === "intakePaused" && kept);
}

/** Returns what the runner must do when a state is left. */
export function leave(from: MachineState, to: MachineState): Effect[] {
  const effects: Effect[] = [];
  if (from.name === "up" && to.name !== "up") effects.push({ type: "leaveStreaming" });
  if (from.name === "parked" && !from.holdsSlot) effects.push({ type: "withdrawSlotRequest" });
  if (to.name === "cancelled" && CAN_SEND_CLOSE.has(from.name) && hasSocket(from)) effects.push({ type: "sendCloseRequest" });
  if (hasSocket(from) && (!hasSocket(to) || to.name === "connecting")) effects.push({ type: "terminate" });
  return effects;
}

/** Returns what the runner must do when a state is entered. */
export function enter(from: MachineState, to: MachineState, { at }: Input, options: MachineOptions): Effect[] {
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
