import { createPublicKey, verify } from "node:crypto";
import { address, getAddressEncoder, getProgramDerivedAddress, isOffCurveAddress } from "@solana/kit";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { encodeBase58 } from "../../../../src/codec/base58.js";
import { derivedAddress, isOnCurve } from "../../../../src/local/engine/ledger/derived-address.js";
import { type GenerateLedgerOptions, generateLedger } from "../../../../src/local/engine/ledger/generate-ledger.js";
import { ASSOCIATED_TOKEN } from "../../../../src/local/engine/ledger/instructions.js";
import { keypairOf } from "../../../../src/local/engine/ledger/keypair.js";
import type { Ledger, LedgerBlock } from "../../../../src/local/engine/ledger/ledger.js";
import { readEnvelope } from "../../../../src/protocol/transaction-envelope.js";
import { readTransaction } from "../../../../src/protocol/transaction-message.js";

const START = 500n;
const LAST = 2_899n;

function ledgerOf(options: Partial<GenerateLedgerOptions> = {}): Ledger {
  return generateLedger({ seed: "s", startSlot: START, endSlot: LAST, skipRate: 0.2, transactionsPerSlot: 3, ...options });
}

async function blocksOf(ledger: Ledger, from = START, to = LAST): Promise<LedgerBlock[]> {
  const blocks: LedgerBlock[] = [];
  for (let slot = from; slot <= to; slot++) {
    const block = await ledger.blockFrom(slot);
    if (block === undefined || block.slot > to) break;
    blocks.push(block);
    slot = block.slot;
  }
  return blocks;
}

describe("a generated ledger", () => {
  test("a generated ledger returns the same blocks, whichever slot is read first", async () => {
    const whole = await blocksOf(ledgerOf());
    expect(whole.length).toBeGreaterThan(1_800);
    expect(whole.length).toBeLessThan(2_050);
    const other = ledgerOf();
    for (const from of [2_700n, START, 1_600n, 1_601n, 650n]) {
      const part = await blocksOf(other, from, from + 40n);
      expect(part).toEqual(whole.filter(({ slot }) => slot >= from && slot <= from + 40n));
    }
  });

  test("each block in a generated ledger names the previous block as its parent", async () => {
    const blocks = await blocksOf(ledgerOf(), START, START + 200n);
    for (const [at, block] of blocks.entries()) {
      const before = blocks[at - 1];
      if (before === undefined) continue;
      expect(block).toMatchObject({
        parentSlot: before.slot,
        previousBlockhash: before.blockhash,
        blockHeight: before.blockHeight + 1n,
      });
      for (const { wire } of block.transactions) {
        expect(encodeBase58(readTransaction(wire).message.blockhash)).toBe(before.blockhash);
      }
    }
  });

  test("the signatures in a generated ledger are valid and unique", async () => {
    const header = Buffer.from("302a300506032b6570032100", "hex");
    const seen = new Set<string>();
    for (const { transactions } of await blocksOf(ledgerOf({ transactionsPerSlot: 60, skipRate: 0 }), START, START + 4n)) {
      for (const { wire } of transactions) {
        const { signatures, message } = readTransaction(wire);
        const signedBytes = readEnvelope(wire).message;
        for (const [index, signature] of signatures.entries()) {
          const key = createPublicKey({ key: Buffer.concat([header, message.keys[index]!]), format: "der", type: "spki" });
          expect(verify(null, signedBytes, key, signature)).toBe(true);
        }
        seen.add(encodeBase58(signatures[0]!));
      }
    }
    expect(seen.size).toBe(5 * 60);
  });

  test("the accounts that a generated ledger returns for a slot contain the changes of all earlier blocks", async () => {
    const ledger = ledgerOf();
    const { pastBlocks } = await ledger.begin(2_000n);
    const before = (await blocksOf(ledger, START, 1_999n)).slice(-150);
    expect(pastBlocks).toEqual(before.map(({ slot, blockhash, blockHeight }) => ({ slot, blockhash, height: blockHeight })));
    const early = await ledgerOf().begin(START);
    expect(early.pastBlocks).toHaveLength(1);
    const balances = new Map([...early.accounts].map(([address, { lamports }]) => [address, lamports]));
    for (const { transactions } of await blocksOf(ledgerOf(), START, 1_999n)) {
      for (const { wire, meta } of transactions) {
        for (const [index, key] of readTransaction(wire).message.keys.entries()) {
          const lamports = meta!.postBalances![index];
          if (lamports != null) balances.set(encodeBase58(key), BigInt(lamports));
        }
      }
    }
    const late = new Map((await ledgerOf().begin(2_000n)).accounts);
    for (const [address, lamports] of balances) expect(late.get(address)?.lamports ?? 0n).toBe(lamports);
    expect(late.size).toBe([...balances.values()].filter((lamports) => lamports > 0n).length);
  });

  test("a generated ledger is allowed to start at slot 0, and to have no blocks", async () => {
    const first = await ledgerOf({ startSlot: 0n, skipRate: 0 }).blockFrom(0n);
    expect(first).toMatchObject({ slot: 0n, parentSlot: 0n, blockHeight: 0n });
    expect(await ledgerOf({ skipRate: 1 }).blockFrom(START)).toBeUndefined();
    expect(await ledgerOf().blockFrom(LAST + 1n)).toBeUndefined();
  });
});

describe("addresses", () => {
  test("derivedAddress returns the same addresses as @solana/kit", async () => {
    for (let index = 0; index < 20; index++) {
      const seeds = [keypairOf(`a${index}`).address.bytes, Uint8Array.of(index)];
      const [expected] = await getProgramDerivedAddress({ programAddress: address(ASSOCIATED_TOKEN.text), seeds });
      expect(derivedAddress(seeds, ASSOCIATED_TOKEN).text).toBe(expected);
    }
  });

  test("isOnCurve returns true exactly for the addresses that @solana/kit reports as on the curve", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), (bytes) => {
        expect(isOnCurve(bytes)).toBe(!isOffCurveAddress(address(encodeBase58(bytes))));
      }),
      { numRuns: 200 },
    );
    expect(isOnCurve(keypairOf("x").address.bytes)).toBe(true);
    expect(getAddressEncoder().encode(address(keypairOf("x").address.text))).toEqual(keypairOf("x").address.bytes);
  });
});

test("generateLedger has a default for each option, and the error for an invalid option names the option", () => {
  const { startSlot, endSlot } = generateLedger();
  expect([startSlot, endSlot]).toEqual([300_000_000n, 300_009_999n]);
  expect(generateLedger({ seed: "a" }).blockFrom(300_000_000n)).toMatchObject({ slot: 300_000_000n });
  for (const [field, options] of [
    ["startSlot", { startSlot: -1 }],
    ["endSlot", { startSlot: 5, endSlot: 4 }],
    ["skipRate", { skipRate: 2 }],
    ["transactionsPerSlot", { transactionsPerSlot: 0 }],
  ] as const) {
    expect(() => generateLedger(options)).toThrow(expect.objectContaining({ code: "invalidParams", field }));
  }
});
