import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseJson, stringifyJson } from "../../src/codec/json.js";
import { explainTransaction } from "../../src/explain/index.js";
import { documents } from "../codec/json-documents.js";
import {
  addressOf,
  DESTINATION,
  dataOf,
  jsonTransaction,
  MINT,
  PAYER,
  ROUTER,
  SOURCE,
  SYSTEM,
  TOKEN,
  tokenTransfer,
} from "./sample-transactions.js";

const routed = jsonTransaction({
  instructions: [{ program: ROUTER, accounts: [SOURCE], data: dataOf(9, 9) }, tokenTransfer(1n)],
  inner: [
    {
      index: 0,
      instructions: [
        { program: ROUTER, data: dataOf(1), stackHeight: 2 },
        tokenTransfer(2n, 3),
        tokenTransfer(3n, 3),
        tokenTransfer(4n, 2),
      ],
    },
  ],
  logs: [
    `Program ${ROUTER} invoke [1]`,
    "Program log: Instruction: Route",
    `Program ${ROUTER} invoke [2]`,
    `Program ${TOKEN} invoke [3]`,
    `Program ${TOKEN} success`,
    `Program ${TOKEN} invoke [3]`,
    `Program ${TOKEN} consumed 33 of 90 compute units`,
    `Program ${TOKEN} success`,
    `Program ${ROUTER} success`,
    `Program ${TOKEN} invoke [2]`,
    `Program ${TOKEN} success`,
    "Program log: done",
    `Program ${ROUTER} consumed 500 of 600 compute units`,
    `Program ${ROUTER} success`,
    `Program ${TOKEN} invoke [1]`,
    `Program ${TOKEN} success`,
  ],
});

describe("explainTransaction", () => {
  it("explainTransaction nests inner instructions, and assigns logs and compute units to each instruction", () => {
    const { instructions, status, computeUnits, feePayer } = explainTransaction(routed);
    expect({ status, computeUnits, feePayer }).toEqual({ status: "succeeded", computeUnits: 150n, feePayer: PAYER });
    const [route, transfer] = instructions;
    expect(route).toMatchObject({ name: "Route", logs: ["Program log: Instruction: Route", "Program log: done"] });
    expect(route?.computeUnits).toEqual({ consumed: 500n, limit: 600n });
    expect(route?.data).toBe("CQk=");
    expect(route?.inner.map(({ args }) => args)).toEqual([{}, { amount: 4n }]);
    expect(route?.inner[0]?.inner.map(({ args }) => args.amount)).toEqual([2n, 3n]);
    expect(route?.inner[0]?.inner[1]?.computeUnits).toEqual({ consumed: 33n, limit: 90n });
    expect(transfer?.accounts).toEqual([
      { name: "source", address: SOURCE, signer: false, writable: true },
      { name: "destination", address: DESTINATION, signer: false, writable: true },
      { name: "authority", address: PAYER, signer: true, writable: true },
    ]);
  });

  it("explainTransaction uses the logs to nest inner instructions if an old node returned no stack heights", () => {
    const { transaction, meta } = structuredClone(routed);
    for (const group of meta.innerInstructions) for (const one of group.instructions) one.stackHeight = null;
    expect(explainTransaction({ ...routed, transaction, meta }).instructions).toEqual(explainTransaction(routed).instructions);
    // Without logs and stack heights, all inner instructions are listed at one level.
    const flat = explainTransaction({ ...routed, transaction, meta: { ...meta, logMessages: null } }).instructions;
    expect(flat[0]?.inner.map(({ args }) => args.amount)).toEqual([undefined, 2n, 3n, 4n]);
  });

  it("explainTransaction accepts a transaction event, its transaction, a line of a record, and an RPC response", () => {
    const expected = explainTransaction(routed);
    const event = { type: "transaction", subscriptionId: "transaction-1", program: ROUTER, transaction: routed };
    expect(explainTransaction(event)).toEqual(expected);
    expect(explainTransaction(parseJson(stringifyJson(event)))).toEqual(expected);
    expect(explainTransaction({ jsonrpc: "2.0", id: 1, result: routed })).toEqual(expected);
    const notification = { method: "transactionNotification", params: { subscription: 1, result: routed } };
    expect(explainTransaction(notification)).toEqual(expected);
  });

  it("explainTransaction accepts instructions that the RPC node has decoded", () => {
    const keys = [PAYER, SOURCE, DESTINATION, TOKEN].map((pubkey, index) => ({
      pubkey,
      signer: index === 0,
      writable: index < 3,
    }));
    const info = { source: SOURCE, destination: DESTINATION, authority: PAYER, amount: "500" };
    const transaction = {
      slot: 5,
      transaction: {
        signatures: ["s"],
        message: {
          accountKeys: keys,
          instructions: [
            { program: "spl-token", programId: TOKEN, parsed: { type: "transfer", info }, stackHeight: null },
            { programId: ROUTER, accounts: [SOURCE], data: dataOf(1), stackHeight: null },
            { program: "spl-memo", programId: "MemoSq4gqABAXKb96qnH8TysNcWxMyWCqXgDLGmfcHr", parsed: "hello" },
          ],
        },
      },
      meta: { err: null },
    };
    const [transfer, unknown, memo] = explainTransaction(transaction).instructions;
    expect(transfer).toMatchObject({ name: "transfer", args: { amount: "500" }, program: { name: "Token" } });
    expect(transfer?.accounts.map(({ name, signer }) => [name, signer])).toEqual([
      ["source", false],
      ["destination", false],
      ["authority", true],
    ]);
    expect(unknown).toMatchObject({ data: "AQ==", accounts: [{ address: SOURCE }] });
    expect(memo).toMatchObject({ name: "memo", args: { memo: "hello" } });
  });

  it("explainTransaction lists the changes of SOL and token balances", () => {
    const balance = (accountIndex: number, amount: string, mint = MINT) => ({
      accountIndex,
      mint,
      owner: PAYER,
      uiTokenAmount: { amount, decimals: 2, uiAmount: null, uiAmountString: "" },
    });
    const transaction = jsonTransaction({
      instructions: [tokenTransfer()],
      meta: {
        preBalances: [100n, 5n, 5n, 1n],
        postBalances: [90n, 5n, 15n, 1n],
        preTokenBalances: [balance(1, "1500"), balance(3, "7")],
        postTokenBalances: [balance(1, "1000"), balance(2, "500"), balance(3, "7")],
      },
    });
    const { solChanges, tokenChanges } = explainTransaction(transaction);
    expect(solChanges).toEqual([
      { address: PAYER, before: 100n, after: 90n, change: -10n },
      { address: DESTINATION, before: 5n, after: 15n, change: 10n },
    ]);
    expect(tokenChanges).toEqual([
      { address: SOURCE, mint: MINT, owner: PAYER, decimals: 2, before: 1500n, after: 1000n, change: -500n, uiChange: "-5" },
      { address: DESTINATION, mint: MINT, owner: PAYER, decimals: 2, before: 0n, after: 500n, change: 500n, uiChange: "+5" },
    ]);
  });

  it("explainTransaction shows the addresses of accounts from lookup tables if the transaction result contains these addresses", () => {
    const transaction = {
      slot: 1,
      version: 0,
      transaction: {
        signatures: ["s"],
        message: {
          header: { numRequiredSignatures: 1, numReadonlySignedAccounts: 0, numReadonlyUnsignedAccounts: 1 },
          accountKeys: [PAYER, TOKEN],
          instructions: [{ programIdIndex: 1, accounts: [2, 3, 0], data: dataOf(3, 1, 0, 0, 0, 0, 0, 0, 0) }],
          addressTableLookups: [{ accountKey: addressOf(8), writableIndexes: [4], readonlyIndexes: [6] }],
        },
      },
      meta: { err: null, loadedAddresses: { writable: [SOURCE], readonly: [DESTINATION] } },
    };
    const uses = (given: object) => explainTransaction(given).instructions[0]?.accounts;
    expect(uses(transaction)).toMatchObject([
      { address: SOURCE, writable: true },
      { address: DESTINATION, writable: false },
      { address: PAYER, signer: true },
    ]);
    // Without the outcome of the transaction, the addresses from lookup tables are unknown.
    expect(uses({ ...transaction, meta: null })).toMatchObject([
      { address: `${addressOf(8)}[4]`, writable: true },
      { address: `${addressOf(8)}[6]`, writable: false },
      { address: PAYER },
    ]);
  });

  it("explainTransaction uses the logs to list the invoked programs if the node recorded no inner instructions", () => {
    const logs = [
      `Program ${ROUTER} invoke [1]`,
      `Program ${SYSTEM} invoke [2]`,
      `Program ${SYSTEM} success`,
      `Program ${ROUTER} success`,
    ];
    const [route] = explainTransaction(jsonTransaction({ instructions: [{ program: ROUTER }], logs })).instructions;
    expect(route?.inner).toMatchObject([{ program: { name: "System" }, outcome: "succeeded" }]);
  });

  it("explainTransaction never throws for a value of any type, and lists unreadable data in `problems`", () => {
    const odd = fc.oneof(fc.jsonValue(), fc.constantFrom<unknown>(undefined, 5n, new Uint8Array(3), "AQID", ["AQID", "base64"]));
    const shape = fc.record(
      { transaction: odd, meta: odd, slot: odd, version: odd, err: odd, message: odd },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(
        fc.oneof(
          odd,
          shape,
          documents().map((text) => parseJson(text)),
        ),
        (given) => {
          const explained = explainTransaction(given);
          expect(explained.status).toMatch(/^(succeeded|failed|unknown)$/);
          if (explained.instructions.length === 0 && given !== null) expect(explained.problems).toBeInstanceOf(Array);
        },
      ),
      { numRuns: 1000 },
    );
  });

  it("explainTransaction does not throw if one member of a transaction has a wrong type", () => {
    const paths: (string | number)[][] = [];
    const walk = (value: unknown, path: (string | number)[]): void => {
      if (path.length > 0) paths.push(path);
      if (typeof value !== "object" || value === null) return;
      for (const [key, member] of Object.entries(value)) walk(member, [...path, Array.isArray(value) ? Number(key) : key]);
    };
    walk(routed, []);
    const odd: unknown[] = [null, undefined, -1, 1.5, 2 ** 60, "x", "", [], {}, [null], { a: 1 }, 10n ** 30n];
    for (const path of paths) {
      for (const value of odd) {
        const changed = structuredClone(routed) as unknown as Record<string | number, unknown>;
        let holder = changed;
        for (const key of path.slice(0, -1)) holder = holder[key] as Record<string | number, unknown>;
        holder[path.at(-1) as string] = value;
        expect(() => explainTransaction(changed)).not.toThrow();
      }
    }
  });

  it("explainTransaction never throws even if the getters of its input throw", () => {
    const hostile = new Proxy(
      {},
      {
        get: () => {
          throw new Error("no");
        },
        has: () => true,
        ownKeys: () => ["a"],
      },
    );
    expect(explainTransaction(hostile).problems).toEqual(["the transaction cannot be read"]);
  });
});
