import { invalidParams } from "../../../protocol/simulator-error.js";
import { writeAccountsFile } from "./accounts-file.js";
import { writeBlockFile } from "./block-file.js";
import type { Ledger } from "./ledger.js";
import { ACCOUNTS_FILE, blockFile, makeLedgerFolder } from "./ledger-files.js";

/**
 * Writes a ledger into a folder that `readLedger` reads. The same ledger makes the same files. It is written beside its
 * place and then put there: it is whole, or not there.
 *
 * @param folder must not be there yet, or be empty
 * @throws SimulatorError `invalidParams` if the folder is taken or can't be written, or the ledger has no block
 * @example
 * await writeLedger("ledgers/a", generateLedger({ seed: "a", startSlot: 100n, endSlot: 199n, skipRate: 0, transactionsPerSlot: 20 }));
 */
export async function writeLedger(folder: string, ledger: Ledger): Promise<void> {
  await makeLedgerFolder(folder, async (write) => {
    const { accounts, absent = new Set<string>() } = await ledger.begin(ledger.startSlot);
    let block = await ledger.blockFrom(ledger.startSlot);
    if (block === undefined) throw invalidParams("ledger", "it has no block");
    await write(ACCOUNTS_FILE, writeAccountsFile({ accounts: new Map(accounts), absent }, block.parentSlot));
    for (; block !== undefined; block = await ledger.blockFrom(block.slot + 1n)) {
      await write(blockFile(block.slot), writeBlockFile(block));
    }
  });
}
