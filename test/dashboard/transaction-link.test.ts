import { expect, it } from "vitest";
import type { Snapshot } from "../../demo/dashboard/contract.js";
import { describe as describeLink } from "../../demo/dashboard/view/transaction-link.js";

const text = (phase: Snapshot["phase"], isResumed = false) =>
  describeLink("5".repeat(88), { phase, session: { id: "a", startSlot: 1n, endSlot: 2n, isResumed } });

it("the notice for a link states why the transaction is not shown, and what happens next", () => {
  expect(text("idle")).toBe(
    "Transaction 555555…555555 is not in memory. Start its run again: the transaction opens when it arrives.",
  );
  expect(text("playing")).toBe("Transaction 555555…555555 is not in memory yet. It opens when it arrives.");
  expect(text("playing", true)).toContain("Rows from before the reload are no longer in memory.");
  expect(text("completed")).toContain("this run did not receive it, or has dropped it");
});
