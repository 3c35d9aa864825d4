import { encodeBase58 } from "../../../codec/base58.js";
import { encodeBase64 } from "../../../codec/base64.js";
import type { MessageConfig } from "../../../protocol/message-config.js";
import type { MessageVersion } from "../../../protocol/transaction-message.js";
import { type Address, buildTransaction, type Instruction } from "../../wire/build-transaction.js";
import type { WireTransaction } from "../../wire/wire-transaction.js";
import { Prng } from "./prng.js";
import type { World } from "./synthetic-world.js";
import { systemTransfer } from "./system-program.js";
import { tokenTransfer } from "./token-program.js";
import { deposit, togglePosition, withdraw } from "./vault-program.js";

/** A transaction of the ledger. */
export interface LedgerTransaction {
  transaction: WireTransaction;
  base64: string;
  /** Base58. */
  signatures: readonly string[];
  /** Whether the transaction succeeds in the ledger. */
  succeeds: boolean;
}

export interface LedgerBlock {
  slot: bigint;
  /** Unix seconds. */
  blockTime: bigint;
  /** The batches, in the order of execution. */
  batches: readonly (readonly LedgerTransaction[])[];
}

/** Options of the generated ledger. */
export interface BlockPlan {
  seed: string;
  /** Number of transactions in each block, at least 1. */
  transactionsPerSlot: number;
  /** Share of slots without a block, 0 to 1. */
  skipRate: number;
}

/** The limits of a version 1 transaction. Validators do not execute a version 1 transaction that has no limits. */
const LIMITS: MessageConfig = { computeUnitLimit: 400_000, loadedAccountsDataSizeLimit: 1024 * 1024 };

/** The time of slot 0 in Unix seconds: 2020-03-16, the date of Solana's genesis block. */
const GENESIS_TIME = 1_584_368_940n;
const SLOT_MS = 400n;
const MAX_BATCH = 3;
const FAILING_SHARE = 0.08;

/** An amount above every token balance, so that its transfer fails. */
const TOO_MUCH = 2n ** 63n;

export function blockTimeOf(slot: bigint): bigint {
  return GENESIS_TIME + (slot * SLOT_MS) / 1000n;
}

/** Whether a slot has a block. */
export function hasBlock({ seed, skipRate }: BlockPlan, slot: bigint): boolean {
  return skipRate === 0 || !new Prng(`${seed}/skip/${slot}`).chance(skipRate);
}

/** Returns the blockhash that the transactions of a block use. */
export function blockhashOf({ seed }: BlockPlan, slot: bigint): Address {
  return readBlockhash(new Prng(`${seed}/block/${slot}`));
}

/** Reads the blockhash: the first random value of a block. */
function readBlockhash(prng: Prng): Address {
  const bytes = prng.bytes(32);
  return { text: encodeBase58(bytes), bytes };
}

/** Builds the block of a slot. The result depends only on the seed and the slot. */
export function makeBlock(plan: BlockPlan, world: World, slot: bigint): LedgerBlock {
  const prng = new Prng(`${plan.seed}/block/${slot}`);
  const blockhash = readBlockhash(prng);
  const transactions = Array.from({ length: plan.transactionsPerSlot }, (_, index) =>
    makeTransaction(prng, world, blockhash, index),
  );
  const batches: LedgerTransaction[][] = [];
  for (let at = 0; at < transactions.length; ) {
    const size = 1 + prng.below(MAX_BATCH);
    batches.push(transactions.slice(at, at + size));
    at += size;
  }
  return { slot, blockTime: blockTimeOf(slot), batches };
}

/** Picks a message version: 40 % legacy, 40 % version 0, 20 % version 1. */
export function pickVersion(prng: Prng): MessageVersion {
  const tenth = prng.below(10);
  if (tenth < 4) return 0;
  return tenth < 8 ? "legacy" : 1;
}

function makeTransaction(prng: Prng, world: World, blockhash: Address, index: number): LedgerTransaction {
  const payer = prng.below(world.wallets.length);
  // The first transaction is a successful token transfer, so that a subscription to the token program reports every block.
  const fails = index > 0 && prng.chance(FAILING_SHARE);
  const instructions = index === 0 ? [transferTokens(prng, world, payer, false)] : makeInstructions(prng, world, payer, fails);
  const version = pickVersion(prng);
  const { transaction, bytes } = buildTransaction(
    { version, payer: at(world.wallets, payer), instructions, blockhash, ...(version === 1 && { config: LIMITS }) },
    () => prng.bytes(64),
  );
  return {
    transaction,
    base64: encodeBase64(bytes),
    signatures: transaction.signatures.map(encodeBase58),
    succeeds: !fails,
  };
}

function makeInstructions(prng: Prng, world: World, payer: number, fails: boolean): Instruction[] {
  if (fails) return [lamportsMove(prng, world, payer), transferTokens(prng, world, payer, true)];
  const kind = prng.below(10);
  if (kind < 3) return [transferTokens(prng, world, payer, false)];
  if (kind < 5) return [lamportsMove(prng, world, payer)];
  if (kind < 8) return [vaultUse(prng, world, payer)];
  return [vaultUse(prng, world, payer), transferTokens(prng, world, payer, false)];
}

function transferTokens(prng: Prng, world: World, payer: number, fails: boolean): Instruction {
  const { tokens, wallets, mints } = world;
  // `tokens[i]` has the mint `i % mints.length`. Steps of `mints.length` lead to a receiver with the same mint.
  const steps = 1 + prng.below(tokens.length / mints.length - 1);
  const to = (payer + steps * mints.length) % tokens.length;
  const amount = BigInt(1 + prng.below(1_000_000));
  return tokenTransfer(at(tokens, payer), at(tokens, to), at(wallets, payer), fails ? TOO_MUCH : amount);
}

function lamportsMove(prng: Prng, { wallets }: World, payer: number): Instruction {
  const to = (payer + 1 + prng.below(wallets.length - 1)) % wallets.length;
  return systemTransfer(at(wallets, payer), at(wallets, to), BigInt(1 + prng.below(1_000_000)));
}

function vaultUse(prng: Prng, { wallets, vaults, positions }: World, payer: number): Instruction {
  const wallet = at(wallets, payer);
  const kind = prng.below(3);
  if (kind === 0) return togglePosition(wallet, at(positions, prng.below(positions.length)));
  const vault = at(vaults, prng.below(vaults.length));
  const amount = BigInt(1 + prng.below(1_000_000));
  return kind === 1 ? deposit(wallet, vault, amount) : withdraw(wallet, vault, amount);
}

function at(addresses: readonly Address[], index: number): Address {
  return addresses[index] as Address;
}
