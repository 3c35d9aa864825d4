import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

const ROOT = new URL("../../", import.meta.url);
const PAGES = [
  ...["README.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md", "examples/README.md"],
  ...readdirSync(new URL("docs", ROOT)).flatMap((name) => (name.endsWith(".md") ? [`docs/${name}`] : [])),
];

/** Returns the text of a page without its blocks of code. */
function textOf(path: string): string {
  return readFileSync(new URL(path, ROOT), "utf8").replaceAll(/^ *```[\s\S]*?^ *```$/gm, "");
}

/** Returns the anchors of a page, as GitHub and the documentation site derive them from the headings. */
function anchorsOf(path: string): Set<string> {
  const headings = [...textOf(path).matchAll(/^#{1,6} (.+)$/gm)].map(([, heading = ""]) =>
    heading.replaceAll(/\[([^\]]*)\]\([^)]*\)/g, "$1"),
  );
  return new Set(
    headings.map((heading) =>
      heading
        .trim()
        .toLowerCase()
        .replaceAll(/[^\p{L}\p{N}\s_-]/gu, "")
        .replaceAll(/\s/g, "-"),
    ),
  );
}

it.each(PAGES)("each link in %s leads to an existing file, and each anchor to an existing heading", (page) => {
  const links = [
    ...textOf(page)
      .replaceAll(/`[^`\n]*`/g, "")
      .matchAll(/\]\(([^)\s]+)\)/g),
  ].map(([, link = ""]) => link);
  for (const link of links.filter((target) => !/^[a-z]+:/.test(target))) {
    const [path = "", anchor] = link.split("#");
    const target = path === "" ? new URL(page, ROOT) : new URL(path, new URL(page, ROOT));
    expect(existsSync(target), `${page}: ${link}`).toBe(true);
    if (anchor === undefined || statSync(target).isDirectory()) continue;
    const file = fileURLToPath(target).slice(fileURLToPath(ROOT).length);
    if (file.endsWith(".md")) expect([...anchorsOf(file)], `${page}: ${link}`).toContain(anchor);
  }
});
