import { Keypair, PublicKey, SystemProgram, Transaction, TransactionMessage, VersionedTransaction } from "@solana/web3.js";
import bs58 from "bs58";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { accountKeys } from "../../../demo/dashboard/worker/account-keys.js";
import { toBase58 } from "../../../demo/dashboard/worker/base58.js";

const blockhash = "11111111111111111111111111111111";
const payer = Keypair.generate();
const other = Keypair.generate().publicKey;
const transfer = SystemProgram.transfer({ fromPubkey: payer.publicKey, toPubkey: other, lamports: 1 });
const expected = [payer.publicKey, other, SystemProgram.programId].map(String);
const confirmed = (bytes: Uint8Array, loadedAddresses?: { writable: string[]; readonly: string[] }) => ({
  slot: 1n,
  transaction: [Buffer.from(bytes).toString("base64"), "base64"] as [string, "base64"],
  meta: { err: null, fee: 5000n, preBalances: [], postBalances: [], ...(loadedAddresses && { loadedAddresses }) },
});

describe("the addresses of a transaction", () => {
  test("of a legacy one, as web3.js writes it", () => {
    const transaction = new Transaction({ feePayer: payer.publicKey, recentBlockhash: blockhash }).add(transfer);
    transaction.sign(payer);
    expect(accountKeys(confirmed(transaction.serialize()))).toEqual(expected);
  });

  test("of one of version 0, with those that it looked up behind them", () => {
    const message = new TransactionMessage({ payerKey: payer.publicKey, recentBlockhash: blockhash, instructions: [transfer] });
    const transaction = new VersionedTransaction(message.compileToV0Message());
    const loaded = { writable: [String(PublicKey.unique())], readonly: [String(PublicKey.unique())] };
    expect(accountKeys(confirmed(transaction.serialize(), loaded))).toEqual([
      ...expected,
      ...loaded.writable,
      ...loaded.readonly,
    ]);
  });

  test("of bytes that are none there are none, and nothing is thrown", () => {
    expect(accountKeys({ slot: 1n, transaction: ["not base64!", "base64"], meta: null })).toEqual([]);
    expect(accountKeys({ slot: 1n, transaction: "old form", meta: null })).toEqual([]);
    expect(accountKeys(confirmed(new Uint8Array([1, 2, 3])))).toEqual([]);
  });
});

test("base58 is what bs58 makes of it", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
      expect(toBase58(bytes)).toBe(bs58.encode(bytes));
    }),
  );
});
