import type * as v from "valibot";
import { stringifyJson } from "../../codec/json.js";
import { type diagnosticProbe, findProbeProblem } from "../../protocol/diagnostic-probe.js";
import { Prng } from "../engine/synthetic/prng.js";
import type { LogEntry } from "../notifications/notification-log.js";
import { invalidRequest } from "../wire/backtest-failure.js";
import type { CompressedFields } from "../wire/compressed-fields.js";
import { type Anchor, firesAtSlot, readAnchor } from "./anchor.js";

/** A decoded and validated diagnostic probe. */
export interface ProbePlan {
  /** The index of the probe in the create request. */
  index: number;
  anchor: Anchor;
  markets: readonly string[];
  usdValues: readonly number[];
  label: string | undefined;
}

type WireProbe = v.InferOutput<typeof diagnosticProbe>;

/** Decodes the diagnostic probes of a create request. @throws BacktestFailure `invalidRequest` */
export function readProbes(wires: readonly WireProbe[], fields: CompressedFields): ProbePlan[] {
  return wires.map((wire, index) => readProbe(wire, index, fields));
}

function readProbe(wire: WireProbe, index: number, fields: CompressedFields): ProbePlan {
  const name = `diagnostic probe ${index}`;
  const problem = findProbeProblem(wire);
  if (problem !== undefined) throw invalidRequest(`${name}: ${problem}`);
  const { markets, usdValues, label } = wire;
  return { index, anchor: readAnchor(`${name}.anchor`, wire.anchor, fields), markets, usdValues, label };
}

/**
 * Returns the samples of the probes at the end of a slot, one for each market and size. The simulator has no router, so it
 * generates the figures from the slot, the market and the size.
 */
export function sampleProbes(probes: readonly ProbePlan[], slot: bigint): LogEntry[] {
  return probes
    .filter(({ anchor }) => firesAtSlot(anchor, "after", slot))
    .flatMap((probe) =>
      probe.markets.flatMap((market) => probe.usdValues.map((usdValue) => sample(probe, slot, market, usdValue))),
    );
}

/** The share of generated samples for which no swap route is found. */
const FAILING_SHARE = 0.05;

function sample({ index, label }: ProbePlan, slot: bigint, market: string, usdValue: number): LogEntry {
  const prng = new Prng(`probe/${slot}/${market}/${usdValue}`);
  const hasRoute = !prng.chance(FAILING_SHARE);
  const side = (): unknown => ({
    inAmount: `${usdValue * 1_000_000}`,
    outAmount: `${usdValue * 1_000_000 - prng.below(usdValue * 2_000)}`,
  });
  const result = {
    context: { slot },
    slot,
    probeIndex: index,
    label,
    market,
    usdValue,
    routerSlot: slot,
    results: hasRoute ? { buy: side(), sell: side() } : undefined,
    accountHashes: hasRoute ? [hex(prng.bytes(32)), hex(prng.bytes(32))] : [],
    err: hasRoute ? undefined : "no route",
  };
  const key = `${index}|${market}|${usdValue}`;
  return { type: "report", kind: "diagnostic", slot, result: { slot, key, json: () => stringifyJson(result) } };
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
