import type { ManagedEvent } from "../channels/managed-events.js";

/** A sub-session's events, for a merge. */
export interface MergeSource<S> {
  readonly subSession: S;
  readonly events: AsyncIterableIterator<ManagedEvent>;
  /** Whether `events.next()` has something to say at once. */
  isReady(): boolean;
  /** Called before an event is waited for. */
  prepare(): void;
  /** Calls back when it has become ready, until the returned function is called. */
  watch(handleReady: () => void): () => void;
}

/**
 * One iterator over several, in turns among those that have something. None is asked for an event before one is wanted of
 * it, so that every one keeps its own pace, and whoever stops in the middle leaves the rest where it was. One that fails
 * ends for itself; its error is thrown when all others have ended.
 */
export function mergeEvents<S>(
  sources: readonly MergeSource<S>[],
): AsyncIterableIterator<{ subSession: S; event: ManagedEvent }> {
  /** The next to have its turn comes first. */
  let open = [...sources];
  const errors: unknown[] = [];
  let isLeft = false;
  let unwatch: (() => void)[] | undefined;
  let wake = (): void => {};
  let last: Promise<unknown> = Promise.resolve();
  const next = async (): Promise<IteratorResult<{ subSession: S; event: ManagedEvent }>> => {
    unwatch ??= sources.map((source) => source.watch(() => wake()));
    while (!isLeft && open.length > 0) {
      for (const source of open) source.prepare();
      const source = open.find(({ isReady }) => isReady());
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
    for (const stop of unwatch.splice(0)) stop();
    const [error] = errors.splice(0);
    if (error !== undefined && !isLeft) throw error;
    return { done: true, value: undefined };
  };
  const merged: AsyncIterableIterator<{ subSession: S; event: ManagedEvent }> = {
    // One after the other: what is asked for first is answered first.
    next: () => {
      const result = last.then(next, next);
      last = result;
      return result;
    },
    return: async () => {
      isLeft = true;
      wake();
      for (const stop of unwatch?.splice(0) ?? []) stop();
      await Promise.all(sources.map(({ events }) => events.return?.()));
      return { done: true, value: undefined };
    },
    [Symbol.asyncIterator]: () => merged,
  };
  return merged;
}
