/**
 * Returns a minimal selection of list items with which the simulation still fails (delta debugging). If any of these items is
 * removed, the simulation succeeds.
 *
 * @param fails returns `true` if the simulation still fails with the list items at these indices
 */
export async function shrink(length: number, fails: (kept: number[]) => Promise<boolean>): Promise<number[]> {
  let kept = Array.from({ length }, (_, index) => index);
  for (let size = Math.ceil(kept.length / 2); size >= 1 && kept.length > 0; ) {
    let isSmaller = false;
    for (let start = 0; start < kept.length; start += size) {
      const without = kept.filter((_, index) => index < start || index >= start + size);
      if (await fails(without)) {
        kept = without;
        isSmaller = true;
        break;
      }
    }
    if (isSmaller) size = Math.min(size, Math.ceil(kept.length / 2));
    else if (size === 1) break;
    else size = Math.ceil(size / 2);
    if (kept.length === 0) break;
    size = Math.max(1, size);
  }
  return kept;
}
