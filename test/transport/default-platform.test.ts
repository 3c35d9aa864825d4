import { afterEach, describe, expect, test, vi } from "vitest";
import { WebSocket } from "ws";
import { defaultPlatform } from "../../src/transport/default-platform.js";
import type { PageEvent } from "../../src/transport/platform.js";

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

describe("the platform of Node.js", () => {
  test("has ws for a WebSocket, and no page", () => {
    expect(defaultPlatform.WebSocket).toBe(WebSocket);
    expect(defaultPlatform.hasPage).toBe(false);
    expect(() => defaultPlatform.onPageEvent(() => {})()).not.toThrow();
  });

  test("has time and timers that follow what replaces them", () => {
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
    test(`a timer of ${ms} ms doesn't fire at once, as it would if it were passed on`, () => {
      const asked = vi.fn((_: () => void, ms: number) => ms as unknown as ReturnType<typeof setTimeout>);
      vi.stubGlobal("setTimeout", asked);
      defaultPlatform.setTimeout(() => {}, ms);
      expect(asked.mock.calls[0]?.[1]).toBe(2 ** 31 - 1);
    });
  }

  test("draws from 0 up to 1", () => {
    const draws = Array.from({ length: 100 }, () => defaultPlatform.random());
    expect(draws.every((draw) => draw >= 0 && draw < 1)).toBe(true);
    expect(new Set(draws).size).toBeGreaterThan(90);
  });

  test("gives as many random bytes as are asked for, each time others", () => {
    expect(defaultPlatform.randomHex(16)).toMatch(/^[0-9a-f]{32}$/);
    expect(defaultPlatform.randomHex(16)).not.toBe(defaultPlatform.randomHex(16));
  });

  test("fetches by whatever fetch there is at the call", async () => {
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
    const told: PageEvent[] = [];
    const stop = defaultPlatform.onPageEvent((event) => told.push(event));
    const fire = (target: EventTarget, type: string, more: object = {}): void => {
      target.dispatchEvent(Object.assign(new Event(type), more));
    };
    return { document, window, told, stop, fire };
  }

  test("is known by its window and document", () => {
    page();
    expect(defaultPlatform.hasPage).toBe(true);
  });

  test("tells of freezing, of the back/forward cache, of the network and of coming to the front", () => {
    const { document, window, told, fire } = page();
    fire(document, "freeze");
    fire(document, "resume");
    fire(window, "pagehide", { persisted: true });
    fire(window, "pageshow", { persisted: true });
    fire(window, "offline");
    fire(window, "online");
    fire(document, "visibilitychange");
    expect(told).toEqual(["frozen", "thawed", "frozen", "thawed", "offline", "online", "visible"]);
  });

  test("says nothing of a page that goes for good, of one that is new, or of one that is hidden: it goes on working", () => {
    const { document, window, told, fire } = page();
    fire(window, "pagehide", { persisted: false });
    fire(window, "pageshow", { persisted: false });
    document.visibilityState = "hidden";
    fire(document, "visibilitychange");
    expect(told).toEqual([]);
  });

  test("tells nobody any more who has stopped listening", () => {
    const { document, window, told, stop, fire } = page();
    stop();
    for (const type of ["freeze", "resume", "visibilitychange"]) fire(document, type, { persisted: true });
    for (const type of ["pagehide", "pageshow", "online", "offline"]) fire(window, type, { persisted: true });
    expect(told).toEqual([]);
  });
});
