import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { addressText } from "../../src/local/engine/litesvm/address-text.js";
import { loadLitesvm } from "../../src/local/engine/litesvm/load-litesvm.js";
import type { NativeVm } from "../../src/local/engine/litesvm/native-litesvm.js";
import { parseTransaction } from "../../src/local/wire/wire-transaction.js";
import { readEnvelope } from "../../src/protocol/transaction-envelope.js";
import { readMessage, readTransaction } from "../../src/protocol/transaction-message.js";
import { ledgerOf, START } from "../local/engine/litesvm/litesvm-rig.js";

let wires: Uint8Array[];
let vm: NativeVm;

beforeAll(async () => {
  const block = await ledgerOf({ transactionsPerSlot: 40 }).blockFrom(START);
  wires = block!.transactions.map(({ wire }) => wire);
  vm = (await loadLitesvm()).createVm();
});

describe("a transaction", () => {
  test("readTransaction() of the client and parseTransaction() of the local simulator return the same values", () => {
    for (const wire of wires) {
      const { signatures, message } = readTransaction(wire);
      const other = parseTransaction(wire);
      expect(message.keys.map(addressText)).toEqual(other.keys);
      expect(addressText(message.blockhash)).toBe(other.blockhash);
      expect(signatures).toEqual(other.signatures);
      expect(message.version).toBe(other.version);
      expect(message.instructions.map(({ accounts, ...rest }) => ({ ...rest, accounts: [...accounts] }))).toEqual(
        other.instructions,
      );
      expect(readMessage(readEnvelope(wire).message)).toEqual(message);
    }
  });

  // If litesvm cannot read a transaction, litesvm aborts the process. Therefore readTransaction must reject the transaction.
  test("readTransaction accepts a transaction only if litesvm can read the transaction", () => {
    const changes = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 4 });
    let read = 0;
    fc.assert(
      fc.property(fc.nat(39), changes, fc.nat(8), (which, edits, cut) => {
        const wire = wires[which]!.slice(0, cut > 5 ? -cut : undefined);
        // A version 1 transaction (first byte 0x81) starts with the message.
        const isMessageFirst = wire[0] === 0x81;
        const start = isMessageFirst ? 0 : 1 + 64 * wire[0]!;
        const length = isMessageFirst ? wire.length - 64 * wire[1]! : wire.length - start;
        // Each edit changes the first byte of the transaction or a byte of the message.
        for (const [at, value] of edits) wire[at % 7 === 0 ? 0 : start + (at % length)] = value;
        try {
          readTransaction(wire);
        } catch (error) {
          expect(error).toBeInstanceOf(RangeError);
          return;
        }
        read++;
        vm.setSigverify(false);
        expect(() => vm.sendVersionedTransaction(wire)).not.toThrow();
      }),
      { numRuns: 3_000 },
    );
    expect(read).toBeGreaterThan(100);
  });

  test("readTransaction refuses random bytes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 1300 }), (bytes) => {
        // Random bytes are practically never a valid transaction.
        expect(() => readTransaction(bytes)).toThrow(RangeError);
      }),
      { numRuns: 500 },
    );
  });

  test("readTransaction refuses each transaction on which litesvm would abort the process", () => {
    const wire = wires.find((bytes) => bytes[0] === 1 && bytes[65] === 1)!;
    const changed = (at: number, ...values: number[]): Uint8Array => {
      const copy = wire.slice();
      copy.set(values, at);
      return copy;
    };
    // A count that is not encoded in its shortest form is refused.
    expect(() => readTransaction(Uint8Array.of(...wire.subarray(0, 68), 0x80 | wire[68]!, 0, ...wire.subarray(69)))).toThrow(
      "not in its shortest form",
    );
    expect(() => readTransaction(changed(0, 2))).toThrow(RangeError);
    expect(() => readTransaction(changed(65, 0x81))).toThrow("a version 1 transaction has its message before its signatures");
    expect(() => readTransaction(changed(65, 3))).toThrow("1 signatures, but the message requires 3");
    expect(() => readTransaction(changed(66, 1))).toThrow("no account that can pay");
    expect(() => readTransaction(changed(67, 200))).toThrow("fewer account keys");
    expect(() => readTransaction(Uint8Array.of(...wire, 0))).toThrow("1 bytes too many");
    expect(() => readTransaction(wire.subarray(0, -1))).toThrow("ends too early");
    expect(() => readTransaction(new Uint8Array(1233).fill(1))).toThrow("at most 1232");
  });
});
