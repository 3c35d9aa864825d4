import type { Platform } from "./platform.js";

export interface LivenessPolicy {
  /** How often a quiet connection is probed, in ms. Default: 15,000, as the Rust crate pings. */
  pingIntervalMs: number;
  /** How long nothing may come in before the connection is taken for lost, in ms. Default: 45,000: three missed pings. */
  deadlineMs: number;
}

export const DEFAULT_LIVENESS: LivenessPolicy = { pingIntervalMs: 15_000, deadlineMs: 45_000 };

/** After a jump of the clock or a change of network a connection is doubted: so long has it to answer, in ms. */
export const DOUBT_MS = 5_000;

/** A timer this much later than it was set for tells that the machine slept or the tab was throttled, in ms. */
const JUMP_MS = 2_000;

/**
 * How many looks may come late in a row before an unanswered probe counts all the same. The first late one follows a
 * sleep; in a hidden tab, whose timers fire once a minute, all of them are late, and a dead connection must be found there too.
 */
const MAX_LATE_LOOKS = 2;

export interface LivenessState {
  lastInboundAt: number;
  /** When the probe that is out must be answered by; absent while none is. */
  answerBy: number | undefined;
  /** When the next look was planned. */
  nextLookAt: number;
  /** Looks that came late since the last inbound frame. */
  lateLooks: number;
}

export type LivenessVerdict = { action: "wait" | "probe"; state: LivenessState } | { action: "lost"; silentMs: number };

export function startLiveness(policy: LivenessPolicy, now: number): LivenessState {
  return { lastInboundAt: now, answerBy: undefined, nextLookAt: now + policy.pingIntervalMs, lateLooks: 0 };
}

/**
 * What to do about a connection at a look at the clock. Judged by the clock and by an unanswered probe, never by the
 * mere silence between two timers: those of a throttled tab fire once a minute, those of a sleeping laptop not at all.
 */
export function judgeLiveness(state: LivenessState, policy: LivenessPolicy, now: number, doubted = false): LivenessVerdict {
  const { answerBy, nextLookAt } = state;
  const isLate = now - nextLookAt > JUMP_MS;
  // No look is planned further ahead than this: the clock was set back, and what it said before means nothing any more.
  const wentBack = nextLookAt - now > policy.pingIntervalMs + JUMP_MS;
  const lastInboundAt = wentBack ? now : state.lastInboundAt;
  const lateLooks = isLate ? state.lateLooks + 1 : state.lateLooks;
  const silentMs = now - lastInboundAt;
  // A doubt comes with a page's event, ahead of frames that may be there already: the timer decides, after them.
  const isOverdue = answerBy !== undefined && now >= answerBy && !doubted;
  if (isOverdue && (!isLate || lateLooks > MAX_LATE_LOOKS)) return { action: "lost", silentMs };
  const probe = (by: number): LivenessVerdict => ({
    action: "probe",
    state: { lastInboundAt, answerBy: by, nextLookAt: Math.min(now + policy.pingIntervalMs, by), lateLooks },
  });
  const soon = now + Math.min(DOUBT_MS, policy.deadlineMs);
  if (isLate || wentBack) return probe(soon);
  if (doubted) return probe(Math.min(answerBy ?? soon, soon));
  if (answerBy !== undefined) return probe(answerBy);
  if (silentMs >= policy.pingIntervalMs) return probe(Math.max(lastInboundAt + policy.deadlineMs, soon));
  return { action: "wait", state: { lastInboundAt, answerBy, nextLookAt: lastInboundAt + policy.pingIntervalMs, lateLooks } };
}

/** Watches one connection: probes it while it is quiet, and calls back once if it is taken for lost. */
export class LivenessWatch {
  readonly #platform: Platform;
  readonly #policy: LivenessPolicy;
  readonly #probe: () => void;
  readonly #handleLost: (silentMs: number) => void;
  #state: LivenessState;
  #timer: unknown;
  #running = true;

  constructor(platform: Platform, policy: LivenessPolicy, probe: () => void, handleLost: (silentMs: number) => void) {
    this.#platform = platform;
    this.#policy = policy;
    this.#probe = probe;
    this.#handleLost = handleLost;
    this.#state = startLiveness(policy, platform.now());
    this.#arm();
  }

  /** Any frame counts. */
  handleInbound(): void {
    this.#state.lastInboundAt = this.#platform.now();
    this.#state.answerBy = undefined;
    this.#state.lateLooks = 0;
  }

  /** The network changed, or the page woke up: look now, and don't wait long for the answer. */
  doubt(): void {
    this.#look(true);
  }

  stop(): void {
    this.#running = false;
    this.#platform.clearTimeout(this.#timer);
  }

  #arm(): void {
    const wait = Math.max(0, this.#state.nextLookAt - this.#platform.now());
    this.#timer = this.#platform.setTimeout(() => this.#look(false), wait);
  }

  #look(doubted: boolean): void {
    if (!this.#running) return;
    this.#platform.clearTimeout(this.#timer);
    const verdict = judgeLiveness(this.#state, this.#policy, this.#platform.now(), doubted);
    if (verdict.action === "lost") {
      this.#running = false;
      this.#handleLost(verdict.silentMs);
      return;
    }
    this.#state = verdict.state;
    this.#arm();
    if (verdict.action === "probe") this.#probe();
  }
}
