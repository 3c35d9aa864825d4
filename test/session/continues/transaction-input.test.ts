import {
  type Address,
  appendTransactionMessageInstruction,
  type Blockhash,
  compileTransaction,
  createTransactionMessage,
  generateKeyPairSigner,
  getBase64EncodedWireTransaction,
  getSignatureFromTransaction,
  pipe,
  setTransactionMessageFeePayer,
  setTransactionMessageLifetimeUsingBlockhash,
  signTransaction,
} from "@solana/kit";
import { describe, expect, test } from "vitest";
import { transactionKey, transactionSignature } from "../../../src/protocol/transaction-notification.js";
import { toWireChanges } from "../../../src/session/continues/continue-params.js";
import { type TransactionInput, toWireTransaction } from "../../../src/session/continues/transaction-input.js";
import { thrownBy } from "../../protocol/thrown.js";
import { OTHER_PROGRAM } from "../session-rig.js";

const bytes = Uint8Array.from({ length: 300 }, (_, index) => index % 256);
const base64 = Buffer.from(bytes).toString("base64");

describe("a transaction", () => {
  test("a transaction is accepted as base64, as bytes, and as an object of web3.js", () => {
    /** Like the class `Transaction` of web3.js: `serialize` returns a Buffer. */
    class Transaction {
      serialize(): Uint8Array {
        return Buffer.from(bytes);
      }
    }
    const inputs: TransactionInput[] = [base64, bytes, Buffer.from(bytes), bytes.subarray(0), new Transaction()];
    for (const input of inputs) expect(toWireTransaction(input, "t")).toBe(base64);
    expect(toWireChanges({ transactions: inputs })).toMatchObject({
      transactions: inputs.map(() => base64),
    });
  });

  test("a transaction of @solana/kit is converted to its wire bytes, even if it is only partially signed", async () => {
    const [payer, other] = [await generateKeyPairSigner(), await generateKeyPairSigner()];
    const message = pipe(
      createTransactionMessage({ version: 0 }),
      (draft) => setTransactionMessageFeePayer(payer.address, draft),
      (draft) =>
        setTransactionMessageLifetimeUsingBlockhash({ blockhash: OTHER_PROGRAM as Blockhash, lastValidBlockHeight: 5n }, draft),
      (draft) =>
        appendTransactionMessageInstruction(
          {
            programAddress: OTHER_PROGRAM as Address,
            accounts: [{ address: other.address, role: 2 }],
            data: new Uint8Array([1]),
          },
          draft,
        ),
    );
    const compiled = compileTransaction(message);
    const signed = await signTransaction([payer.keyPair, other.keyPair], compiled);
    expect(toWireTransaction(signed, "t")).toBe(getBase64EncodedWireTransaction(signed));
    // @solana/kit refuses to encode a partially signed transaction. On the wire, a missing signature consists of zeros.
    const wire = Buffer.from(toWireTransaction(compiled, "t"), "base64");
    expect(wire).toHaveLength(1 + 2 * 64 + compiled.messageBytes.length);
    expect([...wire.subarray(0, 129)]).toEqual([2, ...Array.from({ length: 128 }, () => 0)]);
    expect([...wire.subarray(129)]).toEqual([...compiled.messageBytes]);
  });

  test("toWireTransaction encodes a version 1 transaction of @solana/kit as the message, followed by the signatures", async () => {
    const payer = await generateKeyPairSigner();
    const message = pipe(
      createTransactionMessage({ version: 1 }),
      (draft) => setTransactionMessageFeePayer(payer.address, draft),
      (draft) =>
        setTransactionMessageLifetimeUsingBlockhash({ blockhash: OTHER_PROGRAM as Blockhash, lastValidBlockHeight: 5n }, draft),
      (draft) =>
        appendTransactionMessageInstruction({ programAddress: OTHER_PROGRAM as Address, data: new Uint8Array([1]) }, draft),
    );
    const signed = await signTransaction([payer.keyPair], compileTransaction(message));
    const wire = toWireTransaction(signed, "t");
    expect(wire).toBe(getBase64EncodedWireTransaction(signed));
    const event = { slot: 1n, meta: null, transaction: [wire, "base64"] as [string, "base64"] };
    expect(transactionSignature(event)).toBe(getSignatureFromTransaction(signed));
    // The first bytes of different version 1 transactions can be equal, so these bytes cannot be the key.
    expect(transactionKey(event)).not.toBe(wire.slice(0, 86));
  });

  test("a transaction of @solana/kit with an unknown version is refused, and the error names the version", () => {
    const transaction = { messageBytes: [0x82, 1], signatures: {} };
    expect(thrownBy(() => toWireTransaction(transaction, "transactions.0"))).toMatchObject({
      code: "invalidParams",
      message: expect.stringContaining("version 2"),
    });
  });

  test.each([undefined, null, "", 5, {}, [], { messageBytes: undefined }, { signatures: {} }])(
    "the value %j is refused as a transaction",
    (value) => {
      expect(thrownBy(() => toWireTransaction(value as unknown as TransactionInput, "transactions.3"))).toMatchObject({
        code: "invalidParams",
        field: "transactions.3",
      });
    },
  );
});
