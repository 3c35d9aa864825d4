import { readdirSync, readFileSync } from "node:fs";
import type { Command } from "commander";
import { expect, it } from "vitest";
import { COMMANDS } from "../../src/cli/program.js";
import { capturedIo } from "./support/captured-io.js";

const ROOT = new URL("../../", import.meta.url);
const read = (path: string): string => readFileSync(new URL(path, ROOT), "utf8");
const PAGES = [
  "README.md",
  "CONTRIBUTING.md",
  "SECURITY.md",
  "examples/README.md",
  ...readdirSync(new URL("docs", ROOT)).flatMap((name) => (name.endsWith(".md") ? [`docs/${name}`] : [])),
];
const commands = COMMANDS.map((make) => make({ io: capturedIo(), exit: () => {} }));

/** Returns the command lines in the shell blocks and in the text of a page. */
function commandLines(page: string): string[] {
  const text = read(page);
  const blocks = [...text.matchAll(/^```sh\n([\s\S]*?)^```$/gm)].flatMap(([, block = ""]) =>
    block.replaceAll("\\\n", " ").split("\n"),
  );
  const spans = [...text.replaceAll(/^```[\s\S]*?^```$/gm, "").matchAll(/`([^`\n]+)`/g)].map(([, span = ""]) => span);
  return [...blocks, ...spans].flatMap((line) => /(?:^|npx |\()simulator-client ([a-z-].*)/.exec(line)?.[1] ?? []);
}

/** Finds the command in the words of a line, such as `bundle build`. Also returns the words after it. */
function resolve(words: string[], known: readonly Command[]): { command: Command; rest: string[] } | undefined {
  const command = known.find((one) => one.name() === words[0]);
  if (command === undefined) return undefined;
  return resolve(words.slice(1), command.commands) ?? { command, rest: words.slice(1) };
}

it.each(PAGES)("every command line in %s uses an existing command and existing options", (page) => {
  for (const line of commandLines(page)) {
    const words = line
      .replace(/[|#>&;)].*/, "")
      .trim()
      .split(/\s+/);
    if (words[0]?.startsWith("-") || words[0] === "help") continue;
    const found = resolve(words, commands);
    expect(found, `${page}: ${line}`).toBeDefined();
    const known = found?.command.options.flatMap(({ long, short }) => [long, short]) ?? [];
    for (const word of found?.rest ?? []) {
      const [option = ""] = word.split("=");
      if (/^--?[a-z]/i.test(option)) expect([...known, "--help", "--json", "--verbose"], `${page}: ${line}`).toContain(option);
    }
  }
});

it("the search for command lines finds more than 60 command lines in the documentation", () => {
  expect(PAGES.flatMap(commandLines).length).toBeGreaterThan(60);
});
