import { createElement, StrictMode, Suspense } from "react";
import { renderToString } from "react-dom/server";
import { afterEach, describe, expect, test, vi } from "vitest";
import { BacktestClient } from "../../src/client/backtest-client.js";
import {
  useAccount,
  useBacktestSession,
  useConnectionStatus,
  useEventHandler,
  useEvents,
  useSlotProgress,
  useSubscription,
  useTransactions,
} from "../../src/react/index.js";

const sockets = vi.fn();

class NoSocket {
  constructor() {
    sockets();
  }
}

const client = new BacktestClient({ url: "ws://127.0.0.1:1", WebSocket: NoSocket as never });
const setup = vi.fn();

function Page({ slots }: { slots: number | null }) {
  const { state, session } = useBacktestSession(client, slots === null ? null : { startSlot: 1n, slotCount: slots }, {
    setup,
    run: true,
  });
  const connection = useConnectionStatus(session);
  const { done, total } = useSlotProgress(session);
  const { events } = useEvents(session);
  useEventHandler(session, ["slot"], setup);
  useSubscription(session, "slot", []);
  useTransactions(session, ["program"]);
  useAccount(session, "account");
  return createElement("p", null, `${state} ${connection.state} ${done}/${total} ${events.length}`);
}

afterEach(() => {
  vi.restoreAllMocks();
});

describe("server rendering", () => {
  test.each([
    [5, "starting"],
    [null, "idle"],
  ])("server rendering of a component with %s slots shows the state %s, and starts no session", async (slots, state) => {
    const complaints = vi.spyOn(console, "error");
    const timers = vi.spyOn(globalThis, "setTimeout");
    const page = createElement(StrictMode, null, createElement(Suspense, null, createElement(Page, { slots })));
    expect(renderToString(page)).toContain(`<p>${state} idle 0/0 0</p>`);
    expect(timers).not.toHaveBeenCalled();
    expect(complaints).not.toHaveBeenCalled();
    // Waits long enough for a started session to create its socket.
    await new Promise((resolve) => setImmediate(resolve));
    expect(sockets).not.toHaveBeenCalled();
    expect(setup).not.toHaveBeenCalled();
  });

  test("client.startSession() creates a WebSocket if it is called outside a React component", async () => {
    const starting = client.startSession({ startSlot: 1n, slotCount: 5 }).catch(() => {});
    await vi.waitFor(() => expect(sockets).toHaveBeenCalled(), 60_000);
    await client.close();
    await starting;
  });
});
