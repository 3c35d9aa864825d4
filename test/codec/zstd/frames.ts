/** Builds zstd frames by hand, including frames that libzstd never writes. */

const MAGIC = [0x28, 0xb5, 0x2f, 0xfd];

export interface Header {
  /** The first byte after the magic number, which contains flags. */
  descriptor?: number;
  /** The bytes after `descriptor`. Default: a window descriptor for 2 MiB. */
  rest?: readonly number[];
}

/** Returns a frame's header, with its magic number. */
export function header({ descriptor = 0, rest = [0x58] }: Header = {}): number[] {
  return [...MAGIC, descriptor, ...rest];
}

/** Returns the three bytes of a block header. The kind is 0 for raw bytes, 1 for a repeated byte, 2 for a compressed block. */
export function blockHeader(kind: number, size: number, last = false): number[] {
  const value = Number(last) | (kind << 1) | (size << 3);
  return [value & 255, (value >> 8) & 255, value >> 16];
}

export function rawBlock(text: string, last = false): number[] {
  const bytes = new TextEncoder().encode(text);
  return [...blockHeader(0, bytes.length, last), ...bytes];
}

/** Returns a block that repeats one byte. */
export function runBlock(byte: number, size: number, last = false): number[] {
  return [...blockHeader(1, size, last), byte];
}

export function compressedBlock(content: readonly number[], last = false): number[] {
  return [...blockHeader(2, content.length, last), ...content];
}

/** A skippable frame. */
export function skippable(size: number): number[] {
  return [0x5a, 0x2a, 0x4d, 0x18, size & 255, size >> 8, 0, 0, ...new Array<number>(size).fill(7)];
}

/** Returns the offset at which each block ends. `headerSize` is the number of bytes before the first block. */
export function blockEnds(bytes: Uint8Array, headerSize: number): number[] {
  const ends: number[] = [];
  for (let at = headerSize; at < bytes.length; ) {
    const value = (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8) | ((bytes[at + 2] ?? 0) << 16);
    at += 3 + (((value >> 1) & 3) === 1 ? 1 : value >> 3);
    ends.push(at);
    if ((value & 1) === 1) break;
  }
  return ends;
}
