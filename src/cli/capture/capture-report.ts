import type { CapturedLedger } from "../../local/engine/ledger/capture-ledger.js";
import type { Style } from "../style.js";
import { plural } from "../units.js";

/** What was captured, and what of it is to be known before it is replayed. */
export function capturedLines(captured: CapturedLedger, folder: string, style: Style): string[] {
  const { startSlot, endSlot, blocks, transactions, skippedSlots, accounts, absentAccounts, accountsSlot } = captured;
  const lines = [
    style("green", `captured slots ${startSlot} to ${endSlot} into ${folder}`),
    `  ${plural(blocks, "block")} with ${plural(transactions, "transaction")}, ${plural(skippedSlots.length, "slot")} without a block`,
    `  ${plural(accounts, "account")}, as they stood at slot ${accountsSlot}`,
  ];
  if (absentAccounts.length > 0)
    lines.push(`  ${plural(absentAccounts.length, "address", "addresses")} without an account: ${absentAccounts.join(", ")}`);
  if (accountsSlot >= startSlot) {
    lines.push(
      style(
        "yellow",
        "  the accounts are newer than the range: what its transactions did is in them already, and a replay will differ",
      ),
    );
  }
  return [...lines, "", `  simulator-client serve --ledger ${folder}`];
}
