import type { ManagedEvent } from "../channels/events.js";

/** What is offered, and who waits for its being taken. */
interface Offer<S> {
  value: { subSession: S; event: ManagedEvent };
  taken(): void;
}

/**
 * One iterator over several: what comes first is taken first, and each source is asked for its next event only when the
 * one before has been taken, so that every one keeps its own pace. One that fails ends for itself; its error is thrown
 * when all others have ended.
 */
export function mergeEvents<S>(
  sources: readonly S[],
  iterate: (source: S) => AsyncIterableIterator<ManagedEvent>,
): AsyncIterableIterator<{ subSession: S; event: ManagedEvent }> {
  const iterators = sources.map(iterate);
  const offers: Offer<S>[] = [];
  const errors: unknown[] = [];
  let running = iterators.length;
  let isLeft = false;
  let isStarted = false;
  const sleepers: (() => void)[] = [];
  const wake = (): void => {
    for (const sleeper of sleepers.splice(0)) sleeper();
  };

  const pump = async (subSession: S, events: AsyncIterableIterator<ManagedEvent>): Promise<void> => {
    try {
      for (let next = await events.next(); !next.done && !isLeft; next = await events.next()) {
        const value = { subSession, event: next.value };
        await new Promise<void>((taken) => {
          offers.push({ value, taken });
          wake();
        });
      }
    } catch (error) {
      errors.push(error);
    } finally {
      running--;
      wake();
    }
  };

  const merged: AsyncIterableIterator<{ subSession: S; event: ManagedEvent }> = {
    next: async () => {
      if (!isStarted) sources.forEach((source, index) => void pump(source, iterators[index] as AsyncIterableIterator<ManagedEvent>));
      isStarted = true;
      while (offers.length === 0 && running > 0 && !isLeft) {
        await new Promise<void>((resolve) => sleepers.push(resolve));
      }
      const offer = isLeft ? undefined : offers.shift();
      if (offer !== undefined) {
        offer.taken();
        return { done: false, value: offer.value };
      }
      const [error] = errors.splice(0);
      if (error !== undefined && !isLeft) throw error;
      return { done: true, value: undefined };
    },
    return: async () => {
      isLeft = true;
      for (const { taken } of offers.splice(0)) taken();
      wake();
      await Promise.all(iterators.map((events) => events.return?.()));
      return { done: true, value: undefined };
    },
    [Symbol.asyncIterator]: () => merged,
  };
  return merged;
}
