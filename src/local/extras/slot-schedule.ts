/**
 * The slots at which an action or a probe runs, as a list. The list may contain a slot several times. Transaction n of an action
 * runs at the slot in entry n of the list.
 */
export class SlotSchedule {
  /** The number of entries in the list. */
  readonly length: number;
  readonly #positions = new Map<bigint, number[]>();

  constructor(slots: readonly bigint[]) {
    this.length = slots.length;
    for (const [index, slot] of slots.entries()) {
      const positions = this.#positions.get(slot);
      if (positions === undefined) this.#positions.set(slot, [index]);
      else positions.push(index);
    }
  }

  has(slot: bigint): boolean {
    return this.#positions.has(slot);
  }

  /** Returns the items that belong to a slot, in the order of the list. */
  itemsAt<T>(slot: bigint, items: readonly T[]): T[] {
    return (this.#positions.get(slot) ?? []).flatMap((position) => items.slice(position, position + 1));
  }
}
