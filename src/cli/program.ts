import { Command, CommanderError, Help, Option } from "commander";
import { stringifyJson } from "../codec/json.js";
import { VERSION } from "../version.js";
import type { CommandContext } from "./command-context.js";
import { codeOf, explain, type FailureCode, oneLine, UsageError } from "./command-failure.js";
import { abCommand } from "./commands/ab-command.js";
import { bundleCommand } from "./commands/bundle-command.js";
import { captureCommand } from "./commands/capture-command.js";
import { compareCommand } from "./commands/compare-command.js";
import { completionCommand } from "./commands/completion-command.js";
import { dashboardCommand } from "./commands/dashboard-command.js";
import { datasetsCommand } from "./commands/datasets-command.js";
import { depthCommand } from "./commands/depth-command.js";
import { doctorCommand } from "./commands/doctor-command.js";
import { fleetCommand } from "./commands/fleet-command.js";
import { mcpCommand } from "./commands/mcp-command.js";
import { proxyCommand } from "./commands/proxy-command.js";
import { rangesCommand } from "./commands/ranges-command.js";
import { runCommand } from "./commands/run-command.js";
import { serveCommand } from "./commands/serve-command.js";
import { summarizeCommand } from "./commands/summarize-command.js";
import { usageCommand } from "./commands/usage-command.js";
import { readConfigFile } from "./config/config-file.js";
import { applySettings } from "./config/option-settings.js";
import { EXIT, EXIT_MEANINGS, exitCodeOf } from "./exit-codes.js";
import { helpCommand } from "./help-command.js";
import { interruptedCode } from "./interrupts.js";
import { commandIo, type Io, type Output, type ProgramIo } from "./terminal/io.js";
import { wrap, wrapHelp } from "./terminal/wrap.js";

/** All commands, in the order in which the help lists them. */
export const COMMANDS = [
  serveCommand,
  runCommand,
  rangesCommand,
  compareCommand,
  abCommand,
  fleetCommand,
  summarizeCommand,
  usageCommand,
  bundleCommand,
  depthCommand,
  datasetsCommand,
  proxyCommand,
  dashboardCommand,
  mcpCommand,
  doctorCommand,
  captureCommand,
  completionCommand,
];

/** The page that documents the commands, in the repository. */
const DOCS = "docs/cli.md";

const EPILOGUE = `
Exit codes:
${EXIT_MEANINGS.map(([code, meaning]) => `  ${code.padEnd(15)}${meaning}`).join("\n")}

A failure with --json also prints {"error":{"code","message"}} on the standard output.
The API key is read from the environment variable SIMULATOR_API_KEY only, and is never printed.
Colours and progress are shown on terminals only. NO_COLOR=1 disables colours, FORCE_COLOR=1 enables them everywhere.
Docs: ${DOCS}`;

/** Width of the help in columns if the output is not a terminal. */
const HELP_COLUMNS = 100;
/** Minimum width of the help in columns, even on a narrower terminal. */
const MIN_HELP_COLUMNS = 40;

/** Maximum width of the column with the option names. A longer name shifts only its own description. */
const MAX_TERM_COLUMNS = 23;

/**
 * Runs the program with its command-line arguments. The promise resolves to the exit code. Errors are printed as one line.
 *
 * @example process.exitCode = await runProgram(process.argv.slice(2), processIo(process));
 */
export async function runProgram(args: readonly string[], programIo: ProgramIo): Promise<number> {
  let code: number = EXIT.ok;
  const { io, setVerbosity } = commandIo(programIo);
  let running: Command | undefined;
  const context: CommandContext = {
    io,
    exit: (exitCode) => {
      code = exitCode;
    },
  };
  const program = new Command("simulator-client")
    .description("Client of the Solana backtest simulator: runs, records and compares backtests, and serves a local simulator.")
    .version(VERSION, "-V, --version", "print the version")
    .addOption(new Option("--quiet", "print only results and errors").conflicts("verbose"))
    .addOption(new Option("--verbose", "also print what the command does, and details of errors"))
    .helpOption("-h, --help", "print this help, or the help of a command")
    .helpCommand(false)
    .addHelpText("after", EPILOGUE)
    .addOption(
      new Option("--config <file>", "read options from this file (default: simulator.config.json or .mjs, if it exists)"),
    )
    .hook("preAction", async (_, command) => {
      running = command;
      await configureRun(program, command, io);
      const { quiet, verbose } = program.opts<ProgramOptions>();
      setVerbosity(quiet ? "quiet" : verbose ? "verbose" : "normal");
    });
  for (const make of COMMANDS) program.addCommand(make(context));
  program.addCommand(helpCommand(program));
  configure(program, io);
  try {
    await program.parseAsync([...args], { from: "user" });
    return code;
  } catch (error) {
    const { json, out } = running?.opts<{ json?: true; out?: string }>() ?? {};
    const isJson = args.includes("--json") || json === true;
    const result = isJson ? (writesRecordToStdout(args) || out === "-" ? io.alerts : io.out) : undefined;
    return report(error, io, result);
  }
}

/** Sets the options that are not on the command line, from the environment and the configuration file. */
async function configureRun(program: Command, command: Command, { env, cwd }: Io): Promise<void> {
  if (command.name() === "help" || command.name() === "completion") return;
  const flag = program.opts<ProgramOptions>().config;
  const config = await readConfigFile(flag ?? (env.SIMULATOR_CONFIG || undefined), cwd).catch((error: unknown) => {
    if (flag !== undefined || !env.SIMULATOR_CONFIG || !(error instanceof UsageError)) throw error;
    throw new UsageError(`SIMULATOR_CONFIG: ${error.message}`);
  });
  applySettings(program, env, config);
  applySettings(command, env, config);
}

/** The options that all commands have. */
interface ProgramOptions {
  quiet?: true;
  verbose?: true;
  config?: string;
}

/** Sends all output of commander through `io`, and prevents commander from ending the process. */
function configure(command: Command, io: Io): void {
  const { out, alerts } = io;
  const widthOf = ({ isTerminal, columns }: Output): number => (isTerminal ? Math.max(columns, MIN_HELP_COLUMNS) : HELP_COLUMNS);
  command
    .exitOverride()
    .configureHelp({
      // `[options]` is removed from the list of commands, because all commands have options.
      subcommandTerm: (shown) => new Help().subcommandTerm(shown).replace(" [options]", ""),
      padWidth: (shown, helper) => Math.min(new Help().padWidth(shown, helper), MAX_TERM_COLUMNS),
      formatItem: (term, termWidth, description, { helpWidth = HELP_COLUMNS }) =>
        wrap(description, helpWidth, `  ${term.padEnd(termWidth)}  `, " ".repeat(termWidth + 4))
          .join("\n")
          .trimEnd(),
    })
    .showSuggestionAfterError(true)
    .configureOutput({
      writeOut: (text) => out.write(wrapHelp(text, widthOf(out))),
      writeErr: (text) => alerts.write(wrapHelp(text, widthOf(alerts))),
      // Turns off the error messages of commander, because `report` prints each caught error.
      outputError: () => {},
      getOutHelpWidth: () => widthOf(out),
      getErrHelpWidth: () => widthOf(alerts),
      getOutHasColors: () => false,
      getErrHasColors: () => false,
    });
  for (const one of command.commands) {
    if (command.parent === null)
      one.addHelpText("after", `\nEvery command also has --config <file>, --quiet and --verbose. Docs: ${DOCS}#${one.name()}`);
    configure(one, io);
  }
}

/** Prints an error and returns the exit code. @param result the output for JSON; `undefined` without `--json` */
function report(error: unknown, io: Io, result: Output | undefined): number {
  // Commander also throws for help and version, which are not errors.
  if (error instanceof CommanderError && error.exitCode === 0) return EXIT.ok;
  const interrupted = interruptedCode(io.interrupt);
  if (interrupted !== undefined && !(error instanceof CommanderError)) {
    if (interrupted !== exitCodeOf("SIGPIPE")) printJson("interrupted", "the command was interrupted", result);
    return interrupted;
  }
  const isUsage = error instanceof CommanderError || error instanceof UsageError;
  const message = error instanceof CommanderError ? usageMessage(error) : explain(error);
  const isHelp = error instanceof CommanderError && error.code === "commander.help";
  if (!isHelp) io.alerts.write(`${io.alerts.style("red", "error:")} ${message}\n`);
  for (const line of isUsage ? [] : detailLines(error)) io.debug(line);
  printJson(isUsage ? "usage" : codeOf(error), isHelp ? "no command was given" : message, result);
  if (isUsage) return EXIT.usage;
  return codeOf(error) === "nothingMatched" ? EXIT.nothing : EXIT.failed;
}

/** Returns the stack of an error, and the stacks of its causes. */
function detailLines(error: unknown): string[] {
  if (!(error instanceof Error)) return [];
  const own = (error.stack ?? "").split("\n").map(oneLine);
  return error.cause === undefined ? own : [...own, "caused by", ...detailLines(error.cause)];
}

function printJson(code: FailureCode, message: string, result: Output | undefined): void {
  result?.write(`${stringifyJson({ error: { code, message } })}\n`);
}

/** Whether a record is written to the standard output. JSON results then go to the standard error. */
function writesRecordToStdout(args: readonly string[]): boolean {
  return args.some((arg, index) => {
    if (arg === "--out=-" || arg === "-o-") return true;
    return arg === "-" && /^(?:--out|-o)$/.test(args[index - 1] ?? "");
  });
}

/** Formats commander's message as one line. Removes the value after the `=` of an unknown option, because it may be a key. */
function usageMessage({ message }: CommanderError): string {
  const line = message
    .replace(/^error: /, "")
    .replace(/^(unknown option '-[^'=]*)=[^']*'/, "$1'")
    .replace(/\s*\n\s*/g, " ");
  const isKey = /^unknown option '--?(?:api[-_]?)?key\b/i.test(line);
  return isKey
    ? "the API key is not an option: set the environment variable SIMULATOR_API_KEY"
    : `${line} (see --help for the available options)`;
}
