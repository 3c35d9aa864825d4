import { describe, expect, it } from "vitest";
import { describeError, explainTransaction } from "../../src/explain/index.js";
import {
  dataOf,
  jsonTransaction,
  MINT,
  PAYER,
  ROUTER,
  SOURCE,
  SYSTEM,
  TOKEN,
  tokenTransfer,
  u64Bytes,
} from "./sample-transactions.js";

const failedTransfer = [
  `Program ${TOKEN} invoke [2]`,
  "Program log: Instruction: Transfer",
  "Program log: Error: insufficient funds",
  `Program ${TOKEN} consumed 900 of 199000 compute units`,
  `Program ${TOKEN} failed: custom program error: 0x1`,
];

describe("describeError", () => {
  it("describeError describes a custom error of a native program, and names the failed instruction", () => {
    const logs = [`Program ${TOKEN} invoke [1]`, `Program ${TOKEN} failed: custom program error: 0x1`];
    const error = describeError(
      jsonTransaction({ instructions: [tokenTransfer()], err: { InstructionError: [0, { Custom: 1 }] }, logs }),
    );
    expect(error).toEqual({
      text: "Token: insufficient funds (instruction #1, transfer)",
      message: "insufficient funds",
      name: "InsufficientFunds",
      code: 1,
      instructionIndex: 0,
      instructionName: "transfer",
      program: { address: TOKEN, name: "Token" },
    });
  });

  it("describeError describes errors of precompiles, and names the instruction or the account of a transaction error", () => {
    const ed25519 = "Ed25519SigVerify111111111111111111111111111";
    const instructions = [{ program: ed25519 }];
    const textOf = (err: unknown) => describeError(jsonTransaction({ instructions, err }))?.text;
    expect(textOf({ InstructionError: [0, { Custom: 2 }] })).toBe(
      "Ed25519 Verification: the signature is invalid (instruction #1)",
    );
    expect(textOf({ DuplicateInstruction: 3 })).toMatch(/ \(instruction #4\)$/);
    expect(textOf({ InsufficientFundsForRent: { account_index: 2 } })).toMatch(/ \(account #3\)$/);
  });

  it("describeError names the inner instruction that raised the error, and the instructions that invoked it", () => {
    const logs = [
      `Program ${ROUTER} invoke [1]`,
      "Program log: Instruction: Route",
      ...failedTransfer,
      `Program ${ROUTER} consumed 5000 of 200000 compute units`,
      `Program ${ROUTER} failed: custom program error: 0x1`,
    ];
    const error = describeError(
      jsonTransaction({
        instructions: [{ program: SYSTEM, accounts: [PAYER] }, { program: ROUTER }],
        inner: [{ index: 1, instructions: [tokenTransfer(5n, 2)] }],
        err: { InstructionError: [1, { Custom: 1n }] },
        logs: [`Program ${SYSTEM} invoke [1]`, `Program ${SYSTEM} success`, ...logs],
      }),
    );
    expect(error?.text).toBe("Token: insufficient funds (instruction #2, Route > transfer)");
    expect(error?.program).toEqual({ address: TOKEN, name: "Token" });
  });

  it("describeError names the failed inner instruction, not an earlier instruction of the same program", () => {
    const logs = [
      `Program ${ROUTER} invoke [1]`,
      `Program ${TOKEN} invoke [2]`,
      `Program ${TOKEN} success`,
      ...failedTransfer,
      `Program ${ROUTER} failed: custom program error: 0x1`,
    ];
    const burn = { program: TOKEN, accounts: [SOURCE, MINT, PAYER], data: dataOf(8, ...u64Bytes(5n)), stackHeight: 2 };
    const error = describeError(
      jsonTransaction({
        instructions: [{ program: ROUTER }],
        inner: [{ index: 0, instructions: [burn, tokenTransfer(5n, 2)] }],
        err: { InstructionError: [0, { Custom: 1 }] },
        logs,
      }),
    );
    expect(error?.instructionName).toBe("transfer");
  });

  it("if the outer and the inner program fail with different errors, describeError names the outer program", () => {
    const logs = [
      `Program ${ROUTER} invoke [1]`,
      ...failedTransfer,
      "Program log: AnchorError occurred. Error Code: SlippageExceeded. Error Number: 6001. Error Message: Slippage tolerance exceeded.",
      `Program ${ROUTER} failed: custom program error: 0x1771`,
    ];
    const error = describeError(
      jsonTransaction({
        instructions: [{ program: ROUTER }],
        inner: [{ index: 0, instructions: [tokenTransfer(5n, 2)] }],
        err: { InstructionError: [0, { Custom: 6001 }] },
        logs,
      }),
    );
    expect(error).toMatchObject({ message: "slippage tolerance exceeded", name: "SlippageExceeded", code: 6001 });
    expect(error?.program?.address).toBe(ROUTER);
  });

  it("describeError uses the errors in an IDL to describe a custom error", () => {
    const idl = { instructions: [], metadata: { name: "router" }, errors: [{ code: 6000, name: "PoolIsPaused" }] };
    const transaction = jsonTransaction({
      instructions: [{ program: ROUTER }],
      err: { InstructionError: [0, { Custom: 6000 }] },
    });
    const error = describeError(transaction, { idls: { [ROUTER]: idl } });
    expect(error?.text).toBe("router: pool is paused (instruction #1)");
    expect(describeError(transaction)?.message).toBe("custom error 6000 (0x1770)");
  });

  it("describeError explains Anchor error codes if the logs show an Anchor program", () => {
    const shape = { instructions: [{ program: ROUTER }], err: { InstructionError: [0, { Custom: 2003 }] } };
    const logs = [
      `Program ${ROUTER} invoke [1]`,
      "Program log: Instruction: Swap",
      `Program ${ROUTER} failed: custom program error: 0x7d3`,
    ];
    expect(describeError(jsonTransaction({ ...shape, logs }))?.message).toBe("a raw constraint is violated");
    expect(describeError(jsonTransaction(shape))?.message).toBe("custom error 2003 (0x7d3)");
  });

  it.each([
    ["BlockhashNotFound", "the blockhash is unknown or has expired"],
    [{ InsufficientFundsForRent: { account_index: 3 } }, "an account would have too few lamports to be rent-exempt (account #4)"],
    [{ InstructionError: [2, "PrivilegeEscalation"] }, /^an inner instruction uses a signer .* \(instruction #3\)$/],
    [{ InstructionError: [0, { BorshIoError: "unexpected end" }] }, /could not be read or written: unexpected end/],
    ["Error processing Instruction 1: insufficient funds for instruction", "insufficient funds for instruction (instruction #2)"],
    ["Error processing Instruction 0: custom program error: 0x1770", "custom error 6000 (0x1770) (instruction #1)"],
    ["SomethingNewInTheRuntime", "something new in the runtime"],
    [{ InstructionError: [0, "BrandNewError"] }, "brand new error (instruction #1)"],
    [{ InstructionError: [] }, "instruction error"],
    [{}, "the transaction failed for an unknown reason"],
    [7, "the transaction failed for an unknown reason"],
  ])("describeError describes the error %j even without the instructions and the logs of the transaction", (err, text) => {
    expect(describeError({ err })?.text).toMatch(text);
  });

  it("describeError finds the program in the logs if the instructions are unknown", () => {
    const logs = failedTransfer.map((line) => line.replace("[2]", "[1]"));
    const error = describeError({ err: { InstructionError: [0, { Custom: 1 }] }, logs });
    expect(error?.text).toBe("Token: insufficient funds (instruction #1)");
  });

  it("describeError accepts the outcome of simulateTransaction, and a line from a record of sim-cli", () => {
    const logs = failedTransfer.map((line) => line.replace("[2]", "[1]"));
    const err = { InstructionError: [0, { Custom: 1 }] };
    const simulated = { jsonrpc: "2.0", id: 1, result: { context: { slot: 5 }, value: { err, logs, unitsConsumed: 900 } } };
    expect(describeError(simulated)?.text).toBe("Token: insufficient funds (instruction #1)");
    const error = "Error processing Instruction 0: custom program error: 0x1";
    const line = { type: "tx", data: { slot: 5, signature: "s", success: false, error, logs, sol_changes: [] } };
    expect(describeError(line)?.text).toBe("Token: insufficient funds (instruction #1)");
    expect(explainTransaction(line)).toMatchObject({ slot: 5n, signature: "s", status: "failed" });
    expect(explainTransaction({ type: "tx", data: { ...line.data, success: true, error: null } }).status).toBe("succeeded");
  });

  it("the member `detail` from describeError is the log line that explains the error", () => {
    const logs = [
      `Program ${SYSTEM} invoke [1]`,
      "Transfer: insufficient lamports 5, need 10",
      `Program ${SYSTEM} failed: custom program error: 0x1`,
    ];
    const error = describeError({ err: { InstructionError: [0, { Custom: 1 }] }, logs });
    expect(error).toMatchObject({ message: "insufficient lamports", detail: "Transfer: insufficient lamports 5, need 10" });
  });

  it.each([null, undefined, 5, "text", {}, { err: null }, { meta: { err: null } }])(
    "describeError returns undefined for the value %j, which contains no error",
    (transaction) => {
      expect(describeError(transaction)).toBeUndefined();
    },
  );

  it("describeError returns undefined for a transaction that succeeded", () => {
    expect(describeError(jsonTransaction({ instructions: [tokenTransfer()] }))).toBeUndefined();
  });
});
