import { isAbsolute } from "node:path";
import { pathToFileURL } from "node:url";
import type { ManagedEvent } from "../../channels/managed-events.js";
import { importOptionalPeer } from "../../local/engine/litesvm/import-optional-peer.js";
import { invalidParams, messageOf } from "../../protocol/error-helpers.js";
import type { ManagedBacktestSession } from "../../session/managed-backtest-session.js";
import type { FleetJob } from "../plan/fleet-definition.js";

/** The second argument of a strategy. */
export interface StrategyContext {
  /** The job that runs the strategy. */
  readonly job: FleetJob;
  /** The `parameters` of the variant. */
  readonly parameters: unknown;
  /** Aborts when the worker stops or loses the job. */
  readonly signal: AbortSignal;
}

/**
 * The function that a strategy module exports as `default`. The function is called before the first event, when the subscriptions
 * of the plan are already open. If the function returns events, these events are recorded. Otherwise the session runs to its end.
 *
 * @example
 * export default async function* (session, { parameters, signal }) {
 *   for await (const event of session.run({ step: 10, signal })) {
 *     if (event.type === "transaction") await react(session, event, parameters);
 *     yield event;
 *   }
 * }
 */
export type Strategy = (
  session: ManagedBacktestSession,
  context: StrategyContext,
) => AsyncIterable<ManagedEvent> | undefined | Promise<AsyncIterable<ManagedEvent> | undefined>;

/** Loads a strategy. @throws SimulatorError `invalidParams` if it cannot be loaded or exports no function */
export async function loadStrategy(name: string): Promise<Strategy> {
  let module: unknown;
  try {
    module = await importOptionalPeer(isAbsolute(name) ? pathToFileURL(name).href : name);
  } catch (cause) {
    throw invalidParams("plan.strategy", `cannot load ${name}: ${messageOf(cause)}`, cause);
  }
  let exported: unknown = module;
  // The strategy of a compiled CommonJS module is at `default.default`. Other modules have it at `default`.
  for (let depth = 0; depth < 2 && typeof exported === "object" && exported !== null && "default" in exported; depth++) {
    exported = exported.default;
  }
  if (typeof exported !== "function") throw invalidParams("plan.strategy", `${name} has no function as its default export`);
  return exported as Strategy;
}
