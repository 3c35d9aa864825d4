import type { Replacement } from "../../src/protocol/replacement-notification.js";
import { decodeReplacement } from "../../src/reroute/index.js";
import { SOL_MINT, USDC_MINT } from "../../src/reroute/mint-table.js";

export const EXOTIC_MINT = "DezXAZ8z7PnrnRJjz3wXBoRgixCa6xjnB7YaB1pPB263";

const CORE = { context: { slot: 1 }, slot: 1, batchIndex: 0, outcome: "filled" };

/** Builds a hop of a route through a venue. */
export function hopOf(label: string | undefined, inAmount = "1000000000", percent = 100): object {
  return { percent, swapInfo: { label, inputMint: SOL_MINT, outputMint: USDC_MINT, inAmount } };
}

export interface RequoteShape {
  signature?: string;
  amount?: number;
  inputMint?: string;
  outputMint?: string;
  swapMode?: string;
  ours?: number;
  l1?: number;
  routePlan?: object[];
  originalRoutePlan?: object[];
}

/** Builds a `requote` replacement with one swap: 1 SOL for 100 USDC. */
export function requoteOf({ signature = "s", ours = 100_000_000, l1 = 100_000_000, ...leg }: RequoteShape = {}): Replacement {
  const defaults = { inputMint: SOL_MINT, outputMint: USDC_MINT, amount: 1_000_000_000, swapMode: "ExactIn" };
  return decodeReplacement(
    JSON.stringify({
      ...CORE,
      kind: "requote",
      originalSignature: signature,
      computeUnitsConsumed: 1,
      routedTransaction: { data: "", encoding: "base64" },
      realizedOutputAmount: ours,
      originalRealizedOutputAmount: l1,
      legs: [{ ...defaults, originalQuotedOut: 0, metisQuotedOut: 0, routeSummary: "", ...leg }],
    }),
  );
}

export interface FillShape {
  template?: string;
  outcome?: string;
  category?: string;
  changeVsL1Bps?: number;
  l1Fill?: number;
  templateFill?: number;
}

/** Builds a `directFill` replacement for a swap of 1 SOL. */
export function fillOf({ template = "Tempest", ...shape }: FillShape = {}): Replacement {
  const hop = { slot: 1, blockTime: 0, txIndex: 0, ixIndex: 0, legIndex: 0, inputAmount: 1, outputAmount: 1 };
  return decodeReplacement(
    JSON.stringify({
      ...CORE,
      kind: "directFill",
      originalSignature: "s",
      template,
      program: SOL_MINT,
      hop,
      quoteTxIndex: 0,
      quoteLagBlocks: 0,
      inputMint: SOL_MINT,
      outputMint: USDC_MINT,
      amount: 1_000_000_000,
      swapMode: "ExactIn",
      ...shape,
    }),
  );
}
