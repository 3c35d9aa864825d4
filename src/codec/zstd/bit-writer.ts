/** A growing buffer to which bytes and bits are written, low bits first. */
export class BitWriter {
  bytes: Uint8Array;
  /** The position of the next byte. */
  end = 0;
  #pending = 0;
  #count = 0;

  constructor(capacity: number) {
    this.bytes = new Uint8Array(capacity);
  }

  /** Reserves room for more bytes. Call it before the other methods, which do not grow the buffer. */
  reserve(size: number): void {
    if (this.end + size <= this.bytes.length) return;
    const bytes = new Uint8Array(Math.max(this.end + size, this.bytes.length * 2));
    bytes.set(this.bytes.subarray(0, this.end));
    this.bytes = bytes;
  }

  /** Writes the low `size` bytes of an integer of up to 32 bits, lowest byte first. */
  number(value: number, size: number): void {
    for (let i = 0; i < size; i++) this.bytes[this.end++] = value >>> (i * 8);
  }

  copy(bytes: Uint8Array): void {
    this.bytes.set(bytes, this.end);
    this.end += bytes.length;
  }

  /** Writes up to 24 bits. `value` must not have more than `count` bits. */
  bits(value: number, count: number): void {
    let pending = this.#pending | (value << this.#count);
    let left = this.#count + count;
    for (; left >= 8; left -= 8) {
      this.bytes[this.end++] = pending;
      pending >>>= 8;
    }
    this.#pending = pending;
    this.#count = left;
  }

  /** Ends a bit stream that is read backwards: writes a bit with the value 1, and zeros up to the next byte. */
  endBits(): void {
    this.bits(1, 1);
    if (this.#count > 0) this.bytes[this.end++] = this.#pending;
    this.#pending = 0;
    this.#count = 0;
  }

  /** Returns a copy of the written bytes. */
  take(): Uint8Array {
    return this.bytes.slice(0, this.end);
  }
}
