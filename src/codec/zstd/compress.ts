import { BitWriter } from "./bit-writer.js";
import { BlockEncoder } from "./block-encoder.js";
import { MAGIC, MAX_BLOCK, MAX_WINDOW, windowDescriptor } from "./format.js";
import { MatchFinder } from "./match-finder.js";

const MIN_TABLE_BITS = 8;
const MAX_TABLE_BITS = 17;
const HEADER_SIZE = 16;
const SINGLE_SEGMENT = 32;
/** This flag in a frame header means that the content size is stored in four bytes. */
const FOUR_BYTE_SIZE = 128;

/**
 * Compresses bytes to one zstd frame. The frame has the size of the content in its header, but no checksum. Literals are not
 * compressed, which keeps the code small.
 *
 * @example encodeBase64(compress(new TextEncoder().encode("[]"))) // the value of a compressed field: protocol.md, 2
 */
export function compress(bytes: Uint8Array): Uint8Array {
  const tableBits = Math.min(MAX_TABLE_BITS, Math.max(MIN_TABLE_BITS, 32 - Math.clz32(bytes.length)));
  const finder = new MatchFinder(MAX_WINDOW, tableBits);
  finder.use(bytes);
  const blocks = new BlockEncoder(finder);
  const out = new BitWriter(HEADER_SIZE);
  writeHeader(bytes.length, out);
  let at = 0;
  do {
    const end = Math.min(bytes.length, at + MAX_BLOCK);
    blocks.write(at, end, end === bytes.length, out);
    at = end;
  } while (at < bytes.length);
  return out.take();
}

/**
 * Writes a frame header with the content size (RFC 8878, 3.1.1.1). A small frame is written as a single segment, which every
 * decoder supports.
 */
function writeHeader(size: number, out: BitWriter): void {
  out.number(MAGIC, 4);
  const single = size <= MAX_WINDOW;
  const isShort = size < 256;
  out.number((isShort ? 0 : FOUR_BYTE_SIZE) | (single ? SINGLE_SEGMENT : 0), 1);
  if (!single) out.number(windowDescriptor(MAX_WINDOW), 1);
  out.number(size, isShort ? 1 : 4);
}
