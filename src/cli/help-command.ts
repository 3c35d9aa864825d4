import { Command, Option } from "commander";
import { closestName } from "../protocol/known-names.js";
import { UsageError } from "./command-failure.js";

/** Creates the command `help`, which fails for an unknown command. commander's own `help` would print the help of the program. */
export function helpCommand(program: Command): Command {
  return (
    new Command("help")
      .summary("print the help of a command")
      .description("Prints the help of a command, or of the program.")
      .argument("[command...]", "the command")
      .usage("[command...]")
      // With `--json`, errors are printed as JSON. The help itself is always printed as text.
      .addOption(new Option("--json").hideHelp())
      .action((words: string[]) => {
        let command = program;
        for (const word of words) {
          const found = command.commands.find((one) => one.name() === word);
          if (found === undefined) throw new UsageError(unknownCommand(word, command));
          command = found;
        }
        command.outputHelp();
      })
  );
}

function unknownCommand(word: string, command: Command): string {
  const names = command.commands.map((one) => one.name());
  const hint = names.length === 0 ? `${command.name()} has no commands` : `Did you mean ${closestName(word, names)}?`;
  return `unknown command '${word}' (${hint})`;
}
