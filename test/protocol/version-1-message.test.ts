import {
  AccountRole,
  appendTransactionMessageInstructions,
  type Blockhash,
  compileTransaction,
  createTransactionMessage,
  getAddressDecoder,
  getCompiledTransactionMessageDecoder,
  getTransactionEncoder,
  pipe,
  setTransactionMessageConfig,
  setTransactionMessageFeePayer,
  setTransactionMessageLifetimeUsingBlockhash,
} from "@solana/kit";
import fc from "fast-check";
import { beforeAll, describe, expect, test } from "vitest";
import { encodeBase58 } from "../../src/codec/base58.js";
import { loadLitesvm } from "../../src/local/engine/litesvm/load-litesvm.js";
import type { NativeVm } from "../../src/local/engine/litesvm/native-litesvm.js";
import { parseTransaction } from "../../src/local/wire/wire-transaction.js";
import { type MessageConfig, withConfig } from "../../src/protocol/message-config.js";
import { readMessage, readTransaction } from "../../src/protocol/transaction-message.js";

/* Tests of transactions of version 1 (SIMD-0385). @solana/kit is the reference. */

const address = (byte: number) => getAddressDecoder().decode(new Uint8Array(32).fill(byte));

interface Draft {
  config: { priorityFeeLamports?: bigint; computeUnitLimit?: number; loadedAccountsDataSizeLimit?: number; heapSize?: number };
  instructions: { program: number; accounts: { key: number; role: number }[]; data: Uint8Array }[];
}

const optional = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined });
/** Only the keys 1 to 8 can be signers. These 8 signers are below the limit of 12 signatures. */
const accounts = fc
  .record({ key: fc.integer({ min: 1, max: 20 }), role: fc.nat({ max: 3 }) })
  .map(({ key, role }) => ({ key, role: key > 8 ? role & 1 : role }));
const drafts: fc.Arbitrary<Draft> = fc.record({
  config: fc
    .record({
      priorityFeeLamports: optional(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n })),
      computeUnitLimit: optional(fc.nat({ max: 1_400_000 })),
      loadedAccountsDataSizeLimit: optional(fc.integer({ min: 1, max: 64 * 1024 * 1024 })),
      heapSize: optional(fc.integer({ min: 32, max: 256 }).map((kib) => kib * 1024)),
    })
    .map((config) => Object.fromEntries(Object.entries(config).filter(([, value]) => value !== undefined))),
  instructions: fc.array(
    fc.record({
      program: fc.integer({ min: 100, max: 105 }),
      accounts: fc.array(accounts, { maxLength: 12 }),
      data: fc.uint8Array({ maxLength: 300 }),
    }),
    { minLength: 1, maxLength: 6 },
  ),
});

/** Returns a transaction without signatures, as kit encodes it. */
function encode({ config, instructions }: Draft) {
  const message = pipe(
    createTransactionMessage({ version: 1 }),
    (draft) => setTransactionMessageFeePayer(address(1), draft),
    (draft) =>
      setTransactionMessageLifetimeUsingBlockhash(
        { blockhash: address(9) as string as Blockhash, lastValidBlockHeight: 5n },
        draft,
      ),
    (draft) => setTransactionMessageConfig(config, draft),
    (draft) =>
      appendTransactionMessageInstructions(
        instructions.map(({ program, accounts, data }) => ({
          programAddress: address(program),
          accounts: accounts.map(({ key, role }) => ({ address: address(key), role: role as AccountRole })),
          data,
        })),
        draft,
      ),
  );
  const compiled = compileTransaction(message);
  return { compiled, wire: Uint8Array.from(getTransactionEncoder().encode(compiled)) };
}

/** Converts a config to the member names of kit. */
const toKit = ({ priorityFee, ...limits }: MessageConfig) => ({
  ...(priorityFee !== undefined && { priorityFeeLamports: priorityFee }),
  ...limits,
});

/** Number of transactions, each of which is damaged in many ways. */
const POOL = 60;

const simple: Draft = {
  config: { priorityFeeLamports: 7n, computeUnitLimit: 50_000, loadedAccountsDataSizeLimit: 1_000_000, heapSize: 65_536 },
  instructions: [{ program: 100, accounts: [{ key: 2, role: AccountRole.WRITABLE }], data: Uint8Array.of(5, 6) }],
};

let vm: NativeVm;

beforeAll(async () => {
  vm = (await loadLitesvm()).createVm();
  vm.setSigverify(false);
});

describe("a version 1 transaction", () => {
  test("readTransaction reads the same values from a version 1 transaction as @solana/kit", () => {
    fc.assert(
      fc.property(drafts, (draft) => {
        const { compiled, wire } = encode(draft);
        const { signatures, message } = readTransaction(wire);
        const kit = getCompiledTransactionMessageDecoder().decode(compiled.messageBytes);
        if (kit.version !== 1) throw new Error("kit made another version");
        expect(signatures).toHaveLength(kit.header.numSignerAccounts);
        expect(message).toMatchObject({
          version: 1,
          numRequiredSignatures: kit.header.numSignerAccounts,
          numReadonlySignedAccounts: kit.header.numReadonlySignerAccounts,
          numReadonlyUnsignedAccounts: kit.header.numReadonlyNonSignerAccounts,
          lookups: [],
        });
        expect(message.keys.map(encodeBase58)).toEqual(kit.staticAccounts);
        expect(toKit(message.config!)).toEqual(draft.config);
        expect(message.instructions.map(({ data }) => [...data])).toEqual(draft.instructions.map(({ data }) => [...data]));
        expect(message.instructions.map(({ programIdIndex }) => encodeBase58(message.keys[programIdIndex]!))).toEqual(
          draft.instructions.map(({ program }) => address(program)),
        );
        expect(parseTransaction(wire)).toMatchObject({ version: 1, keys: kit.staticAccounts, config: message.config });
      }),
      { numRuns: 100 },
    );
  });

  test("withConfig replaces the config of a version 1 transaction, and changes nothing else", () => {
    fc.assert(
      fc.property(drafts, drafts, (draft, { config }) => {
        const { wire } = encode(draft);
        const { message } = readTransaction(wire);
        const { priorityFeeLamports, ...limits } = config;
        const changed = { ...limits, ...(priorityFeeLamports !== undefined && { priorityFee: priorityFeeLamports }) };
        const { wire: expected } = encode({ ...draft, config });
        expect([...withConfig(wire, message, changed)]).toEqual([...expected]);
      }),
      { numRuns: 50 },
    );
  });

  // litesvm aborts the process if it cannot read a transaction.
  test("readTransaction accepts a version 1 transaction only if litesvm can read the transaction", () => {
    const pool = fc.sample(drafts, { numRuns: POOL, seed: 1 }).map(encode);
    let accepted = 0;
    const edits = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 3 });
    fc.assert(
      fc.property(fc.nat(POOL - 1), edits, fc.integer({ min: -3, max: 3 }), (which, changes, resize) => {
        const { compiled, wire: whole } = pool[which]!;
        const wire =
          resize < 0 ? whole.slice(0, resize) : Uint8Array.from([...whole, ...new Uint8Array(resize > 1 ? resize : 0)]);
        for (const [at, value] of changes) wire[at % (at % 2 === 0 ? 42 : compiled.messageBytes.length)] = value;
        try {
          readTransaction(wire);
        } catch (error) {
          expect(error).toBeInstanceOf(RangeError);
          return;
        }
        accepted++;
        expect(() => vm.sendVersionedTransaction(wire)).not.toThrow();
      }),
      { numRuns: 2_000 },
    );
    expect(accepted).toBeGreaterThan(200);
  });

  test("a version 1 transaction is accepted with up to 4,096 bytes", () => {
    const { wire: small } = encode(simple);
    const room = 4_096 - small.length;
    const fill = (bytes: number): Draft => ({
      ...simple,
      instructions: [{ ...simple.instructions[0]!, data: new Uint8Array(2 + bytes) }],
    });
    expect(readTransaction(encode(fill(room)).wire).message.instructions[0]!.data).toHaveLength(2 + room);
    expect(() => readTransaction(encode(fill(room + 1)).wire)).toThrow("4097 bytes, where a transaction has at most 4096");
  });

  const { wire } = encode(simple);
  const with_ = (at: number, ...values: number[]): Uint8Array => {
    const copy = wire.slice();
    copy.set(values, at);
    return copy;
  };
  test.each([
    ["unknown bits in the config mask", with_(4, 0x3f), "the config mask 0x3f has unknown bits"],
    ["only one of the two bits for the priority fee", with_(4, 0x1e), "only one of the two priority fee bits"],
    ["more than 12 signatures", Uint8Array.of(...with_(1, 13), ...new Uint8Array(12 * 64)), "13 signatures"],
    ["more than 64 instructions", with_(40, 65), "65 instructions"],
    ["more than 64 keys", with_(41, 65), "65 account keys"],
    ["a duplicate key", with_(42 + 32, ...new Uint8Array(32).fill(1)), "the message has a duplicate account key"],
    ["a heap that is too large", with_(42 + 3 * 32 + 16, 0, 4, 4, 0), "a heap of 263168 bytes"],
    ["a heap size that is not a multiple of 1,024", with_(42 + 3 * 32 + 16, 1, 0, 1, 0), "a heap of 65537 bytes"],
    ["an instruction whose program is the payer", with_(42 + 3 * 32 + 20, 0), "an instruction has an invalid program index"],
    [
      "an instruction whose program index exceeds the keys",
      with_(42 + 3 * 32 + 20, 3),
      "an instruction has an invalid program index",
    ],
    ["an instruction with an account index that exceeds the keys", with_(42 + 3 * 32 + 24, 3), "an invalid account index"],
    ["a readonly payer", with_(2, 1), "no account that can pay"],
    ["fewer keys than its header requires", with_(3, 3), "fewer account keys"],
    ["a byte after its signatures", Uint8Array.of(...wire, 0), "1 bytes too many"],
    ["a missing byte", wire.subarray(0, -1), "ends too early"],
  ])("a version 1 transaction is refused for %s", (_, bytes, reason) => {
    expect(() => readTransaction(bytes)).toThrow(reason);
  });

  test("readTransaction refuses a version above 1, and the error contains the version", () => {
    expect(() => readTransaction(with_(0, 0x82))).toThrow("transaction version 2 is unknown");
    expect(() => readMessage(with_(0, 0x83))).toThrow("message version 3 is unknown");
  });
});
