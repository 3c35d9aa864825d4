// @ts-check
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/**
 * Applies a unified diff to the files of a folder.
 *
 * @param {string} folder @param {string} patch
 * @throws Error if a hunk is not found, or found more than once
 */
export function applyPatch(folder, patch) {
  for (const [path, text] of patchedFiles(folder, patch)) writeFileSync(path, text);
}

/**
 * Returns the path and the new text of each file that a unified diff changes. Line numbers are ignored: each hunk is found by its
 * lines, which must occur in the file exactly once.
 *
 * @param {string} folder @param {string} patch
 * @returns {[path: string, text: string][]}
 * @throws Error if a hunk is not found, or found more than once
 */
export function patchedFiles(folder, patch) {
  /** @type {Map<string, string>} */
  const files = new Map();
  for (const part of patch.split(/^(?=--- a\/)/m)) {
    const file = /^\+\+\+ b\/(.+)$/m.exec(part)?.[1];
    if (file === undefined) continue;
    const path = join(folder, file);
    let text = files.get(path) ?? readFileSync(path, "utf8");
    for (const hunk of part.split(/^@@.*\n/m).slice(1)) {
      const lines = hunk.split("\n").filter((line) => /^[ +-]/.test(line));
      const before = side(lines, "-");
      const found = text.split(before).length - 1;
      if (found !== 1) throw new Error(`the patch does not apply to ${file}: its lines were found ${found} times`);
      text = text.replace(before, () => side(lines, "+"));
    }
    files.set(path, text);
  }
  return [...files];
}

/**
 * Returns the lines of a hunk in the old version (`-`) or in the new version (`+`) of the file.
 *
 * @param {string[]} lines @param {"-" | "+"} sign
 */
function side(lines, sign) {
  return lines
    .filter((line) => line.startsWith(" ") || line.startsWith(sign))
    .map((line) => `${line.slice(1)}\n`)
    .join("");
}
