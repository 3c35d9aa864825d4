import type { Timing } from "../link/timing.js";
import { LIMITS } from "../wire/simulator-limits.js";

/** The control connection that owns a session or a parallel run. */
export interface Owner {
  /** Whether the client still answers. */
  isAlive(): Promise<boolean>;
  /** Cuts the connection. */
  evict(): void;
}

export interface OwnershipTerms {
  timing: Timing;
  /** The timeout of the create, in seconds. */
  disconnectTimeoutSecs: number | null;
  /** The default timeout. */
  defaultSecs: number;
  /** No client attached in time. */
  expired(): void;
}

/** The owner of a session or a parallel run, and its disconnect timeout. */
export class Ownership {
  readonly #timing: Timing;
  readonly #seconds: number;
  readonly #expired: () => void;
  #owner: Owner | undefined;
  #probing = false;
  #stopTimeout: (() => void) | undefined;
  #isOver = false;

  constructor({ timing, disconnectTimeoutSecs, defaultSecs, expired }: OwnershipTerms) {
    this.#timing = timing;
    this.#seconds = Math.min(disconnectTimeoutSecs ?? defaultSecs, LIMITS.disconnectTimeoutSecs);
    this.#expired = expired;
  }

  get owner(): Owner | undefined {
    return this.#owner;
  }

  /** Sets the owner. There must be no other. */
  attach(owner: Owner): void {
    this.#stopTimeout?.();
    this.#stopTimeout = undefined;
    this.#owner = owner;
  }

  /**
   * Whether another connection still owns it. The server pings the owner, because a lost socket looks like a quiet one. If it does
   * not answer, its connection is cut, so that the next attach succeeds.
   */
  isBusy(): boolean {
    const owner = this.#owner;
    if (owner === undefined) return false;
    if (!this.#probing) {
      this.#probing = true;
      void owner.isAlive().then((alive) => {
        this.#probing = false;
        if (!alive && this.#owner === owner) owner.evict();
      });
    }
    return true;
  }

  /** The owner was lost. Starts the disconnect timeout. */
  detach(owner: Owner): void {
    if (this.#owner !== owner) return;
    this.#owner = undefined;
    if (this.#isOver) return;
    if (this.#seconds === 0) this.#expired();
    else this.#stopTimeout = this.#timing.later(this.#seconds * 1000, () => this.#expired(), { keepsProcess: false });
  }

  /** Stops the disconnect timeout. */
  end(): void {
    this.#isOver = true;
    this.#stopTimeout?.();
    this.#stopTimeout = undefined;
  }
}
