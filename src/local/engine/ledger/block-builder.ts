import { createHash } from "node:crypto";
import { encodeBase58 } from "../../../codec/base58.js";
import { type Address, buildTransaction } from "../../wire/build-transaction.js";
import { blockTimeOf } from "../synthetic/blocks.js";
import { Prng } from "../synthetic/prng.js";
import { Economy, type Intent } from "./economy.js";
import { ASSOCIATED_TOKEN, COMPUTE_BUDGET, MEMO, SYSTEM, TOKEN, TOKEN_2022 } from "./instructions.js";
import type { LedgerBlock, LedgerTransaction, RecordedMeta } from "./ledger.js";
import type { Model } from "./ledger-model.js";
import type { World } from "./ledger-world.js";

/** Programs of the VM, whose states the ledger does not contain. */
const PROGRAMS: ReadonlySet<string> = new Set(
  [SYSTEM, TOKEN, TOKEN_2022, ASSOCIATED_TOKEN, MEMO, COMPUTE_BUDGET].map(({ text }) => text),
);

const NO_SIGNATURE = new Uint8Array(64);

/** The generated blockhash of a slot. */
export function blockhashOf(seed: string, slot: bigint): Address {
  const bytes = new Uint8Array(createHash("sha256").update(`${seed}/blockhash/${slot}`).digest());
  return { text: encodeBase58(bytes), bytes };
}

/** Builds the blocks of a generated ledger in order. */
export class BlockBuilder {
  readonly #seed: string;
  readonly #transactionsPerSlot: number;
  readonly #economy: Economy;
  #parentSlot: bigint;
  #height: bigint;

  private constructor(seed: string, transactionsPerSlot: number, economy: Economy, parentSlot: bigint, height: bigint) {
    this.#seed = seed;
    this.#transactionsPerSlot = transactionsPerSlot;
    this.#economy = economy;
    this.#parentSlot = parentSlot;
    this.#height = height;
  }

  /** Starts before the first slot of a ledger. */
  static atStart(plan: { seed: string; transactionsPerSlot: number; startSlot: bigint }, world: World): BlockBuilder {
    const parentSlot = plan.startSlot === 0n ? 0n : plan.startSlot - 1n;
    return new BlockBuilder(plan.seed, plan.transactionsPerSlot, new Economy(world), parentSlot, plan.startSlot);
  }

  copy(): BlockBuilder {
    return new BlockBuilder(this.#seed, this.#transactionsPerSlot, this.#economy.copy(), this.#parentSlot, this.#height);
  }

  /** The balances at the current position. */
  get model(): Model {
    return this.#economy.model;
  }

  /** The slot of the previous block. */
  get parentSlot(): bigint {
    return this.#parentSlot;
  }

  /** The block height of the next block. */
  get height(): bigint {
    return this.#height;
  }

  /** Applies the block of a slot to the balances, without building it. */
  skip(slot: bigint): void {
    this.#each(slot, () => undefined);
  }

  /** Builds the block of a slot, with signed transactions and their expected outcomes. */
  build(slot: bigint): LedgerBlock {
    const parentSlot = this.#parentSlot;
    const blockHeight = this.#height;
    const parent = blockhashOf(this.#seed, parentSlot);
    const transactions: LedgerTransaction[] = [];
    this.#each(slot, (intent, prng) => transactions.push(this.#sign(intent, prng.chance(0.5) ? 0 : "legacy", parent)));
    return {
      slot,
      blockTime: blockTimeOf(slot),
      blockHeight,
      parentSlot,
      blockhash: blockhashOf(this.#seed, slot).text,
      previousBlockhash: parent.text,
      transactions,
    };
  }

  #each(slot: bigint, take: (intent: Intent, prng: Prng) => void): void {
    const prng = new Prng(`${this.#seed}/block/${slot}`);
    // A separate generator, so that building a transaction does not change the next one.
    const looks = new Prng(`${this.#seed}/looks/${slot}`);
    for (let position = 0; position < this.#transactionsPerSlot; position++) {
      this.model.beginTransaction();
      take(this.#economy.next(prng, `${slot}.${position}`, position), looks);
    }
    this.#parentSlot = slot;
    this.#height++;
  }

  #sign({ payer, cosigners, instructions, fee, err }: Intent, version: "legacy" | 0, blockhash: Address): LedgerTransaction {
    const parts = { version, payer: payer.address, instructions, blockhash };
    const { transaction, bytes } = buildTransaction(parts, () => NO_SIGNATURE);
    const { keys, header } = transaction;
    const wire = bytes.slice();
    const signatures = header.numRequiredSignatures;
    const message = wire.subarray(1 + signatures * NO_SIGNATURE.length);
    for (const signer of [payer, ...cosigners]) {
      wire.set(signer.sign(message), 1 + keys.indexOf(signer.address.text) * NO_SIGNATURE.length);
    }
    return { wire, meta: this.#record(keys, fee, err) };
  }

  #record(keys: readonly string[], fee: bigint, err: unknown): RecordedMeta {
    const model = this.model;
    return {
      err,
      fee,
      preBalances: keys.map((key) => (PROGRAMS.has(key) ? null : model.lamportsBefore(key))),
      postBalances: keys.map((key) => (PROGRAMS.has(key) ? null : model.lamportsOf(key))),
      postTokenBalances: model.tokenBalances(keys),
    };
  }
}
