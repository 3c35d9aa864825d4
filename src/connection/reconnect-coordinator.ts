import { onAbort } from "../transport/on-abort.js";

/** Counts one stream as active until the guard is released. A second release does nothing. */
export interface StreamingGuard {
  /** Marks the stream as inactive. */
  release(): void;
}

/** Permission to reconnect. Only one connection has it at a time, until it is released. */
export interface ReconnectSlot {
  /** Gives back the permission, so that the next connection can reconnect. */
  release(): void;
}

interface Waiter {
  owner: unknown;
  grant(): void;
}

/**
 * Lets the waiting streams of a parallel run reconnect one at a time. A stream waits while streams of other sessions receive data.
 *
 * `owner` identifies the session of a stream. A stream without `owner` waits for all other streams.
 */
export class ReconnectCoordinator {
  readonly #streaming = new Map<unknown, number>();
  readonly #waiting: Waiter[] = [];
  #isSlotInUse = false;

  /** Counts a stream of `owner` as active until `release` of the returned guard is called. */
  enter(owner?: unknown): StreamingGuard {
    this.#streaming.set(owner, (this.#streaming.get(owner) ?? 0) + 1);
    let released = false;
    return {
      release: () => {
        if (released) return;
        released = true;
        const left = (this.#streaming.get(owner) ?? 1) - 1;
        if (left > 0) this.#streaming.set(owner, left);
        else this.#streaming.delete(owner);
        this.#grantNext();
      },
    };
  }

  /** Waits for the permission to reconnect a stream of `owner`. Resolves with `undefined` if the signal fires first. */
  reconnectSlot(signal?: AbortSignal, owner?: unknown): Promise<ReconnectSlot | undefined> {
    if (signal?.aborted) return Promise.resolve(undefined);
    return new Promise((resolve) => {
      const waiter: Waiter = {
        owner,
        grant: () => {
          stopListening();
          resolve(this.#slot());
        },
      };
      const stopListening = onAbort(signal, () => {
        this.#waiting.splice(this.#waiting.indexOf(waiter), 1);
        resolve(undefined);
      });
      this.#waiting.push(waiter);
      this.#grantNext();
    });
  }

  #slot(): ReconnectSlot {
    this.#isSlotInUse = true;
    let released = false;
    return {
      release: () => {
        if (released) return;
        released = true;
        this.#isSlotInUse = false;
        this.#grantNext();
      },
    };
  }

  #grantNext(): void {
    if (this.#isSlotInUse) return;
    const next = this.#waiting.findIndex(({ owner }) => this.#isQuietFor(owner));
    const [waiter] = next < 0 ? [] : this.#waiting.splice(next, 1);
    waiter?.grant();
  }

  #isQuietFor(owner: unknown): boolean {
    if (owner === undefined) return this.#streaming.size === 0;
    return this.#streaming.size === 0 || (this.#streaming.size === 1 && this.#streaming.has(owner));
  }
}
