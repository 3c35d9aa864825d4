import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { patchedFiles } from "../../scripts/apply-patch.mjs";

const ROOT = join(import.meta.dirname, "../..");
const MUTANTS = join(ROOT, "test/simulation/mutants");
const names = readdirSync(MUTANTS).filter((name) => name.endsWith(".patch"));

test.each(names)("applying the patch %s changes every file that the patch names", (name) => {
  const files = patchedFiles(ROOT, readFileSync(join(MUTANTS, name), "utf8"));
  expect(files.length).toBeGreaterThan(0);
  for (const [path, text] of files) expect(text).not.toBe(readFileSync(path, "utf8"));
});

test("a patch with two parts for one file applies both", () => {
  const part = (old: string, changed: string): string =>
    `--- a/.editorconfig\n+++ b/.editorconfig\n@@ -1 +1 @@\n-${old}\n+${changed}\n`;
  const [file, ...more] = patchedFiles(ROOT, part("root = true", "root = false") + part("root = false", "# changed twice"));
  expect(more).toEqual([]);
  expect(file?.[1]).toContain("# changed twice");
});

test("a patch is refused if the file does not contain the lines that the patch removes", () => {
  const patch = "--- a/package.json\n+++ b/package.json\n@@ -1 +1 @@\n-no such line\n+another line\n";
  expect(() => patchedFiles(ROOT, patch)).toThrow("the patch does not apply to package.json: its lines were found 0 times");
});
