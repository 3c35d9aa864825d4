// @ts-check

/** @typedef {import("../../../dist/browser.js").ManagedBacktestSession} ManagedBacktestSession */
/** @typedef {import("../../../dist/browser.js").ParallelSubSession} ParallelSubSession */

/** Maximum time, in ms, for which events are consumed before other tasks in the worker can run. */
const SLICE_MS = 8;

/** Consumes the events of a session: with `run()` while the session plays, with `nextEvent()` in all other modes. */
export class SessionPlayer {
  #session;
  #step;
  /** @type {"hold" | "play" | "discover"} */
  #mode = "hold";
  /** Aborted when the player switches between `run()` and `nextEvent()`. The abort ends the current wait. */
  #change = new AbortController();
  #discovery = new AbortController();
  #sliceEnd = 0;
  /** Whether a stop was delivered, and no `continue` request was sent after that stop. */
  #isStopDelivered = false;
  #isMoving = false;
  /** Whether the last `continue` request was possibly lost. If so, the user can send a new request. */
  #isUncertain = false;
  #handlers;

  /**
   * @param {ManagedBacktestSession | ParallelSubSession} session
   * @param {number} step slots between two stops while the session plays
   * @param {{ handleRefusal: (error: unknown) => void, handleDiscovery: () => void }} handlers called when no
   *   further discovery could be reached, and when one was reached
   */
  constructor(session, step, handlers) {
    this.#session = session;
    this.#step = step;
    this.#handlers = handlers;
    const handleStop = () => {
      this.#isStopDelivered = true;
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

  /** Whether a `continue` request can be sent. */
  get isAtStop() {
    if (this.#isMoving || this.#mode !== "hold") return false;
    return this.#isUncertain || ("checkpoint" in this.#session ? this.#session.checkpoint().atStop : this.#isStopDelivered);
  }

  /** @param {SessionPlayer["mode"]} mode */
  setMode(mode) {
    if (mode === this.#mode) return;
    const isConsumerChanged = mode === "play" || this.#mode === "play";
    // The `run()` of a session without `checkpoint()` is not aborted, but ends at the next stop (`readyForContinue` or `paused`).
    // After an abort, the player could not detect whether `run()` has sent a `continue` request.
    const isDeferred = this.#mode === "play" && !("checkpoint" in this.#session);
    this.#mode = mode;
    this.#discovery.abort();
    this.#discovery = new AbortController();
    if (mode === "discover") void this.#discover(this.#discovery.signal);
    if (!isConsumerChanged || isDeferred) return;
    this.#change.abort();
    this.#change = new AbortController();
  }

  /** @param {(session: ManagedBacktestSession | ParallelSubSession) => Promise<void>} request sends a continue */
  async move(request) {
    this.setMode("hold");
    this.#isMoving = true;
    try {
      await request(this.#session);
      this.#isStopDelivered = false;
      this.#isUncertain = false;
    } finally {
      this.#isMoving = false;
    }
  }

  /** Consumes all events. Resolves when the session has ended or failed. */
  async consumeAll() {
    for (let isOver = false; !isOver; ) {
      const { signal } = this.#change;
      try {
        if (this.#mode === "play") await this.#play(signal);
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
    // `run()` sends a `continue` request, so the session leaves the stop (`readyForContinue` or `paused`).
    this.#isStopDelivered = false;
    for await (const _ of events) {
      await this.#yieldToTasks();
      if (signal.aborted) return;
      if (this.#mode !== "play" && this.#isStopDelivered) break;
      this.#isStopDelivered = false;
    }
    if (this.#mode !== "play") await this.#hold(signal);
  }

  /** @param {AbortSignal} signal */
  async #hold(signal) {
    for (;;) {
      await this.#session.nextEvent({ signal });
      await this.#yieldToTasks();
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
    this.setMode("hold");
    this.#handlers.handleDiscovery();
  }

  /** Lets the worker handle messages from the page. Without this call, all buffered events would be delivered in one task. */
  async #yieldToTasks() {
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

/** Resolves in a new task. Uses a message instead of a timer, because browsers throttle timers. @returns {Promise<void>} */
function nextTask() {
  return new Promise((resolve) => {
    waiting.push(resolve);
    channel.port2.postMessage(undefined);
  });
}
