import { members } from "../protocol/message.js";
import { LineReader, type RecordSource, toOpenable } from "./record-source.js";
import type { RecordedSession, RunHeader } from "./recordable-event.js";
import { parseLine, type RecordWriter, readRecordLine, toTransaction } from "./recorded-line.js";
import type { RecordedTransaction } from "./recorded-transaction.js";

/** An entry of a record. `value` is the whole line, with integers beyond 2^53 as `bigint`. */
export type RecordEntry =
  /** The first line: what was run. */
  | { type: "run"; writer: RecordWriter; header: RunHeader }
  /** A sub-session of a parallel run; in a record of `sim`, every session. */
  | { type: "session"; session: RecordedSession }
  | { type: "transaction"; transaction: RecordedTransaction }
  /** The end of a run that has completed. */
  | { type: "completed"; value: Record<string, unknown> }
  /** Everything else: slots, account diffs, errors, … `name` is the line's own type. */
  | { type: "other"; name: string; value: Record<string, unknown> };

/**
 * Reads a record line by line: NDJSON of `record` or `run`, or of the command `sim`. It keeps one line in memory.
 *
 * @throws SimulatorError `protocol` for a line that cannot be read, `invalidParams` for a source of another kind
 * @example
 * for await (const entry of readRecord(() => createReadStream("run.ndjson"))) {
 *   if (entry.type === "transaction") console.log(entry.transaction.signature, entry.transaction.err);
 * }
 */
export async function* readRecord(source: RecordSource, options: { name?: string } = {}): AsyncGenerator<RecordEntry> {
  const { name = "the record" } = options;
  const reader = await LineReader.open(toOpenable(source, "source"), name);
  try {
    do {
      for (let text = reader.take(); text !== undefined; text = reader.take()) yield readEntry(text, reader.number, name);
    } while (await reader.fill());
    const last = reader.last();
    if (last !== undefined) yield readEntry(last, reader.number, name);
  } finally {
    await reader.close();
  }
}

function readEntry(text: string, number: number, name: string): RecordEntry {
  const line = readRecordLine(text, number, name);
  if (line.type === "run" || line.type === "session") return line;
  const value = members(parseLine(text, number, name));
  const transaction = line.type === "transaction" ? toTransaction(value) : undefined;
  if (transaction !== undefined) return { type: "transaction", transaction };
  if (line.type === "completed") return { type: "completed", value };
  return { type: "other", name: String(value.type), value };
}
