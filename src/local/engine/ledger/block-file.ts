import * as v from "valibot";
import { decodeBase64, encodeBase64 } from "../../../codec/base64.js";
import { stringifyJson } from "../../../codec/json.js";
import { findProblem } from "../../../protocol/message.js";
import { address, i64, u32, u64 } from "../../../protocol/scalars.js";
import { anything, oneOf, opt, pair, text } from "../../../protocol/schema.js";
import type { SimulatorError } from "../../../protocol/simulator-error.js";
import { readEnvelope, type TransactionVersion } from "../../../protocol/transaction-envelope.js";
import type { LedgerBlock, LedgerTransaction, RecordedMeta } from "./ledger.js";
import { brokenLedger } from "./ledger-files.js";

const balances = opt(v.array(opt(u64)));
const tokenBalances = opt(v.array(v.object({ accountIndex: u32, mint: text, uiTokenAmount: v.object({ amount: text }) })));
/** The members of a transaction's metadata that the engine reads or compares. Other members are kept unchanged. */
const meta = v.object({
  err: anything,
  fee: opt(u64),
  preBalances: balances,
  postBalances: balances,
  preTokenBalances: tokenBalances,
  postTokenBalances: tokenBalances,
  logMessages: opt(v.array(text)),
  innerInstructions: opt(v.array(v.object({ index: u32, instructions: v.array(v.object({ programIdIndex: u32 })) }))),
  loadedAddresses: opt(v.object({ writable: v.array(address), readonly: v.array(address) })),
});

const block = v.object({
  blockhash: address,
  previousBlockhash: address,
  parentSlot: u64,
  blockTime: opt(i64),
  blockHeight: opt(u64),
  transactions: v.array(v.object({ transaction: pair(text, oneOf(["base64"])), meta: opt(meta) })),
});

interface RpcBlock {
  blockhash: string;
  previousBlockhash: string;
  parentSlot: number | bigint;
  blockTime?: number | null;
  blockHeight?: number | bigint | null;
  transactions: { transaction: [string, "base64"]; meta?: RecordedMeta | null }[];
}

const REMEDY = 'request it from getBlock with encoding "base64", transactionDetails "full" and maxSupportedTransactionVersion 1';

/** Creates the error for a block that cannot be read. */
type ToError = (problem: string, remedy: string, cause?: unknown) => SimulatorError;

/**
 * Reads blocks/SLOT.json: the `getBlock` result with full transactions in base64.
 *
 * @param broken creates the error. @default `invalidParams`, with the name of the file
 * @throws SimulatorError `invalidParams`
 */
export function readBlockFile(
  json: unknown,
  slot: bigint,
  file: string,
  broken: ToError = (...problem) => brokenLedger(file, ...problem),
): LedgerBlock {
  if (json === null) throw broken("it contains no block", "delete it, because a slot without a block has no file");
  const problem = findProblem(block, json);
  if (problem !== undefined) throw broken(problem, REMEDY);
  const { blockhash, previousBlockhash, parentSlot, blockTime, blockHeight, transactions } = json as RpcBlock;
  if (BigInt(parentSlot) >= slot && slot !== 0n) {
    throw broken(
      `its parent is slot ${parentSlot}, so it cannot be the block of slot ${slot}`,
      "rename it after the slot of its block",
    );
  }
  return {
    slot,
    blockTime: blockTime == null ? null : BigInt(blockTime),
    blockHeight: BigInt(blockHeight ?? slot),
    parentSlot: BigInt(parentSlot),
    blockhash,
    previousBlockhash,
    transactions: transactions.map(({ transaction: [wire], meta }, index): LedgerTransaction => {
      try {
        return { wire: decodeBase64(wire), ...(meta != null && { meta }) };
      } catch (cause) {
        throw broken(`transactions.${index} is not base64`, REMEDY, cause);
      }
    }),
  };
}

/** Returns the text of a blocks/SLOT.json file. */
export function writeBlockFile(block: LedgerBlock): string {
  const { blockTime, blockHeight, parentSlot, blockhash, previousBlockhash, transactions } = block;
  const head = stringifyJson({ blockHeight, blockTime, blockhash, parentSlot, previousBlockhash, rewards: [] });
  const lines = transactions.map(({ wire, meta }) =>
    stringifyJson({
      transaction: [encodeBase64(wire), "base64"],
      meta: meta === undefined ? null : { ...meta, status: (meta.err ?? null) === null ? { Ok: null } : { Err: meta.err } },
      version: versionOf(wire),
    }),
  );
  return `${head.slice(0, -1)},"transactions":[\n${lines.join(",\n")}\n]}\n`;
}

/** Returns the version of a transaction. `undefined` if the bytes are not a transaction, or if the version is unknown. */
function versionOf(wire: Uint8Array): TransactionVersion | undefined {
  try {
    return readEnvelope(wire).version;
  } catch {
    return undefined;
  }
}
