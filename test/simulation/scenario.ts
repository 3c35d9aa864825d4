import type { SubscriptionKindName } from "../../src/channels/subscription-kinds.js";
import { syntheticEngine } from "../../src/local/engine/synthetic/synthetic-engine.js";
import { type LocalSimulatorOptions, readLedgerPlan } from "../../src/local/server/simulator-options.js";
import type { Carriage } from "./pipe.js";
import type { SeededRandom } from "./seeded-random.js";

/** How the events of a session are consumed. */
export type ConsumerStyle =
  /** `for await` over `run()`. */
  | "run"
  /** A `for await` loop over the session sends a continue request at each stop (`readyForContinue` or `paused`). */
  | "iterate"
  /** Calls of `nextEvent`. */
  | "nextEvent"
  /** Event listeners. At each stop (`readyForContinue` or `paused`), a listener sends a continue request. */
  | "listeners"
  /** `continueUntilReady` in a loop, with listeners for the events. */
  | "steps"
  /** `advanceToDiscovery` in a loop, with listeners for the events. */
  | "discoveries"
  /** `run()` reads the events, while other code calls `waitForStatus`. */
  | "waitsBesideRun"
  /** `run()` reads the session's stream. A separate loop reads each subscription. */
  | "subscriptionLoops"
  /** `run()` reads the session's stream. Listeners receive the events of each subscription. */
  | "subscriptionListeners";

export interface SubscriptionPlan {
  kind: SubscriptionKindName;
  filters: string[];
  /** The number of delivered events after which the client subscribes. 0 means before the first event. */
  afterEvents: number;
  /** Additional members of the subscribe request, such as `intraSlotUpdates`. */
  config?: Readonly<Record<string, unknown>>;
}

/** The simulated server, client and user. */
export interface Scenario {
  server: LocalSimulatorOptions;
  carriage: Carriage;
  echoesClose: boolean;
  /** Whether the server sends notifications of a subscription before the response to the subscribe request. */
  acknowledgesLate: boolean;
  hasPage: boolean;
  isParallel: boolean;
  create: Record<string, unknown> & { startSlot: number; endSlot: number };
  client: Record<string, unknown> & { maxBufferedEvents: number; maxBufferedBytes: number; compression: "zstd" | "none" };
  subscriptions: SubscriptionPlan[];
  /** Whether connections are lost repeatedly. */
  isFlapping: boolean;
  consumer: ConsumerStyle;
  /** The number of blocks per continue request. `undefined` means all blocks. */
  step: number | undefined;
  /** The longest time that the consumer needs for an event, in ms. */
  slowMs: number;
  /** How many times the consumer exits its loop and starts another loop. */
  breaks: number;
  /** The option `keepUntilHandled` of `run()`. */
  keepsUntilHandled: boolean;
}

const FIRST_SLOT = 1_000;

/**
 * Generates a scenario.
 *
 * @param hasObservers whether the client has version 0.2 or later (iterable subscriptions, and waits that consume no events)
 */
export function drawScenario(random: SeededRandom, hasObservers: boolean): Scenario {
  // Connections are lost repeatedly, each after a long time in the state `up`. The reconnect budget must restart each time.
  const isFlapping = random.chance(0.04);
  const slots = isFlapping ? random.int(18, 24) : random.int(3, 24);
  const isParallel = random.chance(0.25);
  const hasPage = random.chance(0.4);
  const server: LocalSimulatorOptions = {
    seed: random.int(1, 1_000),
    startSlot: FIRST_SLOT,
    slots: 40,
    // A short range with skipped slots may have no block at all, and the server then refuses the create request.
    skipRate: !isParallel && slots >= 10 && random.chance(0.3) ? 0.25 : 0,
    transactionsPerSlot: random.int(1, 4),
    slotDelayMs: isFlapping
      ? 4_000
      : random.weighted([
          [4, 0],
          [3, random.int(5, 60)],
          [2, random.int(100, 1_500)],
        ]),
    discoveryLeadMs: random.pick([0, 20, 200]),
    replayBeforeAttached: random.pick([false, true, "alternately"] as const),
    replayOverlap: random.int(0, 3),
    compression: random.chance(0.8),
    ...(isParallel && { parallelSessions: random.int(1, 3) }),
  };
  const { programs, writable, signatures } = ledgerOf(server);
  const discoveries = [{ kind: "programExecuted", value: random.pick(programs) }];
  const consumer = random.weighted<ConsumerStyle>([
    [5, "run"],
    [2, "iterate"],
    [1, "nextEvent"],
    [2, "listeners"],
    [2, "steps"],
    [isParallel ? 0 : 1, "discoveries"],
    [hasObservers ? 2 : 0, "waitsBesideRun"],
    [hasObservers ? 3 : 0, "subscriptionLoops"],
    [hasObservers ? 2 : 0, "subscriptionListeners"],
  ]);
  const plans: [number, SubscriptionKindName, string[]][] = [
    [3, "transaction", some(random, programs)],
    [3, "accountDiff", some(random, programs)],
    [2, "singleAccountDiff", some(random, writable)],
    [1, "logs", some(random, programs)],
    [1, "account", some(random, writable)],
    [1, "program", some(random, programs)],
    [1, "signature", some(random, signatures)],
    [1, "slot", [""]],
    [1, "action", [""]],
    [1, "diagnostic", [""]],
    [1, "replacement", [""]],
  ];
  const subscriptions: SubscriptionPlan[] = [];
  for (let left = random.int(0, 4); left > 0; left--) {
    const plan = random.weighted(plans.map((entry) => [entry[0], entry] as const));
    plans.splice(plans.indexOf(plan), 1);
    const isIntraSlot = (plan[1] === "account" || plan[1] === "program") && random.chance(0.5);
    subscriptions.push({
      kind: plan[1],
      filters: plan[2],
      afterEvents: random.chance(0.8) ? 0 : random.int(1, 30),
      ...(isIntraSlot && { config: { intraSlotUpdates: true } }),
    });
  }
  const wants = (kind: SubscriptionKindName): boolean => subscriptions.some((subscription) => subscription.kind === kind);
  return {
    server,
    isParallel,
    hasPage,
    isFlapping,
    carriage: {
      latencyMs: random.int(0, 60),
      jitterMs: random.int(0, 20),
      bytesPerSecond: undefined,
      splits: random.pick([0, 0.1, 0.5]),
      joins: random.pick([0, 0.5, 0.9]),
    },
    echoesClose: random.chance(0.8),
    acknowledgesLate: random.chance(0.2),
    create: {
      startSlot: FIRST_SLOT,
      endSlot: FIRST_SLOT + slots - 1,
      ...(random.chance(0.3) && { sendSummary: true }),
      ...((consumer === "discoveries" || random.chance(0.1)) && { discoveries }),
      ...(wants("action") && {
        actions: [{ anchor: { at: "afterEverySlot", everyNSlots: random.int(1, 3) }, transactions: [], label: "simulated" }],
      }),
      ...(wants("diagnostic") && {
        diagnosticProbes: [{ anchor: { at: "afterEverySlot" }, markets: [programs[0]], usdValues: [1, 10] }],
      }),
      ...(wants("replacement") && { reroute: {} }),
    },
    client: {
      compression: random.chance(0.7) ? "zstd" : "none",
      validate: random.pick(["cursor", "full"]),
      ...(isFlapping
        ? { reconnect: { maxAttempts: 6, uptimeResetMs: 1_000 } }
        : isParallel && random.chance(0.4) && { reconnect: { ungatedAttempts: random.int(0, 2) } }),
      maxBufferedEvents: random.weighted([
        [3, 10_000],
        [1, random.int(3, 40)],
      ]),
      maxBufferedBytes: random.weighted([
        [4, 64 * 1024 * 1024],
        [1, random.int(2_000, 20_000)],
      ]),
    },
    subscriptions,
    consumer,
    step: random.weighted([
      [1, undefined],
      [2, random.int(1, 6)],
    ]),
    slowMs: random.weighted([
      [4, 0],
      [1, random.int(1, 40)],
      [1, random.int(100, 2_000)],
    ]),
    breaks: random.weighted([
      [4, 0],
      [1, random.int(1, 4)],
    ]),
    keepsUntilHandled: random.chance(0.2),
  };
}

function some(random: SeededRandom, values: readonly string[]): string[] {
  const first = random.pick(values);
  const second = random.pick(values);
  return random.chance(0.3) && first !== second ? [first, second] : [first];
}

interface LedgerFacts {
  programs: string[];
  writable: string[];
  signatures: string[];
}

/** Returns the facts about a ledger that determine the possible subscriptions. */
function ledgerOf(server: LocalSimulatorOptions): LedgerFacts {
  const engine = syntheticEngine(readLedgerPlan(server));
  const create = { startSlot: BigInt(FIRST_SLOT), endSlot: BigInt(FIRST_SLOT + 5) } as Parameters<typeof engine.open>[0];
  const session = engine.open(create) as Awaited<ReturnType<typeof engine.open>>;
  const writable = new Set<string>();
  const signatures = new Set<string>();
  for (let slot = BigInt(FIRST_SLOT); slot <= BigInt(FIRST_SLOT + 2); slot++) {
    const block = session.plannedBlock?.(slot) as { batches: { writable: string[]; signatures: string[] }[][] } | undefined;
    for (const transaction of block?.batches.flat() ?? []) {
      for (const address of transaction.writable) writable.add(address);
      if (transaction.signatures[0] !== undefined) signatures.add(transaction.signatures[0]);
    }
  }
  return { programs: [...engine.programs], writable: [...writable], signatures: [...signatures] };
}
