import { EventEmitter } from "eventemitter3";
import { describe, expect, test, vi } from "vitest";
import { type AnySubscribable, SubscriptionStore } from "../../src/react/subscription-store.js";

/** A fake subscription. The test emits its events. */
class ScriptedSubscription extends EventEmitter {
  connection = { state: "up" };
  ready: Promise<void> = Promise.resolve();
  readonly unsubscribe = vi.fn(() => Promise.resolve());
}

function openStore(subscription = new ScriptedSubscription(), limit = 2) {
  const session = { subscribeTransactions: vi.fn(() => subscription) };
  const plan = { kind: "transaction", filters: ["program"], intraSlotUpdates: false, limit } as const;
  const store = new SubscriptionStore({ ...plan, session: session as unknown as AnySubscribable });
  const changed = vi.fn();
  const stop = store.subscribe(changed);
  return { store, session, subscription, stop, changed };
}

describe("SubscriptionStore", () => {
  test("SubscriptionStore counts gaps and unreadable notifications of its subscription, and keeps the newest events", async () => {
    const { store, subscription, changed, stop } = openStore();
    for (const slot of [1n, 2n, 3n]) subscription.emit("transaction", { type: "transaction", transaction: { slot } });
    subscription.emit("continuity", { type: "continuity", kind: "gap" });
    subscription.emit("continuity", { type: "continuity", kind: "reconnected" });
    subscription.emit("unrecognized", { type: "unrecognized" });
    await vi.waitFor(() => expect(changed).toHaveBeenCalled(), 60_000);
    expect(store.getSnapshot()).toMatchObject({
      events: [{ transaction: { slot: 2n } }, { transaction: { slot: 3n } }],
      dropped: 1,
      gaps: 1,
      unrecognized: 1,
      connection: { state: "up" },
    });
    stop();
  });

  test("SubscriptionStore returns the same snapshot until something changes", () => {
    const { store, stop } = openStore();
    expect(store.getSnapshot()).toBe(store.getSnapshot());
    stop();
  });

  test("SubscriptionStore keeps its subscription if one task removes its last listener and adds a new listener", async () => {
    const { store, session, subscription, stop } = openStore();
    stop();
    const stopAgain = store.subscribe(() => {});
    await new Promise((resolve) => setTimeout(resolve));
    expect(session.subscribeTransactions).toHaveBeenCalledTimes(1);
    expect(subscription.unsubscribe).not.toHaveBeenCalled();
    stopAgain();
    await vi.waitFor(() => expect(subscription.unsubscribe).toHaveBeenCalledTimes(1), 60_000);
  });

  test("SubscriptionStore returns the error of a failed subscription in its snapshot", async () => {
    const subscription = new ScriptedSubscription();
    const failure = new Error("subscriptionFailed");
    subscription.ready = Promise.reject(failure);
    const { store, changed, stop } = openStore(subscription);
    await vi.waitFor(() => expect(changed).toHaveBeenCalled(), 60_000);
    expect(store.getSnapshot().error).toBe(failure);
    stop();
  });

  test("SubscriptionStore refuses a limit that is not a positive integer", () => {
    expect(() => openStore(new ScriptedSubscription(), 0)).toThrow(RangeError);
  });
});
