import { cancelled } from "../../protocol/error-helpers.js";
import type { SimulatorError } from "../../protocol/simulator-error.js";
import { onAbort } from "../../transport/on-abort.js";

interface Waiter {
  isOpen(): boolean;
  resolve(): void;
  reject(error: SimulatorError): void;
}

/** Waits for conditions. Each wait resolves as soon as its condition is true. All pending waits reject when the gate is shut. */
export class Gate {
  readonly #waiters = new Set<Waiter>();
  #shut: SimulatorError | undefined;

  /** The error with which the gate was shut. */
  get shutWith(): SimulatorError | undefined {
    return this.#shut;
  }

  /**
   * Resolves as soon as `isOpen` returns true.
   *
   * @param what a description of the waiting operation, for error messages
   * @throws SimulatorError the error that shut the gate; `cancelled` when the signal fires
   */
  wait(isOpen: () => boolean, what: string, signal?: AbortSignal): Promise<void> {
    if (this.#shut !== undefined) return Promise.reject(this.#shut);
    if (signal?.aborted) return Promise.reject(cancelled(what, signal));
    if (isOpen()) return Promise.resolve();
    return new Promise<void>((resolve, reject) => {
      const leave = (): void => {
        this.#waiters.delete(waiter);
        stopListening();
      };
      const waiter: Waiter = {
        isOpen,
        resolve: () => {
          leave();
          resolve();
        },
        reject: (error) => {
          leave();
          reject(error);
        },
      };
      const stopListening = onAbort(signal, () => waiter.reject(cancelled(what, signal)));
      this.#waiters.add(waiter);
    });
  }

  /** Checks all conditions again. Called when something has changed. */
  recheck(): void {
    for (const waiter of [...this.#waiters]) if (waiter.isOpen()) waiter.resolve();
  }

  /** Rejects all current and future waits. */
  shut(error: SimulatorError): void {
    this.#shut ??= error;
    for (const waiter of [...this.#waiters]) waiter.reject(this.#shut);
  }
}
