import type { Transaction } from "../../wire/transaction-message.js";
import type { RecordedMeta } from "../ledger/ledger.js";
import type { SkipReason } from "./ledger-comparison.js";
import { INSTRUCTIONS_SYSVAR } from "./programs.js";
import type { MessageAccounts } from "./resolve-accounts.js";
import type { Vm } from "./vm.js";

/** Which accounts a ledger knows enough of for a transaction to be replayed. */
export class KnownAccounts {
  readonly #vm: Vm;
  /** `undefined`: the ledger has all accounts that there are. */
  readonly #absent: ReadonlySet<string> | undefined;
  /** Accounts that the VM couldn't take, and why. */
  readonly #refused: ReadonlyMap<string, string>;
  readonly #known = new Set<string>([INSTRUCTIONS_SYSVAR]);

  constructor(vm: Vm, absent: ReadonlySet<string> | undefined, refused: ReadonlyMap<string, string>) {
    this.#vm = vm;
    this.#absent = absent;
    this.#refused = refused;
  }

  /** What keeps a transaction from being replayed. */
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

  /** These were written by a transaction: whatever they are now, it is what they are. */
  learn(addresses: readonly string[]): void {
    if (this.#absent === undefined) return;
    for (const address of addresses) this.#known.add(address);
  }

  #isKnown(address: string, lamportsBefore: number | bigint | null | undefined, isProgram: boolean): boolean {
    if (this.#absent === undefined || this.#known.has(address)) return true;
    const isThere = this.#vm.account(address) !== undefined;
    // A program must be there; of anything else it is enough to know that it was not.
    const wasAbsent = !isProgram && (this.#absent.has(address) || (lamportsBefore != null && BigInt(lamportsBefore) === 0n));
    if (isThere || wasAbsent) this.#known.add(address);
    return isThere || wasAbsent;
  }
}
