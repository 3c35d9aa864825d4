import type { ManagedEvent } from "../../channels/managed-events.js";

/** An iterator that reports when it has something, for a merge. */
export interface MergeableIterator extends AsyncIterableIterator<ManagedEvent> {
  /** Whether `next()` would settle at once. */
  readonly isReady: boolean;
  /** Begins the iteration. @throws SimulatorError `consumerBusy` */
  claim(): void;
  /** Called before an event is waited for. */
  prepare?(): void;
  /** Calls back when `isReady` may have become true, until the returned function is called. */
  watch(handleReady: () => void): () => void;
  return(): Promise<IteratorResult<ManagedEvent>>;
}

/** A sub-session's events, for a merge. */
export interface MergeSource<S> {
  readonly subSession: S;
  readonly events: MergeableIterator;
}

/**
 * Merges iterators, and takes turns among those that have an event. It reads a source only on demand, so a `break` loses no
 * event. A source that fails ends alone: its error is
 * thrown when all others have ended.
 */
export function mergeEvents<S>(
  sources: readonly MergeSource<S>[],
): AsyncIterableIterator<{ subSession: S; event: ManagedEvent }> {
  /** In the order of their turns. */
  let open = [...sources];
  const errors: unknown[] = [];
  let isLeft = false;
  let unwatch: (() => void)[] | undefined;
  let wake = (): void => {};
  let last: Promise<unknown> = Promise.resolve();
  const leave = async (): Promise<void> => {
    isLeft = true;
    wake();
    for (const stop of unwatch?.splice(0) ?? []) stop();
    await Promise.all(sources.map(({ events }) => events.return()));
  };
  const begin = async (): Promise<void> => {
    try {
      for (const { events } of sources) events.claim();
    } catch (error) {
      await leave();
      throw error;
    }
    unwatch = sources.map(({ events }) => events.watch(() => wake()));
  };
  const next = async (): Promise<IteratorResult<{ subSession: S; event: ManagedEvent }>> => {
    if (unwatch === undefined && !isLeft) await begin();
    while (!isLeft && open.length > 0) {
      for (const { events } of open) events.prepare?.();
      const source = open.find(({ events }) => events.isReady);
      if (source === undefined) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
        continue;
      }
      const others = open.filter((other) => other !== source);
      try {
        const { done, value } = await source.events.next();
        open = done ? others : [...others, source];
        if (!done) return { done, value: { subSession: source.subSession, event: value } };
      } catch (error) {
        open = others;
        errors.push(error);
      }
    }
    for (const stop of unwatch?.splice(0) ?? []) stop();
    const [error] = errors.splice(0);
    if (error !== undefined && !isLeft) throw error;
    return { done: true, value: undefined };
  };
  const merged: AsyncIterableIterator<{ subSession: S; event: ManagedEvent }> = {
    // One after the other: requests are answered in their order.
    next: () => {
      const result = last.then(next, next);
      last = result;
      return result;
    },
    return: async () => {
      await leave();
      return { done: true, value: undefined };
    },
    [Symbol.asyncIterator]: () => merged,
  };
  return merged;
}
