import { type ReactNode, StrictMode, useEffect, version } from "react";
import { createRoot } from "react-dom/client";
import { afterEach, beforeAll, beforeEach, expect, inject, onTestFinished, vi } from "vitest";
import { BacktestClient } from "../../src/client/backtest-client.js";
import type { BacktestClientOptions } from "../../src/client/client-options.js";
import { createLocalSimulator } from "../../src/local/in-page/index.js";
import type { LocalSimulatorOptions } from "../../src/local/server/simulator-options.js";

declare module "vitest" {
  interface ProvidedContext {
    /** The major version of React, set by a test project in vitest.config.ts. @default 19 */
    reactMajor?: "18";
  }
}

export const START = 300_000_000n;
/** Timeout for a busy machine, in ms. */
const TIMEOUT_MS = 20_000;

/** Fails a test if React reports an error on the console, or if the version of React is not the required one. */
export function expectNoConsoleErrors(): void {
  beforeAll(() => {
    expect(version.split(".")[0]).toBe(inject("reactMajor") ?? "19");
  });
  beforeEach(() => {
    vi.spyOn(console, "error");
  });
  afterEach(() => {
    const errors = vi.mocked(console.error).mock.calls;
    vi.restoreAllMocks();
    expect(errors).toEqual([]);
  });
}

/** Records values, so that a test can wait for a certain value. */
export class Watch<T> {
  readonly seen: T[] = [];
  readonly #waiting = new Set<(value: T) => void>();

  readonly see = (value: T): void => {
    this.seen.push(value);
    for (const wake of [...this.#waiting]) wake(value);
  };

  get last(): T | undefined {
    return this.seen.at(-1);
  }

  /** Returns the last value if it matches, and otherwise waits for a value that matches. */
  until(isSo: (value: T) => boolean): Promise<T> {
    const { last } = this;
    if (last !== undefined && isSo(last)) return Promise.resolve(last);
    return new Promise((resolve, reject) => {
      const late = new Error("no matching value in time");
      const timer = setTimeout(() => {
        this.#waiting.delete(wake);
        reject(late);
      }, TIMEOUT_MS);
      const wake = (value: T): void => {
        if (!isSo(value)) return;
        clearTimeout(timer);
        this.#waiting.delete(wake);
        resolve(value);
      };
      this.#waiting.add(wake);
    });
  }
}

/**
 * Opens a simulator in the page, and a client with short retry delays. `sockets` and `sent` record the sockets of the client and
 * the messages that it sends.
 */
export function openSimulator(options: LocalSimulatorOptions = {}, clientOptions: Partial<BacktestClientOptions> = {}) {
  const simulator = createLocalSimulator({ startSlot: START, slots: 1_000, ...options });
  const open = new Set<WebSocket>();
  const sockets = new Watch<number>();
  const sent = new Watch<string>();
  class WatchedSocket extends (simulator.WebSocket as unknown as typeof WebSocket) {
    constructor(url: string | URL, protocols?: string | string[]) {
      super(url, protocols);
      open.add(this);
      this.addEventListener("close", () => {
        open.delete(this);
        sockets.see(open.size);
      });
      sockets.see(open.size);
    }

    override send(data: string): void {
      super.send(data);
      sent.see(data);
    }
  }
  const client = new BacktestClient({
    url: simulator.url,
    WebSocket: WatchedSocket,
    fetch: simulator.fetch,
    reconnect: { initialBackoffMs: 2, maxBackoffMs: 20, jitter: 0 },
    // The client does not log to the console, because a test fails if it finds an error there.
    logger: false,
    ...clientOptions,
  });
  onTestFinished(() => simulator.close());
  return { simulator, client, sockets, sent, program: simulator.programs[0] as string };
}

/** Renders a component in StrictMode until the test ends. */
export function mount(node: ReactNode) {
  const root = createRoot(document.body.appendChild(document.createElement("div")));
  let isMounted = true;
  const unmount = (): void => {
    if (isMounted) root.unmount();
    isMounted = false;
  };
  onTestFinished(unmount);
  const show = (shown: ReactNode): void => root.render(<StrictMode>{shown}</StrictMode>);
  show(node);
  return { show, unmount };
}

/** Records each value after its rendering is committed. */
export function Shown<T>({ value, watch }: { value: T; watch: Watch<T> }): null {
  useEffect(() => watch.see(value), [value, watch]);
  return null;
}

/** Waits for a number of frames. */
export async function frames(count: number): Promise<void> {
  for (let left = count; left > 0; left--) await new Promise((resolve) => requestAnimationFrame(resolve));
}
