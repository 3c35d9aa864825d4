/** A queue. A test reads its items, or waits for the next one. */
export class Mailbox<T> {
  readonly #itemName: string;
  readonly #waiting: { resolve(item: T): void; reject(error: Error): void }[] = [];
  #items: T[] = [];
  #shut: string | undefined;

  /** @param itemName the name of an item in error messages */
  constructor(itemName: string) {
    this.#itemName = itemName;
  }

  /** The items that have not been read. */
  get left(): readonly T[] {
    return this.#items;
  }

  put(item: T): void {
    const waiting = this.#waiting.shift();
    if (waiting === undefined) this.#items.push(item);
    else waiting.resolve(item);
  }

  /** Resolves with the next item. @throws Error if none arrives in time */
  take(timeoutMs: number): Promise<T> {
    const [item, ...others] = this.#items;
    if (item !== undefined) {
      this.#items = others;
      return Promise.resolve(item);
    }
    // The error is created here, so that its stack contains the line of the test.
    const late = new Error(`expected ${this.#itemName}, but none arrived within ${timeoutMs} ms`);
    if (this.#shut !== undefined) return Promise.reject(new Error(`expected ${this.#itemName}, but ${this.#shut}`));
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiting.splice(this.#waiting.indexOf(waiting), 1);
        reject(late);
      }, timeoutMs);
      const waiting = {
        resolve: (taken: T) => {
          clearTimeout(timer);
          resolve(taken);
        },
        reject: (error: Error) => {
          clearTimeout(timer);
          reject(error);
        },
      };
      this.#waiting.push(waiting);
    });
  }

  /** Rejects all waiting and future calls of `take`. */
  shut(why: string): void {
    this.#shut = why;
    for (const { reject } of this.#waiting.splice(0)) reject(new Error(`expected ${this.#itemName}, but ${why}`));
  }
}
