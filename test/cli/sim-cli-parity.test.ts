import { readFileSync } from "node:fs";
import type { Command } from "commander";
import { describe, expect, it } from "vitest";
import { COMMANDS } from "../../src/cli/program.js";
import simCli from "./sim-cli-flags.json" with { type: "json" };
import { capturedIo } from "./support/captured-io.js";

/** The options of each command of this package, by the full name of the command. */
const ours = new Map<string, string[]>();
const add = (command: Command, name: string): void => {
  ours.set(
    name,
    command.options.map(({ long }) => long ?? ""),
  );
  for (const subcommand of command.commands) add(subcommand, `${name} ${subcommand.name()}`);
};
for (const make of COMMANDS) {
  const command = make({ io: capturedIo(), exit: () => {} });
  add(command, command.name());
}

interface Row {
  command: string;
  flags: string[];
  here: string;
}

/** The rows of the table about `sim` in docs/parity.md. */
const rows: Row[] = [...readFileSync("docs/parity.md", "utf8").matchAll(/^\| `sim ?([^`]*)` +\|([^|]*)\|([^|]*)\|$/gm)].map(
  ([, command = "", flags = "", here = ""]) => ({ command, flags: flags.match(/--[\w-]+/g) ?? [], here: here.trim() }),
);

describe("docs/parity.md on sim-cli", () => {
  it("docs/parity.md names the same version of sim-cli as the file sim-cli-flags.json", () => {
    expect(readFileSync("docs/parity.md", "utf8")).toContain(`sim-cli ${simCli.version}`);
  });

  it.each(Object.entries(simCli.commands))(
    "docs/parity.md has a row for the command `sim %s`, and lists exactly the options of this command",
    (command, flags) => {
      const own = rows.filter((row) => row.command === command);
      expect(own.length).toBeGreaterThan(0);
      expect(own.flatMap((row) => row.flags).sort()).toEqual([...flags].sort());
    },
  );

  it("each command in docs/parity.md is a command of sim-cli", () => {
    expect(rows.map(({ command }) => command).filter((command) => !(command in simCli.commands))).toEqual([]);
  });

  it.each(rows.map((row) => [`${row.command} ${row.flags.join(" ")}`.trim(), row] as const))(
    "the row for `sim %s` in docs/parity.md names our equivalent options, or states why there are none",
    (_, { command, flags, here }) => {
      const none = here.startsWith("**None**: ");
      if (here.startsWith("the same")) {
        expect(ours.has(command), command).toBe(true);
        for (const flag of flags) expect(ours.get(command), flag).toContain(flag);
        return;
      }
      // A cell that starts with `**None**: ` must also state the reason.
      if (none) return expect(here.length).toBeGreaterThan("**None**: ".length + 20);
      const named = [...here.matchAll(/`([a-z]+(?: [a-z]+)?) (--[\w-]+(?: --[\w-]+)*)/g)];
      expect(named.length, here).toBeGreaterThan(0);
      for (const [, name = "", options = ""] of named) {
        for (const option of options.split(" ")) expect(ours.get(name), `${name} ${option}`).toContain(option);
      }
    },
  );
});
