import { stringifyJson } from "../codec/json.js";
import { type AnyTransaction, OwnTransaction, type RecordedBalance } from "./recorded-transaction.js";
import { describeFailure, type TransactionFailure } from "./transaction-failure.js";

/**
 * The kinds of differences, the most important first. A transaction counts only once, as the first kind that applies.
 *
 * - `regression`: succeeded in A, failed in B
 * - `improvement`: failed in A, succeeded in B
 * - `error`: failed in both, with different errors
 * - `balance`: lamports or token balances differ
 * - `log`: the logs differ
 * - `computeUnits`: the numbers of consumed compute units differ
 * - `fee`: the fees differ
 * - `order`: executed in different slots, or in a different order within the slot. Transactions that only one run has are not
 *   considered
 * - `missing`: only in A
 * - `extra`: only in B
 */
export const DIFFERENCE_KINDS = [
  "regression",
  "improvement",
  "error",
  "balance",
  "log",
  "computeUnits",
  "fee",
  "order",
  "missing",
  "extra",
] as const;
/** A kind of difference between two transactions. See {@link DIFFERENCE_KINDS}. */
export type DifferenceKind = (typeof DIFFERENCE_KINDS)[number];

/** A balance that differs between the two runs: lamports, or an amount of a token in the smallest unit of its mint. */
export interface BalanceDifference {
  /** The address of the account. */
  account: string;
  /** Absent for lamports. */
  mint?: string;
  /** The owner of a token account, if a record contains it. */
  owner?: string;
  /** The decimals of the mint, if a record contains them. */
  decimals?: number;
  /** The balance after the transaction in run A. `undefined` if the account has no balance. */
  a: bigint | undefined;
  /** The balance after the transaction in run B. `undefined` if the account has no balance. */
  b: bigint | undefined;
  /** How much the transaction added to the balance in run A. */
  changeA: bigint;
  /** How much the transaction added to the balance in run B. */
  changeB: bigint;
}

/** The result of a transaction in one run. */
export interface RecordedOutcome {
  /** The slot of the transaction. */
  slot: bigint;
  /** The index of the transaction in its block, if the record contains it. */
  index?: number;
  /** The error of the transaction. `null` if it succeeded. */
  err: unknown;
  /** Why the transaction failed. Absent if it succeeded. */
  failure?: TransactionFailure;
  /** The fee in lamports, if the record contains it. */
  fee?: bigint;
  /** Number of consumed compute units, if the record contains it. */
  computeUnits?: bigint;
  /** The log lines, if the record contains them. */
  logs?: readonly string[];
  /** The result in the form of `getTransaction`, if the record contains it. */
  transaction?: unknown;
}

/** A transaction whose results differ, or that only one run contains. */
export interface TransactionDifference {
  /** The kind under which the transaction is counted: the first item of `kinds`. */
  kind: DifferenceKind;
  /** All kinds of differences that apply, the most important first. */
  kinds: DifferenceKind[];
  /** The first signature, in base58. */
  signature: string;
  /** The slot of the transaction in B, or in A if only A has the transaction. */
  slot: bigint;
  /** The index of the transaction in its block. -1 if it is unknown. */
  index: number;
  /** The result in run A. Absent if only B has the transaction. */
  a?: RecordedOutcome;
  /** The result in run B. Absent if only A has the transaction. */
  b?: RecordedOutcome;
  /** The balances that differ. Empty if only one run has the transaction. */
  balances: BalanceDifference[];
}

/**
 * Returns the difference between two results of a transaction, or `undefined` if they are equal. Does not compare the order within
 * the slot.
 */
export function findDifference(a: AnyTransaction, b: AnyTransaction): TransactionDifference | undefined {
  const balances = haveSameBalances(a, b) ? [] : differingBalances(a, b);
  const kinds: DifferenceKind[] = [];
  const status = statusKind(a, b);
  if (status !== undefined) kinds.push(status);
  if (balances.length > 0) kinds.push("balance");
  if (a.logs !== undefined && b.logs !== undefined && !sameTexts(a.logs, b.logs)) kinds.push("log");
  if (differ(a.computeUnits, b.computeUnits)) kinds.push("computeUnits");
  if (differ(a.fee, b.fee)) kinds.push("fee");
  if (a.slot !== b.slot) kinds.push("order");
  return kinds.length === 0 ? undefined : differenceOf(kinds, a, b, balances);
}

/**
 * Adds the kind of difference `order`: the index of the transaction is not the same in both runs.
 *
 * @param other the difference found so far. `undefined` if there is none
 */
export function orderDifference(
  slot: bigint,
  moved: { indexA: number; indexB: number; signature: string; err: unknown },
  other: TransactionDifference | undefined,
): TransactionDifference {
  if (other !== undefined) return { ...other, kinds: inImportance([...other.kinds, "order"]) };
  const { indexA, indexB, signature, err } = moved;
  return {
    kind: "order",
    kinds: ["order"],
    signature,
    slot,
    index: indexB,
    a: { slot, index: indexA, err },
    b: { slot, index: indexB, err },
    balances: [],
  };
}

function inImportance(kinds: readonly DifferenceKind[]): DifferenceKind[] {
  return DIFFERENCE_KINDS.filter((kind) => kinds.includes(kind));
}

/** Returns the difference for a transaction that only one run contains. */
export function soleDifference(kind: "missing" | "extra", only: AnyTransaction): TransactionDifference {
  const side = kind === "missing" ? "a" : "b";
  const { signature, slot, index = -1 } = only;
  return { kind, kinds: [kind], signature, slot, index, [side]: outcomeOf(only), balances: [] };
}

function differenceOf(
  kinds: DifferenceKind[],
  a: AnyTransaction,
  b: AnyTransaction,
  balances: BalanceDifference[],
): TransactionDifference {
  const { signature, slot } = b;
  const index = b.index ?? a.index ?? -1;
  const kind = kinds[0] as DifferenceKind;
  return { kind, kinds, signature, slot, index, a: outcomeOf(a, b), b: outcomeOf(b, a), balances };
}

/** @param other the same transaction in the other run */
function outcomeOf(transaction: AnyTransaction, other?: AnyTransaction): RecordedOutcome {
  const { slot, index, err, fee, computeUnits, logs, transaction: recorded } = transaction;
  const failure = describeFailure(transaction, other?.logs);
  return {
    slot,
    ...(index !== undefined && { index }),
    err,
    ...(failure !== undefined && { failure }),
    ...(fee !== undefined && { fee }),
    ...(computeUnits !== undefined && { computeUnits }),
    ...(logs !== undefined && { logs }),
    ...(recorded !== undefined && { transaction: recorded }),
  };
}

function statusKind(a: AnyTransaction, b: AnyTransaction): "regression" | "improvement" | "error" | undefined {
  if (a.err === null) return b.err === null ? undefined : "regression";
  if (b.err === null) return "improvement";
  // If only one of the records comes from the command `sim`, the errors have different formats and are not compared.
  const isComparable = a instanceof OwnTransaction === b instanceof OwnTransaction;
  return isComparable && errorText(a.err) !== errorText(b.err) ? "error" : undefined;
}

/** Returns an error as text, without the reason of a `BorshIoError`. Newer versions of Solana do not record this reason. */
function errorText(err: unknown): string {
  return stringifyJson(err).replace(/\{"BorshIoError":"[^"]*"\}/g, '"BorshIoError"');
}

function haveSameBalances(a: AnyTransaction, b: AnyTransaction): boolean {
  return a instanceof OwnTransaction && b instanceof OwnTransaction && a.hasSameBalances(b);
}

function differingBalances(a: AnyTransaction, b: AnyTransaction): BalanceDifference[] {
  // A record of the command `sim` contains only changed balances. If A or B comes from `sim`, only changed balances are compared.
  const isPartial = !(a instanceof OwnTransaction) || !(b instanceof OwnTransaction);
  const balances = (one: AnyTransaction) => (isPartial ? one.changedBalances : one.balances);
  const [ofA, ofB] = [balances(a), balances(b)];
  // Some nodes do not record the owners of token accounts, so owners are compared only if both runs have them.
  const hasOwners = [...ofA, ...ofB].every(({ mint, owner }) => mint === undefined || owner !== undefined);
  const keyOf = ({ account, mint = "", owner = "" }: RecordedBalance) => `${account} ${mint} ${hasOwners ? owner : ""}`;
  const pairs = new Map<string, { a?: RecordedBalance; b?: RecordedBalance }>();
  for (const balance of ofA) pairs.set(keyOf(balance), { a: balance });
  for (const balance of ofB) pairs.set(keyOf(balance), { ...pairs.get(keyOf(balance)), b: balance });
  const differences: BalanceDifference[] = [];
  for (const pair of pairs.values()) {
    const { account, mint, owner, decimals } = (pair.b ?? pair.a) as RecordedBalance;
    // `isPartial`: both lists contain only changed balances. A balance that is missing in a list did not change.
    const [before, after] = isPartial ? [pair.a ?? unchanged(pair.b), pair.b ?? unchanged(pair.a)] : [pair.a, pair.b];
    if (before?.pre === after?.pre && before?.post === after?.post) continue;
    differences.push({
      account,
      ...(mint !== undefined && { mint }),
      ...(owner !== undefined && { owner }),
      ...(decimals !== undefined && { decimals }),
      a: before?.post,
      b: after?.post,
      changeA: changeOf(before),
      changeB: changeOf(after),
    });
  }
  return differences;
}

function unchanged(balance: RecordedBalance | undefined): RecordedBalance | undefined {
  return balance && { ...balance, post: balance.pre };
}

/** Returns how much a transaction added to a balance. */
export function changeOf(balance: RecordedBalance | undefined): bigint {
  return (balance?.post ?? 0n) - (balance?.pre ?? 0n);
}

function differ(a: bigint | undefined, b: bigint | undefined): boolean {
  return a !== undefined && b !== undefined && a !== b;
}

function sameTexts(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((text, index) => text === b[index]);
}
