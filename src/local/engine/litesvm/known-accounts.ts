import type { Transaction } from "../../../protocol/transaction-message.js";
import type { RecordedMeta } from "../ledger/ledger.js";
import type { SkipReason } from "./ledger-comparison.js";
import { INSTRUCTIONS_SYSVAR } from "./programs.js";
import type { MessageAccounts } from "./resolve-accounts.js";
import type { Vm } from "./vm.js";

/** The accounts for which the ledger has enough data to replay a transaction. */
export class KnownAccounts {
  readonly #vm: Vm;
  /** `undefined` if the ledger has all accounts. */
  readonly #absent: ReadonlySet<string> | undefined;
  /** Accounts that the VM refused, with the reasons. */
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
      return { reason: "missingLookupTable", detail: `the lookup table ${table} is missing, or shorter than it must be` };
    }
    if (this.#absent === undefined && this.#refused.size === 0) return undefined;
    for (const [index, address] of addresses.entries()) {
      const isProgram = message.instructions.some(({ programIdIndex }) => programIdIndex === index);
      const why = this.#refused.get(address);
      if (why !== undefined && this.#vm.account(address) === undefined) {
        return { reason: isProgram ? "missingProgram" : "missingAccount", detail: `the VM can't take ${address}: ${why}` };
      }
      if (this.#isKnown(address, recorded?.preBalances?.[index], isProgram)) continue;
      return isProgram
        ? { reason: "missingProgram", detail: `the program ${address} is missing` }
        : { reason: "missingAccount", detail: `the account ${address} is missing` };
    }
    return undefined;
  }

  /** Marks accounts that a transaction wrote, so that their current state is known. */
  learn(addresses: readonly string[]): void {
    if (this.#absent === undefined) return;
    for (const address of addresses) this.#known.add(address);
  }

  #isKnown(address: string, lamportsBefore: number | bigint | null | undefined, isProgram: boolean): boolean {
    if (this.#absent === undefined || this.#known.has(address)) return true;
    const isThere = this.#vm.account(address) !== undefined;
    // A program must exist. Any other account may be known to be missing.
    const wasAbsent = !isProgram && (this.#absent.has(address) || (lamportsBefore != null && BigInt(lamportsBefore) === 0n));
    if (isThere || wasAbsent) this.#known.add(address);
    return isThere || wasAbsent;
  }
}
