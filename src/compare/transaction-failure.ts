import { stringifyJson } from "../codec/json.js";
import { requireObject } from "../protocol/arguments.js";
import { members } from "../protocol/message.js";
import { type AnyTransaction, OwnTransaction } from "./recorded-transaction.js";

/** Why a transaction failed, according to its result and its logs. */
export interface TransactionFailure {
  /** The index of the failed instruction, from 0. Absent if the transaction failed as a whole. */
  instruction?: number;
  /** The address of the program that the failed instruction calls. */
  program?: string;
  /** The name of the failed instruction, if the program logs it. */
  name?: string;
  /** The reason in one line. */
  reason: string;
}

/**
 * Returns a text that explains why a transaction failed, or `undefined`. You can write such a function with `describeError` of
 * `simulator-client/explain`.
 */
export type ExplainFailure = (outcome: FailedOutcome) => string | undefined;

/** The recorded data of a failed transaction. */
export interface FailedOutcome {
  /** Solana's `TransactionError`. */
  readonly err: unknown;
  /** The failure, according to the result and the logs. */
  readonly failure?: TransactionFailure;
  /** The result in the form of `getTransaction`, if the record contains it. */
  readonly transaction?: unknown;
}

/**
 * Formats why a transaction failed, according to its result and its logs.
 *
 * @example failureText(regression.b) // "instruction 2 (Transfer) of Tokenkeg…: insufficient funds (custom program error: 0x1)"
 */
export function failureText(outcome: FailedOutcome): string {
  requireObject(outcome, "outcome", "a failed outcome: { err, failure }");
  const { err, failure } = outcome;
  if (failure === undefined) return typeof err === "string" ? err : stringifyJson(err);
  const { instruction, program, name, reason } = failure;
  if (instruction === undefined) return reason;
  return `instruction ${instruction + 1}${name === undefined ? "" : ` (${name})`} of ${program ?? "an unknown program"}: ${reason}`;
}

/**
 * Returns the reason why a transaction failed. `undefined` if the transaction succeeded.
 *
 * @param otherLogs the logs of the other run. A program that fails early does not log the name of its instruction, but the other
 * logs may contain the name
 */
export function describeFailure(transaction: AnyTransaction, otherLogs: readonly string[] = []): TransactionFailure | undefined {
  const { err, logs = [] } = transaction;
  if (err === null) return undefined;
  const [index, detail] = instructionError(err);
  const own = index === undefined ? [] : logsOfInstruction(logs, index);
  const program = index === undefined ? undefined : (programIn(own) ?? programOf(transaction, index));
  const name = nameIn(own) ?? (index === undefined ? undefined : nameIn(logsOfInstruction(otherLogs, index)));
  return {
    ...(index !== undefined && { instruction: index }),
    ...(program !== undefined && { program }),
    ...(name !== undefined && { name }),
    reason: reasonIn(own) ?? reasonOf(detail),
  };
}

/**
 * Reads the error of an instruction from `{"InstructionError":[1,{"Custom":1}]}`, or from the text in a record of the command
 * `sim`.
 */
function instructionError(err: unknown): [index: number | undefined, detail: unknown] {
  const { InstructionError: pair } = members(err);
  if (Array.isArray(pair) && typeof pair[0] === "number") return [pair[0], pair[1]];
  const [, index, rest] = /^Error processing Instruction (\d+): (.+)$/s.exec(typeof err === "string" ? err : "") ?? [];
  return index === undefined ? [undefined, err] : [Number(index), rest];
}

function programOf(transaction: AnyTransaction, index: number): string | undefined {
  return transaction instanceof OwnTransaction ? transaction.programOf(index) : undefined;
}

/** Returns the log lines of the top-level instruction at `index`. */
function logsOfInstruction(logs: readonly string[], index: number): string[] {
  let current = -1;
  const lines: string[] = [];
  for (const line of logs) {
    if (/^Program \w+ invoke \[1\]$/.test(line)) current++;
    if (current === index) lines.push(line);
  }
  return lines;
}

function programIn([first = ""]: readonly string[]): string | undefined {
  return /^Program (\w+) invoke \[1\]$/.exec(first)?.[1];
}

/**
 * Returns the name of an instruction from its log lines. Stops at the first inner instruction, because later lines may contain the
 * name of the inner instruction.
 */
function nameIn(lines: readonly string[]): string | undefined {
  for (const line of lines.slice(1)) {
    if (/^Program \w+ invoke \[/.test(line)) return undefined;
    const [, name] = /^Program log: Instruction: (.{1,80})$/.exec(line) ?? [];
    if (name !== undefined) return name;
  }
  return undefined;
}

/** Returns the error that the program logged, followed by the reason that the runtime logged. */
function reasonIn(lines: readonly string[]): string | undefined {
  const failed = lines.map((line) => /^Program \w+ failed: (.+)$/s.exec(line)?.[1]).find((text) => text !== undefined);
  const logged = lines.map((line) => /^Program log: (?:AnchorError .*?Error Message: |Error: )(.+)$/s.exec(line)?.[1]);
  const error = logged.filter((text) => text !== undefined).at(-1);
  if (error !== undefined && failed !== undefined) return `${error.replace(/\.$/, "")} (${failed})`;
  return error ?? failed;
}

function reasonOf(detail: unknown): string {
  const { Custom: code } = members(detail);
  if (typeof code === "number") return `custom program error: 0x${code.toString(16)}`;
  return typeof detail === "string" ? spaced(detail) : stringifyJson(detail ?? "unknown error");
}

/** Splits `InsufficientFundsForFee` into words. A text that contains spaces is returned unchanged. */
function spaced(name: string): string {
  return /^[A-Za-z]+$/.test(name) ? name.replace(/(?<=[a-z])(?=[A-Z])/g, " ").toLowerCase() : name;
}
