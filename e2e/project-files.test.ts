import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
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
      // The default of the workflow is read access. A job that writes must declare its own permissions.
      expect(text).toMatch(/^permissions:\n {2}contents: read$/m);
    },
  );
});

describe("the check before publishing", () => {
  /** Runs publish-check.mjs on a package.json with this content. */
  async function check(manifest: object) {
    const folder = mkdtempSync(join(tmpdir(), "publish-check-"));
    const file = join(folder, "package.json");
    writeFileSync(file, JSON.stringify(manifest));
    const result = await runNode(ROOT, ["scripts/publish-check.mjs", file]);
    rmSync(folder, { recursive: true });
    return result;
  }

  it("publish-check.mjs reports each required URL that package.json does not contain", async () => {
    const { code, stderr } = await check({ homepage: "https://example.com" });
    expect(code).toBe(1);
    expect(stderr).toContain("lacks repository.url, bugs.url.");
  });

  it("publish-check.mjs passes if package.json contains all required URLs", async () => {
    const page = "https://example.com/name";
    const addresses = { repository: { type: "git", url: `git+${page}.git` }, homepage: page, bugs: { url: `${page}/issues` } };
    expect(await check(addresses)).toMatchObject({ code: 0, stderr: "" });
  });
});

describe("the release notes", () => {
  const printNotes = (tag: string) => runNode(ROOT, ["scripts/release-notes.mjs", tag]);

  it("release-notes.mjs prints the changelog section of the current version", async () => {
    const { code, stdout } = await printNotes(`v${version}`);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^### \w+\n/);
    expect(read("CHANGELOG.md")).toContain(stdout.trim());
    expect(stdout).not.toMatch(/^## /m);
  });

  it("release-notes.mjs refuses the tag of another version", async () => {
    const { code, stdout, stderr } = await printNotes("v9.9.9");
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toContain(`Tag the commit with v${version}.`);
  });
});
