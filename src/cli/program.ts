import { Command, CommanderError } from "commander";
import { stringifyJson } from "../codec/json.js";
import { VERSION } from "../version.js";
import type { CommandContext } from "./command-context.js";
import { codeOf, explain, type FailureCode, UsageError } from "./command-failure.js";
import { abCommand } from "./commands/ab-command.js";
import { captureCommand } from "./commands/capture-command.js";
import { compareCommand } from "./commands/compare-command.js";
import { dashboardCommand } from "./commands/dashboard-command.js";
import { doctorCommand } from "./commands/doctor-command.js";
import { proxyCommand } from "./commands/proxy-command.js";
import { rangesCommand } from "./commands/ranges-command.js";
import { runCommand } from "./commands/run-command.js";
import { serveCommand } from "./commands/serve-command.js";
import { summarizeCommand } from "./commands/summarize-command.js";
import { EXIT, exitCodeOf } from "./exit-codes.js";
import { interruptedCode } from "./interrupts.js";
import type { Io, Output } from "./terminal/io.js";

/** Every command, in the order of the help. */
export const COMMANDS = [
  serveCommand,
  runCommand,
  rangesCommand,
  compareCommand,
  abCommand,
  summarizeCommand,
  proxyCommand,
  dashboardCommand,
  doctorCommand,
  captureCommand,
];

const EPILOGUE = `
Exit codes: 0 success, 1 failure, 2 invalid command line (nothing was run), 3 differences found where --fail-on asked for them,
4 nothing to compare, 130 after Ctrl-C, 143 after SIGTERM.
A failure with --json also prints {"error":{"code","message"}} on the standard output.
The API key is read from the environment variable SIMULATOR_API_KEY only, and is never printed.
Colours and progress are shown on terminals only. NO_COLOR=1 disables colours.`;

/**
 * Runs the program with its command-line arguments. The promise resolves to the exit code. Errors are printed as one line.
 *
 * @example process.exitCode = await runProgram(process.argv.slice(2), processIo(process));
 */
export async function runProgram(args: readonly string[], io: Io): Promise<number> {
  let code: number = EXIT.ok;
  const context: CommandContext = {
    io,
    exit: (exitCode) => {
      code = exitCode;
    },
  };
  const program = new Command("simulator-client")
    .description("Client of the Solana backtest simulator: runs, records and compares backtests, and serves a local simulator.")
    .version(VERSION, "-V, --version", "print the version")
    .helpOption("-h, --help", "print this help, or the help of a command")
    .helpCommand("help [command]", "print the help of a command")
    .addHelpText("after", EPILOGUE);
  for (const make of COMMANDS) program.addCommand(make(context));
  for (const command of [program, ...program.commands]) configure(command, io);
  try {
    await program.parseAsync([...args], { from: "user" });
    return code;
  } catch (error) {
    return report(error, args, io);
  }
}

/** Sends all output of commander through `io`, and prevents commander from ending the process. */
function configure(command: Command, { out, err }: Io): void {
  command
    .exitOverride()
    .showSuggestionAfterError(true)
    .configureOutput({
      writeOut: (text) => out.write(text),
      writeErr: (text) => err.write(text),
      // Prints nothing here, because `report` prints errors when they are caught.
      outputError: () => {},
      getOutHelpWidth: () => (out.isTerminal ? out.columns : 100),
      getErrHelpWidth: () => (err.isTerminal ? err.columns : 100),
      getOutHasColors: () => false,
      getErrHasColors: () => false,
    });
}

/** Prints an error and returns the exit code. */
function report(error: unknown, args: readonly string[], io: Io): number {
  // Commander also throws for help and version, which are not errors.
  if (error instanceof CommanderError && error.exitCode === 0) return EXIT.ok;
  const interrupted = interruptedCode(io.interrupt);
  if (interrupted !== undefined && !(error instanceof CommanderError)) {
    if (interrupted !== exitCodeOf("SIGPIPE")) printJson("interrupted", "the command was interrupted", args, io);
    return interrupted;
  }
  const isUsage = error instanceof CommanderError || error instanceof UsageError;
  const message = error instanceof CommanderError ? usageMessage(error) : explain(error);
  const isHelp = error instanceof CommanderError && error.code === "commander.help";
  if (!isHelp) io.err.write(`${io.err.style("red", "error:")} ${message}\n`);
  printJson(isUsage ? "usage" : codeOf(error), isHelp ? "no command was given" : message, args, io);
  if (isUsage) return EXIT.usage;
  return codeOf(error) === "nothingMatched" ? EXIT.nothing : EXIT.failed;
}

function printJson(code: FailureCode, message: string, args: readonly string[], { out, err }: Io): void {
  if (!args.includes("--json")) return;
  const output: Output = writesRecordToStdout(args) ? err : out;
  output.write(`${stringifyJson({ error: { code, message } })}\n`);
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
    .replace(/'(-[^'=]*)=[^']*'/, "'$1'")
    .replace(/\s*\n\s*/g, " ");
  const isKey = /^unknown option '--?(?:api[-_]?)?key\b/i.test(line);
  return isKey
    ? "the API key is not an option: set the environment variable SIMULATOR_API_KEY"
    : `${line} (see --help for the available options)`;
}
