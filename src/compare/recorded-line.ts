import { parseJson } from "../codec/json.js";
import { toText } from "../protocol/error-helpers.js";
import { members } from "../protocol/message.js";
import { readU64 } from "../protocol/scalars.js";
import { SimulatorError } from "../protocol/simulator-error.js";
import type { RecordedSession, RunHeader } from "./recordable-event.js";
import { type AnyTransaction, OwnTransaction, SimTransaction } from "./recorded-transaction.js";

/** The program that wrote a record: this package, or the command `sim` of the crate sim-cli 0.21. */
export type RecordWriter = "simulator-client" | "sim";

/** The members of a transaction line that are read before the line is parsed. */
export interface TransactionHead {
  readonly slot: bigint;
  readonly signature: string;
  /** The subscribed program. `undefined` in a record of the command `sim`, which does not contain the program. */
  readonly program: string | undefined;
}

/** A transaction line that has not been parsed yet. If both records have the same line, the line is parsed once. */
export interface TransactionLine extends TransactionHead {
  readonly type: "transaction";
  readonly text: string;
  readonly number: number;
}

/** A line of a record. */
export type RecordLine =
  | TransactionLine
  | { readonly type: "run"; readonly writer: RecordWriter; readonly header: RunHeader }
  | { readonly type: "session"; readonly session: RecordedSession }
  | { readonly type: "completed" }
  /** A transaction without a result, or whose signature cannot be read. */
  | { readonly type: "incomparable" }
  | { readonly type: "other" };

const SIGNATURE = "([1-9A-HJ-NP-Za-km-z]{1,90})";
const OWN_HEAD = new RegExp(
  `^\\{"type":"transaction","slot":(\\d{1,20}),"signature":"${SIGNATURE}","program":"([1-9A-HJ-NP-Za-km-z]{1,44})",`,
);
const SIM_HEAD = new RegExp(`^\\{"type":"tx","data":\\{"slot":(\\d{1,20}),(?:"timestamp":\\d+,)?"signature":"${SIGNATURE}",`);
/** Matches lines that a comparison does not use, so they are not parsed. */
const IGNORED = /^\{"type":"(?:slot|accountDiff|diff)",/;

/**
 * Reads a line of a record. Of a transaction, reads only the slot, the signature and the program.
 *
 * @param name the name of the record, for the error message
 * @throws SimulatorError `protocol` if the line is incomplete or not JSON
 */
export function readRecordLine(text: string, number: number, name: string): RecordLine {
  const isClosed = text.endsWith("}");
  const own = OWN_HEAD.exec(text);
  if (own !== null && isClosed) {
    const [, slot = "", signature = "", program = ""] = own;
    return { type: "transaction", slot: BigInt(slot), signature, program, text, number };
  }
  const sim = SIM_HEAD.exec(text);
  if (sim !== null && isClosed) {
    const [, slot = "", signature = ""] = sim;
    return { type: "transaction", slot: BigInt(slot), signature, program: undefined, text, number };
  }
  if (isClosed && IGNORED.test(text)) return { type: "other" };
  const value = members(parseLine(text, number, name));
  switch (value.type) {
    case "run":
      return { type: "run", writer: "simulator-client", header: readOwnHeader(value) };
    case "metadata":
      return { type: "run", writer: "sim", header: readSimHeader(members(value.data)) };
    case "session":
      return { type: "session", session: readSession(value.sessionId, value.startSlot, value.endSlot) };
    case "session_started": {
      const { session_id, start_slot, end_slot } = members(value.data);
      return { type: "session", session: readSession(session_id, start_slot, end_slot) };
    }
    case "completed":
    case "summary":
      return { type: "completed" };
    case "transaction":
    case "tx":
      return headOf(toTransaction(value), text, number) ?? { type: "incomparable" };
    default:
      return { type: "other" };
  }
}

/** Parses a transaction line. Returns `undefined` if the transaction has no result. @throws SimulatorError `protocol` */
export function parseTransactionLine({ text, number }: TransactionLine, name: string): AnyTransaction | undefined {
  return toTransaction(members(parseLine(text, number, name)));
}

/** Parses the JSON value of a line. @throws SimulatorError `protocol` */
export function parseLine(text: string, number: number, name: string): unknown {
  try {
    return parseJson(text);
  } catch {
    throw unreadable(number, name);
  }
}

/** Returns `undefined` for a transaction without a signature or without a result. */
export function toTransaction(value: Record<string, unknown>): AnyTransaction | undefined {
  if (value.type === "tx") {
    const data = members(value.data);
    return typeof data.signature === "string" ? new SimTransaction(data) : undefined;
  }
  const { meta } = members(value.transaction);
  const hasResult = typeof meta === "object" && meta !== null;
  return typeof value.signature === "string" && hasResult ? new OwnTransaction(value) : undefined;
}

function headOf(transaction: AnyTransaction | undefined, text: string, number: number): TransactionLine | undefined {
  if (transaction === undefined) return undefined;
  const { slot, signature, program } = transaction;
  return { type: "transaction", slot, signature, program, text, number };
}

function unreadable(number: number, name: string): SimulatorError {
  const problem =
    number === 1
      ? "not NDJSON; pass a record of `run --out FILE.ndjson` or of `sim run`"
      : `line ${number} is not JSON or incomplete; record the run again`;
  return new SimulatorError("protocol", `${name}: ${problem}`);
}

function readOwnHeader({ startSlot, endSlot, programs, streams, changes }: Record<string, unknown>): RunHeader {
  return {
    startSlot: readU64(startSlot),
    endSlot: readU64(endSlot),
    programs: texts(programs),
    streams: texts(streams),
    changes: texts(changes),
  };
}

function readSimHeader({ start_slot, end_slot, program_ids, program_so }: Record<string, unknown>): RunHeader {
  const files = texts(program_so);
  return {
    startSlot: readU64(start_slot),
    endSlot: readU64(end_slot),
    programs: texts(program_ids) ?? [],
    streams: undefined,
    changes: files?.map((file) => `program from ${file}`),
  };
}

function readSession(sessionId: unknown, startSlot: unknown, endSlot: unknown): RecordedSession {
  return { sessionId: toText(sessionId), startSlot: readU64(startSlot) ?? 0n, endSlot: readU64(endSlot) ?? 0n };
}

function texts(value: unknown): string[] | undefined {
  return Array.isArray(value) ? value.map(toText) : undefined;
}
