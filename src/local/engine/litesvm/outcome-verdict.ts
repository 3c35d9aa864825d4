import { isSameTransactionError } from "../../wire/transaction-error.js";
import type { AccountState } from "../engine.js";
import type { RecordedMeta } from "../ledger/ledger.js";
import { comparableLogs } from "./comparable-logs.js";
import type { Verdict } from "./ledger-comparison.js";
import { readTokenAccount } from "./token-balances.js";

/** The result of a transaction in the VM, to be compared with the recorded outcome. */
export interface Compared {
  err: unknown;
  /** The accounts of the message. `before` and `after` have the same indices. */
  addresses: readonly string[];
  before: readonly (AccountState | undefined)[];
  after: readonly (AccountState | undefined)[];
  /** Returns the logs of the transaction. Called only if logs were recorded. */
  logs(): readonly string[];
  /** Whether the account comes from the VM and not from the ledger: a sysvar, a program or a native mint. */
  isSupplied(address: string): boolean;
  /** Whether the account is a program, such as SPL Token, whose code comes from the VM and not from the ledger. */
  isBundled(program: string): boolean;
}

/** Compares the result of a transaction with its recorded outcome. Without a recorded outcome, the result counts as correct. */
export function verdictOf(compared: Compared, recorded: RecordedMeta | undefined): Verdict {
  if (recorded === undefined) return "correctSimulation";
  if (!isSameTransactionError(compared.err, recorded.err)) return "incorrectSimulation";
  if (!areLamportsSame(compared, recorded) || !areTokensSame(compared, recorded)) return "balanceDiff";
  return areLogsSame(compared, recorded) ? "correctSimulation" : "logDiff";
}

function areLamportsSame({ addresses, before, after, isSupplied }: Compared, recorded: RecordedMeta): boolean {
  return (recorded.postBalances ?? []).every((post, index) => {
    if (post == null) return true;
    const lamports = after[index]?.lamports ?? 0n;
    if (lamports === BigInt(post)) return true;
    if (!isSupplied(addresses[index] ?? "")) return false;
    // The VM supplies this account with a balance of its own. Only the change of the balance is compared.
    const pre = recorded.preBalances?.[index];
    return pre == null || lamports - (before[index]?.lamports ?? 0n) === BigInt(post) - BigInt(pre);
  });
}

/** Compares only the integer amounts. The other forms of an amount are floats, and some providers omit them. */
function areTokensSame({ after }: Compared, { postTokenBalances }: RecordedMeta): boolean {
  return (postTokenBalances ?? []).every(({ accountIndex, mint, uiTokenAmount }) => {
    const account = readTokenAccount(after[accountIndex]);
    return account?.mint === mint && account.amount.toString() === uiTokenAmount.amount;
  });
}

function areLogsSame({ logs, isBundled }: Compared, { logMessages }: RecordedMeta): boolean {
  if (logMessages == null) return true;
  const logged = logs();
  if (areLinesSame(logged, logMessages)) return true;
  return areLinesSame(comparableLogs(logged, isBundled), comparableLogs(logMessages, isBundled));
}

function areLinesSame(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((line, index) => line === b[index]);
}
