import { decodeBase64 } from "../../codec/base64.js";
import { parseTransaction } from "../../local/wire/wire-transaction.js";
import type { Outcome, TokenBalance } from "./transaction-outcome.js";

/**
 * The kinds of differences, the most important first. A transaction counts once, as the first kind that applies.
 *
 * - `regression`: succeeded in A, failed in B
 * - `improvement`: failed in A, succeeded in B
 * - `error`: failed in both, with different errors
 * - `balance`: lamports or token balances differ
 * - `log`: only the logs differ
 * - `missing`: only in A
 * - `extra`: only in B
 */
export const DIFFERENCE_KINDS = ["regression", "improvement", "error", "balance", "log", "missing", "extra"] as const;
export type DifferenceKind = (typeof DIFFERENCE_KINDS)[number];

/** A balance after the transaction in A and in B; `undefined` if there is none. */
export interface BalanceDifference {
  account: string;
  /** Absent for lamports. */
  mint?: string;
  a: string | undefined;
  b: string | undefined;
}

export interface Difference {
  kind: DifferenceKind;
  slot: bigint;
  index: number;
  signature: string;
  /** The errors as JSON; absent if the transaction succeeded or is missing. */
  errA?: string;
  errB?: string;
  balances?: BalanceDifference[];
}

/** The difference between two outcomes of a transaction; `undefined` if they are equal. */
export function findDifference(a: Outcome, b: Outcome): Difference | undefined {
  const kind = kindOf(a, b);
  if (kind === undefined) return undefined;
  const difference = { ...describe(kind, b), ...(a.err !== "" && { errA: a.err }), ...(b.err !== "" && { errB: b.err }) };
  return kind === "balance" ? { ...difference, balances: balancesOf(a, b) } : difference;
}

/** The difference of a transaction that only one run has. */
export function soleDifference(kind: "missing" | "extra", outcome: Outcome): Difference {
  const { err } = outcome;
  return { ...describe(kind, outcome), ...(err !== "" && (kind === "missing" ? { errA: err } : { errB: err })) };
}

function describe(kind: DifferenceKind, { slot, index, signature }: Outcome): Difference {
  return { kind, slot, index, signature };
}

function kindOf(a: Outcome, b: Outcome): DifferenceKind | undefined {
  if (a.err !== b.err) {
    if (a.err === "") return "regression";
    return b.err === "" ? "improvement" : "error";
  }
  if (!sameList(a.lamports, b.lamports) || !sameList(a.tokens.map(String), b.tokens.map(String))) return "balance";
  return a.logs === b.logs ? undefined : "log";
}

function sameList(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((value, index) => value === b[index]);
}

function balancesOf(a: Outcome, b: Outcome): BalanceDifference[] {
  const name = accountNames(b);
  const positions = Array.from({ length: Math.max(a.lamports.length, b.lamports.length) }, (_, index) => index);
  const lamports = positions
    .map((index) => ({ account: name(index), a: a.lamports[index], b: b.lamports[index] }))
    .filter((balance) => balance.a !== balance.b);
  const keys = new Map([...a.tokens, ...b.tokens].map(([account, mint]) => [`${account} ${mint}`, { account, mint }]));
  const tokens = [...keys.values()]
    .map(({ account, mint }) => ({
      account: name(account),
      mint,
      a: amountOf(a.tokens, account, mint),
      b: amountOf(b.tokens, account, mint),
    }))
    .filter((balance) => balance.a !== balance.b);
  return [...lamports, ...tokens];
}

function amountOf(tokens: readonly TokenBalance[], account: number, mint: string): string | undefined {
  return tokens.find(([ownAccount, ownMint]) => ownAccount === account && ownMint === mint)?.[2];
}

/** Returns the address of an account by its position, or its number if the transaction cannot be read. */
function accountNames({ wire, loaded }: Outcome): (position: number) => string {
  let keys: readonly string[] = [];
  try {
    keys = parseTransaction(decodeBase64(wire)).keys;
  } catch {
    return (position) => `account ${position}`;
  }
  return (position) => keys[position] ?? loaded[position - keys.length] ?? `account ${position}`;
}
