import type { Timing } from "../link/timing.js";
import { LIMITS } from "../wire/simulator-limits.js";

/** A control connection, as what it drives sees it. */
export interface Owner {
  /** Whether the other end still answers. */
  isAlive(): Promise<boolean>;
  /** Cuts the connection. */
  evict(): void;
}

export interface OwnershipTerms {
  timing: Timing;
  /** What the create asked for, in seconds. */
  disconnectTimeoutSecs: number | null;
  /** What holds where it asked for nothing. */
  defaultSecs: number;
  /** Nobody came back in time. */
  expired(): void;
}

/** Who holds a session or a parallel run, and how long it waits for somebody to come back. */
export class Ownership {
  readonly #timing: Timing;
  readonly #seconds: number;
  readonly #expired: () => void;
  #owner: Owner | undefined;
  #probing = false;
  #callOffExpiry: (() => void) | undefined;
  #isOver = false;

  constructor({ timing, disconnectTimeoutSecs, defaultSecs, expired }: OwnershipTerms) {
    this.#timing = timing;
    this.#seconds = Math.min(disconnectTimeoutSecs ?? defaultSecs, LIMITS.disconnectTimeoutSecs);
    this.#expired = expired;
  }

  get owner(): Owner | undefined {
    return this.#owner;
  }

  /** A connection takes over; nobody else may hold it. */
  takenBy(owner: Owner): void {
    this.#callOffExpiry?.();
    this.#callOffExpiry = undefined;
    this.#owner = owner;
  }

  /**
   * Whether somebody else still holds it. The server can't tell a dead socket from a quiet one: it asks, and if no answer
   * comes the holder is cut off, so that the next attach gets through.
   */
  isHeld(): boolean {
    const holder = this.#owner;
    if (holder === undefined) return false;
    if (!this.#probing) {
      this.#probing = true;
      void holder.isAlive().then((alive) => {
        this.#probing = false;
        if (!alive && this.#owner === holder) holder.evict();
      });
    }
    return true;
  }

  /** A connection is gone: another one is waited for, for as long as the create asked for. */
  leftBy(owner: Owner): void {
    if (this.#owner !== owner) return;
    this.#owner = undefined;
    if (this.#isOver) return;
    if (this.#seconds === 0) this.#expired();
    else this.#callOffExpiry = this.#timing.later(this.#seconds * 1000, () => this.#expired(), { keepsProcess: false });
  }

  /** Nobody is waited for any more. */
  end(): void {
    this.#isOver = true;
    this.#callOffExpiry?.();
    this.#callOffExpiry = undefined;
  }
}
