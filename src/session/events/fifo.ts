/** A first-in, first-out queue. Adding and removing take constant time, unlike `Array.shift`. */
export class Fifo<T> {
  #items: (T | undefined)[] = [];
  #head = 0;

  get length(): number {
    return this.#items.length - this.#head;
  }

  push(item: T): void {
    this.#items.push(item);
  }

  shift(): T | undefined {
    if (this.#head === this.#items.length) return undefined;
    const item = this.#items[this.#head];
    this.#items[this.#head++] = undefined;
    if (this.#head === this.#items.length) this.clear();
    else if (this.#head >= 1024 && this.#head * 2 >= this.#items.length) {
      this.#items = this.#items.slice(this.#head);
      this.#head = 0;
    }
    return item;
  }

  /** Removes and returns the matching items. The matching and the remaining items keep their order. */
  extract(matches: (item: T) => boolean): T[] {
    const [extracted, rest]: [T[], T[]] = [[], []];
    for (let item = this.shift(); item !== undefined; item = this.shift()) (matches(item) ? extracted : rest).push(item);
    this.#items = rest;
    this.#head = 0;
    return extracted;
  }

  clear(): void {
    this.#items = [];
    this.#head = 0;
  }
}
