import {
  type AccountLookupMeta,
  AccountRole,
  appendTransactionMessageInstructions,
  type Blockhash,
  compileTransaction,
  createTransactionMessage,
  getAddressDecoder,
  getTransactionEncoder,
  pipe,
  setTransactionMessageFeePayer,
  setTransactionMessageLifetimeUsingBlockhash,
} from "@solana/kit";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { encodeBase58 } from "../../src/codec/base58.js";
import { encodeBase64 } from "../../src/codec/base64.js";
import { explainTransaction } from "../../src/explain/index.js";
import { DESTINATION, SOURCE, TOKEN, u64Bytes } from "./sample-transactions.js";

const address = (byte: number) => getAddressDecoder().decode(new Uint8Array(32).fill(byte));
const [payer, program, table] = [address(1), TOKEN as ReturnType<typeof address>, address(50)];

/** Returns the bytes of a transaction with a token transfer, encoded by `@solana/kit`. */
function wireTransfer(version: "legacy" | 0 | 1, { lookup = false } = {}): Uint8Array {
  const source: AccountLookupMeta = {
    address: address(2),
    addressIndex: 7,
    lookupTableAddress: table,
    role: AccountRole.WRITABLE,
  };
  const accounts = [
    lookup ? source : { address: SOURCE as typeof payer, role: AccountRole.WRITABLE },
    { address: DESTINATION as typeof payer, role: AccountRole.WRITABLE },
    { address: payer, role: AccountRole.WRITABLE_SIGNER },
  ];
  const message = pipe(
    createTransactionMessage({ version: version as 0 }),
    (draft) => setTransactionMessageFeePayer(payer, draft),
    (draft) =>
      setTransactionMessageLifetimeUsingBlockhash(
        { blockhash: address(9) as string as Blockhash, lastValidBlockHeight: 1n },
        draft,
      ),
    (draft) =>
      appendTransactionMessageInstructions(
        [{ programAddress: program, accounts, data: Uint8Array.from([3, ...u64Bytes(500n)]) }],
        draft,
      ),
  );
  return new Uint8Array(getTransactionEncoder().encode(compileTransaction(message)));
}

describe("explainTransaction for wire transactions", () => {
  it.each(["legacy", 0, 1] as const)(
    "explainTransaction reads a wire transaction of version %s from bytes, base64 and base58",
    (version) => {
      const bytes = wireTransfer(version);
      const forms = [
        bytes,
        encodeBase64(bytes),
        encodeBase58(bytes),
        [encodeBase64(bytes), "base64"],
        [encodeBase58(bytes), "base58"],
        { slot: 1n, transaction: [encodeBase64(bytes), "base64"], meta: null },
        { slot: 1n, transaction: encodeBase58(bytes), meta: null },
      ];
      for (const form of forms) {
        const { instructions, problems, status, feePayer, version: read } = explainTransaction(form);
        expect({ problems, status, feePayer, read }).toEqual({ problems: [], status: "unknown", feePayer: payer, read: version });
        expect(instructions).toMatchObject([
          {
            name: "transfer",
            program: { name: "Token" },
            args: { amount: 500n },
            accounts: [{ name: "source" }, {}, { signer: true }],
          },
        ]);
      }
    },
  );

  it("if an account address is unknown, explainTransaction shows the lookup table and the index in the table", () => {
    const transaction = [encodeBase64(wireTransfer(0, { lookup: true })), "base64"];
    const source = (meta: object | null) => explainTransaction({ slot: 1n, transaction, meta }).instructions[0]?.accounts[0];
    expect(source(null)).toEqual({ name: "source", address: `${table}[7]`, signer: false, writable: true });
    const loaded = { err: null, loadedAddresses: { writable: [SOURCE], readonly: [] } };
    expect(source(loaded)).toEqual({ name: "source", address: SOURCE, signer: false, writable: true });
  });

  it("explainTransaction does not throw for damaged bytes, and reports in `problems` that the bytes are not a transaction", () => {
    const versions = (["legacy", 0, 1] as const).map((version) => wireTransfer(version));
    fc.assert(
      fc.property(fc.constantFrom(...versions), fc.nat(300), fc.nat(255), fc.boolean(), (valid, at, byte, cuts) => {
        const bytes = valid.slice(0, cuts ? at : undefined);
        bytes[at % Math.max(bytes.length, 1)] = byte;
        const { problems, instructions } = explainTransaction(bytes);
        expect(problems.length + instructions.length).toBeGreaterThan(0);
      }),
    );
    expect(explainTransaction(Uint8Array.of(0x85, 1)).problems[0]).toMatch(/^the bytes are not a transaction: /);
    expect(explainTransaction(["?", "base64"]).problems).toEqual(["the input contains no transaction"]);
  });
});
