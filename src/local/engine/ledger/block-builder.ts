import { createHash } from "node:crypto";
import { encodeBase58 } from "../../../codec/base58.js";
import type { MessageConfig } from "../../../protocol/message-config.js";
import type { MessageVersion } from "../../../protocol/transaction-message.js";
import { type Address, buildTransaction, type Instruction } from "../../wire/build-transaction.js";
import { blockTimeOf, pickVersion } from "../synthetic/blocks.js";
import { Prng } from "../synthetic/prng.js";
import { Economy, type Intent } from "./economy.js";
import { ASSOCIATED_TOKEN, COMPUTE_BUDGET, MEMO, SYSTEM, setUnitLimit, setUnitPrice, TOKEN, TOKEN_2022 } from "./instructions.js";
import type { Keypair } from "./keypair.js";
import type { LedgerBlock, LedgerTransaction, RecordedMeta } from "./ledger.js";
import type { Model } from "./ledger-model.js";
import type { World } from "./ledger-world.js";

/** Programs that the VM supplies. The ledger does not contain their states. */
const PROGRAMS: ReadonlySet<string> = new Set(
  [SYSTEM, TOKEN, TOKEN_2022, ASSOCIATED_TOKEN, MEMO, COMPUTE_BUDGET].map(({ text }) => text),
);

/** The compute limit of a version 1 transaction without a priority fee. */
const DEFAULT_UNITS = 400_000;
/** The limit for loaded accounts in a version 1 transaction, in bytes. It is above the size of the largest program, 1.4 MB. */
const LOADED_BYTES = 4 * 1024 * 1024;

/** Sets the compute budget: in the config of a version 1 message, or by instructions in a message of another version. */
function withBudget(
  version: MessageVersion,
  { instructions, budget }: Pick<Intent, "instructions" | "budget">,
): { instructions: readonly Instruction[]; config?: MessageConfig } {
  if (version === 1) {
    const computeUnitLimit = budget?.units ?? DEFAULT_UNITS;
    const config = { computeUnitLimit, loadedAccountsDataSizeLimit: LOADED_BYTES };
    return { instructions, config: budget === undefined ? config : { priorityFee: budget.priorityFee, ...config } };
  }
  if (budget === undefined) return { instructions };
  return { instructions: [setUnitLimit(budget.units), setUnitPrice(budget.price), ...instructions] };
}

/** Derives the blockhash of a slot from the seed. */
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

  /** Creates a builder that is positioned before the first slot of a ledger. */
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

  /** Applies the transactions of a slot to the balances, but builds no block. */
  skip(slot: bigint): void {
    this.#each(slot, () => undefined);
  }

  /** Builds the block of a slot, with signed transactions and their expected outcomes. */
  build(slot: bigint): LedgerBlock {
    const parentSlot = this.#parentSlot;
    const blockHeight = this.#height;
    const parent = blockhashOf(this.#seed, parentSlot);
    const transactions: LedgerTransaction[] = [];
    this.#each(slot, (intent, prng) => transactions.push(this.#sign(intent, pickVersion(prng), parent)));
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
    // In `build`, `take` uses random numbers. A separate generator keeps the numbers from `prng` the same as in `skip`.
    const takePrng = new Prng(`${this.#seed}/looks/${slot}`);
    for (let position = 0; position < this.#transactionsPerSlot; position++) {
      this.model.beginTransaction();
      take(this.#economy.next(prng, `${slot}.${position}`, position), takePrng);
    }
    this.#parentSlot = slot;
    this.#height++;
  }

  #sign({ payer, cosigners, fee, err, ...rest }: Intent, version: MessageVersion, blockhash: Address): LedgerTransaction {
    const { instructions, config } = withBudget(version, rest);
    const parts = { version, payer: payer.address, instructions, blockhash, ...(config !== undefined && { config }) };
    const signers = new Map([payer, ...cosigners].map((signer) => [signer.address.text, signer]));
    const { transaction, bytes } = buildTransaction(parts, (message, { text }) => (signers.get(text) as Keypair).sign(message));
    const error = err === null ? null : { InstructionError: [instructions.length - 1, err] };
    return { wire: bytes, meta: this.#record(transaction.keys, fee, error) };
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
