// @ts-check

/** @typedef {import("../../../dist/browser.js").ManagedBacktestSession} ManagedBacktestSession */
/** @typedef {import("../../../dist/browser.js").ParallelSubSession} ParallelSubSession */

/** Longer than this it doesn't take without letting the worker's other tasks run, in ms. */
const SLICE_MS = 8;

/**
 * Takes a session's events, at the pace that is asked for: on and on, or where it stands. What an event brings is the
 * listeners' affair, who see each as it is taken.
 */
export class Taker {
  #session;
  #step;
  /** @type {"hold" | "play" | "discover"} */
  #mode = "hold";
  /** Fires when the mode changes: who waits for an event then waits otherwise. */
  #change = new AbortController();
  #sliceEnd = 0;
  /** Whether the session stands and waits for a continue. */
  isAtStop = false;
  #handlers;

  /**
   * @param {ManagedBacktestSession | ParallelSubSession} session
   * @param {number} step slots between two stops while it plays
   * @param {{ handleRefusal: (error: unknown) => void, handleArrival: () => void }} handlers told when no further discovery could
   *   be reached, and when it has come to one
   */
  constructor(session, step, handlers) {
    this.#session = session;
    this.#step = step;
    this.#handlers = handlers;
    session.on("readyForContinue", () => {
      this.isAtStop = true;
    });
    session.on("paused", () => {
      this.isAtStop = true;
    });
  }

  get mode() {
    return this.#mode;
  }

  /** @param {Taker["mode"]} mode */
  setMode(mode) {
    if (mode === this.#mode) return;
    this.#mode = mode;
    this.#change.abort();
    this.#change = new AbortController();
  }

  /** @param {(session: ManagedBacktestSession | ParallelSubSession) => Promise<void>} request a continue, of whatever kind */
  async move(request) {
    const wasAtStop = this.isAtStop;
    this.setMode("hold");
    this.isAtStop = false;
    try {
      await request(this.#session);
    } catch (error) {
      this.isAtStop = wasAtStop;
      throw error;
    }
  }

  /** Takes all there is. Ends with the session, however that ends: its `closed` tells. */
  async takeAll() {
    for (let isOver = false; !isOver; ) {
      const { signal } = this.#change;
      try {
        if (this.#mode === "play") await this.#play(signal);
        else if (this.#mode === "discover") await this.#discover(signal);
        else await this.#hold(signal);
        isOver = !signal.aborted;
      } catch {
        isOver = !signal.aborted;
      }
    }
  }

  /** @param {AbortSignal} signal */
  async #play(signal) {
    const events = this.#session.run({ step: this.#step, signal });
    for (let done; !done && !signal.aborted; ) {
      // Asking for the next event is what sends the continue.
      this.isAtStop = false;
      ({ done } = await events.next());
      await this.#breathe();
    }
  }

  /** @param {AbortSignal} signal */
  async #hold(signal) {
    for (;;) {
      await this.#session.nextEvent({ signal });
      await this.#breathe();
    }
  }

  /** @param {AbortSignal} signal */
  async #discover(signal) {
    this.isAtStop = false;
    try {
      await this.#session.advanceToDiscovery({ signal });
    } catch (error) {
      if (!signal.aborted) this.#handlers.handleRefusal(error);
    }
    if (signal.aborted) return;
    // Where it stands now, it stays.
    this.setMode("hold");
    this.#handlers.handleArrival();
  }

  /** Events that are there already come in one task: the worker must hear its page in between. */
  async #breathe() {
    const now = performance.now();
    if (now < this.#sliceEnd) return;
    await nextTask();
    this.#sliceEnd = performance.now() + SLICE_MS;
  }
}

const channel = new MessageChannel();
/** @type {(() => void)[]} */
const waiting = [];
channel.port1.onmessage = () => waiting.shift()?.();

/** Unlike a timer's, a message's task isn't held back. @returns {Promise<void>} */
function nextTask() {
  return new Promise((resolve) => {
    waiting.push(resolve);
    channel.port2.postMessage(undefined);
  });
}
