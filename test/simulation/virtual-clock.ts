/** A pending callback. */
export interface Task {
  readonly at: number;
  readonly order: number;
  run(): void;
  isCancelled: boolean;
}

/** Waits until all promises that can settle have settled. */
const drainMicrotasks = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** All timers of a simulated system, and its only clock. Tasks of the same millisecond run in the order of their addition. */
export class VirtualClock {
  /** Milliseconds since the start of the simulation. */
  now = 0;
  /** Number of tasks that have run. */
  steps = 0;
  readonly #heap: Task[] = [];
  #order = 0;

  /** Runs a callback after a number of ms. */
  add(ms: number, run: () => void): Task {
    const task: Task = { at: this.now + Math.max(0, ms), order: this.#order++, run, isCancelled: false };
    const heap = this.#heap;
    let index = heap.length;
    heap.push(task);
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (!isBefore(task, heap[parent] as Task)) break;
      heap[index] = heap[parent] as Task;
      index = parent;
    }
    heap[index] = task;
    return task;
  }

  cancel(task: Task): void {
    task.isCancelled = true;
  }

  /** Resolves after a number of ms of virtual time. */
  sleep(ms: number): Promise<void> {
    return new Promise((resolve) => this.add(ms, resolve));
  }

  /**
   * Runs tasks in the order of their times until `isOver()` returns true. The promises of a task settle before the next task. Returns
   * `false` at the time limit, or if no task is left.
   *
   * @param limitMs the latest time that the clock may reach
   */
  async run(limitMs: number, isOver: () => boolean): Promise<boolean> {
    await drainMicrotasks();
    while (!isOver()) {
      const task = this.#take();
      if (task === undefined || task.at > limitMs) return false;
      this.now = task.at;
      this.steps++;
      task.run();
      await drainMicrotasks();
    }
    return true;
  }

  #take(): Task | undefined {
    for (;;) {
      const task = this.#pop();
      if (task === undefined || !task.isCancelled) return task;
    }
  }

  #pop(): Task | undefined {
    const heap = this.#heap;
    const first = heap[0];
    const last = heap.pop();
    if (first === undefined || last === undefined || heap.length === 0) return first;
    let index = 0;
    for (;;) {
      let child = index * 2 + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && isBefore(heap[child + 1] as Task, heap[child] as Task)) child++;
      if (!isBefore(heap[child] as Task, last)) break;
      heap[index] = heap[child] as Task;
      index = child;
    }
    heap[index] = last;
    return first;
  }
}

function isBefore(a: Task, b: Task): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order);
}
