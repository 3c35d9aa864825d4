import type { ManagedEvent } from "../../channels/managed-events.js";

/** An iterator that reports when it has an event, so that it can be merged with others. */
export interface MergeableIterator extends AsyncIterableIterator<ManagedEvent> {
  /** Whether `next()` would settle at once. */
  readonly isReady: boolean;
  /** Starts the iteration. @throws SimulatorError `consumerBusy` */
  claim(): void;
  /** Called before each wait for an event. */
  prepare?(): void;
  /** Calls `handleReady` when `next()` would settle at once. The returned function stops these calls. */
  watch(handleReady: () => void): () => void;
  return(): Promise<IteratorResult<ManagedEvent>>;
}

/** A sub-session and the iterator over its events. */
export interface MergeSource<S> {
  readonly subSession: S;
  readonly events: MergeableIterator;
}

/**
 * Merges the events of several iterators, which take turns. A source is read only when the next event is requested, so a `break`
 * loses no event. If one source fails, the others continue. The error of the failed source is thrown when all sources have ended.
 */
export function mergeEvents<S>(
  sources: readonly MergeSource<S>[],
): AsyncIterableIterator<{ subSession: S; event: ManagedEvent }> {
  /** The sources that have not ended. The next event comes from the first source in this list that has an event. */
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
    // The calls run one after the other, so that concurrent calls receive the events in the order of the calls.
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
