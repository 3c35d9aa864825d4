export const STATES = [
  "idle",
  "connecting",
  "handshaking",
  "up",
  "intakePaused",
  "backingOff",
  "parked",
  "suspended",
  "closing",
  "closed",
  "cancelled",
  "failed",
] as const;
export type StateName = (typeof STATES)[number];

export const INPUTS = [
  /** The owner starts the connection. */
  "start",
  /** The socket is open. */
  "opened",
  /** The handshake has succeeded. */
  "ready",
  /** The socket was lost or could not be opened, or the handshake failed. A retry may succeed. */
  "lost",
  /** A pending response did not arrive. The connection may be dead, or the server may be slow. */
  "stale",
  /** The attempt failed, and a retry cannot succeed. */
  "refused",
  /** The stream has ended: the session is over, or every subscription is complete. */
  "ended",
  /** The timer of the state has fired. */
  "timer",
  /** The coordinator has granted the reconnect slot: the permission to reconnect. */
  "slot",
  /** Too many events are buffered (`pause`), or the consumer has caught up (`resume`). */
  "pause",
  "resume",
  /** The page was frozen. */
  "suspend",
  /** The page runs again, or the network is back. */
  "wake",
  /** The close request was sent, and its response is pending. */
  "closeRequested",
  /** The peer has answered the close request, or there is no socket to close. */
  "closeDone",
  /** The owner closes the connection. */
  "close",
  /** The owner ends the connection at once. */
  "cancel",
] as const;
export type InputType = (typeof INPUTS)[number];

type Row = Readonly<Partial<Record<InputType, readonly StateName[]>>>;

/**
 * The possible transitions. For each state, the table has the accepted inputs and the states that they lead to. If there are
 * several targets, `choose` in machine.ts selects one of them, depending on the budget, the clock and the platform. The diagram
 * in docs/state-machine.md is generated from this table.
 */
export const TRANSITIONS: Readonly<Record<StateName, Row>> = {
  idle: { start: ["connecting"], close: ["closed"], cancel: ["cancelled"] },
  connecting: {
    opened: ["handshaking"],
    lost: ["backingOff", "failed"],
    timer: ["backingOff", "failed"],
    refused: ["failed"],
    suspend: ["suspended"],
    close: ["closed"],
    cancel: ["cancelled"],
  },
  handshaking: {
    ready: ["up"],
    lost: ["backingOff", "failed"],
    refused: ["failed"],
    ended: ["closing"],
    pause: ["intakePaused"],
    suspend: ["suspended"],
    close: ["closing"],
    cancel: ["cancelled"],
  },
  up: {
    lost: ["backingOff", "failed"],
    stale: ["connecting"],
    refused: ["failed"],
    ended: ["closing"],
    pause: ["intakePaused"],
    suspend: ["suspended"],
    close: ["closing"],
    cancel: ["cancelled"],
  },
  intakePaused: {
    resume: ["up", "connecting"],
    lost: ["intakePaused"],
    timer: ["intakePaused"],
    refused: ["failed"],
    ended: ["closing"],
    suspend: ["suspended"],
    close: ["closing"],
    cancel: ["cancelled"],
  },
  backingOff: {
    timer: ["connecting", "parked", "failed"],
    wake: ["connecting", "parked"],
    suspend: ["suspended"],
    close: ["closed"],
    cancel: ["cancelled"],
  },
  parked: { slot: ["connecting"], suspend: ["suspended"], close: ["closed"], cancel: ["cancelled"] },
  suspended: { wake: ["connecting", "parked"], close: ["closed"], cancel: ["cancelled"] },
  closing: {
    closeRequested: ["closing"],
    closeDone: ["closed"],
    lost: ["closed"],
    timer: ["closing", "closed"],
    cancel: ["cancelled"],
  },
  closed: {},
  cancelled: {},
  failed: {},
};

/** Whether a state is final: no input leads out of it. */
export function isEnd(name: StateName): boolean {
  return Object.keys(TRANSITIONS[name]).length === 0;
}
