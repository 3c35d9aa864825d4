/** A transaction that both runs have in the same slot, with its index in each run. */
export interface PlacedPair {
  readonly indexA: number;
  readonly indexB: number;
}

/**
 * Returns the pairs that have moved within their slot. The longest sequence of pairs with the same order in both runs counts as
 * unmoved. All other pairs count as moved. Transactions that only one run contains are ignored.
 */
export function findMoved<T extends PlacedPair>(pairs: readonly T[]): T[] {
  const inA = [...pairs].sort((x, y) => x.indexA - y.indexA);
  if (inA.every((pair, at) => at === 0 || (inA[at - 1] as T).indexB <= pair.indexB)) return [];
  const kept = longestRising(inA.map(({ indexB }) => indexB));
  return inA.filter((_, at) => !kept.has(at));
}

/** Returns the positions of a longest increasing subsequence: https://en.wikipedia.org/wiki/Longest_increasing_subsequence */
function longestRising(values: readonly number[]): Set<number> {
  /** One of all increasing subsequences of n + 1 values has the smallest last value. `ends[n]` is the position of this value. */
  const ends: number[] = [];
  const before: (number | undefined)[] = [];
  for (const [at, value] of values.entries()) {
    let [low, high] = [0, ends.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((values[ends[middle] as number] as number) < value) low = middle + 1;
      else high = middle;
    }
    before[at] = low === 0 ? undefined : ends[low - 1];
    ends[low] = at;
  }
  const kept = new Set<number>();
  for (let at = ends.at(-1); at !== undefined; at = before[at]) kept.add(at);
  return kept;
}
