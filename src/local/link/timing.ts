/*
 * Timers are looked up on globalThis at each call, so that a test's clock that replaces them counts.
 */

/** Runs something later; what comes back calls it off. */
export function later(ms: number, run: () => void, options: { keepsProcess: boolean }): () => void {
  const timer: unknown = globalThis.setTimeout(run, ms);
  if (!options.keepsProcess && typeof timer === "object" && timer !== null && "unref" in timer) {
    (timer as { unref(): void }).unref();
  }
  return () => globalThis.clearTimeout(timer as ReturnType<typeof setTimeout>);
}

let channel: MessageChannel | undefined;
const waiting: (() => void)[] = [];

/**
 * Runs something in a macrotask of its own. Browsers hold a nested `setTimeout(0)` back by 4 ms, and by a second in a
 * hidden tab (HTML, "timer initialization steps"): there a message channel does it.
 */
export function soon(run: () => void): void {
  const { setImmediate } = globalThis as { setImmediate?: (run: () => void) => unknown };
  if (typeof setImmediate === "function") {
    setImmediate(run);
  } else if (typeof MessageChannel === "function") {
    channel ??= openChannel();
    waiting.push(run);
    channel.port2.postMessage(null);
  } else {
    globalThis.setTimeout(run, 0);
  }
}

function openChannel(): MessageChannel {
  const opened = new MessageChannel();
  opened.port1.onmessage = () => waiting.shift()?.();
  return opened;
}

/** Lets sockets and timers have their turn. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => soon(resolve));
}
