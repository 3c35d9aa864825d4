import type { ManagedEvent } from "../../channels/managed-events.js";
import { U64_MAX } from "../../protocol/scalars.js";
import { onAbort } from "../../transport/on-abort.js";
import type { EventIterator } from "../events/event-iterator.js";
import type { EventStream } from "../events/event-stream.js";
import type { MergeableIterator } from "../events/merge.js";
import { toBareContinue } from "./continue-params.js";
import type { ContinueSender } from "./continue-sender.js";

/** Options of `run()`. */
export interface RunOptions {
  /** Number of blocks between two stops. @default all remaining blocks */
  step?: bigint | number;
  /** Ends the iteration with a `cancelled` error. The session stays open. @default none */
  signal?: AbortSignal;
  /**
   * Keeps the session on the server while your loop handles `completed`, until the loop requests the next event or ends. If the
   * process is killed before that, another process can resume from its last checkpoint. Do not await `session.closed` inside the
   * loop, because it settles only after the loop.
   *
   * @default false: the session is closed as soon as `completed` has been delivered
   */
  keepUntilHandled?: boolean;
}

/** Prevents a session from being closed after all events have been delivered. */
export interface CloseHold {
  hold(): void;
  release(): void;
}

/**
 * Iterates over a session's events and sends a continue request at each stop. It sends the request only when the stop has been
 * delivered and the next event is requested. Until then, the session does not move past the stop that the consumer sees.
 *
 * @throws SimulatorError `invalidParams` for an invalid step
 */
export function runToEnd(
  stream: EventStream<ManagedEvent>,
  continues: ContinueSender,
  close: CloseHold,
  { step = U64_MAX, signal, keepUntilHandled = false }: RunOptions,
): MergeableIterator {
  const run = new RunIterator(stream.iterate(signal), continues, toBareContinue(step), signal);
  return keepUntilHandled ? new HoldingIterator(run, close) : run;
}

class RunIterator implements MergeableIterator {
  readonly #events: EventIterator<ManagedEvent>;
  readonly #continues: ContinueSender;
  readonly #request: ReturnType<typeof toBareContinue>;
  readonly #signal: AbortSignal | undefined;
  #leaveRun: (() => void) | undefined;

  constructor(
    events: EventIterator<ManagedEvent>,
    continues: ContinueSender,
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
    const stopListening = onAbort(this.#signal, leaveRun);
    this.#leaveRun = () => {
      stopListening();
      leaveRun();
    };
  }

  prepare(): void {
    if (this.#signal?.aborted) return;
    // A failure is ignored here, because the session's events report it in order.
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

/** Keeps the session open from the first `next()` until the event after `completed` is requested, or the iteration ends. */
class HoldingIterator implements MergeableIterator {
  readonly #run: RunIterator;
  readonly #close: CloseHold;
  #isHolding = false;
  #isCompleted = false;

  constructor(run: RunIterator, close: CloseHold) {
    this.#run = run;
    this.#close = close;
  }

  get isReady(): boolean {
    return this.#run.isReady;
  }

  claim(): void {
    this.#run.claim();
  }

  prepare(): void {
    this.#run.prepare();
  }

  watch(handleReady: () => void): () => void {
    return this.#run.watch(handleReady);
  }

  async next(): Promise<IteratorResult<ManagedEvent>> {
    if (this.#isCompleted) this.#release();
    else this.#hold();
    try {
      const result = await this.#run.next();
      if (result.done) this.#release();
      else if (result.value.type === "completed") this.#isCompleted = true;
      return result;
    } catch (error) {
      this.#release();
      throw error;
    }
  }

  return(): Promise<IteratorResult<ManagedEvent>> {
    this.#release();
    return this.#run.return();
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  #hold(): void {
    if (this.#isHolding) return;
    this.#isHolding = true;
    this.#close.hold();
  }

  #release(): void {
    if (!this.#isHolding) return;
    this.#isHolding = false;
    this.#close.release();
  }
}
