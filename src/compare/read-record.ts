import { requireOptions } from "../protocol/arguments.js";
import { toText } from "../protocol/error-helpers.js";
import { members } from "../protocol/message.js";
import { LineReader, type RecordSource, toOpenable } from "./record-source.js";
import type { RecordedSession, RunHeader } from "./recordable-event.js";
import { parseLine, type RecordWriter, readRecordLine, toTransaction } from "./recorded-line.js";
import type { RecordedTransaction } from "./recorded-transaction.js";

/** An entry of a record. `value` is the parsed line, in which integers beyond 2^53 are `bigint`. */
export type RecordEntry =
  /** The first line, which describes what was run. */
  | {
      type: "run";
      /** The program that wrote the record. */
      writer: RecordWriter;
      /** Describes the run: its range, its subscriptions and its changes. */
      header: RunHeader;
    }
  /** A session of the run. A record of `simulator-client` contains this entry only if the run is parallel. */
  | {
      type: "session";
      /** The session and its slots. */
      session: RecordedSession;
    }
  | {
      type: "transaction";
      /** The transaction and its outcome. */
      transaction: RecordedTransaction;
    }
  /** The line that marks a completed run. */
  | {
      type: "completed";
      /** The members of the line. */
      value: Record<string, unknown>;
    }
  /** Any other line: slots, account diffs, errors, … `name` is the member `type` of the line. */
  | {
      type: "other";
      /** The value of the member `type` in this line. */
      name: string;
      /** The members of the line. */
      value: Record<string, unknown>;
    };

/**
 * Reads a record line by line: NDJSON that was written by `record`, by `run` or by the command `sim`. Only one line at a time is
 * in memory.
 *
 * @param options `name`: the name of the record in error messages. @default "the record"
 * @throws SimulatorError `protocol` for a line that cannot be read, `invalidParams` if the source has an unsupported type
 * @example
 * for await (const entry of readRecord(() => createReadStream("run.ndjson"))) {
 *   if (entry.type === "transaction") console.log(entry.transaction.signature, entry.transaction.err);
 * }
 */
export async function* readRecord(source: RecordSource, options: { name?: string } = {}): AsyncGenerator<RecordEntry> {
  requireOptions(options, ["name"]);
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
  return { type: "other", name: toText(value.type), value };
}
