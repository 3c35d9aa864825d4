// @ts-check

/** Number of unchanged lines shown before and after each changed line. */
const CONTEXT = 1;

/**
 * @typedef {{ kind: "line", offset: number, before: Uint8Array, after: Uint8Array, changed: boolean[] }} DumpLine
 * One line of bytes from both sides. `changed[n]` is true if byte n differs or exists on one side only.
 * @typedef {{ kind: "skip", offset: number, bytes: number }} DumpSkip a run of unchanged bytes
 */

/**
 * Compares an account's data before and after a change, line by line.
 *
 * @param {Uint8Array} before empty if the account did not exist
 * @param {Uint8Array} after
 * @param {boolean} isAll whether to include unchanged lines
 * @param {number} width bytes per line
 * @returns {(DumpLine | DumpSkip)[]} ordered by offset
 */
export function hexDump(before, after, isAll, width) {
  const length = Math.max(before.length, after.length);
  const count = Math.ceil(length / width);
  const changed = Array.from({ length: count }, (_, line) => isLineChanged(before, after, line * width, width));
  /** @type {(DumpLine | DumpSkip)[]} */
  const dumped = [];
  for (let line = 0; line < count; line++) {
    const offset = line * width;
    if (isAll || changed.slice(Math.max(0, line - CONTEXT), line + CONTEXT + 1).includes(true)) {
      dumped.push(toLine(before, after, offset, width));
      continue;
    }
    const last = dumped.at(-1);
    const bytes = Math.min(width, length - offset);
    if (last?.kind === "skip") last.bytes += bytes;
    else dumped.push({ kind: "skip", offset, bytes });
  }
  return dumped;
}

/** @param {Uint8Array} before @param {Uint8Array} after @param {number} offset @param {number} width */
function isLineChanged(before, after, offset, width) {
  for (let at = offset; at < offset + width; at++) if (before[at] !== after[at]) return true;
  return false;
}

/** @param {Uint8Array} before @param {Uint8Array} after @param {number} offset @param {number} width @returns {DumpLine} */
function toLine(before, after, offset, width) {
  const end = offset + width;
  const length = Math.min(width, Math.max(before.length, after.length) - offset);
  const changed = Array.from({ length }, (_, at) => before[offset + at] !== after[offset + at]);
  return { kind: "line", offset, before: before.subarray(offset, end), after: after.subarray(offset, end), changed };
}

/**
 * Groups adjacent changed bytes and adjacent unchanged bytes, so that the view needs one element per group instead of one per byte.
 *
 * @param {Uint8Array} bytes one side of a line
 * @param {boolean[]} changed
 * @param {(byte: number) => string} spell
 * @param {string} gap separator between two bytes
 * @returns {{ text: string, isChanged: boolean }[]}
 */
export function byteRuns(bytes, changed, spell, gap) {
  /** @type {{ text: string, isChanged: boolean }[]} */
  const found = [];
  for (const [at, byte] of bytes.entries()) {
    const isChanged = changed[at] === true;
    const last = found.at(-1);
    if (last !== undefined && last.isChanged === isChanged) last.text += gap + spell(byte);
    else {
      // The separator before a group is not marked as changed.
      if (last !== undefined && gap !== "") found.push({ text: gap, isChanged: false });
      found.push({ text: spell(byte), isChanged });
    }
  }
  return found;
}

/** @param {number} byte */
export const toHex = (byte) => byte.toString(16).padStart(2, "0");

/** Returns the ASCII character of a byte, or a dot for a non-printable byte. @param {number} byte */
export const toAscii = (byte) => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : "·");
