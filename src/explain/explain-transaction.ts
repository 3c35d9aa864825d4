import type { MessageConfig } from "../protocol/message-config.js";
import { type SolChange, solChanges, type TokenChange, tokenChanges } from "./balance-changes.js";
import { DecodeWork } from "./decode-work.js";
import { type ExplainedError, explainFailure } from "./explain-failure.js";
import { type ExplainedInstruction, explainInstructions } from "./explain-instruction.js";
import { type Idls, idlsOf } from "./idls.js";
import { type TransactionView, viewTransaction } from "./transaction-view.js";
import { asBigInt, asObject, attempt } from "./unknown-values.js";

/** Options of `explainTransaction`, `explainAccount` and `describeError`. */
export interface ExplainOptions {
  /** IDLs of additional programs. @default none; native programs need no IDL */
  idls?: Idls;
}

/** A transaction in readable form. */
export interface ExplainedTransaction {
  /** The first signature, which identifies the transaction. */
  readonly signature?: string;
  /** The slot of the transaction. Absent if the input does not contain the slot. */
  readonly slot?: bigint;
  /** The version of the message. */
  readonly version?: number | "legacy";
  /** The outcome of the transaction. `unknown` if the input does not contain the outcome. */
  readonly status: "succeeded" | "failed" | "unknown";
  /** Why the transaction failed. Absent if it did not fail. */
  readonly error?: ExplainedError;
  /** The address of the account that pays the fee. */
  readonly feePayer?: string;
  /** The fee in lamports. */
  readonly fee?: bigint;
  /** The compute units that the transaction consumed. */
  readonly computeUnits?: bigint;
  /** The compute budget of a version 1 transaction. Other versions use instructions of the Compute Budget program. */
  readonly config?: MessageConfig;
  /** The instructions of the transaction itself. Each has its inner instructions in `inner`. */
  readonly instructions: readonly ExplainedInstruction[];
  /** The accounts whose lamports changed. */
  readonly solChanges: readonly SolChange[];
  /** The token accounts whose balances changed. */
  readonly tokenChanges: readonly TokenChange[];
  /** Log lines that do not belong to any instruction. */
  readonly otherLogs: readonly string[];
  /** Whether the node truncated the logs. */
  readonly areLogsTruncated: boolean;
  /** Descriptions of the parts of the input that could not be read. Empty if everything could be read. */
  readonly problems: readonly string[];
}

/**
 * Explains a transaction: the names of its instructions, the logs and compute units of each instruction, its error and its balance
 * changes. Never throws. Parts that cannot be read are omitted and described in `problems`.
 *
 * @param transaction a `transaction` event, the `transaction` of such an event, a line of a record, or the result of
 * `getTransaction` with any encoding. You can also pass the bytes of a wire transaction, or its text in base64 or base58
 * @example
 * const explained = explainTransaction(event.transaction);
 * console.log(explained.error?.text); // "Token: insufficient funds (instruction #2, transferChecked)"
 */
export function explainTransaction(transaction: unknown, options?: ExplainOptions): ExplainedTransaction {
  return (
    attempt(() => explain(transaction, options)) ?? {
      status: "unknown",
      instructions: [],
      solChanges: [],
      tokenChanges: [],
      otherLogs: [],
      areLogsTruncated: false,
      problems: ["the transaction cannot be read"],
    }
  );
}

/**
 * Describes why a transaction failed. Never throws.
 *
 * @param transaction the same values as for {@link explainTransaction}, or `{ err, logs }` if you do not have the instructions
 * @returns `undefined` if the transaction did not fail
 * @example describeError(event.transaction)?.text // "Token: insufficient funds (instruction #2, transferChecked)"
 */
export function describeError(transaction: unknown, options?: ExplainOptions): ExplainedError | undefined {
  return explainTransaction(transaction, options).error;
}

function explain(transaction: unknown, options: ExplainOptions | undefined): ExplainedTransaction {
  const view = viewTransaction(transaction);
  const problems = [...view.problems];
  const idls = idlsOf(options, problems);
  const tree = view.logTree;
  const uses = new Map(view.accounts.map((use) => [use.address, use]));
  const work = new DecodeWork();
  const instructions = explainInstructions(view.instructions, tree.invocations, { idls, uses, work });
  work.report(problems);
  const { signature, slot, version, meta } = view;
  const status = statusOf(view);
  const error = status === "failed" ? explainFailure(errOf(view), instructions, tree, idls) : undefined;
  const feePayer = view.accounts[0]?.address;
  const fee = asBigInt(meta?.fee);
  const computeUnits = asBigInt(meta?.computeUnitsConsumed) ?? asBigInt(meta?.unitsConsumed);
  const addresses = view.accounts.map(({ address }) => address);
  return {
    ...(signature !== undefined && { signature }),
    ...(slot !== undefined && { slot }),
    ...(version !== undefined && { version }),
    status,
    ...(error !== undefined && { error }),
    ...(feePayer !== undefined && { feePayer }),
    ...(fee !== undefined && { fee }),
    ...(computeUnits !== undefined && { computeUnits }),
    ...(view.config !== undefined && { config: view.config }),
    instructions,
    solChanges: solChanges(meta, addresses),
    tokenChanges: tokenChanges(meta, addresses),
    otherLogs: view.instructions.length === 0 ? view.logs : tree.others,
    areLogsTruncated: tree.isTruncated,
    problems,
  };
}

function errOf({ meta }: TransactionView): unknown {
  return meta?.err ?? asObject(meta?.status)?.Err;
}

function statusOf(view: TransactionView): ExplainedTransaction["status"] {
  const { meta } = view;
  if (meta === undefined) return "unknown";
  const err = errOf(view);
  if (err !== undefined && err !== null) return "failed";
  return meta.err === null || meta.status !== undefined ? "succeeded" : "unknown";
}
