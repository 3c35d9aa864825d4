import type { Command, Option } from "commander";
import { closestName } from "../../protocol/known-names.js";
import { KEY_VARIABLE } from "../api-key.js";
import { UsageError } from "../command-failure.js";
import type { Env } from "../terminal/io.js";
import { fromSetting, isRepeatable } from "../values.js";
import type { ConfigFile } from "./config-file.js";

/** Options that cannot be set by a variable or by the configuration file. */
const WITHOUT_SETTING = new Set(["help", "version", "config"]);
/**
 * Groups of options that exclude each other. If a flag sets one option of a group, environment variables and the configuration
 * file cannot set the other options.
 */
const ALTERNATIVES: readonly (readonly string[])[] = [["endSlot", "slots"]];

type Source = "env" | "config";

/**
 * Sets the options that the command line does not set: first from SIMULATOR_* variables, then from the configuration file. In the
 * file, the section of the command overrides the top level.
 *
 * @throws UsageError naming the variable, or the file and the key
 */
export function applySettings(command: Command, env: Env, config: ConfigFile | undefined): void {
  const ownOptions = settable(command);
  const pending: { option: Option; value: unknown; where: string; source: Source }[] = [];
  for (const option of ownOptions) {
    const name = variablesOf(option).find((one) => env[one]) ?? variableOf(option);
    const value = env[name];
    if (value) pending.push({ option, value: fromText(option, value, name), where: name, source: "env" });
  }
  for (const [key, { value, path }] of config === undefined ? [] : valuesFor(command, config)) {
    const option = ownOptions.find((one) => one.attributeName() === key);
    if (option !== undefined) pending.push({ option, value, where: `${config?.name}: ${path}`, source: "config" });
  }
  for (const { option, value, where, source } of pending) {
    if (!isOpen(command, option, source)) continue;
    const parsed = parse(option, value, where);
    if (parsed !== undefined) command.setOptionValueWithSource(option.attributeName(), parsed, source);
  }
  checkConflicts(command);
}

/** Returns the environment variable of an option, such as `SIMULATOR_START_SLOT` for `--start-slot`. */
export function variableOf(option: Option): string {
  return `SIMULATOR_${option.name().replaceAll("-", "_").toUpperCase()}`;
}

/** Variables that other programs also read. The `SIMULATOR_*` variable of the same option takes precedence. */
const COMMON_VARIABLES: Readonly<Record<string, string>> = { rpcUrl: "SOLANA_RPC_URL", redis: "REDIS_URL" };

function variablesOf(option: Option): string[] {
  const common = COMMON_VARIABLES[option.attributeName()];
  return [variableOf(option), ...(common === undefined ? [] : [common])];
}

function settable(command: Command): readonly Option[] {
  return command.options.filter((option) => !WITHOUT_SETTING.has(option.attributeName()));
}

/** The precedence of each source: a flag overrides an environment variable, and a variable overrides the configuration file. */
const STRENGTH: Readonly<Record<string, number>> = { cli: 3, env: 2, config: 1 };

function strengthOf(command: Command, name: string): number {
  return STRENGTH[command.getOptionValueSource(name) ?? ""] ?? 0;
}

/**
 * Whether a source is allowed to set an option. Returns `false` if a source with a higher precedence has set the option or a
 * conflicting option.
 */
function isOpen(command: Command, option: Option, source: Source): boolean {
  const name = option.attributeName();
  const strength = STRENGTH[source] ?? 0;
  if (strengthOf(command, name) >= strength) return false;
  return excludedBy(command, option).every((other) => strengthOf(command, other) <= strength);
}

/** Returns the names of the options that cannot be combined with an option. commander does not publish `conflictsWith`. */
function excludedBy(command: Command, option: Option): string[] {
  const name = option.attributeName();
  const conflictsOf = (one: Option): string[] => (one as unknown as { conflictsWith: string[] }).conflictsWith;
  return [
    ...conflictsOf(option),
    ...command.options.filter((one) => conflictsOf(one).includes(name)).map((one) => one.attributeName()),
    ...ALTERNATIVES.filter((group) => group.includes(name)).flatMap((group) => group.filter((one) => one !== name)),
  ];
}

/** Checks the flags, the environment variables and the configuration file. @throws UsageError if two settings exclude each other */
function checkConflicts(command: Command): void {
  for (const option of command.options) {
    if (strengthOf(command, option.attributeName()) === 0) continue;
    for (const name of excludedBy(command, option)) {
      const other = command.options.find((one) => one.attributeName() === name);
      if (other === undefined || strengthOf(command, name) === 0) continue;
      throw new UsageError(`the settings of --${option.name()} and --${other.name()} exclude each other; use one of them`);
    }
  }
}

/** Converts the text of an environment variable to the type of the option: a list, a boolean, or a text. */
function fromText(option: Option, text: string, name: string): unknown {
  if (isRepeatable(option.parseArg)) return text.split(",");
  if (!option.isBoolean() && !option.optional) return text;
  if (/^(?:1|true|yes)$/i.test(text)) return true;
  if (/^(?:0|false|no)$/i.test(text)) return false;
  if (option.optional) return text;
  throw new UsageError(`${name}: expected 1 or 0`);
}

/** Parses a value with the parser of its flag. Returns `undefined` for the value `false`: the option is not set. */
function parse(option: Option, value: unknown, where: string): unknown {
  if (value === false && (option.isBoolean() || option.optional)) return undefined;
  if (value === true && option.isBoolean()) return true;
  if (value === true && option.optional)
    return option.presetArg === undefined ? true : parseText(option, String(option.presetArg), where);
  const texts = Array.isArray(value) ? value : [value];
  if (option.isBoolean()) throw new UsageError(`${where}: expected true or false`);
  if (Array.isArray(value) && !isRepeatable(option.parseArg)) throw new UsageError(`${where}: expected one value, not a list`);
  return texts.reduce<unknown>((before, one) => {
    if (!["string", "number", "bigint"].includes(typeof one)) throw new UsageError(`${where}: expected text or a number`);
    return parseText(option, String(one), where, before);
  }, undefined);
}

function parseText(option: Option, text: string, where: string, before?: unknown): unknown {
  if (option.parseArg === undefined) return text;
  const { parseArg } = option;
  return fromSetting(where, text, (value) => parseArg(value, before));
}

/** Returns the values of a configuration file for a command, by the names of the options. */
function valuesFor(command: Command, { name, values }: ConfigFile): Map<string, { value: unknown; path: string }> {
  const path: Command[] = [];
  for (let one: Command | null = command; one !== null; one = one.parent) path.unshift(one);
  const [program, ...rest] = path;
  const found = new Map<string, { value: unknown; path: string }>();
  if (program === undefined) return found;
  checkNames(program, values, name, "");
  let section: Readonly<Record<string, unknown>> | undefined = values;
  let prefix = "";
  for (const one of [program, ...rest]) {
    if (one !== program) {
      section = section?.[one.name()] as Readonly<Record<string, unknown>> | undefined;
      prefix += `${one.name()}.`;
    }
    for (const [key, value] of Object.entries(section ?? {})) found.set(camelCase(key), { value, path: `${prefix}${key}` });
  }
  return found;
}

/** @throws UsageError for a key at any depth that is neither an option nor a command */
function checkNames(command: Command, values: Readonly<Record<string, unknown>>, file: string, prefix: string): void {
  const options = new Set(allOptions(command));
  for (const [key, value] of Object.entries(values)) {
    const path = `${prefix}${key}`;
    const section = command.commands.find((one) => one.name() === key);
    if (section !== undefined) {
      if (typeof value !== "object" || value === null || Array.isArray(value)) {
        throw new UsageError(`${file}: ${path}: expected an object with the options of the command ${key}`);
      }
      checkNames(section, value as Record<string, unknown>, file, `${path}.`);
    } else if (/^(?:simulator_?)?api[-_]?key$/i.test(key)) {
      throw new UsageError(
        `${file}: ${path}: the API key must not be in this file; set the environment variable ${KEY_VARIABLE}`,
      );
    } else if (!options.has(camelCase(key)) && key !== "$schema") {
      const known = [...options, ...command.commands.map((one) => one.name())];
      const hint = known.length === 0 ? "the command has no options" : `Did you mean ${closestName(key, known)}?`;
      throw new UsageError(`${file}: unknown key "${path}". ${hint}`);
    }
  }
}

/** Returns the options that a command's section of the configuration file can set. Includes the options of all subcommands. */
function allOptions(command: Command): string[] {
  const own = settable(command)
    .filter(({ hidden }) => !hidden)
    .map((option) => option.attributeName());
  return [...own, ...command.commands.flatMap(allOptions)];
}

function camelCase(name: string): string {
  return name.replace(/-+(\w)/g, (_, letter: string) => letter.toUpperCase());
}
