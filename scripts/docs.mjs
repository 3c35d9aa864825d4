// @ts-check
// Draws docs/state-machine.md from the table that the machine runs on. `node scripts/docs.mjs` writes what stands between its
// markers; with `--check` it only tells, by one line and its exit code, whether that is current.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";
import { ROOT } from "./run.mjs";

const PAGE = "docs/state-machine.md";
const TABLE = "src/connection/transitions.ts";
const BEGIN = `<!-- From here to the end mark: written by scripts/docs.mjs from ${TABLE}. -->`;
const END = "<!-- The end of what scripts/docs.mjs writes. -->";
const PATTERN = new RegExp(`(?<=${escaped(BEGIN)}\n)[^]*(?=${escaped(END)})`);

/** @typedef {{ STATES: string[], INPUTS: string[], TRANSITIONS: Record<string, Record<string, string[]>>, isEnd(state: string): boolean }} Machine */

/** A gate of `npm run check`. @returns {Promise<{ code: number, output: string }>} */
export async function checkDocs() {
  const { written, current } = await draw();
  const stale = `${PAGE} doesn't show the table of ${TABLE} as it is: run node scripts/docs.mjs`;
  return written === current ? { code: 0, output: "" } : { code: 1, output: stale };
}

/** @returns {Promise<{ written: string, current: string }>} the page as it is, and as it should be */
async function draw() {
  const source = readFileSync(join(ROOT, TABLE), "utf8");
  const machine = await load(source);
  const parts = [drawDiagram(machine), drawTable(machine), drawMeanings(source, machine)];
  const written = readFileSync(join(ROOT, PAGE), "utf8");
  if (!PATTERN.test(written)) throw new Error(`${PAGE} has lost its marks: ${BEGIN} and ${END}`);
  return { written, current: written.replace(PATTERN, () => `\n${parts.join("\n\n")}\n\n`) };
}

/** The table imports nothing, so it can be run without a file. @param {string} source @returns {Promise<Machine>} */
async function load(source) {
  const { outputText } = ts.transpileModule(source, {
    compilerOptions: { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022 },
  });
  return import(`data:text/javascript,${encodeURIComponent(outputText)}`);
}

/** @param {Machine} machine */
function drawDiagram({ STATES, INPUTS, TRANSITIONS, isEnd }) {
  const everywhere = INPUTS.flatMap((input) => {
    const targets = new Set(STATES.filter((state) => !isEnd(state)).map((state) => (TRANSITIONS[state]?.[input] ?? []).join()));
    const [target] = targets;
    return targets.size === 1 && target ? [{ input, target }] : [];
  });
  const lines = STATES.flatMap((from) => {
    /** @type {Map<string, string[]>} */
    const inputsTo = new Map();
    for (const [input, targets] of Object.entries(TRANSITIONS[from] ?? {})) {
      if (everywhere.some((one) => one.input === input)) continue;
      for (const to of targets) inputsTo.set(to, [...(inputsTo.get(to) ?? []), input]);
    }
    return [...inputsTo].map(([to, inputs]) => `  ${from} --> ${to} : ${inputs.join(", ")}`);
  });
  const ends = STATES.filter(isEnd).map((state) => `  ${state} --> [*]`);
  const leftOut = everywhere.map(
    ({ input, target }) => `\`${input}\`, which leads from each state that is no end to \`${target}\``,
  );
  return [
    ...(leftOut.length === 0 ? [] : [`The diagram leaves out ${leftOut.join(" and ")}.`, ""]),
    "```mermaid",
    "stateDiagram-v2",
    `  [*] --> ${STATES[0]}`,
    ...lines,
    ...ends,
    "```",
  ].join("\n");
}

/** @param {Machine} machine */
function drawTable({ STATES, INPUTS, TRANSITIONS, isEnd }) {
  const states = STATES.filter((state) => !isEnd(state));
  const rows = INPUTS.map((input) => [`**${input}**`, ...states.map((state) => TRANSITIONS[state]?.[input]?.join(", ") ?? "·")]);
  return [
    "Where each input leads in each state; a dot: it changes nothing there. The ends take no input.",
    "",
    layOut([["", ...states], ...rows]),
  ].join("\n");
}

/** A table whose columns are as wide as their widest cell, as the formatter wants them. @param {string[][]} rows the first is its head */
function layOut(rows) {
  const [head = [], ...body] = rows;
  const widths = head.map((_, column) => Math.max(3, ...rows.map((row) => (row[column] ?? "").length)));
  const line = (/** @type {string[]} */ cells) =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(" | ")} |`;
  return [line(head), line(widths.map((width) => "-".repeat(width))), ...body.map(line)].join("\n");
}

/**
 * What each input means, out of the comments in the table's source; one without a comment shares the one before it.
 *
 * @param {string} source @param {Machine} machine
 */
function drawMeanings(source, { INPUTS }) {
  /** @type {{ inputs: string[], meaning: string }[]} */
  const rows = [];
  for (const element of elementsOf(source, "INPUTS")) {
    const comment = ts.getLeadingCommentRanges(source, element.getFullStart())?.at(-1);
    if (comment !== undefined) {
      const meaning = source
        .slice(comment.pos, comment.end)
        .replace(/^\/\*\*\s*|\s*\*\/$/g, "")
        .replace(/\s*\n\s*\*\s*/g, " ");
      rows.push({ inputs: [], meaning });
    }
    rows.at(-1)?.inputs.push(element.getText().slice(1, -1));
  }
  if (rows.flatMap(({ inputs }) => inputs).join() !== INPUTS.join()) throw new Error(`${TABLE}: an input has no comment`);
  return layOut([["input", "what it means"], ...rows.map(({ inputs, meaning }) => [inputs.join(", "), meaning])]);
}

/** The elements of a constant's array. @param {string} source @param {string} name @returns {ts.Expression[]} */
function elementsOf(source, name) {
  const file = ts.createSourceFile(TABLE, source, ts.ScriptTarget.ES2022, true);
  /** @type {ts.Expression[]} */
  const elements = [];
  /** @param {ts.Node} node */
  const visit = (node) => {
    if (
      ts.isVariableDeclaration(node) &&
      node.name.getText() === name &&
      node.initializer &&
      ts.isAsExpression(node.initializer)
    ) {
      const { expression } = node.initializer;
      if (ts.isArrayLiteralExpression(expression)) elements.push(...expression.elements);
    }
    ts.forEachChild(node, visit);
  };
  visit(file);
  return elements;
}

/** @param {string} text */
function escaped(text) {
  return text.replace(/[.*+?^${}()|[\]\\/]/g, "\\$&");
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    await main();
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  }
}

async function main() {
  if (process.argv.includes("--check")) {
    const { code, output } = await checkDocs();
    if (code !== 0) console.error(output);
    process.exitCode = code;
    return;
  }
  const { written, current } = await draw();
  if (written !== current) writeFileSync(join(ROOT, PAGE), current);
  console.log(`${PAGE} ${written === current ? "was current" : "is written anew"}`);
}
