import { requireMethods, requireText } from "../../../protocol/arguments.js";
import { invalidParams } from "../../../protocol/error-helpers.js";
import { writeAccountsFile } from "./accounts-file.js";
import { writeBlockFile } from "./block-file.js";
import type { Ledger } from "./ledger.js";
import { ACCOUNTS_FILE, blockFile, makeLedgerFolder } from "./ledger-files.js";

/**
 * Writes a ledger to a folder for `readLedger`. The same ledger produces the same files. The folder is written under another name
 * and then renamed, so it is either complete or absent.
 *
 * @param folder must be absent or empty
 * @throws SimulatorError `invalidParams` if the folder is not empty or cannot be written, or if the ledger has no block
 * @example
 * await writeLedger("ledgers/a", generateLedger({ seed: "a", startSlot: 100n, endSlot: 199n }));
 */
export async function writeLedger(folder: string, ledger: Ledger): Promise<void> {
  requireText(folder, "folder", "the path of a folder");
  requireMethods(ledger, "ledger", ["begin", "blockFrom"], "a ledger, for example from generateLedger()");
  await makeLedgerFolder(folder, async (write) => {
    const { accounts, absent = new Set<string>() } = await ledger.begin(ledger.startSlot);
    let block = await ledger.blockFrom(ledger.startSlot);
    if (block === undefined) throw invalidParams("ledger", "it contains no block");
    await write(ACCOUNTS_FILE, writeAccountsFile({ accounts: new Map(accounts), absent }, block.parentSlot));
    for (; block !== undefined; block = await ledger.blockFrom(block.slot + 1n)) {
      await write(blockFile(block.slot), writeBlockFile(block));
    }
  });
}
