import type { Timing } from "../link/timing.js";
import { LIMITS } from "../wire/simulator-limits.js";

/** The control connection that currently controls a session or a parallel run. */
export interface Owner {
  /** Whether the client still responds to a ping. */
  isAlive(): Promise<boolean>;
  /** Terminates the connection. */
  evict(): void;
}

export interface OwnershipTerms {
  timing: Timing;
  /** The timeout from the create request, in seconds. Null if the request contains no timeout. */
  disconnectTimeoutSecs: number | null;
  /** The timeout that applies if the create request contains no timeout, in seconds. */
  defaultSecs: number;
  /** Called when no client has attached before the timeout. */
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

  /** Sets the owner. There must be no current owner. */
  attach(owner: Owner): void {
    this.#stopTimeout?.();
    this.#stopTimeout = undefined;
    this.#owner = owner;
  }

  /**
   * Whether a control connection (the owner) owns the run. Also pings the owner, because its connection may be lost. An owner
   * that does not respond is terminated, so that a later attach request succeeds.
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

  /** Removes the owner after its connection was lost, and starts the disconnect timeout. */
  detach(owner: Owner): void {
    if (this.#owner !== owner) return;
    this.#owner = undefined;
    if (this.#isOver) return;
    if (this.#seconds === 0) this.#expired();
    else this.#stopTimeout = this.#timing.later(this.#seconds * 1000, () => this.#expired(), { keepsProcess: false });
  }

  /** Stops the disconnect timeout permanently, because the run has ended. */
  end(): void {
    this.#isOver = true;
    this.#stopTimeout?.();
    this.#stopTimeout = undefined;
  }
}
