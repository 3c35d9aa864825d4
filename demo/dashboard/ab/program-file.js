// @ts-check
// Checks a program file when the user drops it, because a server refuses it only after the run has started.
import { formatBytes, formatNumber } from "../view/number-format.js";

/** The first bytes of an ELF file (https://refspecs.linuxfoundation.org/elf/gabi4+/ch4.eheader.html). */
const MAGIC = [0x7f, 0x45, 0x4c, 0x46];
const HEADER_BYTES = 64;
const CLASS_64 = 2;
const LITTLE_ENDIAN = 1;
/** ELF file types: `ET_REL` for an object file that was not linked, `ET_DYN` for a shared object. */
const [RELOCATABLE, SHARED_OBJECT] = [1, 3];
/** ELF machine numbers: BPF, and SBPF for newer toolchains. */
const MACHINES = [247, 263];
/** The ELF type of a section that has no bytes in the file. */
const NO_BYTES = 8;
/** Sizes of one entry in the segment table and in the section table, in bytes. */
const [SEGMENT_BYTES, SECTION_BYTES] = [56, 64];
/** The maximum size of an account (10 MiB) minus the header of a program's account (45 bytes). The ELF file follows the header. */
export const MAX_PROGRAM_BYTES = 10 * 1024 * 1024 - 45;

const BUILD = "Build the program with “cargo build-sbf”, and use the .so file in target/deploy.";
const AGAIN = "Copy or build the file again.";

/** Whether a file is an ELF file. @param {Uint8Array} head its first bytes */
export const isElf = (head) => MAGIC.every((byte, at) => head[at] === byte);

/**
 * Returns a message for the user if Solana cannot execute an ELF file. A server can refuse a file for other reasons.
 *
 * @param {Uint8Array} elf the content of the file. If the file exceeds the limit, the beginning is enough
 * @param {number} [length] the length of the whole file, in bytes
 * @returns {string | undefined} `undefined` if no problem was found
 */
export function programProblem(elf, length = elf.length) {
  if (length > MAX_PROGRAM_BYTES) {
    return `the program has ${formatNumber(length)} bytes, but an account has room for at most ${formatNumber(MAX_PROGRAM_BYTES)}. Build it in release mode.`;
  }
  if (length < HEADER_BYTES) return `the file is cut: it has ${formatBytes(length)}, less than the header of a program. ${AGAIN}`;
  if (elf[4] !== CLASS_64 || elf[5] !== LITTLE_ENDIAN) {
    return `the file is not a 64-bit little-endian program, so Solana cannot execute it. ${BUILD}`;
  }
  const view = new DataView(elf.buffer, elf.byteOffset, elf.length);
  const machine = view.getUint16(18, true);
  if (!MACHINES.includes(machine)) {
    return `the file is a program for ${MACHINE_NAMES[machine] ?? `another machine (ELF machine ${machine})`}, not for Solana (SBF). ${BUILD}`;
  }
  const type = view.getUint16(16, true);
  if (type === RELOCATABLE) return `the file is an object file that was not linked. ${BUILD}`;
  if (type !== SHARED_OBJECT) return `the file is not a shared object (ELF type ${type}). ${BUILD}`;
  const end = endOf(view);
  if (end === undefined) return `the tables of the file have entries of an unknown size. ${AGAIN}`;
  if (end > length) {
    return `the file is cut: it has ${formatNumber(length)} bytes, but its contents end at byte ${formatNumber(end)}. ${AGAIN}`;
  }
  return undefined;
}

/** @type {Record<number, string>} */
const MACHINE_NAMES = {
  3: "x86 processors",
  40: "ARM processors",
  62: "x86-64 processors",
  183: "ARM64 processors",
  243: "RISC-V",
};

/**
 * Returns the offset at which the last segment, section or table of a file ends. Offsets above 2^53 are rounded, but they exceed
 * every file size anyway.
 *
 * @param {DataView} view of an ELF file
 * @returns {number | undefined} `undefined` if the entries of a table have an unexpected size
 */
function endOf(view) {
  const u64 = (/** @type {number} */ at) => Number(view.getBigUint64(at, true));
  const u16 = (/** @type {number} */ at) => view.getUint16(at, true);
  const segments = { at: u64(32), size: u16(54), count: u16(56), expected: SEGMENT_BYTES };
  const sections = { at: u64(40), size: u16(58), count: u16(60), expected: SECTION_BYTES };
  let end = HEADER_BYTES;
  for (const { at, size, count, expected } of [segments, sections]) {
    if (count === 0) continue;
    if (size !== expected) return undefined;
    end = Math.max(end, at + size * count);
  }
  // The file is cut before the end of its header tables, so the entries cannot be read.
  if (end > view.byteLength) return end;
  for (let index = 0; index < segments.count; index++) {
    const at = segments.at + index * SEGMENT_BYTES;
    end = Math.max(end, u64(at + 8) + u64(at + 32));
  }
  for (let index = 0; index < sections.count; index++) {
    const at = sections.at + index * SECTION_BYTES;
    if (view.getUint32(at + 4, true) !== NO_BYTES) end = Math.max(end, u64(at + 24) + u64(at + 32));
  }
  return end;
}
