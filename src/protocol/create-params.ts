import * as v from "valibot";
import { diagnosticProbe } from "./diagnostic-probe.js";
import { createToken } from "./ids.js";
import { members } from "./message.js";
import { reroute } from "./reroute.js";
import { u16, u32, u64 } from "./scalars.js";
import { flag, list, opt, orNull, text } from "./schema.js";
import { discoveryFilter } from "./shapes.js";

/** The parameters that control how a range is replayed. Members are in the order of the Rust crate. */
const replayParams = {
  sendSummary: flag,
  reroute: opt(reroute),
  capacityWaitTimeoutSecs: orNull(u16),
  disconnectTimeoutSecs: orNull(u16),
  extraComputeUnits: orNull(u32),
  discoveries: list(discoveryFilter),
  /** The actions as JSON, compressed to a zstd frame, in base64. */
  actions: v.optional(text),
  replayAccountState: flag,
  diagnosticProbes: list(diagnosticProbe),
};

/** The parameters of `createBacktestSession` without the range, the name and the token. */
export const createOptions = v.object(replayParams);

/** The parameters of `createBacktestSession`. */
export const createParams = v.object({
  startSlot: u64,
  endSlot: u64,
  ...replayParams,
  parallel: flag,
  name: opt(text),
  createToken: opt(createToken),
});

/**
 * The parameters of `createBacktestSession` that a server must accept. The token can be any text, because other clients may
 * use a different format.
 */
export const createParamsOfAnyClient = v.object({ ...createParams.entries, createToken: opt(text) });

/**
 * If `parallel`, `name` or `createToken` has the wrong type, removes all three from the parameters of a create request. Servers
 * that use the Rust types do the same.
 */
export function dropUnreadableExtras(params: unknown): unknown {
  const { parallel, name, createToken: token, ...older } = members(params);
  const { entries } = createParamsOfAnyClient;
  const given = [
    [entries.parallel, parallel],
    [entries.name, name],
    [entries.createToken, token],
  ] as const;
  return given.every(([schema, value]) => v.safeParse(schema, value).success) ? params : older;
}
