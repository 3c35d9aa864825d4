/** What begins a frame (RFC 8878, 3.1.1). */
export const MAGIC = 0xfd2fb528;

/** The kinds of block (RFC 8878, 3.1.1.2.2). A literals section has them too: there, compressed is with a table of its own. */
export const RAW = 0;
export const RUN = 1;
export const COMPRESSED = 2;
/** A literals section with the table of a block before. */
export const TREELESS = 3;

/** What a block holds at most, compressed or not (RFC 8878, 3.1.1.2.4). */
export const MAX_BLOCK = 128 * 1024;

/** What every decoder is to support, and this one does (RFC 8878, 3.1.1.1.2): four times what the server uses. */
export const MAX_WINDOW = 8 * 1024 * 1024;

/** A frame header's byte for a window, which is a power of two here (RFC 8878, 3.1.1.1.2). */
export function windowDescriptor(window: number): number {
  return (21 - Math.clz32(window)) << 3;
}
