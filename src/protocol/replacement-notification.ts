import * as v from "valibot";
import { address, i64, u32, u64 } from "./scalars.js";
import { flag, opt, tagged, text } from "./schema.js";
import { encodedBinary } from "./shapes.js";

const hop = v.object({
  leg: opt(u32),
  percent: v.optional(u64, 100n),
  program: opt(text),
  bps: opt(u64),
  swapInfo: v.object({
    label: opt(text),
    ammKey: opt(text),
    inputMint: opt(text),
    inAmount: opt(text),
    outputMint: opt(text),
    outAmount: opt(text),
  }),
});
const routePlan = opt(v.array(hop));

const leg = v.object({
  inputMint: address,
  outputMint: address,
  amount: u64,
  swapMode: text,
  originalQuotedOut: u64,
  metisQuotedOut: u64,
  routeSummary: text,
  routePlan,
  originalRoutePlan: routePlan,
  realizedRoutePlan: routePlan,
});

const core = {
  context: v.object({ slot: u64 }),
  slot: u64,
  batchIndex: u32,
  originalSignature: text,
  originalFailed: flag,
  outcome: text,
  category: opt(text),
  err: opt(text),
  l1Fill: opt(u64),
  changeVsL1Bps: opt(i64),
};
const cost = { computeUnitsConsumed: u64, fee: opt(u64) };

/** The result of a `replacementNotification`. */
export const replacement = tagged("kind", {
  requote: {
    ...core,
    ...cost,
    legs: v.optional(v.array(leg), []),
    routedTransaction: encodedBinary,
    logs: v.optional(v.array(text), []),
    realizedOutputAmount: opt(u64),
    originalRealizedOutputAmount: opt(u64),
  },
  directFill: {
    ...core,
    template: text,
    program: address,
    hop: v.object({
      slot: u64,
      blockTime: i64,
      txIndex: u32,
      ixIndex: u32,
      legIndex: u32,
      program: opt(address),
      inputAmount: u64,
      outputAmount: u64,
      replayInputAmount: opt(u64),
      replayOutputAmount: opt(u64),
    }),
    quoteTxIndex: u32,
    quoteLagBlocks: u32,
    inputMint: address,
    outputMint: address,
    amount: u64,
    swapMode: text,
    templateFill: opt(u64),
  },
  original: { ...core, ...cost, routePlan, l1RoutePlan: routePlan, simulatedOutputAmount: opt(u64) },
});
/**
 * The replacement of a historical swap. `requote`: the transaction with a new quote. `directFill`: one swap, simulated with a
 * template. `original`: a replay of the original swap. Amounts are `bigint`, in the smallest unit of the mint.
 */
export type Replacement = v.InferOutput<typeof replacement>;
