import type { Platform } from "./platform.js";

export interface LivenessPolicy {
  /** How often a quiet connection is probed, in ms, as the Rust crate pings. Half of `deadlineMs` if that is not longer. @default 15000 */
  pingIntervalMs: number;
  /** How long a connection may receive nothing before it counts as lost, in ms: three missed pings. @default 45000 */
  deadlineMs: number;
}

export const DEFAULT_LIVENESS: LivenessPolicy = { pingIntervalMs: 15_000, deadlineMs: 45_000 };

/** How long a connection may take to answer a probe after a jump of the clock or a change of network, in ms. */
export const PROBE_GRACE_MS = 5_000;

/** A timer that fires this much late means that the machine slept or the tab was throttled, in ms. */
const JUMP_MS = 2_000;

/**
 * How many checks in a row may be late before an unanswered probe counts nevertheless. The first late check follows a
 * sleep. In a hidden tab, whose timers fire once a minute, all of them are late, and a dead connection must be found too.
 */
const MAX_LATE_CHECKS = 2;

export interface LivenessState {
  lastInboundAt: number;
  /** When the pending probe must be answered. Absent while none is pending. */
  answerBy: number | undefined;
  /** When the next check is due. */
  nextCheckAt: number;
  /** Number of late checks since the last inbound frame. */
  lateChecks: number;
}

export type LivenessVerdict = { action: "wait" | "probe"; state: LivenessState } | { action: "lost"; silentMs: number };

export function startLiveness(policy: LivenessPolicy, now: number): LivenessState {
  return { lastInboundAt: now, answerBy: undefined, nextCheckAt: now + probeIntervalMs(policy), lateChecks: 0 };
}

/** A probe is sent early enough to be answered before the deadline. */
function probeIntervalMs({ pingIntervalMs, deadlineMs }: LivenessPolicy): number {
  return pingIntervalMs < deadlineMs ? pingIntervalMs : deadlineMs / 2;
}

/**
 * Decides what to do about a connection at a check. The decision depends on the clock and on an unanswered probe, never on
 * the silence between two timers alone: those of a throttled tab fire once a minute, those of a sleeping laptop not at all.
 *
 * @param isProbeNow whether the network or the page changed, so that the connection is probed now
 */
export function judgeLiveness(state: LivenessState, policy: LivenessPolicy, now: number, isProbeNow = false): LivenessVerdict {
  const { answerBy, nextCheckAt } = state;
  const intervalMs = probeIntervalMs(policy);
  const isLate = now - nextCheckAt > JUMP_MS;
  // No check is planned further ahead: the clock was set back, and earlier times mean nothing.
  const wentBack = nextCheckAt - now > intervalMs + JUMP_MS;
  const lastInboundAt = wentBack ? now : state.lastInboundAt;
  const lateChecks = isLate ? state.lateChecks + 1 : state.lateChecks;
  const silentMs = now - lastInboundAt;
  // A page's event is handled ahead of frames that may have arrived already. The timer decides, after them.
  const isOverdue = answerBy !== undefined && now >= answerBy && !isProbeNow;
  if (isOverdue && (!isLate || lateChecks > MAX_LATE_CHECKS)) return { action: "lost", silentMs };
  const probe = (by: number): LivenessVerdict => ({
    action: "probe",
    state: { lastInboundAt, answerBy: by, nextCheckAt: Math.min(now + intervalMs, by), lateChecks },
  });
  const soon = now + Math.min(PROBE_GRACE_MS, policy.deadlineMs);
  if (isLate || wentBack) return probe(soon);
  if (isProbeNow) return probe(Math.min(answerBy ?? soon, soon));
  if (answerBy !== undefined) return probe(answerBy);
  if (silentMs >= intervalMs) return probe(lastInboundAt + policy.deadlineMs);
  return { action: "wait", state: { lastInboundAt, answerBy, nextCheckAt: lastInboundAt + intervalMs, lateChecks } };
}

/**
 * Watches one connection: probes it while it is quiet, and calls back once if it counts as lost. While the intake is paused, silence
 * does not count: the runner stops the watch at a pause and starts a new one at the resume.
 */
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

  /** A frame arrived. Any frame counts. */
  handleInbound(): void {
    this.#state.lastInboundAt = this.#platform.now();
    this.#state.answerBy = undefined;
    this.#state.lateChecks = 0;
  }

  /** Probes the connection at once, because the network changed or the page woke up. The answer is due soon. */
  probeNow(): void {
    this.#check(true);
  }

  /** Stops watching, because the intake is paused or the connection ends. */
  stop(): void {
    this.#running = false;
    this.#platform.clearTimeout(this.#timer);
  }

  #arm(): void {
    const wait = Math.max(0, this.#state.nextCheckAt - this.#platform.now());
    this.#timer = this.#platform.setTimeout(() => this.#check(false), wait);
  }

  #check(isProbeNow: boolean): void {
    if (!this.#running) return;
    this.#platform.clearTimeout(this.#timer);
    const verdict = judgeLiveness(this.#state, this.#policy, this.#platform.now(), isProbeNow);
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
