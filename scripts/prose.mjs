// @ts-check
// The gate `prose` of `npm run check`: comments, strings, test titles and docs have no word that the glossary in CONTRIBUTING.md
// replaces. `node scripts/prose.mjs [PATH…]` prints the findings. `--count` prints the number of each word. `--long` also prints the
// sentences of more than 25 words.
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";
import { ROOT } from "./run.mjs";

/** @typedef {{ pattern: RegExp, use: string }} Rule */
/** @typedef {{ line: number, text: string }} Passage */
/** @typedef {{ path: string, line: number, found: string, use: string }} Finding */
/** @typedef {{ path: string, phrase: string, reason: string }} Exception */

/** The refused words. To refuse another word, add a row. prose-exceptions.json lists the few legitimate uses of these words. @type {Rule[]} */
const RULES = [
  { pattern: /\b(?:re|fore)?tell(?:s|ing)?\b|\b(?:fore)?told\b/gi, use: "notify, report, show, indicate" },
  { pattern: /\bgood-?bye\b|\blast words?\b/gi, use: "close handshake" },
  { pattern: /\bowe[ds]?\b/gi, use: "pending" },
  { pattern: /\boverhear(?:s|d|ing)?\b|\bhears?\b|\bheard\b/gi, use: "observe, receive" },
  { pattern: /\bsuspect(?:s|ed)?\b|\bsuspicion\b/gi, use: "stale connection" },
  { pattern: /\bdoubt(?:s|ed)?\b/gi, use: "probe" },
  { pattern: /\bknows\b|\bknew\b/gi, use: "has, contains, recognizes" },
  { pattern: /\bstands?\b|\bstood\b|\bstand-ins?\b/gi, use: "is, has, is ready" },
  { pattern: /\blook-alikes?\b/gi, use: "replacement" },
  { pattern: /\bfor ever\b/gi, use: "forever, without end" },
  { pattern: /\b(?:no|some)body\b|\bwhoever\b|\bwhosoever\b/gi, use: "no client, another client" },
  { pattern: /\b(?:for|of|by|to|with) who\b|^\W*who\b(?!\?)/gi, use: "a client that" },
  { pattern: /\b(?:is|are|was|were|be)(?:n't| not)? meant\b/gi, use: "is intended, is invalid" },
  { pattern: /\bin the same breath\b|\bwithout a word\b|\bwords? of (?:its|their) own\b/gi, use: "at the same time" },
  { pattern: /\bcom(?:es?|ing) again\b|\bcame again\b/gi, use: "is replayed, is repeated" },
  { pattern: /\brepetitions?\b/gi, use: "duplicate" },
  { pattern: /\banew\b|\bafresh\b/gi, use: "again" },
  { pattern: /\boftener\b|\boftenest\b/gi, use: "more often" },
  { pattern: /\b(?:must|need|may|might|shall)n't\b|\bshan't\b/gi, use: "must not, need not, may not" },
  { pattern: /\bbut for\b/gi, use: "except" },
  { pattern: /\b(?:lies|lain)\b/gi, use: "is" },
  { pattern: /\bheld\b/gi, use: "buffered, kept, stored" },
  { pattern: /\bmend(?:s|ed|ing)?\b/gi, use: "fix, repair" },
  { pattern: /\bpatien(?:t|ce)\b/gi, use: "timeout" },
  { pattern: /\bjudge[sd]?\b/gi, use: "decide, evaluate" },
  { pattern: /\brehears(?:e|ed|al)s?\b/gi, use: "inject a fault" },
  { pattern: /\bstruck\b|\bstrikes?\b/gi, use: "applies, was injected" },
  { pattern: /\bmade[ -]up\b|\bmak(?:es?|ing) up\b/gi, use: "generated, synthetic" },
  { pattern: /\bheed(?:s|ed)?\b|\blest\b|\bamiss\b|\bforthwith\b|\bwhereupon\b|\bnaught\b/gi, use: "plain words" },
  { pattern: /\bwere it\b|\bwere they\b/gi, use: "if" },
];

const CODE = new Set([".ts", ".tsx", ".mts", ".cts", ".js", ".mjs", ".cjs"]);
const TEXT = new Set([".md", ".html", ".css", ".yml", ".json"]);
/** Files that are not checked: texts of other authors, and files that list the forbidden words. */
const IGNORED =
  /^(?:package-lock\.json|LICENSE|scripts\/prose(?:\.mjs|-exceptions\.json)|.*\/vectors\/.*|.*\/rust-public-items\.json)$/;

/** Checks the words in comments, strings and docs, for `npm run check`. @returns {{ code: number, output: string }} */
export function checkProse() {
  const findings = inspect(listFiles([]));
  return { code: findings.length === 0 ? 0 : 1, output: findings.map(describe).join("\n") };
}

/** @param {string[]} paths @returns {string[]} */
function listFiles(paths) {
  const listed = execFileSync("git", ["ls-files", "-z", "--cached", "--others", "--exclude-standard", ...paths], {
    cwd: ROOT,
    encoding: "utf8",
  });
  return listed.split("\0").filter((path) => path !== "" && !IGNORED.test(path) && isProse(path));
}

/** @param {string} path */
function isProse(path) {
  return CODE.has(extname(path)) || TEXT.has(extname(path)) || path === ".ci/run";
}

/** @param {string[]} paths @returns {Finding[]} */
function inspect(paths) {
  /** @type {Exception[]} */
  const exceptions = JSON.parse(readFileSync(join(ROOT, "scripts/prose-exceptions.json"), "utf8"));
  return paths.flatMap((path) =>
    passagesOf(path).flatMap((passage) =>
      RULES.flatMap(({ pattern, use }) =>
        [...passage.text.matchAll(pattern)]
          .filter(({ index }) => !isExcepted(exceptions, path, passage.text, index))
          .map((match) => ({
            path,
            line: passage.line + countLines(passage.text.slice(0, match.index)),
            found: match[0].trim(),
            use,
          })),
      ),
    ),
  );
}

/** @param {Exception[]} exceptions @param {string} path @param {string} text @param {number} index */
function isExcepted(exceptions, path, text, index) {
  return exceptions.some((exception) => {
    if (!path.startsWith(exception.path)) return false;
    const start = text.lastIndexOf(exception.phrase, index);
    return start !== -1 && index < start + exception.phrase.length;
  });
}

/** Returns the prose of a file: the whole text of a text file, or the comments, strings and JSX texts of a code file. @param {string} path @returns {Passage[]} */
function passagesOf(path) {
  let text;
  try {
    text = readFileSync(join(ROOT, path), "utf8");
  } catch {
    return []; // Git lists the file, but the file was deleted: no text to check.
  }
  return CODE.has(extname(path)) ? passagesOfCode(path, text) : [{ line: 1, text }];
}

/** @param {string} path @param {string} text @returns {Passage[]} */
function passagesOfCode(path, text) {
  const file = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, false, path.endsWith("x") ? ts.ScriptKind.TSX : undefined);
  /** @type {Passage[]} */
  const passages = [];
  /** @param {number} start @param {number} end */
  const add = (start, end) => passages.push({ line: countLines(text.slice(0, start)) + 1, text: text.slice(start, end) });
  /** @param {ts.Node} node */
  const visit = (node) => {
    if (node.kind >= ts.SyntaxKind.FirstJSDocNode && node.kind <= ts.SyntaxKind.LastJSDocNode) return;
    const children = node.getChildren(file);
    if (children.length > 0) {
      for (const child of children) visit(child);
      return;
    }
    const start = node.getStart(file);
    if (/\S/.test(text.slice(node.pos, start))) add(node.pos, start);
    if (isString(node)) add(start, node.end);
  };
  visit(file);
  return passages;
}

/** @param {ts.Node} node */
function isString(node) {
  return (
    ts.isStringLiteralLike(node) ||
    ts.isJsxText(node) ||
    node.kind === ts.SyntaxKind.TemplateHead ||
    node.kind === ts.SyntaxKind.TemplateMiddle ||
    node.kind === ts.SyntaxKind.TemplateTail
  );
}

/** @param {string} text */
function countLines(text) {
  return text.split("\n").length - 1;
}

/** @param {Finding} finding */
function describe({ path, line, found, use }) {
  return `${path}:${line}: "${found}": use ${use}`;
}

/** Lists the sentences of more than 25 words. The count is rough: a code span or a link is one word. @param {string[]} paths */
function longSentences(paths) {
  return paths.flatMap((path) =>
    passagesOf(path).flatMap(({ line, text }) => {
      const plain = text
        .replace(/^```[\s\S]*?^```$/gm, (block) => `.${"\n".repeat(countLines(block))}`)
        .replace(/`[^`\n]+`/g, "CODE")
        .replace(/^\s*(?:\/\/|\/?\*+\/?)/gm, "");
      let at = 0;
      return plain.split(/(?<=[.!?:;|])(?=\s)|\n\s*(?=\n|[-*|#@])/).flatMap((sentence) => {
        const from = line + countLines(plain.slice(0, at));
        at = plain.indexOf(sentence, at) + sentence.length;
        const words = sentence.split(/\s+/).filter((word) => /\w/.test(word)).length;
        return words > 25 ? [`${path}:${from}: ${words} words: ${sentence.trim().replace(/\s+/g, " ")}`] : [];
      });
    }),
  );
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const flags = process.argv.slice(2).filter((word) => word.startsWith("--"));
  const files = listFiles(process.argv.slice(2).filter((word) => !word.startsWith("--")));
  const findings = inspect(files);
  if (flags.includes("--count")) {
    const counts = new Map();
    for (const { found } of findings) counts.set(found.toLowerCase(), (counts.get(found.toLowerCase()) ?? 0) + 1);
    for (const [found, count] of [...counts].sort(([, a], [, b]) => b - a)) console.log(`${count} ${found}`);
  } else for (const finding of findings) console.log(describe(finding));
  if (flags.includes("--long")) for (const line of longSentences(files)) console.log(line);
  process.exitCode = findings.length === 0 ? 0 : 1;
}
