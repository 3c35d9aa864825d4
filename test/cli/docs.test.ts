import { readFileSync } from "node:fs";
import type { Command } from "commander";
import { describe, expect, it } from "vitest";
import { COMMANDS } from "../../src/cli/program.js";
import { describeForms } from "../../src/cli/serve/fault-spec.js";
import { DIFFERENCE_KINDS } from "../../src/compare/transaction-difference.js";
import { capturedIo, runCli } from "./support/captured-io.js";

const DOCS = readFileSync(new URL("../../docs/cli.md", import.meta.url), "utf8");
const context = { io: capturedIo(), exit: () => {} };
const commands = COMMANDS.map((make) => make(context));
const runnable = commands.flatMap((command) => runnableCommands(command));

/** Returns each command that has no subcommands, and its full name, such as `bundle build`. */
function runnableCommands(command: Command, name = command.name()): [name: string, command: Command][] {
  if (command.commands.length === 0) return [[name, command]];
  return command.commands.flatMap((subcommand) => runnableCommands(subcommand, `${name} ${subcommand.name()}`));
}

function sectionOf(name: string): string {
  const heading = name.includes(" ") ? /^#{2,3} /m : /^## /m;
  return DOCS.split(heading).find((section) => section.startsWith(`${name}\n`)) ?? "";
}

/** Returns the options in the tables of a section, each with the text in its column "default". */
function rowsOf(section: string): Map<string, string> {
  return new Map(
    [...section.matchAll(/^\| `(--[^`]+)`(?:, `(-\w)`)? *\|([^|]*)\|/gm)].map(([, flags = "", , value = ""]) => [
      flags,
      value.trim(),
    ]),
  );
}

function longFlags({ flags }: Command["options"][number]): string {
  return flags.replace(/^-\w, /, "");
}

describe.each(runnable)("docs/cli.md on %s", (name, command) => {
  it("docs/cli.md lists exactly the options of each command", () => {
    expect([...rowsOf(sectionOf(name)).keys()].sort()).toEqual(command.options.map(longFlags).sort());
  });

  it("docs/cli.md lists the default or the environment variable of each option", () => {
    const rows = rowsOf(sectionOf(name));
    for (const option of command.options) {
      const documented = rows.get(longFlags(option));
      if (option.envVar !== undefined) expect(documented).toBe(`\`${option.envVar}\``);
      else if (option.defaultValue !== undefined)
        expect(documented).toBe(`\`${option.defaultValueDescription ?? option.defaultValue}\``);
    }
  });

  it("each example in docs/cli.md uses only options of its command", async () => {
    const section = sectionOf(name);
    const lines = [...section.matchAll(/^(?:\w+=\S+ |eval "\$\()?npx simulator-client ([^)\n]*)\)?"?$/gm)].map(([, args = ""]) =>
      args.replace(/ \|.*/, ""),
    );
    expect(lines.filter((line) => line.startsWith(name)).length).toBeGreaterThan(0);
    for (const line of lines) {
      const options = [...line.matchAll(/(?<= )--?[a-z][\w-]*/g)].map(([option]) => option);
      const [, own] = runnable.find(([one]) => `${line} `.startsWith(`${one} `)) ?? [];
      const known = own?.options.flatMap(({ long, short }) => [long, short]) ?? [];
      for (const option of options) expect(known, line).toContain(option);
    }
  });
});

describe("docs/cli.md", () => {
  it("docs/cli.md lists the same faults as the help", () => {
    const forms = describeForms().map((line) => line.split(/ {2,}/)[0]);
    const documented = [...sectionOf("serve").matchAll(/^\| `([a-z][^`]*)` *\|/gim)].map(([, form]) => form);
    expect(documented).toEqual(forms);
  });

  it("docs/cli.md lists every kind of difference that compare can report", () => {
    expect([...sectionOf("compare").matchAll(/^\| `(\w+)` *\|/gm)].map(([, kind]) => kind)).toEqual([...DIFFERENCE_KINDS]);
  });

  it("the help lists the same commands as the first table in docs/cli.md", async () => {
    const { stdout } = await runCli(["--help"]);
    for (const command of commands) {
      expect(DOCS).toMatch(new RegExp(`^\\| \\[\`${command.name()}\`\\]\\(#${command.name()}\\) +\\|`, "m"));
      expect(stdout).toContain(command.summary());
    }
  });

  it("docs/cli.md lists the common options of all commands", async () => {
    const { stdout } = await runCli(["--help"]);
    const flags = [...stdout.matchAll(/^ {2}(--[\w-]+(?: <\w+>)?) /gm)].map(([, flag]) => flag);
    const documented = [...rowsOf(sectionOf("Common behaviour")).keys()].filter((flag) => flag !== "--version");
    expect(documented.sort()).toEqual(flags.sort());
  });
});
