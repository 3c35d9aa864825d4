import { Command, CommanderError } from "commander";
import { VERSION } from "../version.js";
import type { CommandContext } from "./command-context.js";
import { explain, UsageError } from "./command-failure.js";
import { captureCommand } from "./commands/capture-command.js";
import { compareCommand } from "./commands/compare-command.js";
import { doctorCommand } from "./commands/doctor-command.js";
import { proxyCommand } from "./commands/proxy-command.js";
import { rangesCommand } from "./commands/ranges-command.js";
import { runCommand } from "./commands/run-command.js";
import { serveCommand } from "./commands/serve-command.js";
import { EXIT } from "./exit-codes.js";
import { interruptedCode } from "./interrupts.js";
import type { Io } from "./io.js";

const COMMANDS = [serveCommand, runCommand, rangesCommand, compareCommand, proxyCommand, doctorCommand, captureCommand];

const EPILOGUE = `
Exit codes: 0 it worked, 1 it didn't, 2 the command line can't be meant, 130 and 143 after Ctrl-C and SIGTERM.
The API key is read from the environment variable SIMULATOR_API_KEY alone, and never printed.
Colours and progress are for terminals; NO_COLOR turns colours off there too.`;

/**
 * Runs the program with the arguments behind its name, and resolves with its exit code. Errors are told in one line.
 *
 * @example process.exitCode = await runProgram(process.argv.slice(2), processIo(process));
 */
export async function runProgram(args: readonly string[], io: Io): Promise<number> {
  let code: number = EXIT.ok;
  const context: CommandContext = {
    io,
    exit: (told) => {
      code = told;
    },
  };
  const program = new Command("simulator-client")
    .description("The Solana backtest simulator's client: run backtests, look at them, and rehearse them on this machine.")
    .version(VERSION, "-V, --version", "print the version")
    .helpOption("-h, --help", "print this text; behind a command: the command's")
    .helpCommand("help [command]", "the same for a command")
    .addHelpText("after", EPILOGUE);
  for (const make of COMMANDS) program.addCommand(make(context));
  for (const command of [program, ...program.commands]) settle(command, io);
  try {
    await program.parseAsync([...args], { from: "user" });
    return code;
  } catch (error) {
    return tell(error, io);
  }
}

/** Nothing is written but through the io, and nothing ends the process. */
function settle(command: Command, { out, err }: Io): void {
  command
    .exitOverride()
    .showSuggestionAfterError(true)
    .configureOutput({
      writeOut: (text) => out.write(text),
      writeErr: (text) => err.write(text),
      // It is told when it is caught, like every other error.
      outputError: () => {},
      getOutHelpWidth: () => (out.isTerminal ? out.columns : 100),
      getErrHelpWidth: () => (err.isTerminal ? err.columns : 100),
      getOutHasColors: () => false,
      getErrHasColors: () => false,
    });
}

function tell(error: unknown, { err, interrupt }: Io): number {
  if (error instanceof CommanderError) {
    // Help and the version come as errors too, and so does help for want of a command.
    if (error.exitCode === 0) return EXIT.ok;
    if (error.code !== "commander.help") err.write(errorLine(err, usageMessage(error)));
    return EXIT.usage;
  }
  const interrupted = interruptedCode(interrupt);
  if (interrupted !== undefined) return interrupted;
  err.write(errorLine(err, explain(error)));
  return error instanceof UsageError ? EXIT.usage : EXIT.failed;
}

function errorLine({ style }: Io["err"], message: string): string {
  return `${style("red", "error:")} ${message}\n`;
}

/** commander's words in one line. What stands behind the `=` of an option that isn't known may be a key. */
function usageMessage({ message }: CommanderError): string {
  const said = message
    .replace(/^error: /, "")
    .replace(/'(-[^'=]*)=[^']*'/, "'$1'")
    .replace(/\s*\n\s*/g, " ");
  const isKey = /^unknown option '--?(?:api[-_]?)?key\b/i.test(said);
  return isKey ? "a key is no argument: set the environment variable SIMULATOR_API_KEY" : `${said} (--help tells what there is)`;
}
