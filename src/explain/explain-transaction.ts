import type { MessageConfig } from "../protocol/message-config.js";
import { type SolChange, solChanges, type TokenChange, tokenChanges } from "./balance-changes.js";
import { type ExplainedError, explainFailure } from "./explain-failure.js";
import { type ExplainedInstruction, explainInstructions } from "./explain-instruction.js";
import { type Idls, readIdls } from "./idls.js";
import { type TransactionView, viewTransaction } from "./transaction-view.js";
import { asBigInt, asObject, attempt } from "./unknown-values.js";

/** Options of {@link explainTransaction}. */
export interface ExplainOptions {
  /** IDLs of further programs. @default the native programs alone */
  idls?: Idls;
}

/** A transaction in words. */
export interface ExplainedTransaction {
  /** The first signature, which identifies it. */
  readonly signature?: string;
  readonly slot?: bigint;
  readonly version?: number | "legacy";
  /** `unknown` if the outcome is not part of what was given. */
  readonly status: "succeeded" | "failed" | "unknown";
  /** Why it failed. */
  readonly error?: ExplainedError;
  readonly feePayer?: string;
  /** In lamports. */
  readonly fee?: bigint;
  readonly computeUnits?: bigint;
  /** The compute budget of a version 1 transaction. Other versions use instructions of the Compute Budget program. */
  readonly config?: MessageConfig;
  readonly instructions: readonly ExplainedInstruction[];
  readonly solChanges: readonly SolChange[];
  readonly tokenChanges: readonly TokenChange[];
  /** Log lines that belong to no instruction. */
  readonly otherLogs: readonly string[];
  /** Whether the node cut the logs. */
  readonly areLogsTruncated: boolean;
  /** What could not be read. Empty for a complete transaction. */
  readonly problems: readonly string[];
}

/**
 * Explains a transaction: its instructions by name, its logs and compute units by instruction, its error and its balance changes.
 * Never throws. Parts that cannot be read are left out, and named in `problems`.
 *
 * @param transaction a `transaction` event or its `transaction`, a line of a record, or the result of `getTransaction` with any
 * encoding. The bytes of a wire transaction are accepted, too, also in base64 or base58
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
 * Describes why a transaction failed.
 *
 * @param transaction as for {@link explainTransaction}; `{ err, logs }` is enough where the instructions are unknown
 * @returns `undefined` if it did not fail
 * @example describeError(event.transaction)?.text // "Token: insufficient funds (instruction #2, transferChecked)"
 */
export function describeError(transaction: unknown, options?: ExplainOptions): ExplainedError | undefined {
  return explainTransaction(transaction, options).error;
}

function explain(transaction: unknown, options: ExplainOptions | undefined): ExplainedTransaction {
  const view = viewTransaction(transaction);
  const problems = [...view.problems];
  const idls = readIdls(options?.idls, problems);
  const tree = view.logTree;
  const uses = new Map(view.accounts.map((use) => [use.address, use]));
  const instructions = explainInstructions(view.instructions, tree.invocations, { idls, uses });
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
