import type { WireBacktestError } from "../../../protocol/backtest-error.js";
import { SimulatorError, type SimulatorErrorCode } from "../../../protocol/simulator-error.js";
import { BacktestFailure, reasonOf } from "../../wire/backtest-failure.js";
import { RpcFailure } from "../../wire/json-rpc.js";
import type { CreateParams, EngineBlock, EngineSession, PrepareOptions, SimulateOptions, Simulation } from "../engine.js";
import type { LedgerSource } from "../ledger/ledger-source.js";
import type { ReplaySummary, SkippedTransaction } from "../litesvm/ledger-comparison.js";
import type { SentExecutions } from "./execution-transfer.js";

/*
 * The messages between the simulator and a VM process. Node.js serializes them with the structured clone algorithm, so 64-bit
 * integers, bytes and maps arrive unchanged.
 */

/**
 * The file descriptor to which a VM process writes the transaction that it executes. Descriptors 0 to 2 are the standard streams,
 * 3 is the message channel.
 */
export const MARK_FD = 4;

export interface OpenOrder {
  /** The version of the simulator. The VM process must have the same version. */
  version: string;
  ledger: LedgerSource;
  range: Pick<CreateParams, "startSlot" | "endSlot" | "extraComputeUnits">;
  /** Whether the simulator reports transactions that cannot be replayed. */
  reportsSkipped: boolean;
}

type Answer<M extends keyof EngineSession> = Awaited<ReturnType<NonNullable<EngineSession[M]>>>;

/** The calls that the simulator can make to a VM process. */
export interface VmCalls {
  /** Opens the session. Returns the current block, like `finishBlock`. */
  open(order: OpenOrder): Promise<EngineBlock | undefined>;
  executeBatch(): SentExecutions;
  finishBlock(): Promise<EngineBlock | undefined>;
  /** Throws if a transaction cannot be decoded. Keeps nothing: `execute` decodes the transactions again. */
  prepare(transactions: readonly string[]): void;
  execute(transactions: readonly string[], options: PrepareOptions | undefined): Promise<SentExecutions>;
  simulate(
    transactions: readonly string[],
    options: SimulateOptions | undefined,
  ): Omit<Simulation, "transactions"> & { executed: SentExecutions };
  applyAccounts(states: Parameters<EngineSession["applyAccounts"]>[0]): void;
  account(address: string): Answer<"account">;
  summary(): ReplaySummary;
  plannedBlock(from: bigint): Promise<Answer<"plannedBlock">>;
  latestBlockhash(): Answer<"latestBlockhash">;
  isBlockhashValid(blockhash: string): boolean;
  blockHeight(): bigint;
  programAccounts(program: string): Answer<"programAccounts">;
  feeForMessage(message: Uint8Array): bigint;
}

export type VmMethod = keyof VmCalls;

export interface VmRequest {
  id: number;
  method: VmMethod;
  args: readonly unknown[];
}

export interface VmResponse {
  id: number;
  result?: unknown;
  error?: SentError;
  /** Transactions that could not be replayed. Each one is reported once, in the next response. */
  skipped?: readonly SkippedTransaction[];
}

/** An error in a form that can be sent in a message. */
export type SentError =
  | { type: "backtest"; wire: WireBacktestError }
  | { type: "rpc"; code: number; message: string; data: unknown }
  | { type: "simulator"; code: SimulatorErrorCode; message: string; field: string | undefined }
  | { type: "other"; message: string };

export function packError(error: unknown): SentError {
  if (error instanceof BacktestFailure) return { type: "backtest", wire: error.wire };
  if (error instanceof RpcFailure) return { type: "rpc", code: error.code, message: error.message, data: error.data };
  if (error instanceof SimulatorError) {
    return { type: "simulator", code: error.code, message: error.message, field: error.field };
  }
  return { type: "other", message: reasonOf(error) };
}

export function unpackError(sent: SentError): Error {
  switch (sent.type) {
    case "backtest":
      return new BacktestFailure(sent.wire);
    case "rpc":
      return new RpcFailure(sent.code, sent.message, sent.data);
    case "simulator":
      return new SimulatorError(sent.code, sent.message, sent.field === undefined ? {} : { field: sent.field });
    case "other":
      return new Error(sent.message);
  }
}
