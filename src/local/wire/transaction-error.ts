import { stringifyJson } from "../../codec/json.js";

/** Formats the error of a transaction as Solana's tools print it. `err` is a TransactionError in JSON. */
export function describeTransactionError(err: unknown): string {
  if (typeof err === "string") return wordsOf(err);
  const [kind, details] = Object.entries(err as object)[0] ?? ["Unknown", null];
  if (kind !== "InstructionError" || !Array.isArray(details)) return `${wordsOf(kind)}: ${JSON.stringify(details)}`;
  const [index, reason] = details as [number, unknown];
  return `Error processing Instruction ${index}: ${describeInstructionError(reason)}`;
}

/** Formats a Solana InstructionError. */
function describeInstructionError(reason: unknown): string {
  if (typeof reason === "string") return wordsOf(reason);
  const { Custom: code } = reason as { Custom?: unknown };
  return typeof code === "number" ? `custom program error: 0x${code.toString(16)}` : JSON.stringify(reason);
}

/** Converts a name to words: `InsufficientFundsForFee` to `insufficient funds for fee`. */
function wordsOf(name: string): string {
  return name.replace(/(?<=[a-z])(?=[A-Z])/g, " ").toLowerCase();
}

/**
 * Whether two TransactionErrors in JSON are the same error. A missing error means success, like null. The text of `BorshIoError` is
 * ignored, because it exists only before Agave 2.
 */
export function isSameTransactionError(a: unknown, b: unknown): boolean {
  return (a ?? null) === (b ?? null) || spellingOf(a) === spellingOf(b);
}

function spellingOf(err: unknown): string {
  return stringifyJson(err ?? null).replace(/\{"BorshIoError":(?:null|"(?:[^"\\]|\\.)*")\}/, '"BorshIoError"');
}
