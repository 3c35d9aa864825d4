// @ts-check

/** @typedef {import("../../../dist/browser.js").ManagedBacktestSession} ManagedBacktestSession */
/** @typedef {import("../../../dist/browser.js").ParallelSubSession} ParallelSubSession */

/** Longer than this it doesn't take without letting the worker's other tasks run, in ms. */
const SLICE_MS = 8;

/**
 * Takes a session's events, at the pace that is asked for: on and on, or where it stands. What an event brings is the
 * listeners' affair, who see each as it is taken.
 */
export class SessionPlayer {
  #session;
  #step;
  /** @type {"hold" | "play" | "discover"} */
  #mode = "hold";
  /** Fires when the mode changes: who waits for an event then waits otherwise. */
  #change = new AbortController();
  #sliceEnd = 0;
  /** A stop was taken, and what comes next was not asked for yet. */
  #isStopTaken = false;
  #isMoving = false;
  /** Whether the last continue has arrived isn't known, and nobody but the user sends it again. */
  #isUncertain = false;
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
    const handleStop = () => {
      this.#isStopTaken = true;
      this.#isUncertain = false;
    };
    session.on("readyForContinue", handleStop);
    session.on("paused", handleStop);
    session.on("slot", () => {
      this.#isUncertain = false;
    });
    session.on("continuity", ({ kind }) => {
      if (kind === "continueUncertain") this.#isUncertain = true;
    });
  }

  get mode() {
    return this.#mode;
  }

  /** Whether it may be told to go on. */
  get isAtStop() {
    if (this.#isMoving || this.#mode !== "hold") return false;
    return this.#isUncertain || ("checkpoint" in this.#session ? this.#session.checkpoint().atStop : this.#isStopTaken);
  }

  /** @param {SessionPlayer["mode"]} mode */
  setMode(mode) {
    if (mode === this.#mode) return;
    // Whether a continue that is called off was sent, a checkpoint tells; where there is none, it plays up to the next stop.
    const isSoft = this.#mode === "play" && mode === "hold" && !("checkpoint" in this.#session);
    this.#mode = mode;
    if (isSoft) return;
    this.#change.abort();
    this.#change = new AbortController();
  }

  /** @param {(session: ManagedBacktestSession | ParallelSubSession) => Promise<void>} request a continue, of whatever kind */
  async move(request) {
    this.setMode("hold");
    this.#isMoving = true;
    try {
      await request(this.#session);
      this.#isStopTaken = false;
      this.#isUncertain = false;
    } finally {
      this.#isMoving = false;
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
    while (!signal.aborted) {
      // Asking for the next event is what sends the continue.
      this.#isStopTaken = false;
      const { done } = await events.next();
      if (done) return;
      await this.#breathe();
      if (this.#mode === "hold" && this.#isStopTaken) {
        await events.return?.();
        await this.#hold(signal);
      }
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
