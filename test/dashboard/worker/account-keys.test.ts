import {
  address,
  appendTransactionMessageInstruction,
  compileTransaction,
  createTransactionMessage,
  getTransactionEncoder,
  pipe,
  setTransactionMessageConfig,
  setTransactionMessageFeePayer,
  setTransactionMessageLifetimeUsingBlockhash,
  blockhash as toBlockhash,
} from "@solana/kit";
import { Keypair, PublicKey, SystemProgram, Transaction, TransactionMessage, VersionedTransaction } from "@solana/web3.js";
import { describe, expect, test } from "vitest";
import { accountKeys } from "../../../demo/dashboard/worker/account-keys.js";

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

describe("accountKeys", () => {
  test("accountKeys reads a legacy transaction made by web3.js", () => {
    const transaction = new Transaction({ feePayer: payer.publicKey, recentBlockhash: blockhash }).add(transfer);
    transaction.sign(payer);
    expect(accountKeys(confirmed(transaction.serialize()))).toEqual(expected);
  });

  test("accountKeys reads a version 0 transaction, with loaded addresses last", () => {
    const message = new TransactionMessage({ payerKey: payer.publicKey, recentBlockhash: blockhash, instructions: [transfer] });
    const transaction = new VersionedTransaction(message.compileToV0Message());
    const loaded = { writable: [String(PublicKey.unique())], readonly: [String(PublicKey.unique())] };
    expect(accountKeys(confirmed(transaction.serialize(), loaded))).toEqual([
      ...expected,
      ...loaded.writable,
      ...loaded.readonly,
    ]);
  });

  test("accountKeys reads a version 1 transaction made by @solana/kit", () => {
    const message = pipe(
      createTransactionMessage({ version: 1 }),
      (draft) => setTransactionMessageFeePayer(address(String(payer.publicKey)), draft),
      (draft) =>
        setTransactionMessageLifetimeUsingBlockhash({ blockhash: toBlockhash(blockhash), lastValidBlockHeight: 1n }, draft),
      (draft) => setTransactionMessageConfig({ computeUnitLimit: 1_000, priorityFeeLamports: 5n }, draft),
      (draft) =>
        appendTransactionMessageInstruction(
          {
            programAddress: address(String(SystemProgram.programId)),
            accounts: [{ address: address(String(other)), role: 1 }],
          },
          draft,
        ),
    );
    const bytes = getTransactionEncoder().encode(compileTransaction(message));
    expect(accountKeys(confirmed(Uint8Array.from(bytes)))).toEqual(expected);
  });

  test("accountKeys returns no addresses for invalid bytes", () => {
    expect(accountKeys({ slot: 1n, transaction: ["not base64!", "base64"], meta: null })).toEqual([]);
    expect(accountKeys({ slot: 1n, transaction: "old form", meta: null })).toEqual([]);
    expect(accountKeys(confirmed(new Uint8Array([1, 2, 3])))).toEqual([]);
  });
});
