import type { RecordChunk, RecordEncoder } from "../../compare/record-encoder.js";
import { createEncoder, type RecordFormat } from "../../compare/record-formats.js";
import type { RecordableEvent, RunHeader } from "../../compare/recordable-event.js";
import type { Segment } from "./job-manifest.js";

/** A segment that is ready to be written. */
export interface EncodedSegment extends Segment {
  readonly content: Uint8Array;
}

/**
 * Encodes the events of a job as segments. In a text format, the concatenated segments are the record. In Parquet, each segment
 * is a complete file.
 */
export class SegmentWriter {
  readonly #format: RecordFormat;
  readonly #header: RunHeader;
  readonly #epoch: number;
  #encoder: RecordEncoder | undefined;
  #chunks: RecordChunk[] = [];
  #size = 0;
  #hasEvents = false;
  #index = 0;
  #needsHeader: boolean;

  /** @param isFirst whether the record has no segments yet */
  constructor(format: RecordFormat, header: RunHeader, epoch: number, isFirst: boolean) {
    this.#format = format;
    this.#header = header;
    this.#epoch = epoch;
    this.#needsHeader = isFirst;
  }

  /** The size of the data that was encoded since the last segment: in characters for a text format, in bytes for Parquet. */
  get size(): number {
    return this.#size;
  }

  add(event: RecordableEvent): void {
    this.#hasEvents = true;
    this.#push(this.#open().add(event));
  }

  /** Returns the events that were added since the last call of `take`, as a segment. `undefined` if there are none. */
  take(): EncodedSegment | undefined {
    if (!this.#hasEvents) return undefined;
    if (this.#format === "parquet") {
      this.#push(this.#open().end());
      this.#encoder = undefined;
    }
    const content = Buffer.concat(this.#chunks.map((chunk) => (typeof chunk === "string" ? Buffer.from(chunk) : chunk)));
    this.#chunks = [];
    this.#size = 0;
    this.#hasEvents = false;
    if (content.length === 0) return undefined;
    this.#index++;
    const name = `${pad(this.#epoch, 9)}-${pad(this.#index, 6)}.${this.#format}`;
    return { name, bytes: content.length, content };
  }

  #open(): RecordEncoder {
    if (this.#encoder !== undefined) return this.#encoder;
    this.#encoder = createEncoder(this.#format);
    const header = this.#encoder.begin(this.#header);
    // Each Parquet file has its own header. A record in a text format has one header, at its start.
    if (this.#needsHeader || this.#format === "parquet") this.#push(header);
    this.#needsHeader = false;
    return this.#encoder;
  }

  #push(chunk: RecordChunk | undefined): void {
    if (chunk === undefined || chunk.length === 0) return;
    this.#chunks.push(chunk);
    this.#size += chunk.length;
  }
}

function pad(value: number, digits: number): string {
  return String(value).padStart(digits, "0");
}
