import { afterEach, describe, expect, test, vi } from "vitest";
import { BacktestClient, type PageEvent } from "../../src/index.js";
import { createLocalSimulator } from "../../src/local/in-page/index.js";
import { forwardPageEvents, receivePageEvents } from "../../src/transport/page-event-bridge.js";

afterEach(() => vi.unstubAllGlobals());

/** Returns a page that only emits events. */
function fakePage() {
  const window = new EventTarget();
  const document = Object.assign(new EventTarget(), { visibilityState: "visible" });
  vi.stubGlobal("window", window);
  vi.stubGlobal("document", document);
  return { window, document };
}

const transition = (type: string, persisted: boolean) => Object.assign(new Event(type), { persisted });

/** Resolves with the next messages that a worker receives. */
function receive(port: MessagePort, count: number): Promise<PageEvent[]> {
  const life = receivePageEvents(port);
  const events: PageEvent[] = [];
  return new Promise((resolve) => {
    const stop = life.onPageEvent((event) => {
      if (events.push(event) < count) return;
      stop();
      resolve(events);
    });
  });
}

describe("forwardPageEvents", () => {
  test("forwardPageEvents forwards page events in order until it is stopped", async () => {
    const { window, document } = fakePage();
    const { port1, port2 } = new MessageChannel();
    const stop = forwardPageEvents(port1);
    const received = receive(port2, 7);
    document.dispatchEvent(new Event("freeze"));
    document.dispatchEvent(new Event("resume"));
    window.dispatchEvent(transition("pagehide", true));
    window.dispatchEvent(transition("pageshow", true));
    window.dispatchEvent(new Event("offline"));
    window.dispatchEvent(new Event("online"));
    // A page that is being unloaded is not reported as frozen.
    window.dispatchEvent(transition("pagehide", false));
    document.dispatchEvent(new Event("visibilitychange"));
    expect(await received).toEqual(["frozen", "thawed", "frozen", "thawed", "offline", "online", "visible"]);
    stop();
    window.dispatchEvent(new Event("offline"));
    port1.postMessage("visible");
    expect(await receive(port2, 1)).toEqual(["visible"]);
    port1.close();
  });
});

describe("a client with the option pageEvents", () => {
  const START = 300_000_000;

  test("a client with the option pageEvents closes its socket when the page is frozen, and loses no event", async () => {
    const { port1, port2 } = new MessageChannel();
    const simulator = createLocalSimulator({ startSlot: START, slots: 30 });
    const { url, WebSocket, fetch } = simulator;
    const client = new BacktestClient({
      url,
      WebSocket,
      fetch,
      pageEvents: receivePageEvents(port2),
      reconnect: { initialBackoffMs: 1 },
    });
    const session = await client.startSession({ startSlot: START, slotCount: 20 });
    const suspended = new Promise<void>((resolve) => {
      session.on("connection", ({ status }) => {
        if (status.state === "down" && status.phase === "suspended") resolve();
      });
    });
    port1.postMessage("frozen");
    await suspended;
    port1.postMessage("thawed");
    const slots: bigint[] = [];
    for await (const event of session.run()) if (event.type === "slot") slots.push(event.slot);
    expect(slots).toHaveLength(20);
    expect(session.diagnostics.reconnects).toEqual({ control: 1 });
    await client.close();
    await simulator.close();
    port1.close();
  });

  test("a client with the option pageEvents requests a disconnect timeout of 900 s, like a client in a page", async () => {
    const { port2 } = new MessageChannel();
    const simulator = createLocalSimulator({ startSlot: START, slots: 30 });
    const sent: string[] = [];
    class Listening extends simulator.WebSocket {
      override send(data: string): void {
        sent.push(data);
        super.send(data);
      }
    }
    const { url, fetch } = simulator;
    for (const page of [undefined, receivePageEvents(port2)]) {
      const client = new BacktestClient({ url, WebSocket: Listening, fetch, ...(page && { pageEvents: page }) });
      await client.startSession({ startSlot: START, slotCount: 20 });
      await client.close();
    }
    const timeouts = sent.flatMap(
      (text) => /"disconnect_timeout_secs":(\d+)/i.exec(text)?.[1] ?? /"disconnectTimeoutSecs":(\d+)/.exec(text)?.[1] ?? [],
    );
    expect(timeouts).toEqual(["360", "900"]);
    await simulator.close();
    port2.close();
  });
});
