import { encodeBase58 } from "../codec/base58.js";
import { encodeBase64 } from "../codec/base64.js";
import { decodeUtf8 } from "../codec/utf8.js";
import { DecodeWork } from "./decode-work.js";

/** Reads the little-endian fields of instruction and account data. Throws a RangeError if bytes are missing. */
export class FieldReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  /** The limit of the work. Shared by all readers of the same data. */
  readonly work: DecodeWork;
  #at = 0;

  constructor(bytes: Uint8Array, work = new DecodeWork()) {
    this.work = work;
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get remaining(): number {
    return this.#bytes.length - this.#at;
  }

  /** Skips bytes. */
  skip(length: number): this {
    this.#advance(length);
    return this;
  }

  bytes(length: number): Uint8Array {
    const start = this.#advance(length);
    return this.#bytes.subarray(start, start + length);
  }

  /** Advances past the next `length` bytes, and returns a reader for these bytes. */
  part(length: number): FieldReader {
    return new FieldReader(this.bytes(length), this.work);
  }

  /**
   * Reads a value. Limits the number of values that take no bytes, such as empty structures.
   *
   * @throws RangeError if too many values take no bytes
   */
  counted<T>(read: (reader: FieldReader) => T): T {
    const { remaining } = this;
    const value = read(this);
    if (this.remaining === remaining) this.work.emptyValue();
    return value;
  }

  /** Returns all remaining bytes, without advancing the position of the reader. */
  peekRest(): Uint8Array {
    return this.#bytes.subarray(this.#at);
  }

  rest(): Uint8Array {
    this.work.scan(this.remaining);
    return this.bytes(this.remaining);
  }

  u8(): number {
    return this.#view.getUint8(this.#advance(1));
  }

  i8(): number {
    return this.#view.getInt8(this.#advance(1));
  }

  u16(): number {
    return this.#view.getUint16(this.#advance(2), true);
  }

  i16(): number {
    return this.#view.getInt16(this.#advance(2), true);
  }

  u32(): number {
    return this.#view.getUint32(this.#advance(4), true);
  }

  u64(): bigint {
    return this.#view.getBigUint64(this.#advance(8), true);
  }

  i64(): bigint {
    return this.#view.getBigInt64(this.#advance(8), true);
  }

  f64(): number {
    return this.#view.getFloat64(this.#advance(8), true);
  }

  bool(): boolean {
    return this.u8() !== 0;
  }

  /** Reads an address. */
  key(): string {
    return encodeBase58(this.bytes(32));
  }

  /** Reads an address. Returns `null` if all of its bytes are zero. */
  optionalKey(): string | null {
    const bytes = this.bytes(32);
    return bytes.every((byte) => byte === 0) ? null : encodeBase58(bytes);
  }

  base64(length: number): string {
    return encodeBase64(this.bytes(length));
  }

  /** Reads a `u64` that is a length (a number of items or bytes). */
  length64(): number {
    return Number(this.u64());
  }

  text(length: number): string {
    return decodeUtf8(this.bytes(length));
  }

  #advance(length: number): number {
    if (!(length >= 0 && length <= this.remaining)) throw new RangeError("ends too early");
    const start = this.#at;
    this.#at += length;
    return start;
  }
}
