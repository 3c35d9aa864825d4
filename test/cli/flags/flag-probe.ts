// Setup file for the tests of the commands, used only by scripts/flag-tests.mjs. It records which test uses which flag, or
// removes a flag while a test runs. It patches the class `Command` of commander, so that src needs no code for it.
import { appendFileSync, readFileSync } from "node:fs";
import { Command, CommanderError } from "commander";
import { beforeEach } from "vitest";

/** The instructions from scripts/flag-tests.mjs. */
interface ProbeOrder {
  /** The file to which a line of JSON is appended for each used flag. */
  log?: string;
  /** Maps a test (`FILE > TEST`) to the flag that is removed from the command during this test. */
  removed?: Record<string, string>;
}

const state = globalThis as { flagProbe?: { test: string } };

/** Returns the name of a command as a user writes it, such as `bundle build`. Empty for the program itself. */
function nameOf(command: Command): string {
  return command.parent === null ? "" : `${nameOf(command.parent)} ${command.name()}`.trimStart();
}

function walk(command: Command, visit: (command: Command) => void): void {
  visit(command);
  for (const subcommand of command.commands) walk(subcommand, visit);
}

function probe({ log, removed = {} }: ProbeOrder): { test: string } {
  const current = { test: "" };
  const record = (command: Command, flag: string): void => {
    if (log !== undefined) appendFileSync(log, `${JSON.stringify({ test: current.test, command: nameOf(command), flag })}\n`);
  };
  const { parseAsync } = Command.prototype;
  Command.prototype.parseAsync = async function (...args) {
    walk(this, (command) => {
      const index = command.options.findIndex(({ long }) => removed[current.test] === `${nameOf(command)} ${long}`.trimStart());
      if (index >= 0) (command.options as unknown[]).splice(index, 1);
    });
    // This hook runs only if the command succeeds. The flags of a refused command line are not recorded.
    this.hook("postAction", (_, command) => {
      for (let one: Command | null = command; one !== null; one = one.parent) {
        for (const { long, attributeName } of one.options.map((option) => ({
          long: option.long ?? "",
          attributeName: option.attributeName(),
        }))) {
          if (one.getOptionValueSource(attributeName) === "cli") record(one, long);
        }
      }
    });
    try {
      return await parseAsync.apply(this, args);
    } catch (error) {
      if (error instanceof CommanderError && error.code === "commander.version") record(this, "--version");
      throw error;
    }
  };
  return current;
}

const orderFile = process.env.FLAG_PROBE;
if (orderFile !== undefined) {
  state.flagProbe ??= probe(JSON.parse(readFileSync(orderFile, "utf8")) as ProbeOrder);
  const current = state.flagProbe;
  beforeEach(({ task }) => {
    const names: string[] = [];
    for (let one: { name: string; suite?: unknown } | undefined = task; one?.name; one = one.suite as typeof one)
      names.unshift(one.name);
    current.test = `${task.file.name} > ${names.filter((name) => name !== task.file.name).join(" > ")}`;
  });
}
