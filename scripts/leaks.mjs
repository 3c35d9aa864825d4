// @ts-check
// Part of `npm run check`: no committed file names a registry host or a path of this machine.
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT, run } from "./run.mjs";

const PATTERNS = [
  {
    what: "a registry's host",
    pattern: /\bregistry\.[a-z0-9-]+\.(?:com|dev|io|org)\b/gi,
  },
  {
    what: "a registry's host",
    pattern: /\b(?:npmjs\.(?:com|org)|yarnpkg\.com|crates\.io|pypi\.org|pythonhosted\.org|golang\.org|maven\.org)\b/gi,
  },
  { what: "a machine's path", pattern: /(?<![\w.~$}/-])\/(?:work|farm|tmp|root|home\/\w+|Users\/\w+)\/[\w.-]+/g },
  { what: "a machine's path", pattern: /\b[A-Z]:\\+Users\\+\w+/g },
];
/** Matches a zero byte. A file with a zero byte is binary, and is not checked. */
const BINARY = /\0/;

/** @returns {Promise<{ code: number, output: string }>} */
export async function checkLeaks() {
  const own = [{ what: "this machine's folder", text: ROOT.replace(/[\\/]$/, "") }];
  const configured = await run("npm", ["config", "get", "registry"], { capture: true });
  const host = /^https?:\/\/([^/\s]+)/m.exec(configured.output)?.[1];
  if (host !== undefined) own.push({ what: "the registry's host", text: host });

  const problems = [];
  for (const file of execFileSync("git", ["ls-files", "-z"], { cwd: ROOT, encoding: "utf8" }).split("\0").filter(Boolean)) {
    const text = readTracked(file);
    if (text === undefined || BINARY.test(text)) continue;
    for (const [index, line] of text.split("\n").entries()) {
      const found = PATTERNS.flatMap(({ what, pattern }) => [...line.matchAll(pattern)].map(([text]) => ({ what, text })));
      for (const { what, text } of [...found, ...own.filter(({ text }) => line.includes(text))]) {
        problems.push(`${file}:${index + 1}: ${what}: ${text}`);
      }
    }
  }
  return { code: problems.length === 0 ? 0 : 1, output: problems.join("\n") };
}

/** @param {string} file @returns {string | undefined} undefined if the file is deleted and the deletion is not yet committed */
function readTracked(file) {
  try {
    return readFileSync(join(ROOT, file), "utf8");
  } catch {
    return undefined;
  }
}
