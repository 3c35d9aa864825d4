// Only React 19 has <Activity>, so this file is not part of the suite for React 18.
import { Activity } from "react";
import { describe, expect, test } from "vitest";
import type { TransactionEvent } from "../../src/channels/managed-events.js";
import {
  type AnySubscribable,
  type BacktestSessionState,
  type SubscriptionState,
  useTransactions,
} from "../../src/react/index.js";
import { expectNoConsoleErrors, frames, mount, openSimulator, Shown, START, Watch } from "./react-harness.js";
import { is, isClosed, Session } from "./session-component.js";

interface TransactionsProps {
  session: AnySubscribable;
  program: string;
  watch: Watch<SubscriptionState<TransactionEvent>>;
}

function Transactions({ session, program, watch }: TransactionsProps) {
  return <Shown value={useTransactions(session, [program], { limit: 5 })} watch={watch} />;
}

expectNoConsoleErrors();

describe("a component in an Activity", () => {
  test("useBacktestSession ends the session when an Activity hides the component, and starts another session when the Activity shows the component", async () => {
    const { simulator, client, sockets } = openSimulator();
    const watch = new Watch<BacktestSessionState>();
    const page = (mode: "visible" | "hidden") => (
      <Activity mode={mode}>
        <Session client={client} watch={watch} />
      </Activity>
    );
    const { show } = mount(page("visible"));
    const { session: first } = await watch.until(is("ready"));
    show(page("hidden"));
    await sockets.until(isClosed);
    show(page("visible"));
    await watch.until(({ state, session }) => state === "ready" && session !== first);
    expect(simulator.record.sessions).toHaveLength(2);
  });

  test("useTransactions subscribes again when a hidden Activity becomes visible", async () => {
    const { client, program } = openSimulator();
    const session = await client.startSession({ startSlot: START, endSlot: START + 10n });
    const watch = new Watch<SubscriptionState<TransactionEvent>>();
    const page = (mode: "visible" | "hidden") => (
      <Activity mode={mode}>
        <Transactions session={session} program={program} watch={watch} />
      </Activity>
    );
    const { show } = mount(page("visible"));
    await watch.until(({ connection }) => connection?.state === "up");
    const [first] = session.subscriptions;
    show(page("hidden"));
    await expect.poll(() => session.subscriptions).toEqual([]);
    show(page("visible"));
    await expect.poll(() => session.subscriptions[0]?.connection.state).toBe("up");
    expect(session.subscriptions[0]).not.toBe(first);
    await session.shutdown();
  });

  test("useTransactions keeps its events when an Activity hides and shows the component after the end of the session", async () => {
    const { client, program } = openSimulator();
    const session = await client.startSession({ startSlot: START, endSlot: START + 10n });
    const watch = new Watch<SubscriptionState<TransactionEvent>>();
    const page = (mode: "visible" | "hidden") => (
      <Activity mode={mode}>
        <Transactions session={session} program={program} watch={watch} />
      </Activity>
    );
    const { show } = mount(page("visible"));
    await watch.until(({ connection }) => connection?.state === "up");
    for await (const _ of session.run());
    await session.closed;
    const ended = await watch.until(({ connection, events }) => connection?.state === "closed" && events.length === 5);
    show(page("hidden"));
    await frames(3);
    const before = watch.seen.length;
    show(page("visible"));
    await expect.poll(() => watch.seen.length).toBeGreaterThan(before);
    expect(watch.last).toEqual(ended);
  });
});
