import { requireOptions } from "../protocol/arguments.js";
import { invalidParams } from "../protocol/error-helpers.js";
import { CsvEncoder } from "./csv-encoder.js";
import { NdjsonEncoder } from "./ndjson-encoder.js";
import { ParquetEncoder } from "./parquet-encoder.js";
import type { RecordEncoder } from "./record-encoder.js";
import type { RecordableEvent, RecordedSession, RunHeader } from "./recordable-event.js";
import { type RecordOutput, SinkOutput } from "./sink-output.js";

/** Receives the events of one run. `record` calls `begin` first and `close` last, each once. */
export interface RecordSink {
  /** Writes the header. @param sessions the sub-sessions of a parallel run; empty for a single session */
  begin(header: RunHeader, sessions: readonly RecordedSession[]): void | Promise<void>;
  /** Writes an event. If `write` returns a promise, `record` waits for the promise before the next event. */
  write(event: RecordableEvent): void | Promise<void>;
  /** Writes the buffered data, and closes the output. */
  close(): void | Promise<void>;
}

/**
 * Writes a record as NDJSON: a header, then one line for each event. `readRecord` and `compareRuns` can read it.
 *
 * @example await record(session, ndjsonSink(createWriteStream("run.ndjson")));
 */
export function ndjsonSink(output: RecordOutput): RecordSink {
  return new EncodedSink(new NdjsonEncoder(), output);
}

/**
 * Writes a record as CSV: the figures of transactions and account changes. Cells that a spreadsheet would interpret as formulas are
 * escaped.
 *
 * @example await record(session, csvSink(createWriteStream("run.csv")));
 */
export function csvSink(output: RecordOutput): RecordSink {
  return new EncodedSink(new CsvEncoder(), output);
}

/**
 * Writes a record as Parquet, with the same columns as the CSV and with types. u64 values have the type UINT64.
 *
 * @param options `rowsPerGroup`: number of rows that are buffered before they are written. @default 20,000
 * @example await record(session, parquetSink(createWriteStream("run.parquet")));
 */
export function parquetSink(output: RecordOutput, options: { rowsPerGroup?: number } = {}): RecordSink {
  requireOptions(options, ["rowsPerGroup"]);
  const { rowsPerGroup } = options;
  if (rowsPerGroup !== undefined && !(Number.isSafeInteger(rowsPerGroup) && rowsPerGroup > 0)) {
    throw invalidParams("rowsPerGroup", "expected a whole number of at least 1");
  }
  return new EncodedSink(new ParquetEncoder(rowsPerGroup), output);
}

class EncodedSink implements RecordSink {
  readonly #encoder: RecordEncoder;
  readonly #output: SinkOutput;

  constructor(encoder: RecordEncoder, output: RecordOutput) {
    this.#encoder = encoder;
    this.#output = new SinkOutput(output);
  }

  async begin(header: RunHeader, sessions: readonly RecordedSession[]): Promise<void> {
    await this.#output.write(this.#encoder.begin(header));
    await this.#output.write(this.#encoder.addSessions(sessions));
  }

  write(event: RecordableEvent): void | Promise<void> {
    return this.#output.write(this.#encoder.add(event));
  }

  async close(): Promise<void> {
    await this.#output.write(this.#encoder.end());
    await this.#output.close();
  }
}

/**
 * Keeps a record in memory. Use it as a sink for `record`, and as a source for `readRecord` and `compareRuns`.
 *
 * @example
 * const before = new MemoryRecord();
 * await record(session, before);
 */
export class MemoryRecord implements RecordSink {
  readonly #encoder = new NdjsonEncoder();
  /** The lines of the record in NDJSON. */
  readonly lines: string[] = [];

  /** Adds the header. */
  begin(header: RunHeader, sessions: readonly RecordedSession[]): void {
    this.lines.push(this.#encoder.begin(header));
    if (sessions.length > 0) this.lines.push(...this.#encoder.addSessions(sessions).split(/(?<=\n)/));
  }

  write(event: RecordableEvent): void {
    const line = this.#encoder.add(event);
    if (line !== undefined) this.lines.push(line);
  }

  /** Does nothing, because the lines are in memory. */
  close(): void {}
}
