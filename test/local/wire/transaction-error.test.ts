import { expect, test } from "vitest";
import { describeTransactionError } from "../../../src/local/wire/transaction-error.js";

test.for<[unknown, string]>([
  ["InsufficientFundsForFee", "insufficient funds for fee"],
  [{ InstructionError: [0, { Custom: 6001 }] }, "Error processing Instruction 0: custom program error: 0x1771"],
  [{ InstructionError: [2, "MissingRequiredSignature"] }, "Error processing Instruction 2: missing required signature"],
  [{ InstructionError: [1, { BorshIoError: "x" }] }, 'Error processing Instruction 1: {"BorshIoError":"x"}'],
  [{ InsufficientFundsForRent: { account_index: 3 } }, 'insufficient funds for rent: {"account_index":3}'],
])("describeTransactionError formats %j as: %s", ([error, text]) => {
  expect(describeTransactionError(error)).toBe(text);
});
