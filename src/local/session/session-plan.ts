import type { DiscoveryFilter } from "../../protocol/shapes.js";
import type { CreateParams, EngineSession } from "../engine/engine.js";
import { type ActionPlan, readActions } from "../extras/action-plans.js";
import { type ProbePlan, readProbes } from "../extras/probes.js";
import { checkReroute, type ReroutePlan } from "../extras/rerouter.js";
import { invalidRequest } from "../wire/backtest-failure.js";
import { CompressedFields } from "../wire/compressed-fields.js";

/** The decoded and validated plan of a create request: discoveries, actions, probes, reroute. */
export interface SessionPlan {
  discoveries: readonly DiscoveryFilter[];
  actions: readonly ActionPlan[];
  probes: readonly ProbePlan[];
  reroute: ReroutePlan | undefined;
  replaysState: boolean;
}

/** Decodes the plan of a create request. @throws BacktestFailure `invalidRequest`, `invalidAccountEncoding` */
export function readPlan(create: CreateParams): SessionPlan {
  const { discoveries = [], actions, diagnosticProbes = [], reroute, replayAccountState } = create;
  if (reroute !== undefined) checkReroute(reroute);
  const fields = new CompressedFields();
  return {
    discoveries: discoveries as readonly DiscoveryFilter[],
    actions: actions === undefined ? [] : readActions(actions, fields, replayAccountState),
    probes: readProbes(diagnosticProbes, fields),
    reroute,
    replaysState: replayAccountState,
  };
}

/** Checks that the engine supports the plan. Without this check, the client would get empty results. @throws BacktestFailure */
export function checkEngine({ discoveries, actions }: SessionPlan, engine: EngineSession): void {
  const looksAhead = discoveries.length > 0 || actions.some(({ anchor }) => "filter" in anchor);
  if (looksAhead && engine.plannedBlock === undefined)
    throw invalidRequest("this engine does not support discoveries, or actions with a filter anchor");
  const simulates = actions.some(({ kind, transactions }) => kind === "simulate" && transactions.length > 0);
  if (simulates && engine.simulate === undefined) throw invalidRequest("this engine does not support actions of kind simulate");
}
