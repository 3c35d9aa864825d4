import type { DiscoveryBatchEvent, ManagedEvent, PausedEvent } from "../channels/managed-events.js";
import { describeBacktestError } from "../protocol/backtest-error.js";
import type { BacktestStatus } from "../protocol/responses.js";
import { U64_MAX } from "../protocol/scalars.js";
import { SimulatorError } from "../protocol/simulator-error.js";
import { type ContinueParams, toBareContinue, toContinueRequest, toContinueToRequest } from "./continue-params.js";
import type { Continues } from "./continues.js";
import type { EventFlow } from "./event-flow.js";

/** A discovery, and where the session stands: just before its batch. */
export interface DiscoveryPause {
  discovery: DiscoveryBatchEvent;
  paused: PausedEvent;
}

/** What came between a continue and the stop after it. */
export interface ContinueResult {
  outcome: "ready" | "paused" | "completed";
  /** Slots that were executed, in order. */
  slots: bigint[];
  statuses: BacktestStatus[];
}

/** Steps that take events, which are lent to them, until something has come. Listeners see them, as all that is taken. */
export class Steps {
  readonly #flow: EventFlow;
  readonly #continues: Continues;
  /** Discoveries that came while a pause was waited for. */
  readonly #discoveries: DiscoveryBatchEvent[] = [];

  constructor(flow: EventFlow, continues: Continues) {
    this.#flow = flow;
    this.#continues = continues;
  }

  async advanceToDiscovery(offset: number, signal?: AbortSignal): Promise<DiscoveryPause | "completed"> {
    const discovery = await this.#nextDiscovery(signal);
    if (discovery === undefined) return "completed";
    const { slot, batchIndex } = discovery;
    await this.#continues.send(toContinueToRequest({ slot, batchIndex: batchIndex + offset }), signal);
    // What is held by now had come before it. Control events are the first to be taken.
    for (let early = this.#flow.store.controlLength; ; early--) {
      const event = await this.#next(signal);
      if (event.type === "paused" && early <= 0) return { discovery, paused: event };
      if (event.type === "completed") return "completed";
      if (event.type === "discoveryBatch") this.#discoveries.push(event);
    }
  }

  async continueUntilReady(params: ContinueParams, signal?: AbortSignal): Promise<ContinueResult> {
    const result: ContinueResult = { outcome: "ready", slots: [], statuses: [] };
    await this.#continues.send(toContinueRequest(params), signal);
    for (let early = this.#flow.store.controlLength; early > 0; early--) await this.#flow.next(signal);
    for (;;) {
      const event = await this.#next(signal);
      if (event.type === "slot") result.slots.push(event.slot);
      else if (event.type === "status") result.statuses.push(event.status);
      else if (event.type === "paused" || event.type === "completed") return { ...result, outcome: event.type };
      else if (event.type === "readyForContinue" && this.#continues.isAnswer(event)) return result;
    }
  }

  async waitForStatus(status: BacktestStatus, signal?: AbortSignal): Promise<void> {
    for (;;) {
      const event = await this.#next(signal);
      if (event.type === "status" && event.status === status) return;
      if (event.type === "completed") {
        throw new SimulatorError("controlClosed", `the session completed, and ${status} never came`);
      }
    }
  }

  async #nextDiscovery(signal: AbortSignal | undefined): Promise<DiscoveryBatchEvent | undefined> {
    let discovery = this.#discoveries.shift();
    while (discovery === undefined) {
      // It stands still, and all that was found has been looked at: what lies ahead is found as it goes on, and the
      // continueTo cuts that short.
      if (this.#continues.isAtStop && this.#flow.store.controlLength === 0)
        await this.#continues.send(toBareContinue(U64_MAX), signal);
      const event = await this.#next(signal);
      if (event.type === "discoveryBatch") discovery = event;
      if (event.type === "completed") return undefined;
    }
    return discovery;
  }

  async #next(signal: AbortSignal | undefined): Promise<ManagedEvent> {
    const event = await this.#flow.next(signal);
    if (event.type !== "error") return event;
    throw new SimulatorError("remote", `the simulator refused: ${describeBacktestError(event.error)}`, { remote: event.error });
  }
}
