import type { ManagedEvent, SubscriptionEvent } from "../../src/channels/managed-events.js";
import type { SimulatorError } from "../../src/protocol/simulator-error.js";
import type { RunOptions } from "../../src/session/continues/run.js";
import type { ManagedBacktestSession } from "../../src/session/managed-backtest-session.js";
import type { ParallelSubSession } from "../../src/session/managed-parallel-session.js";
import type { Subscription } from "../../src/session/subscription.js";
import type { Scenario } from "./scenario.js";
import type { SeededRandom } from "./seeded-random.js";
import type { SimulatedProcess } from "./simulated-process.js";

export type AnySession = ManagedBacktestSession | ParallelSubSession;

/** What a consumer needs from the simulation. */
export interface ConsumerHost {
  scenario: Scenario;
  process: SimulatedProcess;
  random: SeededRandom;
  /** Records a delivered event. */
  deliver(event: ManagedEvent, isOwnStream?: boolean): void;
  /** Counts a continue request that the consumer sends without `run()`. */
  continuing(): void;
  note(text: string): void;
  /** Whether `completed` was delivered on the session's stream. */
  isCompleted(): boolean;
  /** Whether the session is already at a stop. This is possible if the session was resumed. */
  isAtStop: boolean;
  /** Whether the consumer resumes a session from a checkpoint. */
  isResumed: boolean;
}

const EVENT_TYPES = [
  "readyForContinue",
  "paused",
  "discoveryBatch",
  "slot",
  "status",
  "completed",
  "error",
  "transaction",
  "accountDiff",
  "actionResult",
  "diagnostic",
  "replacement",
  "logs",
  "account",
  "programAccount",
  "signature",
  "slotUpdate",
  "unrecognized",
  "continuity",
] as const satisfies ManagedEvent["type"][];

const SUBSCRIPTION_EVENT_TYPES = EVENT_TYPES.slice(EVENT_TYPES.indexOf("transaction")) as SubscriptionEvent["type"][];

/** How long a consumer waits for progress after an uncertain continue request, in ms. The consumer then sends another request. */
const UNCERTAIN_MS = 45_000;

/** Consumes a session to its end, in the style `scenario.consumer`. Resolves with the error code if the session fails. */
export async function consume(session: AnySession, host: ConsumerHost): Promise<string | undefined> {
  try {
    await STYLES[host.scenario.consumer](session, host);
    return undefined;
  } catch (error) {
    const { code, message, stack } = error as { code?: string; message?: string; stack?: string };
    host.note(`consumer ended with ${code}: ${message}`);
    return code ?? `not a SimulatorError: ${stack}`;
  }
}

type Style = (session: AnySession, host: ConsumerHost) => Promise<void>;

const STYLES: Record<Scenario["consumer"], Style> = {
  run: (session, host) => loop(() => session.run(runOptions(host)), host),

  iterate: (session, host) => {
    const continuing = new Continuing(session, host);
    return loop(
      () => session,
      host,
      (event) => continuing.handle(event),
    );
  },

  nextEvent: async (session, host) => {
    const continuing = new Continuing(session, host);
    for (;;) {
      let event: ManagedEvent;
      try {
        event = await session.nextEvent();
      } catch (error) {
        if ((await ended(session)).reason !== "failed") return;
        throw error;
      }
      host.deliver(event);
      continuing.handle(event);
      await linger(host);
    }
  },

  listeners: async (session, host) => {
    const continuing = new Continuing(session, host);
    listen(session, host, (event) => continuing.handle(event));
    await throwIfFailed(session);
  },

  steps: (session, host) => {
    const step = async (signal: AbortSignal): Promise<string> => {
      host.continuing();
      return (await session.continueUntilReady({ advanceCount: host.scenario.step ?? 1_000 }, { signal })).outcome;
    };
    return stepThrough(session, host, step, (controller) => controller.abort());
  },

  discoveries: (session, host) => {
    const step = (signal: AbortSignal): Promise<unknown> => {
      // One call for each request that `advanceToDiscovery` can send: `continue` and `continueTo`.
      host.continuing();
      host.continuing();
      return session.advanceToDiscovery({ signal });
    };
    // If a continue request is lost, sends a new one. A second call of `step` could miss a `discoveryBatch` that the first call read.
    return stepThrough(session, host, step, () => {
      host.continuing();
      session
        .continue({ advanceCount: 1_000 })
        .catch((error: { code?: string }) => host.note(`continue rejected: ${error.code}`));
    });
  },

  waitsBesideRun: async (session, host) => {
    const waiting = async (): Promise<void> => {
      for (let left = 3; left > 0; left--)
        await session.waitForStatus(host.random.pick(["executedBlockTransactions", "executingBlockTransactions"]));
    };
    waiting().catch((error: { code?: string }) => host.note(`waitForStatus rejected: ${error.code}`));
    await loop(() => session.run(runOptions(host)), host);
  },

  subscriptionLoops: async (session, host) => {
    const loops = session.subscriptions.map((subscription) => subscriptionLoop(subscription, host));
    await loop(() => session.run(runOptions(host)), host);
    await Promise.all(loops);
  },

  subscriptionListeners: async (session, host) => {
    for (const subscription of session.subscriptions) listenInTurns(subscription, host);
    await loop(() => session.run(runOptions(host)), host);
  },
};

async function subscriptionLoop(subscription: Subscription, host: ConsumerHost): Promise<void> {
  const events = subscription as unknown as AsyncIterable<ManagedEvent>;
  try {
    for (let breaks = host.scenario.breaks; ; breaks--) {
      let left = breaks > 0 ? host.random.int(1, 10) : Number.POSITIVE_INFINITY;
      for await (const event of events) {
        host.deliver(event, true);
        await linger(host);
        if (--left <= 0) break;
      }
      if (left > 0) return;
      host.note("a subscription's loop was left");
      await sleep(host, host.random.int(0, 500));
    }
  } catch (error) {
    host.note(`a subscription's loop ended with ${(error as { code?: string }).code}`);
  }
}

/** Listens to a subscription. The listeners are removed and added again as often as the scenario requires. */
function listenInTurns(subscription: Subscription, host: ConsumerHost, breaks = Math.max(1, host.scenario.breaks)): void {
  let left = breaks > 0 ? host.random.int(1, 10) : Number.POSITIVE_INFINITY;
  const listener = (event: ManagedEvent): void => {
    host.deliver(event, true);
    if (--left !== 0) return;
    for (const type of SUBSCRIPTION_EVENT_TYPES) subscription.off(type, listener);
    host.note("a subscription's listeners were removed");
    // After a delay, either releases the subscription or adds new listeners.
    host.process.postLater(host.random.int(0, 500), () => {
      if (host.random.chance(0.5) && !host.isCompleted()) subscription.release();
      else listenInTurns(subscription, host, breaks - 1);
    });
  };
  for (const type of SUBSCRIPTION_EVENT_TYPES) subscription.on(type, listener);
}

function runOptions({ scenario: { step, keepsUntilHandled } }: ConsumerHost): RunOptions {
  return { ...(step !== undefined && { step }), keepUntilHandled: keepsUntilHandled };
}

/** Iterates to the end. Exits the loop and starts another loop as often as the scenario requires. */
async function loop(
  begin: () => AsyncIterable<ManagedEvent>,
  host: ConsumerHost,
  handle: (event: ManagedEvent) => void = () => {},
): Promise<void> {
  for (let breaks = host.scenario.breaks; ; breaks--) {
    let left = breaks > 0 ? host.random.int(1, 20) : Number.POSITIVE_INFINITY;
    let isOver = true;
    for await (const event of begin()) {
      host.deliver(event);
      handle(event);
      await linger(host);
      if (--left <= 0 && event.type !== "completed") {
        isOver = false;
        break;
      }
    }
    if (isOver) return;
    host.note("the loop was left");
    await sleep(host, host.random.int(0, 500));
  }
}

function listen(session: AnySession, host: ConsumerHost, handle: (event: ManagedEvent) => void = () => {}): void {
  for (const type of EVENT_TYPES) {
    session.on(type, (event: ManagedEvent) => {
      host.deliver(event);
      handle(event);
    });
  }
}

/**
 * Calls `step` until the session has completed. Listeners receive the events.
 *
 * @param recover called when a continue request is lost. If `recover` aborts the `controller`, `step` is called again
 */
async function stepThrough(
  session: AnySession,
  host: ConsumerHost,
  step: (signal: AbortSignal) => Promise<unknown>,
  recover: (controller: AbortController) => void,
): Promise<void> {
  let controller = new AbortController();
  const uncertain = new UncertainContinue(host, () => recover(controller));
  let handleStop = (): void => {};
  listen(session, host, (event) => {
    uncertain.handle(event);
    if (STOPS.has(event.type)) handleStop();
  });
  for (;;) {
    try {
      if ((await step(controller.signal)) === "completed") break;
    } catch (error) {
      // The session has ended: no step is left.
      if ((error as SimulatorError).code === "controlClosed") break;
      const isInFlight = isContinueRunning(error as SimulatorError, host);
      if (!controller.signal.aborted && !isInFlight) throw error;
      host.note(isInFlight ? "waits for the continue that is in flight" : "a step was called off");
      controller = new AbortController();
      if (isInFlight) {
        const stopped = new Promise<void>((resolve) => {
          handleStop = resolve;
          controller.signal.addEventListener("abort", () => resolve());
        });
        await Promise.race([stopped, session.closed]);
        controller = new AbortController();
      }
    }
    await linger(host);
    if ((await Promise.race([session.closed, undefined]))?.reason === "completed") break;
  }
  await throwIfFailed(session);
}

/** Whether a continue request was refused because another continue request is still running. */
function isContinueRunning({ code, remote }: SimulatorError, { isResumed }: ConsumerHost): boolean {
  return code === "continueInFlight" || (isResumed && code === "remote" && remote?.kind === "invalidRequest");
}

const CONTROL = new Set<ManagedEvent["type"]>(["slot", "status", "readyForContinue", "paused", "discoveryBatch", "error"]);
/**
 * After one of these events, the next stop (`readyForContinue` or `paused`) can be missing: the stop or the continue request was
 * possibly lost.
 */
const MAY_BE_LOST = new Set(["continueUncertain", "gap"]);
/** Events that occur while a continue request is executed. */
const EXECUTED = new Set<ManagedEvent["type"]>(["slot", "status"]);
const STOPS = new Set<ManagedEvent["type"]>(["readyForContinue", "paused", "completed"]);

/** Watches a continue request that was possibly lost on the way to the server. If no control event follows, calls `handleLost`. */
class UncertainContinue {
  readonly #host: ConsumerHost;
  readonly #handleLost: () => void;
  #controlEvents = 0;
  #isUncertain = false;
  #hasExecuted = false;

  constructor(host: ConsumerHost, handleLost: () => void) {
    this.#host = host;
    this.#handleLost = handleLost;
    // If the session was resumed, it is unknown whether the last continue request of the previous client reached the server.
    if (host.isResumed) this.#expectLoss();
  }

  handle({ type, ...event }: ManagedEvent): void {
    if (CONTROL.has(type)) this.#controlEvents++;
    if (EXECUTED.has(type)) this.#hasExecuted = true;
    const isAnswered = STOPS.has(type) && this.#hasExecuted && !this.#host.isResumed;
    if (type === "completed" || isAnswered) this.#isUncertain = false;
    if (type === "continuity" && "kind" in event && MAY_BE_LOST.has(event.kind)) this.#expectLoss();
  }

  #expectLoss(): void {
    if (this.#isUncertain) return;
    this.#isUncertain = true;
    this.#hasExecuted = false;
    this.#watch();
  }

  #watch(): void {
    const before = this.#controlEvents;
    this.#host.process.postLater(UNCERTAIN_MS, () => {
      if (!this.#isUncertain) return;
      if (this.#controlEvents === before) this.#handleLost();
      this.#watch();
    });
  }
}

/** Sends a continue request at each stop (`readyForContinue` or `paused`), as a user's program does. */
class Continuing {
  readonly #session: AnySession;
  readonly #host: ConsumerHost;
  readonly #uncertain: UncertainContinue;

  constructor(session: AnySession, host: ConsumerHost) {
    this.#session = session;
    this.#host = host;
    this.#uncertain = new UncertainContinue(host, () => this.#continue());
    if (host.isAtStop) this.#continue();
  }

  handle(event: ManagedEvent): void {
    this.#uncertain.handle(event);
    if (event.type === "readyForContinue" || event.type === "paused") this.#continue();
  }

  #continue(): void {
    const { scenario } = this.#host;
    this.#host.continuing();
    this.#session.continue({ advanceCount: scenario.step ?? 1_000 }).catch((error: { code?: string }) => {
      this.#host.note(`continue rejected: ${error.code}`);
    });
  }
}

async function throwIfFailed(session: AnySession): Promise<void> {
  const { reason, error } = await session.closed;
  if (reason === "failed") throw error;
}

async function ended(session: AnySession): Promise<{ reason: string }> {
  return session.closed;
}

async function linger(host: ConsumerHost): Promise<void> {
  const { slowMs } = host.scenario;
  if (slowMs > 0 && host.random.chance(0.5)) await sleep(host, host.random.int(0, slowMs));
}

function sleep({ process }: ConsumerHost, ms: number): Promise<void> {
  return new Promise((resolve) => process.postLater(ms, resolve));
}
