import type { ExecutedTransaction, TokenBalance } from "../engine/engine.js";

/** A transaction in which the fee payer exchanged one token for another. */
export interface Swap {
  inputMint: string;
  outputMint: string;
  inputAmount: bigint;
  outputAmount: bigint;
  /** The program that executed the trade, if known. */
  program: string | undefined;
  /** Whether the transaction failed. The amounts are then 0. */
  failed: boolean;
}

/** The mint of wrapped SOL. Changes of lamports count as changes of this token. */
const WRAPPED_SOL = "So11111111111111111111111111111111111111112";
const SYSTEM_PROGRAM = "11111111111111111111111111111111";
const TOKEN_PROGRAM = /^Token/;

/** Detects a swap from the balance changes of the fee payer: one balance has fallen, and another has risen. */
export function findSwap({ accounts, programs, meta }: ExecutedTransaction): Swap | undefined {
  const [payer] = accounts;
  const program = programs.find((address) => address !== SYSTEM_PROGRAM && !TOKEN_PROGRAM.test(address));
  if (meta.err !== null) {
    const mint = meta.preTokenBalances[0]?.mint;
    if (mint === undefined) return undefined;
    return { inputMint: mint, outputMint: WRAPPED_SOL, inputAmount: 0n, outputAmount: 0n, program, failed: true };
  }
  const changes = new Map<string, bigint>();
  addAll(changes, meta.postTokenBalances, payer, 1n);
  addAll(changes, meta.preTokenBalances, payer, -1n);
  const lamports = (meta.postBalances[0] ?? 0n) - (meta.preBalances[0] ?? 0n) + meta.fee;
  if (lamports !== 0n) changes.set(WRAPPED_SOL, (changes.get(WRAPPED_SOL) ?? 0n) + lamports);
  const given = [...changes].find(([, change]) => change < 0n);
  const taken = [...changes].find(([, change]) => change > 0n);
  if (given === undefined || taken === undefined) return undefined;
  return {
    inputMint: given[0],
    outputMint: taken[0],
    inputAmount: -given[1],
    outputAmount: taken[1],
    program,
    failed: false,
  };
}

function addAll(changes: Map<string, bigint>, balances: readonly TokenBalance[], owner: string | undefined, sign: bigint): void {
  for (const { mint, owner: holder, uiTokenAmount } of balances) {
    if (holder === owner) changes.set(mint, (changes.get(mint) ?? 0n) + sign * BigInt(uiTokenAmount.amount));
  }
}
