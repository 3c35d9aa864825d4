import type { CapturedLedger } from "../../local/engine/ledger/capture-ledger.js";
import type { Style } from "../terminal/style.js";
import { bytes, plural } from "../terminal/units.js";

/** Formats the result of a capture as readable text. */
export function capturedLines(captured: CapturedLedger, folder: string, style: Style): string[] {
  const {
    startSlot,
    endSlot,
    blocks,
    transactions,
    skippedSlots,
    accounts,
    absentAccounts,
    accountsSlot,
    bytes: length,
  } = captured;
  const lines = [
    style("green", `captured slots ${startSlot} to ${endSlot} into ${folder}`),
    `  ${plural(blocks, "block")} with ${plural(transactions, "transaction")}, ${plural(skippedSlots.length, "skipped slot")}, ${bytes(length)}`,
    `  ${plural(accounts, "account")} with their state at slot ${accountsSlot}`,
  ];
  if (absentAccounts.length > 0)
    lines.push(`  ${plural(absentAccounts.length, "account")} not found: ${absentAccounts.join(", ")}`);
  if (accountsSlot >= startSlot) {
    lines.push(style("yellow", "  the accounts are newer than the range and include its effects, so a replay will differ"));
  }
  return [...lines, "", `  simulator-client serve --ledger ${folder}`];
}
