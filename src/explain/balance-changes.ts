import { formatUnits } from "./field-types.js";
import { asBigInt, asIndex, asList, asObject, asText, type Members } from "./unknown-values.js";

/** A change of an account's lamports. */
export interface SolChange {
  readonly address: string;
  readonly before: bigint;
  readonly after: bigint;
  /** `after - before`, in lamports. The fee is included for the fee payer. */
  readonly change: bigint;
}

/** A change of a token account's balance, in the smallest unit of the mint. */
export interface TokenChange {
  /** The token account. */
  readonly address: string;
  readonly mint: string;
  /** Absent if the node does not report it. */
  readonly owner?: string;
  readonly decimals: number;
  readonly before: bigint;
  readonly after: bigint;
  readonly change: bigint;
  /** `change` in whole tokens, with its sign. */
  readonly uiChange: string;
}

/** The accounts whose lamports changed, in the order of the transaction. */
export function solChanges(meta: Members | undefined, addresses: readonly string[]): SolChange[] {
  const before = asList(meta?.preBalances) ?? [];
  const after = asList(meta?.postBalances) ?? [];
  return before.flatMap((value, index) => {
    const [old, now, address] = [asBigInt(value), asBigInt(after[index]), addresses[index]];
    if (old === undefined || now === undefined || old === now) return [];
    return [{ address: address ?? `account #${index + 1}`, before: old, after: now, change: now - old }];
  });
}

/** The token accounts whose balance changed. One that was opened or closed had or has a balance of 0. */
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

/** The balances by account and mint: an account can be closed and opened again for another mint. */
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
