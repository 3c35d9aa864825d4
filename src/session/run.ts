import type { ManagedEvent } from "../channels/managed-events.js";
import { U64_MAX } from "../protocol/scalars.js";
import { toBareContinue } from "./continue-params.js";
import type { Continues } from "./continues.js";
import type { EventFlow } from "./event-flow.js";

export interface RunOptions {
  /** Blocks between two stops. Default: all that are left. */
  step?: bigint | number;
  /** Ends the iteration with a `cancelled` error; the session stays. */
  signal?: AbortSignal;
}

/**
 * Iterates over a session's events and sends a continue at each stop, once the stop has been taken and the next event is
 * asked for: until then the session stands where the consumer sees it stand.
 *
 * @throws SimulatorError `invalidParams` for a step that is none
 */
export function runToEnd(
  flow: EventFlow,
  continues: Continues,
  { step = U64_MAX, signal }: RunOptions,
): AsyncIterableIterator<ManagedEvent> & { prepare(): void } {
  const request = toBareContinue(step);
  const events = flow.iterate(signal);
  let leaveRun: (() => void) | undefined;
  let hasLeft = false;
  const iterator = {
    /** The next event is wanted, and not asked for yet. */
    prepare: (): void => {
      leaveRun ??= continues.enterRun();
      // What a continue could fail with, the events tell, and in their order.
      if (continues.isAtStop) continues.send(request, signal).catch(() => {});
    },
    next: async (): Promise<IteratorResult<ManagedEvent>> => {
      if (hasLeft) return { done: true, value: undefined };
      iterator.prepare();
      try {
        const result = await events.next();
        if (result.done) leaveRun?.();
        return result;
      } catch (error) {
        leaveRun?.();
        throw error;
      }
    },
    return: async (): Promise<IteratorResult<ManagedEvent>> => {
      hasLeft = true;
      leaveRun?.();
      await events.return?.();
      return { done: true, value: undefined };
    },
    [Symbol.asyncIterator]: () => iterator,
  };
  return iterator;
}
