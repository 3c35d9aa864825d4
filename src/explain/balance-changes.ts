import { formatUnits } from "../protocol/token-amount.js";
import { asBigInt, asIndex, asList, asObject, asText, type Members } from "./unknown-values.js";

/** A change in the lamports of an account. */
export interface SolChange {
  /** The address of the account. */
  readonly address: string;
  /** In lamports. */
  readonly before: bigint;
  /** In lamports. */
  readonly after: bigint;
  /** `after - before`, in lamports. For the fee payer, this includes the fee. */
  readonly change: bigint;
}

/** A change in the balance of a token account, in the smallest unit of the mint. */
export interface TokenChange {
  /** The address of the token account. */
  readonly address: string;
  /** The address of the mint. */
  readonly mint: string;
  /** The owner of the token account. Absent if the node does not report the owner. */
  readonly owner?: string;
  /** The decimals of the mint. */
  readonly decimals: number;
  /** The balance before the transaction. 0 if the transaction opened the account. */
  readonly before: bigint;
  /** The balance after the transaction. 0 if the transaction closed the account. */
  readonly after: bigint;
  /** `after - before`, in the smallest unit. */
  readonly change: bigint;
  /** `change` in whole tokens, with a sign. */
  readonly uiChange: string;
}

/** Returns the accounts whose lamports changed, in the order of the transaction's accounts. */
export function solChanges(meta: Members | undefined, addresses: readonly string[]): SolChange[] {
  const before = asList(meta?.preBalances) ?? [];
  const after = asList(meta?.postBalances) ?? [];
  return before.flatMap((value, index) => {
    const [old, now, address] = [asBigInt(value), asBigInt(after[index]), addresses[index]];
    if (old === undefined || now === undefined || old === now) return [];
    return [{ address: address ?? `account #${index + 1}`, before: old, after: now, change: now - old }];
  });
}

/** Returns the token accounts whose balance changed. The balance counts as 0 before an account is opened and after it is closed. */
export function tokenChanges(meta: Members | undefined, addresses: readonly string[]): TokenChange[] {
  const before = readBalances(meta?.preTokenBalances);
  const after = readBalances(meta?.postTokenBalances);
  const keys = new Set([...before.keys(), ...after.keys()]);
  return [...keys].flatMap((key) => {
    const [old, now] = [before.get(key), after.get(key)];
    const either = now ?? old;
    if (either === undefined) return [];
    const { index, mint, owner, decimals } = either;
    const change = (now?.amount ?? 0n) - (old?.amount ?? 0n);
    if (change === 0n) return [];
    const address = addresses[index] ?? `account #${index + 1}`;
    const sums = { before: old?.amount ?? 0n, after: now?.amount ?? 0n, change };
    const uiChange = `${change > 0n ? "+" : ""}${formatUnits(change, decimals)}`;
    return [{ address, mint, ...(owner !== undefined && { owner }), decimals, ...sums, uiChange }];
  });
}

interface Balance {
  readonly index: number;
  readonly mint: string;
  readonly owner: string | undefined;
  readonly decimals: number;
  readonly amount: bigint;
}

/**
 * Reads balances by account and mint. The account alone is not enough, because it can be closed and opened again for another
 * mint.
 */
function readBalances(given: unknown): Map<string, Balance> {
  const balances = new Map<string, Balance>();
  for (const item of asList(given) ?? []) {
    const members = asObject(item);
    const ui = asObject(members?.uiTokenAmount);
    const [index, mint, amount] = [asIndex(members?.accountIndex), asText(members?.mint), asBigInt(ui?.amount)];
    if (index === undefined || mint === undefined || amount === undefined) continue;
    const decimals = Math.min(asIndex(ui?.decimals) ?? 0, 255);
    balances.set(`${index} ${mint}`, { index, mint, owner: asText(members?.owner), decimals, amount });
  }
  return balances;
}
