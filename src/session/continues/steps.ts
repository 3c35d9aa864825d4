import type { ControlEvent, DiscoveryBatchEvent, PausedEvent } from "../../channels/managed-events.js";
import { describeBacktestError } from "../../protocol/backtest-error.js";
import { checkedWord } from "../../protocol/known-names.js";
import { type BacktestStatus, STATUSES } from "../../protocol/responses.js";
import { U64_MAX } from "../../protocol/scalars.js";
import { SimulatorError } from "../../protocol/simulator-error.js";
import type { Gate } from "../events/gate.js";
import type { Arrivals } from "./arrivals.js";
import { type ContinueParams, toBareContinue, toContinueRequest, toContinueToRequest } from "./continue-params.js";
import type { ContinueSender, EventRole } from "./continue-sender.js";
import type { InjectedTransaction } from "./injected-transactions.js";

/** A discovery, and the position at which the session is paused. */
export interface DiscoveryPause {
  /** The event of the batch that matches one of the session's `discoveries`. */
  discovery: DiscoveryBatchEvent;
  /** The event `paused`. */
  paused: PausedEvent;
}

/** The result of a step: what the session received between a continue request and the next stop. */
export interface ContinueResult {
  /** Whether the session waits for a continue request, is paused, or has completed. */
  outcome: "ready" | "paused" | "completed";
  /** The executed slots, in order. */
  slots: bigint[];
  /** The statuses that arrived, in order. */
  statuses: BacktestStatus[];
  /** The transactions of the continue request, in their order. */
  transactions: InjectedTransaction[];
}

export interface StepsOptions {
  arrivals: Arrivals;
  continues: ContinueSender;
  gate: Gate;
  /** Looks up the outcomes of injected transactions. */
  lookUp(wireTransactions: readonly string[], signal: AbortSignal | undefined): Promise<InjectedTransaction[]>;
}

/** Decides whether an event ends a step. `undefined` continues the step, any other value ends it. */
type Decide<T> = (event: ControlEvent, role: EventRole) => { value: T } | undefined;

/** Observes the session's events until one of them ends the step. */
interface Observation<T> {
  /** Settles when the step ends. */
  readonly settled: Promise<T>;
  /** Ends the observation early. */
  stop(): void;
}

/**
 * The steps of a session. A step observes each event as soon as the event arrives. A step takes no event from the consumer, and
 * does not wait for the consumer.
 */
export class Steps {
  readonly #options: StepsOptions;

  constructor(options: StepsOptions) {
    this.#options = options;
  }

  async advanceToDiscovery(offset: number, signal?: AbortSignal): Promise<DiscoveryPause | "completed"> {
    const { continues } = this.#options;
    const discovery = await this.#nextDiscovery(signal);
    if (discovery === undefined) return "completed";
    const { slot } = discovery;
    const batchIndex = discovery.batchIndex + offset;
    let isSent = false;
    const pause = this.#observe<DiscoveryPause | "completed">("advanceToDiscovery", signal, (event) => {
      if (event.type === "completed") return { value: "completed" };
      if (!isSent || event.type !== "paused" || !isAt(event, slot, batchIndex)) return undefined;
      return { value: { discovery, paused: event } };
    });
    return this.#while(pause, () =>
      continues.send(toContinueToRequest({ slot, batchIndex }), {
        signal,
        handleRegistered: () => {
          isSent = true;
        },
      }),
    );
  }

  async continueUntilReady(params: ContinueParams, signal?: AbortSignal): Promise<ContinueResult> {
    const { continues, lookUp } = this.#options;
    const request = toContinueRequest(params);
    const slots: bigint[] = [];
    const statuses: BacktestStatus[] = [];
    let isSent = false;
    const stop = this.#observe<ContinueResult["outcome"]>("the step", signal, (event, role) => {
      if (!isSent || role === "early") return undefined;
      if (event.type === "slot") slots.push(event.slot);
      else if (event.type === "status") statuses.push(event.status);
      else if (event.type === "paused" || event.type === "completed") return { value: event.type };
      else if (event.type === "readyForContinue" && role === "answer") return { value: "ready" };
      return undefined;
    });
    const outcome = await this.#while(stop, () =>
      continues.send(request, {
        signal,
        handleRegistered: () => {
          isSent = true;
        },
      }),
    );
    const injected = request.method === "continue" ? (request.params.transactions ?? []) : [];
    return { outcome, slots, statuses, transactions: await lookUp(injected, signal) };
  }

  async waitForStatus(status: BacktestStatus, signal?: AbortSignal): Promise<void> {
    checkedWord("status", status, STATUSES);
    const neverCame = () => new SimulatorError("controlClosed", `the session completed without the status ${status}`);
    if (this.#options.continues.isCompleted) throw neverCame();
    const seen = this.#observe<"seen" | "completed">(`waiting for ${status}`, signal, (event) => {
      if (event.type === "completed") return { value: "completed" };
      return event.type === "status" && event.status === status ? { value: "seen" } : undefined;
    });
    if ((await seen.settled) === "completed") throw neverCame();
  }

  async #nextDiscovery(signal: AbortSignal | undefined): Promise<DiscoveryBatchEvent | undefined> {
    const { arrivals, continues } = this.#options;
    for (;;) {
      const discovery = arrivals.takeDiscovery();
      if (discovery !== undefined) return discovery;
      if (continues.isCompleted) return undefined;
      const change = this.#observe("advanceToDiscovery", signal, ({ type }) =>
        type === "discoveryBatch" || type === "completed" || type === "readyForContinue" || type === "paused"
          ? { value: undefined }
          : undefined,
      );
      // If the server has stopped, requests all remaining blocks. After the next `discoveryBatch`, `advanceToDiscovery` replaces
      // this request with a `continueTo`.
      await this.#while(change, async () => {
        if (continues.isServerStopped) await continues.send(toBareContinue(U64_MAX), { signal });
      });
    }
  }

  /** Starts a step with `begin`, and waits for the result of the step (`settled`). If `begin` fails, the step fails. */
  async #while<T>({ settled, stop }: Observation<T>, begin: () => Promise<void>): Promise<T> {
    // If `begin` throws, nothing awaits `settled`. This `catch` prevents an unhandled rejection.
    settled.catch(() => {});
    try {
      await begin();
    } catch (error) {
      stop();
      throw error;
    }
    return settled;
  }

  /** @param what a description of the step, for error messages */
  #observe<T>(what: string, signal: AbortSignal | undefined, decide: Decide<T>): Observation<T> {
    const { arrivals, gate } = this.#options;
    let decided: { value: T } | { error: SimulatorError } | undefined;
    const stop = arrivals.observe((event, role) => {
      decided = event.type === "error" ? { error: refused(event) } : decide(event, role);
      if (decided === undefined) return;
      stop();
      gate.recheck();
    });
    const settle = async (): Promise<T> => {
      try {
        await gate.wait(() => decided !== undefined, what, signal);
      } finally {
        stop();
      }
      const { value, error } = decided as { value: T; error?: SimulatorError };
      if (error !== undefined) throw error;
      return value;
    };
    return { settled: settle(), stop };
  }
}

/** Whether a session is paused at the given position or at a later position. */
function isAt(paused: PausedEvent, slot: bigint, batchIndex: number): boolean {
  if (paused.slot !== slot) return paused.slot > slot;
  return paused.batchIndex === undefined || paused.batchIndex >= batchIndex;
}

function refused({ error }: ControlEvent & { type: "error" }): SimulatorError {
  return new SimulatorError("remote", `the simulator reported an error: ${describeBacktestError(error)}`, { remote: error });
}
