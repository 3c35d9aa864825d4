import { describe, expect, it } from "vitest";
import { decodeTransactionError, encodeTransactionError } from "../../../src/protocol/geyser/transaction-error-bytes.js";

describe("transaction errors of Yellowstone", () => {
  it.each([
    ["AccountInUse", [0, 0, 0, 0]],
    ["BlockhashNotFound", [7, 0, 0, 0]],
    ["CommitCancelled", [38, 0, 0, 0]],
    [{ InstructionError: [2, { Custom: 6001 }] }, [8, 0, 0, 0, 2, 25, 0, 0, 0, 0x71, 0x17, 0, 0]],
    [{ InstructionError: [0, "ComputationalBudgetExceeded"] }, [8, 0, 0, 0, 0, 37, 0, 0, 0]],
    [{ InsufficientFundsForRent: { account_index: 3 } }, [31, 0, 0, 0, 3]],
    [{ DuplicateInstruction: 4 }, [30, 0, 0, 0, 4]],
    [{ ProgramExecutionTemporarilyRestricted: { account_index: 1 } }, [35, 0, 0, 0, 1]],
  ])("the transaction error %j is converted to bincode and back", (err, bytes) => {
    expect([...encodeTransactionError(err)]).toEqual(bytes);
    expect(decodeTransactionError(Uint8Array.from(bytes))).toEqual(err);
  });

  it("decodeTransactionError ignores the text that older versions send with BorshIoError", () => {
    const bytes = Uint8Array.of(8, 0, 0, 0, 1, 44, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 65);
    expect(decodeTransactionError(bytes)).toEqual({ InstructionError: [1, "BorshIoError"] });
  });

  it.each([[[]], [[8, 0, 0, 0]], [[200, 0, 0, 0]], [[8, 0, 0, 0, 1, 25, 0, 0, 0]]])(
    "decodeTransactionError returns the unknown bytes %j in base64",
    (bytes) => {
      expect(decodeTransactionError(Uint8Array.from(bytes))).toEqual({ unrecognized: btoa(String.fromCharCode(...bytes)) });
    },
  );

  it("encodeTransactionError refuses an unknown error", () => {
    expect(() => encodeTransactionError("Nonsense")).toThrow("no such transaction error: Nonsense");
  });
});
