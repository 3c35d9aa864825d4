import type { ManagedEvent } from "../../channels/managed-events.js";
import { refuseUnknownNames } from "../../protocol/known-names.js";
import { U64_MAX } from "../../protocol/scalars.js";
import { onAbort } from "../../transport/on-abort.js";
import { EventIterator } from "../events/event-iterator.js";
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
   * Keeps the session on the server while your loop handles `completed`. If the process is killed during this time, another
   * process can resume the session from the last checkpoint. Do not await `session.closed` inside the loop: this promise settles
   * only after the loop.
   *
   * @default false: the session is closed as soon as `completed` has been delivered
   */
  keepUntilHandled?: boolean;
}

/** Keeps a session open even if all events have been delivered. */
export interface CloseHold {
  hold(): void;
  release(): void;
}

/**
 * Iterates over a session's events. After a stop (`readyForContinue` or `paused`) has been delivered, the next call of `next()`
 * sends a continue request. So the session stays at the stop while the consumer handles the stop.
 *
 * @throws SimulatorError `invalidParams` for an invalid step or an unknown option
 */
export function runToEnd(
  stream: EventStream<ManagedEvent>,
  continues: ContinueSender,
  close: CloseHold,
  options: RunOptions,
): MergeableIterator {
  refuseUnknownNames(options, ["step", "signal", "keepUntilHandled"], "option");
  const { step = U64_MAX, signal, keepUntilHandled } = options;
  return new RunIterator(stream, continues, toBareContinue(step), signal, keepUntilHandled ? close : undefined);
}

class RunIterator extends EventIterator<ManagedEvent> implements MergeableIterator {
  readonly #continues: ContinueSender;
  readonly #request: ReturnType<typeof toBareContinue>;
  readonly #close: CloseHold | undefined;
  #leaveRun: (() => void) | undefined;
  #isCompleted = false;
  #isHolding = false;

  constructor(
    stream: EventStream<ManagedEvent>,
    continues: ContinueSender,
    request: ReturnType<typeof toBareContinue>,
    signal: AbortSignal | undefined,
    close: CloseHold | undefined,
  ) {
    super(stream, signal);
    this.#continues = continues;
    this.#request = request;
    this.#close = close;
  }

  override claim(): void {
    super.claim();
    if (this.isOver || this.signal?.aborted || this.#leaveRun !== undefined) return;
    const leaveRun = this.#continues.enterRun();
    const stopListening = onAbort(this.signal, leaveRun);
    this.#leaveRun = () => {
      stopListening();
      leaveRun();
    };
  }

  prepare(): void {
    if (this.signal?.aborted) return;
    // An error of `send` is ignored here: `next()` throws the session's error after all earlier events.
    const options = { isFromRun: true, signal: this.signal };
    if (this.#continues.isAtStop) this.#continues.send(this.#request, options).catch(() => {});
  }

  override async next(): Promise<IteratorResult<ManagedEvent>> {
    if (this.isOver) return this.return();
    this.#hold(!this.#isCompleted);
    try {
      this.claim();
      this.prepare();
      const result = await super.next();
      if (result.value?.type === "completed") this.#isCompleted = true;
      if (this.isOver) this.#leave();
      return result;
    } catch (error) {
      this.#hold(false);
      if (this.isOver) this.#leaveRun?.();
      throw error;
    }
  }

  override return(): Promise<IteratorResult<ManagedEvent>> {
    this.#leave();
    return super.return();
  }

  /** With `true`, the session stays open even after all events have been delivered. With `false`, the session can close. */
  #hold(isHolding: boolean): void {
    if (isHolding === this.#isHolding) return;
    this.#isHolding = isHolding;
    if (isHolding) this.#close?.hold();
    else this.#close?.release();
  }

  #leave(): void {
    this.#hold(false);
    this.#leaveRun?.();
  }
}
