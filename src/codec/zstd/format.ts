/** The magic number of a frame (RFC 8878, 3.1.1). */
export const MAGIC = 0xfd2fb528;

/**
 * The types of blocks (RFC 8878, 3.1.1.2.2) and of literals sections (RFC 8878, 3.1.1.3.1.1). A COMPRESSED literals section
 * contains its Huffman table.
 */
export const RAW = 0;
export const RUN = 1;
export const COMPRESSED = 2;
/** The type of a literals section that uses the table of an earlier block. */
export const TREELESS = 3;

/** The maximum size of a block, compressed or not (RFC 8878, 3.1.1.2.4). */
export const MAX_BLOCK = 128 * 1024;

/**
 * The maximum window size. According to RFC 8878 (3.1.1.1.2), every decoder should support this size. The server's window is a
 * quarter of it.
 */
export const MAX_WINDOW = 8 * 1024 * 1024;

/** Returns the window byte in a frame header, for a window size that is a power of two (RFC 8878, 3.1.1.1.2). */
export function windowDescriptor(window: number): number {
  return (21 - Math.clz32(window)) << 3;
}
