import * as v from "valibot";
import { readParams } from "../protocol/message.js";
import { rareCreateParams } from "../protocol/rare-create-params.js";
import type { RerouteParams } from "../protocol/reroute.js";
import type { DiscoveryFilter } from "../protocol/shapes.js";
import { type DiagnosticProbe, packActions, packProbes, type ScheduledAction } from "./scheduled-actions.js";

/** What a create may ask for beyond a plain replay. */
export interface RareParams {
  /** What to look out for ahead of execution. */
  discoveries?: DiscoveryFilter[];
  /** Transactions that the server runs by itself at slots or matches; what they do comes by `subscribeActions`. */
  actions?: ScheduledAction[];
  /** Markets whose depth the router is asked for at the end of slots; what it says comes by `subscribeDiagnostics`. */
  diagnosticProbes?: DiagnosticProbe[];
  /** Re-quote historical swaps. */
  reroute?: RerouteParams;
}

const rareParams = v.object(rareCreateParams);

/** The same as the wire has it. @throws SimulatorError `invalidParams`, naming the field */
export async function toRareParams(given: RareParams, replayAccountState = false) {
  const { reroute, discoveries, actions, diagnosticProbes } = given;
  return readParams(rareParams, {
    reroute,
    discoveries,
    ...(actions?.length && { actions: await packActions(actions, replayAccountState) }),
    ...(diagnosticProbes?.length && { diagnosticProbes: await packProbes(diagnosticProbes) }),
  });
}
