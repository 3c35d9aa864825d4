import {
  type AccountRole,
  appendTransactionMessageInstructions,
  type Blockhash,
  compileTransaction,
  createTransactionMessage,
  getAddressDecoder,
  getBase58Decoder,
  getCompiledTransactionMessageDecoder,
  getSignatureFromTransaction,
  getTransactionDecoder,
  getTransactionEncoder,
  pipe,
  setTransactionMessageFeePayer,
  setTransactionMessageLifetimeUsingBlockhash,
} from "@solana/kit";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { encodeBase64 } from "../../src/codec/base64.js";
import { transactionSignature } from "../../src/protocol/transaction-notification.js";

const address = (byte: number) => getAddressDecoder().decode(new Uint8Array(32).fill(byte));
const VERSIONS = ["legacy", 0, 1] as const;

const drafts = fc.record({
  version: fc.constantFrom(...VERSIONS),
  instructions: fc.array(
    fc.record({
      program: fc.integer({ min: 100, max: 103 }),
      accounts: fc.array(fc.record({ key: fc.integer({ min: 1, max: 12 }), role: fc.nat({ max: 3 }) }), { maxLength: 6 }),
      data: fc.uint8Array({ maxLength: 80 }),
    }),
    { minLength: 1, maxLength: 4 },
  ),
});

/** Returns a transaction with invented signatures. The first signature has 64 bytes of value 201, the second of value 202, … */
function signed({ version, instructions }: typeof drafts extends fc.Arbitrary<infer Draft> ? Draft : never) {
  const compiled = compileTransaction(
    pipe(
      createTransactionMessage({ version: version as 1 }),
      (draft) => setTransactionMessageFeePayer(address(1), draft),
      (draft) =>
        setTransactionMessageLifetimeUsingBlockhash(
          { blockhash: address(9) as string as Blockhash, lastValidBlockHeight: 5n },
          draft,
        ),
      (draft) =>
        appendTransactionMessageInstructions(
          instructions.map(({ program, accounts, data }) => ({
            programAddress: address(program),
            // Only the accounts 1 to 3 can sign, so that a transaction has at most three signatures.
            accounts: accounts.map(({ key, role }) => ({
              address: address(key),
              role: (key > 3 ? role & 1 : role) as AccountRole,
            })),
            data,
          })),
          draft,
        ),
    ),
  );
  const signatures = Object.fromEntries(
    Object.keys(compiled.signatures).map((signer, index) => [signer, new Uint8Array(64).fill(201 + index)]),
  );
  const transaction = { ...compiled, signatures } as unknown as Parameters<typeof getSignatureFromTransaction>[0];
  return {
    wire: Uint8Array.from(getTransactionEncoder().encode(transaction)),
    signature: getBase58Decoder().decode(new Uint8Array(64).fill(201)),
  };
}

const signatureOf = (wire: Uint8Array) =>
  transactionSignature({ slot: 1n, meta: null, transaction: [encodeBase64(wire), "base64"] });

/** Reads a transaction with @solana/kit. Returns `undefined` if @solana/kit refuses the transaction. */
function readWithKit(wire: Uint8Array) {
  try {
    const transaction = getTransactionDecoder().decode(wire);
    const [, messageEnd] = getCompiledTransactionMessageDecoder().read(transaction.messageBytes, 0);
    return {
      signature: getSignatureFromTransaction(transaction) as string,
      hasLeftover: messageEnd !== transaction.messageBytes.length,
    };
  } catch {
    return undefined;
  }
}

describe("transactionSignature", () => {
  test("transactionSignature returns the signature that @solana/kit reads, for each version", () => {
    fc.assert(
      fc.property(drafts, (draft) => {
        const { wire, signature } = signed(draft);
        expect(readWithKit(wire)).toEqual({ signature, hasLeftover: false });
        expect(signatureOf(wire)).toBe(signature);
      }),
      { numRuns: 150 },
    );
  });

  test("transactionSignature returns undefined for a version 1 transaction with missing or additional bytes", () => {
    fc.assert(
      fc.property(
        drafts,
        fc.integer({ min: 1, max: 300 }),
        fc.uint8Array({ minLength: 1, maxLength: 300 }),
        (draft, cut, extra) => {
          const { wire } = signed({ ...draft, version: 1 });
          expect(signatureOf(wire.subarray(0, -cut))).toBeUndefined();
          expect(signatureOf(Uint8Array.from([...wire, ...extra]))).toBeUndefined();
        },
      ),
      { numRuns: 150 },
    );
  });

  test("transactionSignature of a legacy or version 0 transaction does not depend on the bytes after the first signature", () => {
    fc.assert(
      fc.property(drafts, fc.nat({ max: 60 }), fc.uint8Array({ maxLength: 60 }), (draft, cut, extra) => {
        const version = draft.version === 1 ? 0 : draft.version;
        const { wire, signature } = signed({ ...draft, version });
        expect(signatureOf(Uint8Array.from([...wire.subarray(0, wire.length - cut), ...extra]))).toBe(signature);
      }),
      { numRuns: 100 },
    );
  });

  test("transactionSignature returns the same signature as @solana/kit for transactions with random byte changes", () => {
    const changes = fc.array(fc.record({ at: fc.nat({ max: 1231 }), value: fc.nat({ max: 255 }) }), {
      minLength: 1,
      maxLength: 3,
    });
    fc.assert(
      fc.property(drafts, changes, fc.boolean(), (draft, edits, nearStart) => {
        const { wire, signature } = signed(draft);
        // Half of the runs change only the first 46 bytes, which contain the counts of the message.
        for (const { at, value } of edits) wire[at % (nearStart ? 46 : wire.length)] = value;
        const ours = signatureOf(wire);
        const kit = readWithKit(wire);
        if (kit !== undefined && !kit.hasLeftover) expect(ours).toBe(kit.signature);
        else if (wire[0]! >= 0x80) expect(ours).toBeUndefined();
        // @solana/kit cannot read all bytes: the result must be the first signature from before or after the byte changes.
        else if (ours !== undefined) expect([signature, getBase58Decoder().decode(wire.subarray(1, 65))]).toContain(ours);
      }),
      { numRuns: 500 },
    );
  });

  test("transactionSignature ignores the unknown bits of the config mask in a version 1 message, like @solana/kit", () => {
    const { wire, signature } = signed({ version: 1, instructions: [{ program: 100, accounts: [], data: new Uint8Array(3) }] });
    wire[4]! |= 0b1110_0000;
    expect(readWithKit(wire)?.signature).toBe(signature);
    expect(signatureOf(wire)).toBe(signature);
  });

  test.each([
    ["255 instructions", 40, 255],
    ["255 account keys", 41, 255],
    ["12 signatures", 1, 12],
    ["255 signatures", 1, 255],
    ["no signature", 1, 0],
    ["255 bytes of data where there are 3", 42 + 32 * 2 + 2, 255],
  ])("transactionSignature returns undefined if the counts in a version 1 transaction are wrong: %s", (_, at, value) => {
    const { wire } = signed({ version: 1, instructions: [{ program: 100, accounts: [], data: new Uint8Array(3) }] });
    expect(signatureOf(wire)).toBeDefined();
    wire[at] = value;
    expect(signatureOf(wire)).toBeUndefined();
  });
});
