import type { ManagedEvent } from "../../src/channels/managed-events.js";
import type { ManagedBacktestSession } from "../../src/session/managed-backtest-session.js";
import type { ParallelSubSession } from "../../src/session/managed-parallel-session.js";
import type { Subscription } from "../../src/session/subscription.js";
import type { Scenario } from "./scenario.js";
import type { SeededRandom } from "./seeded-random.js";
import type { SimulatedProcess } from "./simulated-process.js";

export type AnySession = ManagedBacktestSession | ParallelSubSession;

/** What a consumer works with. */
export interface ConsumerHost {
  scenario: Scenario;
  process: SimulatedProcess;
  random: SeededRandom;
  /** Takes an event that was delivered. */
  deliver(event: ManagedEvent): void;
  /** Counts a continue that the consumer asks for. */
  continuing(): void;
  note(text: string): void;
  /** Whether the session stands at a stop already, as a resumed one may. */
  isAtStop: boolean;
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

/** How long a consumer waits for a sign of an uncertain continue before it sends another, in ms. */
const UNCERTAIN_MS = 45_000;

/** Consumes a session in a style to its end. Resolves with the code of the error that ended it, if one did. */
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
  run: (session, host) => loop(() => session.run(stepOf(host)), host),

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

  steps: (session, host) =>
    stepThrough(session, host, async (signal) => {
      host.continuing();
      const { outcome } = await session.continueUntilReady({ advanceCount: host.scenario.step ?? 1_000 }, { signal });
      return outcome;
    }),

  discoveries: (session, host) =>
    stepThrough(session, host, (signal) => {
      // A bare continue where it stands still, and a continueTo.
      host.continuing();
      host.continuing();
      return session.advanceToDiscovery({ signal });
    }),

  waitsBesideRun: async (session, host) => {
    const waiting = async (): Promise<void> => {
      for (let left = 3; left > 0; left--)
        await session.waitForStatus(host.random.pick(["executedBlockTransactions", "executingBlockTransactions"]));
    };
    waiting().catch((error: { code?: string }) => host.note(`waitForStatus rejected: ${error.code}`));
    await loop(() => session.run(stepOf(host)), host);
  },

  subscriptionLoops: async (session, host) => {
    const loops = session.subscriptions.map((subscription) => subscriptionLoop(subscription, host));
    await loop(() => session.run(stepOf(host)), host);
    await Promise.all(loops);
  },
};

async function subscriptionLoop(subscription: Subscription, host: ConsumerHost): Promise<void> {
  const events = subscription as unknown as AsyncIterable<ManagedEvent>;
  try {
    for await (const event of events) {
      host.deliver(event);
      await linger(host);
    }
  } catch (error) {
    host.note(`a subscription's loop ended with ${(error as { code?: string }).code}`);
  }
}

function stepOf({ scenario: { step } }: ConsumerHost): { step?: number } {
  return step === undefined ? {} : { step };
}

/** Iterates to the end; leaves the loop and begins another as often as the scenario says. */
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

/** Steps to the end, with listeners for the events. A step whose continue was lost is called off and taken anew. */
async function stepThrough(
  session: AnySession,
  host: ConsumerHost,
  step: (signal: AbortSignal) => Promise<unknown>,
): Promise<void> {
  let events = 0;
  let controller = new AbortController();
  const callOffIfQuiet = (): void => {
    const before = events;
    host.process.setTimeout(() => {
      if (events === before) controller.abort();
      else if (events < before + 3) callOffIfQuiet();
    }, UNCERTAIN_MS);
  };
  listen(session, host, (event) => {
    events++;
    if (event.type === "continuity" && event.kind === "continueUncertain") callOffIfQuiet();
  });
  for (;;) {
    try {
      if ((await step(controller.signal)) === "completed") break;
    } catch (error) {
      if (!controller.signal.aborted) throw error;
      host.note("a step was called off");
      controller = new AbortController();
    }
    await linger(host);
  }
  await throwIfFailed(session);
}

/** Continues at each stop, as a user's program does. */
class Continuing {
  readonly #session: AnySession;
  readonly #host: ConsumerHost;
  #events = 0;

  constructor(session: AnySession, host: ConsumerHost) {
    this.#session = session;
    this.#host = host;
    if (host.isAtStop) this.#continue();
  }

  handle(event: ManagedEvent): void {
    this.#events++;
    if (event.type === "readyForContinue" || event.type === "paused") this.#continue();
    if (event.type === "continuity" && event.kind === "continueUncertain") this.#resendIfQuiet();
  }

  #continue(): void {
    const { scenario } = this.#host;
    this.#host.continuing();
    this.#session.continue({ advanceCount: scenario.step ?? 1_000 }).catch((error: { code?: string }) => {
      this.#host.note(`continue rejected: ${error.code}`);
    });
  }

  /** The user decides: if nothing comes for long, the continue was lost. */
  #resendIfQuiet(): void {
    const { process } = this.#host;
    const before = this.#events;
    process.setTimeout(() => {
      if (this.#events === before) this.#continue();
      else if (this.#events < before + 3) this.#resendIfQuiet();
    }, UNCERTAIN_MS);
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
  return new Promise((resolve) => process.setTimeout(resolve, ms));
}
