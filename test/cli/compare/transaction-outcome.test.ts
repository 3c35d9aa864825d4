import { describe, expect, it } from "vitest";
import { packOutcome, readOutcome, unpackOutcome } from "../../../src/cli/compare/transaction-outcome.js";
import { ndjsonLine } from "../../../src/cli/run/ndjson.js";
import { parseJson } from "../../../src/codec/json.js";
import { transactionSignature } from "../../../src/protocol/transaction.js";
import { accountDiffEvent, transactionEvent } from "../run/sample-events.js";
import { outcome } from "./outcomes.js";

const read = (event: Parameters<typeof ndjsonLine>[0]) =>
  readOutcome(parseJson(ndjsonLine(event) ?? ""), (text) => `digest of ${text}`);

describe("the outcome of a transaction", () => {
  it("is read from a line of a record", () => {
    const event = transactionEvent(7, {
      err: { InstructionError: [0, { Custom: 1 }] },
      postBalances: [2n ** 63n, 0n],
      postTokenBalances: [
        { accountIndex: 2, mint: "b", uiTokenAmount: { amount: "18446744073709551615", decimals: 0, uiAmount: null } },
        { accountIndex: 1, mint: "a", uiTokenAmount: { amount: "1", decimals: 0, uiAmount: null } },
      ],
      logMessages: ["one", "two"],
      loadedAddresses: { writable: ["w"], readonly: ["r"] },
    });
    expect(read(event)).toEqual({
      signature: transactionSignature(event.transaction),
      slot: 300_000_000n,
      index: 3,
      err: '{"InstructionError":[0,{"Custom":1}]}',
      lamports: ["9223372036854775808", "0"],
      tokens: [
        [1, "a", "1"],
        [2, "b", "18446744073709551615"],
      ],
      logs: "digest of one\ntwo",
      wire: event.transaction.transaction[0],
      loaded: ["w", "r"],
    });
  });

  it("is undefined for other lines and for transactions without metadata", () => {
    expect(read(accountDiffEvent())).toBeUndefined();
    expect(read({ type: "slot", slot: 5n })).toBeUndefined();
    const event = transactionEvent(7);
    expect(read({ ...event, transaction: { ...event.transaction, meta: null } })).toBeUndefined();
    for (const value of [null, 5, "text", [], { type: "transaction" }, { type: "transaction", signature: "s", transaction: 5 }]) {
      expect(readOutcome(value, String)).toBeUndefined();
    }
  });

  it("has defaults for missing values", () => {
    const bare = readOutcome({ type: "transaction", signature: "s", transaction: { meta: {} } }, String);
    expect(bare).toEqual({
      signature: "s",
      slot: 0n,
      index: -1,
      err: "",
      lamports: [],
      tokens: [],
      logs: "",
      wire: "",
      loaded: [],
    });
  });

  it("is the same after it was packed and unpacked", () => {
    const one = outcome("s", { slot: 2n ** 64n - 1n, tokens: [[1, "m", "5"]], err: '"AccountInUse"' });
    expect(unpackOutcome(packOutcome(one))).toEqual(one);
  });
});
