import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { runNode } from "./support/run-node.js";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const read = (path: string): string => readFileSync(new URL(`../${path}`, import.meta.url), "utf8");
const { version, scripts } = JSON.parse(read("package.json")) as { version: string; scripts: Record<string, string> };

describe("the workflows in .github", () => {
  it.each(readdirSync(new URL("../.github/workflows", import.meta.url)))(
    "the workflow %s runs only scripts of package.json",
    (file) => {
      const text = read(`.github/workflows/${file}`);
      const names = [...text.matchAll(/npm run ([\w:]+)/g)].map(([, name]) => name);
      const listed = /script: \[(.*)\]/.exec(text)?.[1] ?? "";
      names.push(...[...listed.matchAll(/"([\w:]+)/g)].map(([, name]) => name));
      for (const name of names) expect(scripts, `npm run ${name}`).toHaveProperty([String(name)]);
      for (const [, path = ""] of text.matchAll(/node (scripts\/[\w-]+\.mjs)/g)) expect(read(path)).not.toBe("");
      // A job can write only what its own permissions allow.
      expect(text).toMatch(/^permissions:\n {2}contents: read$/m);
    },
  );
});

describe("the release notes", () => {
  const printNotes = (tag: string) => runNode(ROOT, ["scripts/release-notes.mjs", tag]);

  it("the release notes of the current version are its section of the changelog", async () => {
    const { code, stdout } = await printNotes(`v${version}`);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^### \w+\n/);
    expect(read("CHANGELOG.md")).toContain(stdout.trim());
    expect(stdout).not.toMatch(/^## /m);
  });

  it("the release notes are refused for a tag of another version", async () => {
    const { code, stdout, stderr } = await printNotes("v9.9.9");
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toContain(`Tag the commit with v${version}.`);
  });
});
