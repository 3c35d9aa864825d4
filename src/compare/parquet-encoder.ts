import { ByteWriter } from "hyparquet-writer/src/bytewriter.js";
import { ParquetWriter } from "hyparquet-writer/src/parquet-writer.js";
import { stringifyJson } from "../codec/json.js";
import { isIntegerWithin, U64_MAX } from "../protocol/integers.js";
import type { RecordEncoder } from "./record-encoder.js";
import { RECORD_COLUMNS, type RecordColumn, type RecordRow, recordRow } from "./record-row.js";
import type { RecordableEvent, RunHeader } from "./recordable-event.js";

/** Number of rows that are buffered before they are encoded. */
const ROWS_PER_GROUP = 20_000;

type ColumnType = "text" | "u64" | "i64" | "i32";

const TYPES: Record<RecordColumn, ColumnType> = {
  type: "text",
  slot: "u64",
  block_time: "i64",
  tx_index: "i32",
  signature: "text",
  program: "text",
  account: "text",
  err: "text",
  fee: "u64",
  compute_units: "u64",
  lamports_before: "u64",
  lamports_after: "u64",
  bytes_before: "u64",
  bytes_after: "u64",
};

/** The columns of the Parquet file. u64 values need the type UINT_64, because INT64 cannot represent values of 2^63 and more. */
const ELEMENTS = {
  text: { type: "BYTE_ARRAY", converted_type: "UTF8" },
  u64: { type: "INT64", converted_type: "UINT_64" },
  i64: { type: "INT64" },
  i32: { type: "INT32" },
} as const;

/**
 * Writes the figures of transactions and account changes as Parquet, with the same columns as the CSV. The file is complete only
 * after `end`.
 */
export class ParquetEncoder implements RecordEncoder {
  readonly #bytes = new ByteWriter();
  readonly #rowsPerGroup: number;
  #writer: ParquetWriter | undefined;
  #rows: RecordRow[] = [];

  /** @param rowsPerGroup number of rows that are kept in memory before they are encoded */
  constructor(rowsPerGroup = ROWS_PER_GROUP) {
    this.#rowsPerGroup = rowsPerGroup;
  }

  begin(header: RunHeader): undefined {
    this.#writer = new ParquetWriter({
      writer: this.#bytes,
      schema: [
        { name: "record", num_children: RECORD_COLUMNS.length },
        ...RECORD_COLUMNS.map((name) => ({ name, repetition_type: "OPTIONAL" as const, ...ELEMENTS[TYPES[name]] })),
      ],
      kvMetadata: [{ key: "run", value: stringifyJson(header) }],
      createdBy: "simulator-client",
    });
  }

  addSessions(): undefined {}

  add(event: RecordableEvent): Uint8Array | undefined {
    const row = recordRow(event);
    if (row === undefined) return undefined;
    this.#rows.push(row);
    if (this.#rows.length < this.#rowsPerGroup) return undefined;
    this.#writeGroup();
    return this.#taken();
  }

  end(): Uint8Array {
    if (this.#rows.length > 0) this.#writeGroup();
    void this.#open().finish();
    return this.#taken();
  }

  #open(): ParquetWriter {
    if (this.#writer === undefined) this.begin({});
    return this.#writer as unknown as ParquetWriter;
  }

  #writeGroup(): void {
    const rows = this.#rows;
    this.#rows = [];
    const columnData = RECORD_COLUMNS.map((name) => ({
      name,
      data: rows.map((row) => toValue(TYPES[name], row[name])),
      offsetIndex: false,
    }));
    // `write` returns a promise only for a byte writer with a method `flush`. `ByteWriter` has no such method.
    void this.#open().write({ columnData, rowGroupSize: rows.length });
  }

  /**
   * Returns the bytes that were written since the last call, and empties the buffer: sets `index` to 0. The position in the file
   * (`offset`) does not change.
   */
  #taken(): Uint8Array {
    const taken = this.#bytes.getBytes().slice();
    this.#bytes.index = 0;
    return taken;
  }
}

/** The range of each integer type. Values outside this range are written as null. */
const BOUNDS: Record<Exclude<ColumnType, "text">, readonly [min: bigint, max: bigint]> = {
  u64: [0n, U64_MAX],
  i64: [-(2n ** 63n), 2n ** 63n - 1n],
  i32: [-(2n ** 31n), 2n ** 31n - 1n],
};

function toValue(type: ColumnType, value: unknown): string | bigint | number | undefined {
  if (value === undefined || value === null) return undefined;
  if (type === "text") return typeof value === "string" ? value : stringifyJson(value);
  if (!isIntegerWithin(value, ...BOUNDS[type])) return undefined;
  return type === "i32" ? Number(value) : BigInt(value);
}
