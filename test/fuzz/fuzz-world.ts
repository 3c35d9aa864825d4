import type { ManagedEvent } from "../../src/channels/managed-events.js";
import { BacktestClient } from "../../src/client/backtest-client.js";
import { stringifyJson } from "../../src/codec/json.js";
import { csvLine } from "../../src/compare/csv-encoder.js";
import { ndjsonLine } from "../../src/compare/ndjson-encoder.js";
import type { Frame } from "../../src/local/link/peer.js";
import { isSimulatorError } from "../../src/protocol/simulator-error.js";
import { type AnySession, consume } from "../simulation/consumers.js";
import { drawScenario, type Scenario } from "../simulation/scenario.js";
import { SeededRandom } from "../simulation/seeded-random.js";
import { HOST } from "../simulation/simulated-network.js";
import { SimulatedProcess } from "../simulation/simulated-process.js";
import { subscribeTo } from "../simulation/simulation.js";
import { Trace } from "../simulation/trace.js";
import { VirtualClock } from "../simulation/virtual-clock.js";
import type { FrameMutator } from "./frame-mutator.js";
import { TamperingNetwork } from "./tampering-network.js";

/**
 * How the network changes frames.
 *
 * - `damage`: the network adds unreadable frames, and replaces valid frames by unreadable frames. The client must
 *   deliver all events.
 * - `forged`: in addition, the network sends valid JSON with wrong contents. The session may fail, but only with an error.
 */
export type Tampering = "damage" | "forged";

export interface WorldResult {
  /** Descriptions of what went wrong. */
  problems: string[];
  /** Number of mutated frames that the client received. */
  mutated: number;
  /** The uncompressed texts that the server sent. */
  received: string[];
  /** Texts that the client sent. */
  sent: string[];
}

interface Delivered {
  /** One text for each event, except events about the connection. */
  events: string[];
  gaps: number;
  failure: string | undefined;
}

/** The time limit, in ms of virtual time. */
const LIMIT_MS = 3 * 3_600_000;
/** The test closes the client after this time, in ms. All pending calls must then end. */
const PATIENCE_MS = 2 * 3_600_000;
const CLOSE_MS = 60_000;
/** The buffer can exceed its limit by this many events: a paused socket can still deliver one chunk of data. */
const INTAKE_SLACK = 2_000;
/** Maximum number of damaged frames in a row, so that the retry budget is not spent. */
const MAX_DAMAGE_IN_A_ROW = 12;

/**
 * Runs a session in a scenario of the simulation, with a network that changes frames.
 *
 * @param mutator changes the frames; without it, the network changes nothing
 */
export async function runWorld(seed: number, mutator?: FrameMutator, tampering: Tampering = "damage"): Promise<WorldResult> {
  const world = new FuzzWorld(seed);
  if (mutator !== undefined) world.tamper(mutator, tampering);
  const delivered = await world.run();
  const { problems, mutated, received, sent } = world;
  if (mutator !== undefined && tampering === "damage" && problems.length === 0) {
    const clean = await new FuzzWorld(seed).run();
    problems.push(...compare(clean, delivered));
  }
  return { problems: problems.map((problem) => `world ${seed}, ${tampering}: ${problem}`), mutated, received, sent };
}

/**
 * Checks that each event was delivered exactly once. Events are allowed to be missing if a gap was reported or the session
 * failed.
 */
function compare(clean: Delivered, delivered: Delivered): string[] {
  const missing = new Map<string, number>();
  for (const event of clean.events) missing.set(event, (missing.get(event) ?? 0) + 1);
  const surplus: string[] = [];
  for (const event of delivered.events) {
    const left = missing.get(event) ?? 0;
    if (left === 0) surplus.push(event);
    else missing.set(event, left - 1);
  }
  const lost = [...missing].filter(([, count]) => count > 0).map(([event]) => event);
  const problems: string[] = [];
  if (surplus.length > 0)
    problems.push(`${surplus.length} events were delivered twice or never sent: ${surplus[0]?.slice(0, 300)}`);
  if (lost.length > 0 && delivered.gaps === 0 && delivered.failure === undefined)
    problems.push(`${lost.length} events were lost without a report: ${lost[0]?.slice(0, 300)}`);
  return problems;
}

class FuzzWorld {
  readonly problems: string[] = [];
  readonly received: string[] = [];
  readonly sent: string[] = [];
  mutated = 0;
  readonly #clock = new VirtualClock();
  readonly #random: SeededRandom;
  readonly #scenario: Scenario;
  readonly #network: TamperingNetwork;
  #sessions: AnySession[] = [];
  #steps = 0;
  #isForged = false;

  constructor(seed: number) {
    this.#random = new SeededRandom(`fuzz ${seed}`);
    this.#scenario = drawn(this.#random.fork("scenario"));
    this.#network = new TamperingNetwork(this.#clock, this.#random.fork("network"), new Trace(this.#clock), this.#scenario);
    this.#network.tamper = (frame) => {
      if (typeof frame === "string") this.received.push(frame);
      return [frame];
    };
    this.#network.interceptors.push({
      matches: (_, text) => {
        this.sent.push(text);
        return false;
      },
      strike: () => true,
    });
  }

  tamper(mutator: FrameMutator, tampering: Tampering): void {
    const random = this.#random.fork("tamper");
    this.#isForged = tampering === "forged";
    // Number of frames that were damaged in a row.
    let inARow = 0;
    const damaged = (frame: Frame): Frame => {
      this.mutated++;
      // Cuts a compressed frame, and does not change its bytes. The client verifies no checksums, so it could accept a changed
      // byte.
      if (typeof frame !== "string") return frame.slice(0, random.int(0, frame.length - 1));
      for (;;) {
        const text = mutator.mutate(frame);
        if (!isJson(text)) return text;
      }
    };
    const rate = random.pick([0.005, 0.02, 0.1]);
    this.#network.tamper = (frame) => {
      if (tampering === "damage") {
        if (!random.chance(rate) || inARow >= MAX_DAMAGE_IN_A_ROW) {
          inARow = 0;
          return [frame];
        }
        inARow++;
        return random.chance(0.5) ? [damaged(frame)] : [frame, damaged(frame)];
      }
      const frames: Frame[] = random.chance(rate / 4) ? [] : [frame];
      for (let left = random.int(0, 12); left > 0; left--) {
        this.mutated++;
        frames.push(
          typeof frame !== "string" && random.chance(0.01) ? mutator.mutateBytes(frame) : this.#readable(mutator, frame, random),
        );
      }
      return frames;
    };
  }

  async run(): Promise<Delivered> {
    const process = new SimulatedProcess(
      "client",
      this.#scenario.hasPage,
      this.#clock,
      this.#random.fork("process"),
      this.#network,
    );
    const client = new BacktestClient({
      url: `ws://${HOST}`,
      platform: process,
      logger: false,
      ...(this.#scenario.client as object),
    });
    const delivered: Delivered = { events: [], gaps: 0, failure: undefined };
    let isOver = false;
    this.#drive(client, process, delivered)
      .catch((error: unknown) => {
        if (isSimulatorError(error)) delivered.failure = error.code;
        else this.problems.push(`a promise rejected with no SimulatorError: ${(error as Error)?.stack ?? String(error)}`);
      })
      .then(() => client.close())
      .catch((error: unknown) => this.problems.push(`close() rejected: ${(error as Error).stack}`))
      .finally(() => {
        isOver = true;
      });
    const look = (): boolean => {
      if (++this.#steps % 10 === 0) this.#checkBuffers();
      return isOver;
    };
    if (!(await this.#clock.run(this.#isForged ? PATIENCE_MS : LIMIT_MS, look)) && this.#isForged) {
      client.close().catch((error: unknown) => this.problems.push(`close() rejected: ${(error as Error).stack}`));
      await this.#clock.run(this.#clock.now + CLOSE_MS, look);
    }
    if (!isOver) this.problems.push(`it did not end within ${this.#clock.now} ms`);
    await this.#network.close();
    return delivered;
  }

  async #drive(client: BacktestClient, process: SimulatedProcess, delivered: Delivered): Promise<void> {
    const { create, isParallel } = this.#scenario;
    const session = isParallel ? await client.startParallelSession(create) : await client.startSession(create);
    this.#sessions = "subSessions" in session ? [...session.subSessions] : [session];
    await Promise.all(this.#sessions.map((one, index) => this.#consume(one, index, process, delivered)));
    await session.closed;
  }

  async #consume(session: AnySession, index: number, process: SimulatedProcess, delivered: Delivered): Promise<void> {
    for (const plan of this.#scenario.subscriptions) subscribeTo(session, plan).ready.catch(() => {});
    const failure = await consume(session, {
      scenario: this.#scenario,
      process,
      random: this.#random.fork(`consumer ${index}`),
      isAtStop: false,
      isCompleted: () => false,
      isResumed: false,
      continuing: () => {},
      note: () => {},
      deliver: (event) => this.#deliver(event, index, delivered),
    });
    if (failure?.startsWith("not a")) this.problems.push(failure);
    else if (failure !== undefined) delivered.failure = failure;
    const end = await session.closed;
    if (end.reason === "failed") delivered.failure ??= end.error?.code;
  }

  #deliver(event: ManagedEvent, index: number, delivered: Delivered): void {
    // An event must occupy a single line in an NDJSON or CSV file.
    for (const line of [ndjsonLine(event), csvLine(event)?.slice(0, -2)]) {
      if (line?.slice(0, -1).includes("\n") && event.type !== "transaction")
        this.problems.push(`a line of a record has two: ${line}`);
    }
    if (event.type === "continuity") {
      if (event.kind === "gap") delivered.gaps++;
    } else if (!["unrecognized", "readyForContinue", "status", "error"].includes(event.type)) {
      delivered.events.push(`${index} ${stringifyJson(event)}`);
    }
  }

  /** Returns a mutated frame. The frame is nearly always valid JSON, because an invalid frame ends the connection. */
  #readable(mutator: FrameMutator, frame: Frame, random: SeededRandom): string {
    const any = random.chance(0.002);
    for (let tries = 0; ; tries++) {
      const text = typeof frame === "string" && random.chance(0.6) ? mutator.mutate(frame) : mutator.mutate();
      // Skips 98 % of the frames that match `ENDS`, because these frames end the session.
      if (any || tries > 20 || (isJson(text) && !(ENDS.test(text) && random.chance(0.98)))) return text;
    }
  }

  #checkBuffers(): void {
    const { maxBufferedEvents } = this.#scenario.client;
    for (const { diagnostics } of this.#sessions) {
      if (diagnostics.queueLength > maxBufferedEvents + INTAKE_SLACK)
        this.problems.push(`${diagnostics.queueLength} events are buffered, and the limit is ${maxBufferedEvents}`);
    }
  }
}

const ENDS =
  /completed|success|noMoreBlocks|bundleNotFound|advanceSlotFailed|finalizeSlotFailed|"internal"|noProducedBlocks|subscriptionComplete/;

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** Draws a scenario without lost connections. The consumer is fast and never stops. */
function drawn(random: SeededRandom): Scenario {
  for (;;) {
    const scenario = drawScenario(random, true);
    if (scenario.isFlapping || !["run", "subscriptionLoops", "waitsBesideRun"].includes(scenario.consumer)) continue;
    return { ...scenario, slowMs: 0, breaks: 0 };
  }
}
