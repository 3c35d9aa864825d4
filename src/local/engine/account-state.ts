import { decodeBase64, encodeBase64 } from "../../codec/base64.js";
import type { AccountData } from "../../protocol/shapes.js";
import { BacktestFailure, reasonOf } from "../wire/backtest-failure.js";
import type { AccountState } from "./engine.js";

/**
 * Converts an account state that a client sent.
 *
 * @throws BacktestFailure `invalidAccountEncoding`
 */
function toAccountState(address: string, { data, lamports, owner, executable }: AccountData): AccountState {
  let bytes: Uint8Array;
  try {
    bytes = decodeBase64(data.data);
  } catch (error) {
    throw new BacktestFailure({ invalidAccountEncoding: { address, encoding: data.encoding, error: reasonOf(error) } });
  }
  return { lamports: BigInt(lamports), owner, executable, data: bytes };
}

/** Converts account states by address. @throws BacktestFailure `invalidAccountEncoding` */
export function toAccountStates(states: Readonly<Record<string, AccountData>>): Map<string, AccountState> {
  return new Map(Object.entries(states).map(([address, data]) => [address, toAccountState(address, data)]));
}

/** Converts an account state to the form that requests use. */
export function toAccountData({ lamports, owner, executable, data }: AccountState): AccountData {
  const encoded = { data: encodeBase64(data), encoding: "base64" } as const;
  return { data: encoded, executable, lamports, owner, space: BigInt(data.length) };
}

/** Whether two states are equal. `undefined` means a missing account. */
export function isSameState(a: AccountState | undefined, b: AccountState | undefined): boolean {
  if (a === b) return true;
  if (a === undefined || b === undefined) return false;
  return (
    a.lamports === b.lamports &&
    a.owner === b.owner &&
    a.executable === b.executable &&
    (a.data === b.data || (a.data.length === b.data.length && a.data.every((byte, index) => byte === b.data[index])))
  );
}
