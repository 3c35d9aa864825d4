import type { ManagedEvent } from "../../channels/managed-events.js";
import { U64_MAX } from "../../protocol/scalars.js";
import type { EventIterator } from "../events/event-iterator.js";
import type { EventStream } from "../events/event-stream.js";
import type { MergeableIterator } from "../events/merge.js";
import { toBareContinue } from "./continue-params.js";
import type { Continues } from "./continues.js";

export interface RunOptions {
  /** Blocks between two stops. @default all that are left */
  step?: bigint | number;
  /** Ends the iteration with a `cancelled` error. The session stays open. */
  signal?: AbortSignal;
}

/**
 * Iterates over a session's events and sends a continue at each stop: once the stop was delivered and the next event is
 * asked for. Until then the session is where the consumer sees it.
 *
 * @throws SimulatorError `invalidParams` for a bad step
 */
export function runToEnd(
  stream: EventStream<ManagedEvent>,
  continues: Continues,
  { step = U64_MAX, signal }: RunOptions,
): MergeableIterator {
  return new RunIterator(stream.iterate(signal), continues, toBareContinue(step), signal);
}

class RunIterator implements MergeableIterator {
  readonly #events: EventIterator<ManagedEvent>;
  readonly #continues: Continues;
  readonly #request: ReturnType<typeof toBareContinue>;
  readonly #signal: AbortSignal | undefined;
  #leaveRun: (() => void) | undefined;

  constructor(
    events: EventIterator<ManagedEvent>,
    continues: Continues,
    request: ReturnType<typeof toBareContinue>,
    signal: AbortSignal | undefined,
  ) {
    this.#events = events;
    this.#continues = continues;
    this.#request = request;
    this.#signal = signal;
  }

  get isReady(): boolean {
    return this.#events.isReady;
  }

  claim(): void {
    this.#events.claim();
    if (this.#events.isOver || this.#signal?.aborted || this.#leaveRun !== undefined) return;
    const leaveRun = this.#continues.enterRun();
    this.#signal?.addEventListener("abort", leaveRun, { once: true });
    this.#leaveRun = () => {
      this.#signal?.removeEventListener("abort", leaveRun);
      leaveRun();
    };
  }

  prepare(): void {
    if (this.#signal?.aborted) return;
    // The events report what a continue could fail with, and in their order.
    const options = { isFromRun: true, ...(this.#signal && { signal: this.#signal }) };
    if (this.#continues.isAtStop) this.#continues.send(this.#request, options).catch(() => {});
  }

  watch(handleReady: () => void): () => void {
    return this.#events.watch(handleReady);
  }

  async next(): Promise<IteratorResult<ManagedEvent>> {
    if (this.#events.isOver) return { done: true, value: undefined };
    this.claim();
    this.prepare();
    try {
      return await this.#events.next();
    } finally {
      if (this.#events.isOver) this.#leaveRun?.();
    }
  }

  return(): Promise<IteratorResult<ManagedEvent>> {
    this.#leaveRun?.();
    return this.#events.return();
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}
