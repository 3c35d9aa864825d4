import type { Command, Option } from "commander";
import { choicesOf } from "../values.js";

/** What a user can type after an option or a command: nothing, a file, one of the listed words, or any text. */
export type Completed = { kind: "nothing" } | { kind: "file" } | { kind: "words"; words: readonly string[] } | { kind: "text" };

export interface CompletedOption {
  /** The long flag, such as `--out`. Also the short flag, such as `-o`, if the option has one. */
  readonly flags: readonly string[];
  readonly description: string;
  readonly value: Completed;
}

/** A command with its subcommands and options. */
export interface CompletedCommand {
  /** The words of the command: empty for the program, `bundle build` for a subcommand. */
  readonly path: string;
  readonly commands: readonly { name: string; description: string }[];
  readonly options: readonly CompletedOption[];
  readonly value: Completed;
}

/** Matches the placeholder of a value that is a file or a folder, such as `<file>` in `--out <file>`. */
const FILE_VALUE = /\b(?:file|folder|record)\b/;

/** Returns a program and all its commands, for a completion script. */
export function completionTree(program: Command): CompletedCommand[] {
  return nodesOf(program, "", optionsOf(program));
}

function nodesOf(command: Command, path: string, shared: readonly CompletedOption[]): CompletedCommand[] {
  const commands = command.commands.map((one) => ({ name: one.name(), description: one.summary() || one.description() }));
  const node: CompletedCommand = {
    path,
    commands,
    options: path === "" ? shared : withShared(optionsOf(command), shared),
    value: argumentOf(command),
  };
  return [node, ...command.commands.flatMap((one) => nodesOf(one, path === "" ? one.name() : `${path} ${one.name()}`, shared))];
}

/** Adds the options of the program, which every command accepts. `--help` is not added, because each command already has it. */
function withShared(own: readonly CompletedOption[], shared: readonly CompletedOption[]): CompletedOption[] {
  const names = new Set(own.map(({ flags: [flag] }) => flag));
  return [...own, ...shared.filter(({ flags: [flag] }) => !names.has(flag))];
}

function optionsOf(command: Command): CompletedOption[] {
  return command
    .createHelp()
    .visibleOptions(command)
    .map((option) => ({
      flags: [option.long, option.short].filter((flag) => flag !== undefined && flag !== null) as string[],
      description: option.description,
      value: completedValue(option),
    }));
}

function completedValue(option: Option): Completed {
  if (!option.required && !option.optional) return { kind: "nothing" };
  const words = option.argChoices ?? choicesOf(option.parseArg);
  if (words !== undefined) return { kind: "words", words };
  return FILE_VALUE.test(option.flags) ? { kind: "file" } : { kind: "text" };
}

function argumentOf(command: Command): Completed {
  if (command.name() === "help") {
    return { kind: "words", words: command.parent?.commands.map((one) => one.name()) ?? [] };
  }
  const [first] = command.registeredArguments;
  if (first === undefined) return { kind: "nothing" };
  if (first.argChoices !== undefined) return { kind: "words", words: first.argChoices };
  return FILE_VALUE.test(first.description) ? { kind: "file" } : { kind: "text" };
}
