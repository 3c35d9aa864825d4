import type { Message, Transaction } from "../../../protocol/transaction-message.js";
import type { RecordedMeta } from "../ledger/ledger.js";
import type { SkipReason } from "./ledger-comparison.js";
import { INSTRUCTIONS_SYSVAR } from "./programs.js";
import type { MessageAccounts } from "./resolve-accounts.js";
import type { Vm } from "./vm.js";

/** Determines whether the ledger has the accounts that a transaction needs for its replay. */
export class KnownAccounts {
  readonly #vm: Vm;
  /** Addresses that have no account, according to the ledger. `undefined` if the ledger contains all accounts. */
  readonly #absent: ReadonlySet<string> | undefined;
  /** Accounts that the VM refused, each with the reason. */
  readonly #refused: ReadonlyMap<string, string>;
  readonly #known = new Set<string>([INSTRUCTIONS_SYSVAR]);

  constructor(vm: Vm, absent: ReadonlySet<string> | undefined, refused: ReadonlyMap<string, string>) {
    this.#vm = vm;
    this.#absent = absent;
    this.#refused = refused;
  }

  /** The reason why a transaction cannot be replayed, if any. */
  problemOf(
    { message }: Transaction,
    { addresses, missingTables }: MessageAccounts,
    recorded: RecordedMeta | undefined,
  ): { reason: SkipReason; detail: string } | undefined {
    const [table] = missingTables;
    if (table !== undefined) {
      return { reason: "missingLookupTable", detail: `the lookup table ${table} is missing or too short` };
    }
    if (this.#absent === undefined && this.#refused.size === 0) return undefined;
    if (addresses.every((address) => this.#known.has(address) && !this.#refused.has(address))) return undefined;
    const programs = programsOf(message, recorded);
    const indices = addresses.map((_, index) => index);
    // Checks programs first, because a missing program is a more useful reason than a missing account.
    for (const index of [...programs, ...indices.filter((index) => !programs.has(index))]) {
      const address = addresses[index];
      if (address === undefined) continue;
      const isProgram = programs.has(index);
      const why = this.#refused.get(address);
      if (why !== undefined && this.#vm.account(address) === undefined) {
        const [reason, kind] = isProgram ? (["missingProgram", "program"] as const) : (["missingAccount", "account"] as const);
        return { reason, detail: `the VM cannot load the ${kind} ${address}: ${why}` };
      }
      if (this.#isKnown(address, recorded?.preBalances?.[index], isProgram)) continue;
      return isProgram
        ? { reason: "missingProgram", detail: `the program ${address} is missing` }
        : { reason: "missingAccount", detail: `the account ${address} is missing` };
    }
    return undefined;
  }

  /** Marks all accounts of a transaction as known, because the VM has their current state after the execution. */
  learn(addresses: readonly string[]): void {
    if (this.#absent === undefined) return;
    for (const address of addresses) this.#known.add(address);
  }

  #isKnown(address: string, lamportsBefore: number | bigint | null | undefined, isProgram: boolean): boolean {
    if (this.#absent === undefined || this.#known.has(address)) return true;
    const isThere = this.#vm.account(address) !== undefined;
    // If the account did not exist in the recorded execution, the replay does not need the account. A program is always needed.
    const wasAbsent = !isProgram && (this.#absent.has(address) || (lamportsBefore != null && BigInt(lamportsBefore) === 0n));
    if (isThere || wasAbsent) this.#known.add(address);
    return isThere || wasAbsent;
  }
}

/**
 * Returns the indices of all programs of a transaction. Includes the programs that other programs invoked in the recorded
 * execution.
 */
function programsOf({ instructions }: Message, recorded: RecordedMeta | undefined): ReadonlySet<number> {
  const inner = (recorded?.innerInstructions ?? []).flatMap((one) => one.instructions);
  return new Set([...instructions, ...inner].map(({ programIdIndex }) => programIdIndex));
}
