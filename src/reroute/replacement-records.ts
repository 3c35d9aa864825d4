import * as v from "valibot";
import { invalidParams } from "../protocol/error-helpers.js";
import { describeIssue, FIRST_ISSUE } from "../protocol/message.js";
import { type Replacement, replacement } from "../protocol/replacement-notification.js";

/** A replacement, or an event that contains one. */
export type ReplacementInput =
  | Replacement
  | {
      /** The replacement. */
      readonly replacement: Replacement;
    };

type Requote = Extract<Replacement, { kind: "requote" }>;
type RequoteLeg = Requote["legs"][number];
/** The hops of a route. A hop is one swap at one venue. */
export type RoutePlan = NonNullable<RequoteLeg["routePlan"]>;
/** One hop of a route. */
export type Hop = RoutePlan[number];

export type SwapMode = "ExactIn" | "ExactOut";

/** One leg (swap) of a re-quoted transaction. Amounts are in the smallest unit of their mint. */
export interface LegRecord {
  readonly signature: string;
  readonly inputMint: string;
  readonly outputMint: string;
  readonly amount: bigint;
  readonly swapMode: SwapMode;
  /** Whether the replacement transaction failed. */
  readonly failed: boolean;
  /** Whether the original transaction failed on L1. */
  readonly originalFailed: boolean;
  /** Output amount of the replacement. */
  readonly realizedOutput: bigint | undefined;
  /** Output amount of the original transaction. Unknown if the transaction has several legs. */
  readonly originalOutput: bigint | undefined;
  readonly routePlan: RoutePlan | undefined;
  readonly originalRoutePlan: RoutePlan | undefined;
  readonly realizedRoutePlan: RoutePlan | undefined;
}

/** One swap that the server simulated at a venue. `template` names the instruction for the swap. */
export interface ProbeRecord {
  readonly template: string;
  readonly inputMint: string;
  readonly outputMint: string;
  readonly amount: bigint;
  readonly swapMode: SwapMode;
  /** The outcome of the simulated swap: `filled`, `reverted_` with a category, or any other outcome that the simulator reports. */
  readonly outcome: string;
  readonly l1Fill: bigint | undefined;
  readonly templateFill: bigint | undefined;
  /** The change relative to the original swap, in basis points. */
  readonly changeBps: bigint | undefined;
}

/**
 * Returns the legs (swaps) of all `requote` replacements, in order.
 *
 * @throws SimulatorError `invalidParams` if an item is not a replacement
 */
export function legRecords(replacements: Iterable<ReplacementInput>): LegRecord[] {
  return readReplacements(replacements).flatMap((read) => (read.kind === "requote" ? toLegRecords(read) : []));
}

/**
 * Returns the simulated swaps of all `directFill` replacements, in order.
 *
 * @throws SimulatorError `invalidParams` if an item is not a replacement
 */
export function probeRecords(replacements: Iterable<ReplacementInput>): ProbeRecord[] {
  return readReplacements(replacements).flatMap((read) => (read.kind === "directFill" ? [toProbeRecord(read)] : []));
}

/** Validates all members of the replacements, because they may come from a file or be written by hand. */
function readReplacements(replacements: Iterable<ReplacementInput>): Replacement[] {
  if (typeof replacements !== "object" || replacements === null || !(Symbol.iterator in replacements)) {
    throw invalidParams("replacements", "expected a list of replacements");
  }
  return Array.from(replacements, (item, index) => {
    const isEvent = typeof item === "object" && item !== null && "replacement" in item;
    const field = `replacements.${index}${isEvent ? ".replacement" : ""}`;
    const value: unknown = isEvent ? item.replacement : item;
    if (typeof value !== "object" || value === null) {
      throw invalidParams(field, `expected a replacement, got ${value === null ? "null" : typeof value}`);
    }
    const parsed = v.safeParse(replacement, value, FIRST_ISSUE);
    if (parsed.success) return parsed.output;
    const { path } = describeIssue(parsed.issues[0], "");
    throw invalidParams(path === "" ? field : `${field}.${path}`, parsed.issues[0].message);
  });
}

function toLegRecords(requote: Requote): LegRecord[] {
  const { legs, originalSignature, err, originalFailed, realizedOutputAmount, originalRealizedOutputAmount } = requote;
  return legs.map((leg) => ({
    signature: originalSignature,
    inputMint: leg.inputMint,
    outputMint: leg.outputMint,
    amount: leg.amount,
    swapMode: toSwapMode(leg.swapMode),
    failed: err !== undefined,
    originalFailed,
    realizedOutput: realizedOutputAmount,
    // `originalRealizedOutputAmount` is the total of all legs (swaps). With several legs, the output of one leg is unknown.
    originalOutput: legs.length === 1 ? originalRealizedOutputAmount : undefined,
    routePlan: leg.routePlan,
    originalRoutePlan: leg.originalRoutePlan,
    realizedRoutePlan: leg.realizedRoutePlan,
  }));
}

function toProbeRecord(fill: Extract<Replacement, { kind: "directFill" }>): ProbeRecord {
  const { template, inputMint, outputMint, amount, swapMode, outcome, category, l1Fill, templateFill, changeVsL1Bps } = fill;
  return {
    template,
    inputMint,
    outputMint,
    amount,
    swapMode: toSwapMode(swapMode),
    outcome: outcome === "reverted" ? `reverted_${category ?? ""}` : outcome,
    l1Fill,
    templateFill,
    changeBps: changeVsL1Bps,
  };
}

function toSwapMode(text: string): SwapMode {
  return text === "ExactOut" ? "ExactOut" : "ExactIn";
}
