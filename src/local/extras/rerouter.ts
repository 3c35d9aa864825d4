import type * as v from "valibot";
import { encodeBase64 } from "../../codec/base64.js";
import { stringifyJson } from "../../codec/json.js";
import { encodeUtf8 } from "../../codec/utf8.js";
import type { reroute } from "../../protocol/reroute.js";
import type { SessionSummary } from "../../protocol/session-summary.js";
import type { EngineBlock, ExecutedTransaction } from "../engine/engine.js";
import { Prng } from "../engine/synthetic/prng.js";
import type { LogEntry } from "../notifications/notification-log.js";
import { invalidRequest } from "../wire/backtest-failure.js";
import { findSwap, type Swap } from "./swaps.js";

/** The decoded `reroute` of a create request. */
export type ReroutePlan = v.InferOutput<typeof reroute>;
type Template = NonNullable<ReroutePlan["directFill"]>[number];
type Stats = NonNullable<SessionSummary["rerouteStats"]>;
type Aggregator = ReroutePlan["aggregators"][number];

/** A swap that was found in the ledger, with its position. */
interface Found {
  swap: Swap;
  transaction: ExecutedTransaction;
  batchIndex: number;
}

/** The generated result of a simulated swap. */
interface SwapResult {
  outcome: "filled" | "reverted" | "unattributed" | "unsimulatable";
  category: string | undefined;
  err: string | undefined;
  /** The filled amount, if known. */
  fill: bigint | undefined;
  /** The difference between `fill` and the swap on the chain, in basis points. */
  change: bigint | undefined;
}

const AGGREGATORS: readonly Aggregator[] = ["jupiter", "jupiter", "jupiter", "okx", "titan", "dflow"];
const VENUES = ["Orca", "Raydium CLMM", "Meteora DLMM", "Phoenix"];
const REVERTS: readonly [category: string, err: string][] = [
  ["slippage", "custom program error: 0x1771"],
  ["venueDeclined", "custom program error: 0x1786"],
];
const UNROUTED_SHARE = 0.04;

/** Checks that the `reroute` of a create request has an effect. @throws BacktestFailure `invalidRequest` */
export function checkReroute({ aggregators, filter, requote, directFill = [], extraMarkets = [] }: ReroutePlan): void {
  if (aggregators.length === 0) throw invalidRequest("reroute.aggregators: expected at least one");
  if (filter !== undefined && filter.pairs.length === 0)
    throw invalidRequest("reroute.filter: expected at least one pair; omit the filter to include all swaps");
  if (!requote && directFill.length === 0) throw invalidRequest("reroute: expected requote or at least one directFill template");
  if (!requote && extraMarkets.length > 0) throw invalidRequest("reroute.extraMarkets: extra markets need requote");
  const labels = directFill.map(({ label }) => label);
  const twice = labels.find((label, index) => labels.indexOf(label) !== index);
  if (twice !== undefined) throw invalidRequest(`reroute.directFill: two templates have the label ${JSON.stringify(twice)}`);
}

/**
 * Reports replacements for the swaps of the ledger. The outcomes and the output amounts are pseudorandom. The
 * signature of the transaction is the seed.
 */
export class Rerouter {
  readonly #plan: ReroutePlan;
  readonly stats: Stats = {
    swapsDetected: 0n,
    swapsFiltered: 0n,
    swapsRerouted: 0n,
    swapsSimulated: 0n,
    swapsSucceeded: 0n,
    requoteFailures: 0n,
    overrideSetupFailures: 0n,
    metisUnavailableBlocks: 0n,
    quoteAttemptsUnavailable: 0n,
    directFillMatched: 0n,
    directFillOutcomes: {},
    directFillScored: 0n,
    directFillBpsTotal: 0n,
    directFillTemplates: {},
    originalsScored: 0n,
    originalsBpsTotal: 0n,
    originalsReplayed: 0n,
    datasetUri: undefined,
  };

  constructor(plan: ReroutePlan) {
    this.#plan = plan;
    for (const { label } of plan.directFill ?? []) {
      this.stats.directFillTemplates[label] = { matched: 0n, outcomes: {}, scored: 0n, bpsTotal: 0n };
    }
  }

  /** Returns the replacements for the swaps in a batch. */
  take({ nextBatch }: EngineBlock, executed: readonly ExecutedTransaction[]): LogEntry[] {
    return executed.flatMap((transaction) => {
      const swap = findSwap(transaction);
      if (swap === undefined || (swap.failed && !this.#plan.detectFailedL1Swaps)) return [];
      if (!swap.failed) this.stats.swapsDetected++;
      if (!this.#admits(swap, transaction)) {
        if (!swap.failed) this.stats.swapsFiltered++;
        return [];
      }
      const found = { swap, transaction, batchIndex: nextBatch };
      return [this.#original(found), ...this.#requote(found), ...this.#directFills(found)];
    });
  }

  #admits({ inputMint, outputMint }: Swap, transaction: ExecutedTransaction): boolean {
    const { aggregators, filter } = this.#plan;
    const aggregator = AGGREGATORS[sourceOf("aggregator", transaction).below(AGGREGATORS.length)] as Aggregator;
    return (
      aggregators.includes(aggregator) &&
      (filter === undefined || filter.pairs.some((pair) => pair.includes(inputMint) && pair.includes(outputMint)))
    );
  }

  #original(found: Found): LogEntry {
    const { swap, transaction } = found;
    const result = resultOf(sourceOf("original", transaction), swap);
    this.stats.originalsReplayed++;
    if (result.change !== undefined) {
      this.stats.originalsScored++;
      this.stats.originalsBpsTotal += result.change;
    }
    const plan = routeOf("route", found, swap.outputAmount);
    return reportOf("original", found, result, {
      computeUnitsConsumed: transaction.meta.computeUnitsConsumed,
      fee: transaction.meta.fee,
      routePlan: result.fill === undefined ? undefined : routeOf("route", found, result.fill),
      l1RoutePlan: swap.failed ? undefined : plan,
      simulatedOutputAmount: result.fill,
    });
  }

  #requote(found: Found): LogEntry[] {
    if (!this.#plan.requote) return [];
    const { swap, transaction } = found;
    const prng = sourceOf("requote", transaction);
    if (prng.chance(UNROUTED_SHARE)) {
      this.stats.requoteFailures++;
      return [];
    }
    const result = resultOf(prng, swap);
    if (!swap.failed) this.stats.swapsRerouted++;
    if (result.outcome !== "unsimulatable") this.stats.swapsSimulated++;
    if (result.outcome === "filled" || result.outcome === "unattributed") this.stats.swapsSucceeded++;
    const quoted = result.fill ?? swap.outputAmount;
    const routePlan = routeOf("requote", found, quoted);
    const leg = {
      inputMint: swap.inputMint,
      outputMint: swap.outputMint,
      amount: swap.inputAmount,
      swapMode: "ExactIn",
      originalQuotedOut: swap.outputAmount,
      metisQuotedOut: quoted,
      routeSummary: routePlan[0]?.swapInfo.label,
      routePlan,
      originalRoutePlan: swap.failed ? undefined : routeOf("route", found, swap.outputAmount),
      realizedRoutePlan: result.fill === undefined ? undefined : routePlan,
    };
    return [
      reportOf("requote", found, result, {
        computeUnitsConsumed: 60_000 + prng.below(120_000),
        fee: transaction.meta.fee,
        legs: [leg],
        routedTransaction: encodeRouted(found, routePlan),
        logs: result.err === undefined ? transaction.meta.logMessages : [`Program log: ${result.err}`],
        realizedOutputAmount: result.fill,
        originalRealizedOutputAmount: swap.failed ? undefined : swap.outputAmount,
      }),
    ];
  }

  #directFills(found: Found): LogEntry[] {
    const { inputMint, outputMint } = found.swap;
    const templates = this.#plan.directFill ?? [];
    return templates
      .filter((template) => template.mode === "ExactIn" && template.inputMint === inputMint && template.outputMint === outputMint)
      .map((template) => this.#directFill(found, template));
  }

  #directFill(found: Found, { label, instruction }: Template): LogEntry {
    const { swap, transaction } = found;
    const result = resultOf(sourceOf(`fill/${label}`, transaction), swap);
    this.#countFill(label, result);
    return reportOf("directFill", found, result, {
      template: label,
      program: instruction.programId,
      hop: {
        slot: transaction.slot,
        blockTime: transaction.blockTime ?? 0n,
        txIndex: transaction.index,
        ixIndex: 0,
        legIndex: 0,
        program: swap.program,
        inputAmount: swap.inputAmount,
        outputAmount: swap.outputAmount,
        replayInputAmount: swap.inputAmount,
        replayOutputAmount: swap.outputAmount,
      },
      quoteTxIndex: transaction.index,
      quoteLagBlocks: 0,
      inputMint: swap.inputMint,
      outputMint: swap.outputMint,
      amount: swap.inputAmount,
      swapMode: "ExactIn",
      templateFill: result.fill,
    });
  }

  #countFill(label: string, { outcome, category, change }: SwapResult): void {
    const bucket = category === undefined ? outcome : `${outcome}_${category}`;
    const own = this.stats.directFillTemplates[label] as Stats["directFillTemplates"][string];
    this.stats.directFillMatched++;
    own.matched++;
    for (const outcomes of [this.stats.directFillOutcomes, own.outcomes]) outcomes[bucket] = (outcomes[bucket] ?? 0n) + 1n;
    if (change === undefined) return;
    this.stats.directFillScored++;
    this.stats.directFillBpsTotal += change;
    own.scored++;
    own.bpsTotal += change;
  }
}

/** Returns a random generator for a transaction and one purpose (`what`). Each purpose has its own random numbers. */
function sourceOf(what: string, { signatures }: ExecutedTransaction): Prng {
  return new Prng(`${what}/${signatures[0] ?? ""}`);
}

function resultOf(prng: Prng, { outputAmount, failed }: Swap): SwapResult {
  const none = { category: undefined, err: undefined, fill: undefined, change: undefined };
  const luck = prng.u32() / 2 ** 32;
  if (failed || (luck >= 0.85 && luck < 0.93)) {
    const [category, err] = REVERTS[prng.below(REVERTS.length)] as [string, string];
    return { ...none, outcome: "reverted", category, err };
  }
  if (luck >= 0.97) return { ...none, outcome: "unsimulatable", err: "the transaction could not be compiled" };
  if (luck >= 0.93) return { ...none, outcome: "unattributed" };
  const change = BigInt(prng.below(61)) - 30n;
  const fill = outputAmount + (outputAmount * change) / 10_000n;
  return { ...none, outcome: "filled", fill, change: fill > 0n ? ((fill - outputAmount) * 10_000n) / outputAmount : undefined };
}

function routeOf(what: string, { swap, transaction }: Found, outAmount: bigint) {
  const prng = sourceOf(what, transaction);
  const { inputMint, outputMint, inputAmount, program } = swap;
  const label = VENUES[prng.below(VENUES.length)];
  const swapInfo = { label, inputMint, inAmount: `${inputAmount}`, outputMint, outAmount: `${outAmount}` };
  return [{ percent: 100, program, swapInfo }];
}

/** Encodes a routed transaction as JSON. The published server uses an encoding of its own that includes metadata. */
function encodeRouted({ transaction }: Found, routePlan: unknown): unknown {
  const text = stringifyJson({ slot: transaction.slot, standsInFor: transaction.signatures[0], routePlan });
  return { data: encodeBase64(encodeUtf8(text)), encoding: "base64" };
}

function reportOf(
  kind: "requote" | "directFill" | "original",
  { swap, transaction, batchIndex }: Found,
  { outcome, category, err, change }: SwapResult,
  own: Record<string, unknown>,
): LogEntry {
  const { slot, signatures } = transaction;
  const core = {
    kind,
    context: { slot },
    slot,
    batchIndex,
    originalSignature: signatures[0],
    originalFailed: swap.failed,
    outcome,
    category,
    err,
    l1Fill: swap.failed ? undefined : swap.outputAmount,
    changeVsL1Bps: change,
  };
  const key = [kind, batchIndex, signatures[0], own.template ?? ""].join("|");
  const result = { ...core, ...own };
  return { type: "report", kind: "replacement", slot, result: { slot, key, json: () => stringifyJson(result) } };
}
