/** Things that come, in order, for a test that takes them one by one. */
export class Mailbox<T> {
  readonly #what: string;
  readonly #waiting: { resolve(item: T): void; reject(error: Error): void }[] = [];
  #items: T[] = [];
  #shut: string | undefined;

  /** @param what what comes here, for errors */
  constructor(what: string) {
    this.#what = what;
  }

  /** What has come and was not taken. */
  get left(): readonly T[] {
    return this.#items;
  }

  put(item: T): void {
    const waiting = this.#waiting.shift();
    if (waiting === undefined) this.#items.push(item);
    else waiting.resolve(item);
  }

  /** The next thing; those that have come are there at once. */
  take(patienceMs: number): Promise<T> {
    const [item, ...others] = this.#items;
    if (item !== undefined) {
      this.#items = others;
      return Promise.resolve(item);
    }
    // Made here, so that the error's stack tells which line of the test waited.
    const late = new Error(`${this.#what} was expected, and none came within ${patienceMs} ms`);
    if (this.#shut !== undefined) return Promise.reject(new Error(`${this.#what} was expected, but ${this.#shut}`));
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiting.splice(this.#waiting.indexOf(waiting), 1);
        reject(late);
      }, patienceMs);
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

  /** Nothing will come any more. */
  shut(why: string): void {
    this.#shut = why;
    for (const { reject } of this.#waiting.splice(0)) reject(new Error(`${this.#what} was expected, but ${why}`));
  }
}
