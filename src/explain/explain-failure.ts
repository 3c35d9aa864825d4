import { anchorError, loggedAnchorError, logsAsAnchor } from "./anchor-errors.js";
import { instructionErrorWords, transactionErrorWords } from "./error-words.js";
import { describeProgram, type ExplainedInstruction } from "./explain-instruction.js";
import type { IdlPrograms } from "./idls.js";
import { findFailure, type Invocation, type LogTree } from "./log-tree.js";
import { nativeProgramError, type ProgramError } from "./program-errors.js";
import { asIndex, asList, asObject, asText, toWords } from "./unknown-values.js";

/** The explanation why a transaction failed. */
export interface ExplainedError {
  /** The complete description: `Token: insufficient funds (instruction #2, transferChecked)`. */
  readonly text: string;
  /** The description without program and instruction: `insufficient funds`. */
  readonly message: string;
  /** The name of the error: `InsufficientFunds`. */
  readonly name?: string;
  /** The code of a program's custom error. */
  readonly code?: number;
  /** The index of the failed instruction, from 0 as in Solana's RPC. Absent if the transaction failed as a whole. */
  readonly instructionIndex?: number;
  /** The name of the instruction that raised the error. It can be an inner instruction. */
  readonly instructionName?: string;
  /** The program that raised the error. */
  readonly program?: { readonly address: string; readonly name?: string };
  /** The last log line of `program`, if the line contains more information than the error. */
  readonly detail?: string;
}

/** Describes the `err` of a transaction. @returns `undefined` if there is no error */
export function explainFailure(
  err: unknown,
  instructions: readonly ExplainedInstruction[],
  logs: LogTree,
  idls: IdlPrograms,
): ExplainedError | undefined {
  if (err === null || err === undefined) return undefined;
  const [index, cause] = asList(asObject(err)?.InstructionError) ?? readErrorText(err);
  const instructionIndex = asIndex(index);
  if (instructionIndex === undefined) return describeTransactionError(err);
  const source = findSource(instructions[instructionIndex], logs);
  const program = source.program === undefined ? undefined : describeProgram(source.program, idls);
  const { message, name, code } = describeCause(cause, program?.address, source.logs, idls);
  const owner = program?.name ?? (program === undefined ? "" : shortAddress(program.address));
  const place = [`instruction #${instructionIndex + 1}`, ...(source.path === "" ? [] : [source.path])].join(", ");
  const detail = findDetail(source, message);
  return {
    text: `${owner === "" ? "" : `${owner}: `}${message} (${place})`,
    message,
    ...(name !== undefined && { name }),
    ...(code !== undefined && { code }),
    instructionIndex,
    ...(source.instruction !== undefined && { instructionName: source.instruction }),
    ...(program !== undefined && {
      program: { address: program.address, ...(program.name !== undefined && { name: program.name }) },
    }),
    ...(detail !== undefined && { detail }),
  };
}

/** Matches the text of an instruction error that the runtime prints. Records of sim-cli contain this text instead of JSON. */
const ERROR_TEXT = /^Error processing Instruction (\d{1,3}): (?:custom program error: 0x([0-9a-f]{1,8})|(.+))$/s;

function readErrorText(err: unknown): readonly unknown[] {
  const [, index, code, reason] = ERROR_TEXT.exec(asText(err) ?? "") ?? [];
  if (index === undefined) return [];
  return [Number(index), code === undefined ? reason : { Custom: Number.parseInt(code, 16) }];
}

/** Shortens an address to its first and last characters. */
function shortAddress(address: string): string {
  return address.length <= 12 ? address : `${address.slice(0, 4)}…${address.slice(-4)}`;
}

function describeTransactionError(err: unknown): ExplainedError {
  const members = asObject(err);
  const name = asText(err) ?? (members === undefined ? undefined : Object.keys(members)[0]);
  if (name === undefined) return { text: "the transaction failed for an unknown reason", message: "unknown reason" };
  const inner = asObject(members?.[name]);
  const account = asIndex(inner?.account_index) ?? asIndex(inner?.accountIndex);
  // The value of `DuplicateInstruction` is the index of an instruction, not an object.
  const instruction = asIndex(members?.[name]);
  const place = account !== undefined ? ` (account #${account + 1})` : "";
  const message = `${transactionErrorWords(name)}${instruction !== undefined ? ` (instruction #${instruction + 1})` : place}`;
  return { text: message, message, name };
}

/** The instruction that raised an error. */
interface Source {
  readonly program: string | undefined;
  /** The name of the instruction that raised the error. */
  readonly instruction: string | undefined;
  /** The names of the nested instructions, from the outermost instruction to the instruction that raised the error. */
  readonly path: string;
  readonly logs: readonly string[];
  /** Why the instruction failed, in the words of the runtime. */
  readonly failure: string | undefined;
}

/** Finds the innermost instruction that failed with the error. The instructions that invoked it failed with the same error. */
function findSource(top: ExplainedInstruction | undefined, tree: LogTree): Source {
  const innermost = findFailure(tree);
  const failed = tree.invocations.at(-1);
  const path: ExplainedInstruction[] = [];
  let instruction = top;
  let invocation =
    failed?.outcome === "failed" && (top === undefined || failed.program === top.program.address) ? failed : undefined;
  const failure = invocation?.failure;
  while (instruction !== undefined) {
    path.push(instruction);
    const next: Invocation | undefined = invocation?.inner.at(-1);
    // The last inner instruction did not fail with this error: the error comes from `instruction` itself.
    if (next?.outcome !== "failed" || next.failure !== failure) break;
    invocation = next;
    instruction = instruction.inner.findLast(({ program }) => program.address === next.program);
  }
  const last = path.at(-1);
  const names = path.flatMap(({ name }) => name ?? []);
  return {
    program: last?.program.address ?? innermost?.program,
    instruction: last?.name,
    path: names.join(" > "),
    logs: invocation?.logs ?? innermost?.logs ?? [],
    failure: invocation?.failure ?? innermost?.failure,
  };
}

interface Cause {
  readonly message: string;
  readonly name?: string;
  readonly code?: number;
}

function describeCause(cause: unknown, program: string | undefined, logs: readonly string[], idls: IdlPrograms): Cause {
  const members = asObject(cause);
  const code = asIndex(members?.Custom);
  if (code !== undefined) {
    const known = findProgramError(program, code, logs, idls);
    if (known === undefined) return { message: `custom error ${code} (0x${code.toString(16)})`, code };
    return { message: known.message, name: known.name, code };
  }
  const name = asText(cause) ?? (members === undefined ? undefined : Object.keys(members)[0]);
  if (name === undefined) return { message: "unknown reason" };
  const detail = asText(members?.[name]);
  return { message: `${instructionErrorWords(name)}${detail ? `: ${detail}` : ""}`, name };
}

function findProgramError(
  program: string | undefined,
  code: number,
  logs: readonly string[],
  idls: IdlPrograms,
): ProgramError | undefined {
  const known = program === undefined ? undefined : (idls.get(program)?.error(code) ?? nativeProgramError(program, code));
  if (known !== undefined) return lowerFirst(known);
  const logged = loggedAnchorError(logs, code);
  if (logged !== undefined) return lowerFirst(logged);
  // Anchor codes are explained only for Anchor programs, because other programs may use the same codes for their own errors.
  const isAnchor = logsAsAnchor(logs) || (program !== undefined && idls.has(program));
  return isAnchor ? anchorError(code) : undefined;
}

/**
 * Makes the first letter of a message lower case, because many messages are sentences. A message that is only a name is split
 * into words.
 */
function lowerFirst({ name, message }: ProgramError): ProgramError {
  if (message === name) return { name, message: toWords(name) };
  return { name, message: message.replace(/^[A-Z](?=[a-z])/, (first) => first.toLowerCase()).replace(/\.$/, "") };
}

const ANCHOR_THROWN = /^Program log: AnchorError /;
const NAME_LOGGED = /^Program log: Instruction: /;

function findDetail({ logs, failure }: Source, message: string): string | undefined {
  if (
    failure !== undefined &&
    !/^custom program error: /.test(failure) &&
    /exceeded CUs|Access violation|memory|panicked/i.test(failure)
  )
    return failure;
  const line = logs.findLast((text) => !text.startsWith("Program data: ") && !text.startsWith("Program return: "));
  if (line === undefined || NAME_LOGGED.test(line) || ANCHOR_THROWN.test(line)) return undefined;
  const detail = line.replace(/^Program (?:log: )?/, "").replace(/^Error: /, "");
  return message.includes(detail.toLowerCase()) ? undefined : detail;
}
