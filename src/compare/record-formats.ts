import { CsvEncoder } from "./csv-encoder.js";
import { NdjsonEncoder } from "./ndjson-encoder.js";
import { ParquetEncoder } from "./parquet-encoder.js";
import type { RecordEncoder } from "./record-encoder.js";

/** The format of a record in a file. */
export type RecordFormat = "ndjson" | "csv" | "parquet";

export const RECORD_FORMATS: readonly RecordFormat[] = ["ndjson", "csv", "parquet"];

const ENCODERS: Record<RecordFormat, () => RecordEncoder> = {
  ndjson: () => new NdjsonEncoder(),
  csv: () => new CsvEncoder(),
  parquet: () => new ParquetEncoder(),
};

export function createEncoder(format: RecordFormat): RecordEncoder {
  return ENCODERS[format]();
}
