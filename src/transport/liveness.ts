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

export interface LivenessState {
  lastInboundAt: number;
  /** When the probe that nothing has answered yet was sent. */
  probedAt?: number;
  /** When that probe must be answered by. */
  answerBy?: number;
  /** When the next look was planned. */
  nextLookAt: number;
}

export type LivenessVerdict = { action: "wait" | "probe"; state: LivenessState } | { action: "lost"; silentMs: number };

export function startLiveness(policy: LivenessPolicy, now: number): LivenessState {
  return { lastInboundAt: now, nextLookAt: now + policy.pingIntervalMs };
}

/**
 * What to do about a connection at a look at the clock. Judged by the clock and by an unanswered probe, never by the
 * mere silence between two timers: those of a throttled tab fire once a minute, those of a sleeping laptop not at all.
 */
export function judgeLiveness(state: LivenessState, policy: LivenessPolicy, now: number, doubted = false): LivenessVerdict {
  const { lastInboundAt } = state;
  const silentMs = now - lastInboundAt;
  const probedAt = state.probedAt !== undefined && state.probedAt >= lastInboundAt ? state.probedAt : undefined;
  const jumped = now - state.nextLookAt > JUMP_MS;
  if (probedAt !== undefined && state.answerBy !== undefined && now >= state.answerBy && !jumped) {
    return { action: "lost", silentMs };
  }
  const probe = (answerBy: number): LivenessVerdict => ({
    action: "probe",
    state: { lastInboundAt, probedAt: probedAt ?? now, answerBy, nextLookAt: Math.min(now + policy.pingIntervalMs, answerBy) },
  });
  if (jumped || doubted) return probe(now + Math.min(DOUBT_MS, policy.deadlineMs));
  if (probedAt !== undefined && state.answerBy !== undefined) return probe(state.answerBy);
  // A clock set back would let the silence look negative, and the deadline never come.
  if (silentMs >= policy.pingIntervalMs || silentMs < 0) {
    return probe(Math.max(lastInboundAt + policy.deadlineMs, now + policy.pingIntervalMs));
  }
  return { action: "wait", state: { lastInboundAt, nextLookAt: lastInboundAt + policy.pingIntervalMs } };
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
