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
  /** The owner wants the connection. */
  "start",
  /** The socket is open. */
  "opened",
  /** The handshake is done. */
  "ready",
  /** The socket is gone, could not be opened, or the handshake failed in a way that may pass. */
  "lost",
  /** No answer came where one was owed; the connection may be dead or the server slow. */
  "suspect",
  /** The peer said no, in a way that will not pass. */
  "refused",
  /** All is said: the session has ended, or every subscription is complete. */
  "ended",
  /** The state's timer. */
  "timer",
  /** The coordinator's slot is ours. */
  "slot",
  /** The consumer is behind, and has caught up. */
  "pause",
  "resume",
  /** The page is frozen. */
  "suspend",
  /** The page runs again, or the network is back. */
  "wake",
  /** The peer is done closing. */
  "goodbyeDone",
  /** The owner is done with the connection. */
  "close",
  /** The owner wants it gone, now. */
  "cancel",
] as const;
export type InputType = (typeof INPUTS)[number];

type Row = Readonly<Partial<Record<InputType, readonly StateName[]>>>;

/**
 * What can follow what: for each state, the inputs that it takes, and where they can lead. Where there are several
 * targets, `choose` in machine.ts decides by budget, clock and abilities. docs/state-machine.md is drawn from this.
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
    suspend: ["suspended"],
    close: ["closing"],
    cancel: ["cancelled"],
  },
  up: {
    lost: ["backingOff", "failed"],
    suspect: ["connecting"],
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
  closing: { goodbyeDone: ["closed"], lost: ["closed"], timer: ["closed"], cancel: ["cancelled"] },
  closed: {},
  cancelled: {},
  failed: {},
};

/** The states that nothing leads out of. */
export function isEnd(name: StateName): boolean {
  return Object.keys(TRANSITIONS[name]).length === 0;
}
