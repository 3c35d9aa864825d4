/** Reads bytes in order. Throws a RangeError if bytes are missing or left over. */
export class ByteReader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** Returns the next byte without consuming it. */
  peek(): number {
    const value = this.#bytes[this.#at];
    if (value === undefined) throw new RangeError("ends too early");
    return value;
  }

  byte(): number {
    const value = this.peek();
    this.#at++;
    return value;
  }

  /** Reads a 2-byte integer, lowest byte first. */
  uint16(): number {
    const low = this.byte();
    return low | (this.byte() << 8);
  }

  /** Reads a 4-byte integer, lowest byte first. */
  uint32(): number {
    const bytes = this.take(4);
    return new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
  }

  /** Reads an 8-byte integer, lowest byte first. */
  uint64(): bigint {
    const bytes = this.take(8);
    return new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true);
  }

  take(length: number): Uint8Array {
    const end = this.#at + length;
    if (end > this.#bytes.length) throw new RangeError("ends too early");
    const read = this.#bytes.subarray(this.#at, end);
    this.#at = end;
    return read;
  }

  /** Reads a length in Solana's compact-u16 format: seven bits per byte, lowest bits first. Accepts only the shortest form. */
  length(): number {
    let value = 0;
    for (let shift = 0; shift <= 14; shift += 7) {
      const byte = this.byte();
      if (shift > 0 && byte === 0) throw new RangeError("a length that is not in its shortest form");
      value |= (byte & 0x7f) << shift;
      if ((byte & 0x80) === 0) {
        if (value > 0xffff) break;
        return value;
      }
    }
    throw new RangeError("a length of more than 16 bits");
  }

  list<T>(read: () => T): T[] {
    const length = this.length();
    const items: T[] = [];
    for (let i = 0; i < length; i++) items.push(read());
    return items;
  }

  expectEnd(): void {
    if (this.#at !== this.#bytes.length) throw new RangeError(`${this.#bytes.length - this.#at} bytes too many`);
  }
}
