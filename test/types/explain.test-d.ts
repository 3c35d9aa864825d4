import { describe, expectTypeOf, test } from "vitest";
import {
  describeError,
  type ExplainedAccount,
  type ExplainedError,
  type ExplainedInstruction,
  type ExplainedTransaction,
  explainAccount,
  explainTransaction,
} from "../../src/explain/index.js";
import type { AccountDiffEvent, TransactionEvent } from "../../src/index.js";

declare const event: TransactionEvent;
declare const diff: AccountDiffEvent;

describe("explain", () => {
  test("explainTransaction accepts events, transactions and bytes, with IDLs as an option", () => {
    expectTypeOf(explainTransaction(event)).toEqualTypeOf<ExplainedTransaction>();
    expectTypeOf(explainTransaction(event.transaction, { idls: [{ instructions: [] }] })).toEqualTypeOf<ExplainedTransaction>();
    expectTypeOf(explainTransaction(new Uint8Array(), { idls: { ADDRESS: {} } })).toEqualTypeOf<ExplainedTransaction>();
    // @ts-expect-error: an IDL is an object
    explainTransaction(event, { idls: "idl.json" });
  });

  test("an explanation has amounts as bigint, and nested instructions", () => {
    const { instructions, tokenChanges, fee, status } = explainTransaction(event);
    expectTypeOf(instructions[0]?.inner).toEqualTypeOf<readonly ExplainedInstruction[] | undefined>();
    expectTypeOf(tokenChanges[0]?.change).toEqualTypeOf<bigint | undefined>();
    expectTypeOf(fee).toEqualTypeOf<bigint | undefined>();
    expectTypeOf(status).toEqualTypeOf<"succeeded" | "failed" | "unknown">();
  });

  test("the type of describeError's result includes `undefined` for a transaction without an error", () => {
    expectTypeOf(describeError(event)).toEqualTypeOf<ExplainedError | undefined>();
    expectTypeOf(describeError({ err: "BlockhashNotFound" })?.text).toEqualTypeOf<string | undefined>();
  });

  test("explainAccount accepts account diffs", () => {
    expectTypeOf(explainAccount(diff)).toEqualTypeOf<ExplainedAccount>();
    expectTypeOf(explainAccount(diff.diff).changes[0]?.field).toEqualTypeOf<string | undefined>();
  });
});
