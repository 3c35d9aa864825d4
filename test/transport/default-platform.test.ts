import { afterEach, describe, expect, test, vi } from "vitest";
import { WebSocket } from "ws";
import { defaultPlatform } from "../../src/transport/default-platform.js";
import type { PageEvent } from "../../src/transport/platform.js";

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

describe("the platform of Node.js", () => {
  test("the platform of Node.js uses the WebSocket of ws, and has no page", () => {
    expect(defaultPlatform.WebSocket).toBe(WebSocket);
    expect(defaultPlatform.hasPage).toBe(false);
    expect(() => defaultPlatform.onPageEvent(() => {})()).not.toThrow();
  });

  test("the platform of Node.js uses the fake clocks and timers that a test installs after the import", () => {
    vi.useFakeTimers({ now: 1_000 });
    expect(defaultPlatform.now()).toBe(1_000);
    const [fired, cleared] = [vi.fn(), vi.fn()];
    defaultPlatform.setTimeout(fired, 50);
    defaultPlatform.clearTimeout(defaultPlatform.setTimeout(cleared, 50));
    vi.advanceTimersByTime(49);
    expect(fired).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1);
    expect(fired).toHaveBeenCalledOnce();
    expect(cleared).not.toHaveBeenCalled();
  });

  for (const ms of [2 ** 31, Number.POSITIVE_INFINITY]) {
    test(`the platform of Node.js limits a timer of ${ms} ms to 2^31 - 1 ms`, () => {
      const asked = vi.fn((_: () => void, ms: number) => ms as unknown as ReturnType<typeof setTimeout>);
      vi.stubGlobal("setTimeout", asked);
      defaultPlatform.setTimeout(() => {}, ms);
      expect(asked.mock.calls[0]?.[1]).toBe(2 ** 31 - 1);
    });
  }

  test("the platform of Node.js returns random numbers from 0 up to 1", () => {
    const draws = Array.from({ length: 100 }, () => defaultPlatform.random());
    expect(draws.every((draw) => draw >= 0 && draw < 1)).toBe(true);
    expect(new Set(draws).size).toBeGreaterThan(90);
  });

  test("the platform of Node.js returns the requested number of random bytes", () => {
    expect(defaultPlatform.randomHex(16)).toMatch(/^[0-9a-f]{32}$/);
    expect(defaultPlatform.randomHex(16)).not.toBe(defaultPlatform.randomHex(16));
  });

  test("the platform of Node.js reads the global `fetch` at each call, not when the module is imported", async () => {
    vi.stubGlobal("fetch", async (input: string, init?: RequestInit) => new Response(`${init?.method ?? "GET"} ${input}`));
    const response = await defaultPlatform.fetch("https://host/", { method: "POST" });
    expect(await response.text()).toBe("POST https://host/");
  });
});

describe("the platform of a page", () => {
  function page() {
    const document = Object.assign(new EventTarget(), { visibilityState: "visible" });
    const window = new EventTarget();
    vi.stubGlobal("document", document);
    vi.stubGlobal("window", window);
    const events: PageEvent[] = [];
    const stop = defaultPlatform.onPageEvent((event) => events.push(event));
    const fire = (target: EventTarget, type: string, more: object = {}): void => {
      target.dispatchEvent(Object.assign(new Event(type), more));
    };
    return { document, window, events, stop, fire };
  }

  test("`hasPage` is true if window and document exist", () => {
    page();
    expect(defaultPlatform.hasPage).toBe(true);
  });

  test("the platform of a page reports when the page freezes, thaws, enters or leaves the back/forward cache, goes online or offline, or becomes visible", () => {
    const { document, window, events, fire } = page();
    fire(document, "freeze");
    fire(document, "resume");
    fire(window, "pagehide", { persisted: true });
    fire(window, "pageshow", { persisted: true });
    fire(window, "offline");
    fire(window, "online");
    fire(document, "visibilitychange");
    expect(events).toEqual(["frozen", "thawed", "frozen", "thawed", "offline", "online", "visible"]);
  });

  test("the platform of a page reports no event when the page is loaded, unloaded or hidden", () => {
    const { document, window, events, fire } = page();
    fire(window, "pagehide", { persisted: false });
    fire(window, "pageshow", { persisted: false });
    document.visibilityState = "hidden";
    fire(document, "visibilitychange");
    expect(events).toEqual([]);
  });

  test("the platform of a page does not call a removed listener", () => {
    const { document, window, events, stop, fire } = page();
    stop();
    for (const type of ["freeze", "resume", "visibilitychange"]) fire(document, type, { persisted: true });
    for (const type of ["pagehide", "pageshow", "online", "offline"]) fire(window, type, { persisted: true });
    expect(events).toEqual([]);
  });
});
