import type { SessionSummary } from "../../protocol/session-summary.js";
import type { AccountState, EngineBlock, EngineSession, ExecutedTransaction, PlannedBlock } from "../engine/engine.js";
import { ActionRunner } from "../extras/action-runner.js";
import { DiscoveryScanner } from "../extras/discovery-scanner.js";
import { sampleProbes } from "../extras/probes.js";
import { Rerouter } from "../extras/rerouter.js";
import { StateReplay } from "../extras/state-replay.js";
import type { Timing } from "../link/timing.js";
import type { LogEntry } from "../notifications/notification-log.js";
import type { SessionResponse } from "../wire/response-frames.js";
import type { SessionPlan } from "./session-plan.js";
import type { BlockWork } from "./stepper.js";

/** The parts of the session that `SessionWork` uses. */
export interface WorkHost {
  respond(response: SessionResponse): void;
  executed(transactions: readonly ExecutedTransaction[]): void;
  report(entry: LogEntry): void;
  discoveryLeadMs: number;
  verifySignatures: boolean;
  timing: Timing;
}

/** The work of a session before and after its blocks, such as scheduled actions. */
export class SessionWork implements BlockWork {
  readonly stateReplay: StateReplay | undefined;
  readonly #plan: SessionPlan;
  readonly #engine: EngineSession;
  readonly #host: WorkHost;
  readonly #scanner: DiscoveryScanner | undefined;
  readonly #actions: ActionRunner | undefined;
  readonly #rerouter: Rerouter | undefined;
  /** The plan of the current block. */
  #planned: PlannedBlock | undefined;

  constructor(plan: SessionPlan, engine: EngineSession, host: WorkHost) {
    this.#plan = plan;
    this.#engine = engine;
    this.#host = host;
    this.stateReplay = plan.replaysState ? new StateReplay() : undefined;
    if (plan.discoveries.length > 0) {
      this.#scanner = new DiscoveryScanner(engine, plan.discoveries, host.discoveryLeadMs, host.timing, (response) =>
        host.respond(response),
      );
    }
    if (plan.actions.length > 0) this.#actions = new ActionRunner(plan.actions, engine, host);
    if (plan.reroute !== undefined) this.#rerouter = new Rerouter(plan.reroute);
  }

  /** The account overrides that actions have set. Later reads and simulations use these overrides. */
  get overrides(): ReadonlyMap<string, AccountState> | undefined {
    return this.#actions?.overrides;
  }

  get rerouteStats(): SessionSummary["rerouteStats"] {
    return this.#rerouter?.stats;
  }

  lookAhead(block: EngineBlock): Promise<void> | undefined {
    return this.#scanner?.lookAhead(block);
  }

  holdMs(block: EngineBlock): number {
    return this.#scanner?.holdMs(block) ?? 0;
  }

  before(block: EngineBlock): Promise<void> | undefined {
    const actions = this.#actions;
    return actions === undefined ? undefined : this.#runBefore(actions, block);
  }

  after(block: EngineBlock, executed: readonly ExecutedTransaction[]): Promise<void> | undefined {
    for (const entry of this.#rerouter?.take(block, executed) ?? []) this.#host.report(entry);
    const { nextBatch, batches, slot } = block;
    const isLast = nextBatch + 1 >= batches;
    if (this.#actions !== undefined) return this.#runAfter(this.#actions, block, isLast);
    if (isLast) this.#probe(slot);
    return undefined;
  }

  async #runBefore(actions: ActionRunner, block: EngineBlock): Promise<void> {
    const { slot, nextBatch } = block;
    if (nextBatch === 0) await actions.atSlot("before", block);
    if (nextBatch < block.batches && actions.needsPlan) {
      await actions.atBatch("before", slot, nextBatch, await this.#plannedBatch(block));
    }
  }

  async #runAfter(actions: ActionRunner, block: EngineBlock, isLast: boolean): Promise<void> {
    const { slot, nextBatch } = block;
    if (nextBatch < block.batches && actions.needsPlan) {
      await actions.atBatch("after", slot, nextBatch, await this.#plannedBatch(block));
    }
    if (!isLast) return;
    await actions.atSlot("after", block);
    this.#probe(slot);
  }

  async #plannedBatch({ slot, nextBatch }: EngineBlock): Promise<PlannedBlock["batches"][number]> {
    if (this.#planned?.slot !== slot) this.#planned = await this.#engine.plannedBlock?.(slot);
    return this.#planned?.batches[nextBatch] ?? [];
  }

  #probe(slot: bigint): void {
    for (const entry of sampleProbes(this.#plan.probes, slot)) this.#host.report(entry);
  }
}
