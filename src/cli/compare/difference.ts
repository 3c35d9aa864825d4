import { decodeBase64 } from "../../codec/base64.js";
import { parseTransaction } from "../../local/wire/wire-transaction.js";
import type { Outcome, TokenBalance } from "./transaction-outcome.js";

/**
 * How a transaction's outcomes can differ, the weightiest first. A transaction counts once, by the first that fits.
 *
 * - `regression`: succeeded in A, fails in B
 * - `improvement`: failed in A, succeeds in B
 * - `error`: fails in both, with another error
 * - `balance`: lamports or token balances after it differ
 * - `log`: only its logs differ
 * - `missing`: in A alone
 * - `extra`: in B alone
 */
export const DIFFERENCE_KINDS = ["regression", "improvement", "error", "balance", "log", "missing", "extra"] as const;
export type DifferenceKind = (typeof DIFFERENCE_KINDS)[number];

/** A balance after the transaction, in A and in B; undefined where there is none. */
export interface BalanceDifference {
  account: string;
  /** Absent: lamports. */
  mint?: string;
  a: string | undefined;
  b: string | undefined;
}

export interface Difference {
  kind: DifferenceKind;
  slot: bigint;
  index: number;
  signature: string;
  /** The errors as JSON; absent where it succeeded, or isn't there. */
  errA?: string;
  errB?: string;
  balances?: BalanceDifference[];
}

/** What tells two outcomes of a transaction apart; undefined if nothing does. */
export function findDifference(a: Outcome, b: Outcome): Difference | undefined {
  const kind = kindOf(a, b);
  if (kind === undefined) return undefined;
  const difference = { ...describe(kind, b), ...(a.err !== "" && { errA: a.err }), ...(b.err !== "" && { errB: b.err }) };
  return kind === "balance" ? { ...difference, balances: balancesOf(a, b) } : difference;
}

/** One that only one of the runs has. */
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

/** The address of an account by its position; its number, where the transaction can't be read. */
function accountNames({ wire, loaded }: Outcome): (position: number) => string {
  let keys: readonly string[] = [];
  try {
    keys = parseTransaction(decodeBase64(wire)).keys;
  } catch {
    // Told by number then.
    return (position) => `account ${position}`;
  }
  return (position) => keys[position] ?? loaded[position - keys.length] ?? `account ${position}`;
}
