import type { Platform } from "./platform.js";

/** How stale connections are detected. */
export interface LivenessPolicy {
  /**
   * How often a silent connection is probed, in ms. The default is that of the Rust crate. If `pingIntervalMs` is not shorter
   * than `deadlineMs`, the client uses half of `deadlineMs`.
   * @default 15000
   */
  pingIntervalMs: number;
  /**
   * How long a connection may receive nothing before it counts as lost, in ms. The default allows for three missed pings.
   * @default 45000
   */
  deadlineMs: number;
}

export const DEFAULT_LIVENESS: LivenessPolicy = { pingIntervalMs: 15_000, deadlineMs: 45_000 };

/** How long the answer to a probe may take after a clock jump or a network change, in ms. */
export const PROBE_GRACE_MS = 5_000;

/** If a timer fires late by more than this time, in ms, the machine was asleep or the tab was throttled. */
const JUMP_MS = 2_000;

/**
 * How many late checks can pass without an answer before the connection counts as lost. Checks run late after sleep and in hidden
 * tabs.
 */
const MAX_LATE_CHECKS = 2;

export interface LivenessState {
  lastInboundAt: number;
  /** The time by which the pending probe must be answered. `undefined` while no probe is pending. */
  answerBy: number | undefined;
  /** The time of the next check. */
  nextCheckAt: number;
  /** How many checks ran late since the last received frame. A check is late after sleep, or in a throttled tab. */
  lateChecks: number;
}

export type LivenessVerdict = { action: "wait" | "probe"; state: LivenessState } | { action: "lost"; silentMs: number };

export function startLiveness(policy: LivenessPolicy, now: number): LivenessState {
  return { lastInboundAt: now, answerBy: undefined, nextCheckAt: now + probeIntervalMs(policy), lateChecks: 0 };
}

/** Returns the interval of probes. A probe must be sent early enough to be answered before the deadline. */
function probeIntervalMs({ pingIntervalMs, deadlineMs }: LivenessPolicy): number {
  return pingIntervalMs < deadlineMs ? pingIntervalMs : deadlineMs / 2;
}

/**
 * Decides whether a connection must be probed or is lost. Silence alone is no proof of a loss: timers fire once a minute in a
 * throttled tab, and not at all during sleep.
 *
 * @param isProbeNow `true`: the network or the page has changed, so the connection must be probed now
 */
export function judgeLiveness(state: LivenessState, policy: LivenessPolicy, now: number, isProbeNow = false): LivenessVerdict {
  const { answerBy, nextCheckAt } = state;
  const intervalMs = probeIntervalMs(policy);
  const isLate = now - nextCheckAt > JUMP_MS;
  // If the next check is more than one interval ahead, the clock was set back. The recorded times are then useless.
  const wentBack = nextCheckAt - now > intervalMs + JUMP_MS;
  const lastInboundAt = wentBack ? now : state.lastInboundAt;
  const lateChecks = isLate ? state.lateChecks + 1 : state.lateChecks;
  const silentMs = now - lastInboundAt;
  // If `isProbeNow`, the answer to the last probe is not overdue: the answer can still be in the queue of the page.
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
 * Probes a connection while no frames arrive. Calls `handleLost` once if the connection counts as lost.
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

  /** Called for each received frame. Any frame shows that the connection is alive. */
  handleInbound(): void {
    this.#state.lastInboundAt = this.#platform.now();
    this.#state.answerBy = undefined;
    this.#state.lateChecks = 0;
  }

  /** Probes the connection at once, because the network changed or the page woke up. The time limit for the answer is short. */
  probeNow(): void {
    this.#check(true);
  }

  /** Stops watching. Called when reading is paused or the connection ends. */
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
