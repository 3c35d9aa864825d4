import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { AnySession } from "../../src/react/any-session.js";
import { SlotProgressStore } from "../../src/react/slot-progress.js";

/** The members of a session that the progress store reads. */
class FakeSession {
  readonly #listeners = new Map<string, Set<(value?: unknown) => void>>();
  done = 0n;
  connection = { state: "up" };
  highestSlot: bigint | undefined;
  completed = false;

  get progress() {
    return { done: this.done, total: 100n };
  }

  coverage() {
    const { completed, highestSlot } = this;
    return { completed, ...(highestSlot !== undefined && { highestSlot }) };
  }

  execute(slots: bigint): void {
    this.done += slots;
    this.highestSlot = 1_000n + this.done - 1n;
    this.emit("progress");
  }

  // The class does not extend `EventEmitter`: the store must accept any session with the methods `on` and `off`.
  on(name: string, listener: () => void): void {
    this.#listeners.set(name, (this.#listeners.get(name) ?? new Set()).add(listener));
  }

  off(name: string, listener: () => void): void {
    this.#listeners.get(name)?.delete(listener);
  }

  emit(name: string, value?: unknown): void {
    for (const listener of this.#listeners.get(name) ?? []) listener(value);
  }

  listened(): string[] {
    return [...this.#listeners].filter(([, listeners]) => listeners.size > 0).map(([name]) => name);
  }
}

let session: FakeSession;
let store: SlotProgressStore;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
  session = new FakeSession();
  store = new SlotProgressStore(session as unknown as AnySession);
});

afterEach(() => {
  vi.useRealTimers();
});

test("the slot rate of a progress store is an average of the last seconds, and falls to 0 without new slots", () => {
  const handleChange = vi.fn();
  const unsubscribe = store.subscribe(handleChange);
  for (let second = 0; second < 4; second++) {
    vi.advanceTimersByTime(1_000);
    session.execute(10n);
  }
  vi.advanceTimersByTime(100);
  expect(store.getSnapshot()).toEqual({
    done: 40n,
    total: 100n,
    fraction: 0.4,
    slot: 1_039n,
    slotsPerSecond: expect.closeTo(10, 0),
    completed: false,
  });
  vi.advanceTimersByTime(4_000);
  expect(store.getSnapshot()).toMatchObject({ done: 40n, slotsPerSecond: 0 });
  expect(vi.getTimerCount()).toBe(0);
  const calls = handleChange.mock.calls.length;
  vi.advanceTimersByTime(10_000);
  expect(handleChange).toHaveBeenCalledTimes(calls);
  unsubscribe();
});

test("the slot rate of a progress store is 0 as soon as the session ends", () => {
  const unsubscribe = store.subscribe(() => {});
  vi.advanceTimersByTime(1_000);
  session.execute(10n);
  vi.advanceTimersByTime(100);
  expect(store.getSnapshot().slotsPerSecond).toBeGreaterThan(0);
  session.connection = { state: "closed" };
  session.emit("close", { reason: "shutdown" });
  vi.advanceTimersByTime(100);
  expect(store.getSnapshot()).toMatchObject({ slotsPerSecond: 0, completed: false });
  expect(vi.getTimerCount()).toBe(0);
  unsubscribe();
});

test("a progress store removes its timers and session listeners when its last listener is removed", () => {
  const unsubscribe = store.subscribe(() => {});
  vi.advanceTimersByTime(1_000);
  session.execute(10n);
  vi.advanceTimersByTime(100);
  expect(vi.getTimerCount()).toBe(1);
  expect(session.listened()).toEqual(["progress", "close"]);
  session.execute(1n);
  unsubscribe();
  // Lets the timer of `onNextFrame` fire. Node.js has no animation frames.
  vi.advanceTimersByTime(100);
  expect(vi.getTimerCount()).toBe(0);
  expect(session.listened()).toEqual([]);
});

test("after a time without listeners, a progress store reports a slot rate of 0", () => {
  store.subscribe(() => {})();
  session.execute(30n);
  vi.advanceTimersByTime(1_000);
  const unsubscribe = store.subscribe(() => {});
  expect(store.getSnapshot()).toMatchObject({ done: 30n, slotsPerSecond: 0 });
  expect(store.getSnapshot()).toBe(store.getSnapshot());
  unsubscribe();
});
