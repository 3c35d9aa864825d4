import type { WriteStream } from "node:tty";
import { redactor } from "../../protocol/redact.js";
import { readApiKey } from "../api-key.js";
import { EXIT } from "../exit-codes.js";
import { Interrupted, OutputFailed, watchInterrupts } from "../interrupts.js";
import { type Style, styler } from "./style.js";
import { toTerminal } from "./terminal-text.js";

/** A stream that a command writes to. */
export interface Output {
  readonly isTerminal: boolean;
  /** Width of the terminal in characters. */
  readonly columns: number;
  readonly style: Style;
  /** Writes text or JSON for people. Characters that are unsafe on a terminal are escaped. */
  write(text: string): void;
  /** Writes data for the next program in a pipe, unchanged. On a terminal, the data is escaped as in `write`. */
  writeData(text: string): void;
  /** Resolves when the stream can accept more data. */
  drained(): Promise<void>;
}

export type Env = Readonly<Record<string, string | undefined>>;

/** The inputs and outputs of the program, other than files and the network. */
export interface ProgramIo {
  /** The standard output, for results. */
  readonly out: Output;
  /** The standard error, for progress, notes and errors. */
  readonly err: Output;
  readonly env: Env;
  /** The working directory. */
  readonly cwd: string;
  /** Aborts when the command should shut down cleanly. */
  readonly interrupt: AbortSignal;
}

/** The inputs and outputs of a command. */
export interface Io extends ProgramIo {
  /** The standard error, for messages that `--quiet` hides, such as progress. */
  readonly err: Output;
  /** The standard error, for messages that are printed even with `--quiet`, such as errors. */
  readonly alerts: Output;
  /** Prints a line on the standard error if `--verbose` was given. */
  debug(line: string): void;
}

/** How much a command prints on the standard error. */
export type Verbosity = "quiet" | "normal" | "verbose";

/** Creates the inputs and outputs of a command. The verbosity is set after the command line has been parsed. */
export function commandIo(io: ProgramIo): { io: Io; setVerbosity(level: Verbosity): void } {
  let level: Verbosity = "normal";
  const { err: alerts } = io;
  const err: Output = {
    get isTerminal() {
      return alerts.isTerminal && level !== "quiet";
    },
    get columns() {
      return alerts.columns;
    },
    style: alerts.style,
    write: (text) => {
      if (level !== "quiet") alerts.write(text);
    },
    writeData: (text) => {
      if (level !== "quiet") alerts.writeData(text);
    },
    drained: () => alerts.drained(),
  };
  const debug = (line: string): void => {
    if (level === "verbose") writeLines(alerts, [alerts.style("dim", `debug: ${line}`)]);
  };
  return {
    io: { ...io, err, alerts, debug },
    setVerbosity: (chosen) => {
      level = chosen;
    },
  };
}

/** Creates the inputs and outputs of the program from this process. The API key is removed from all output. */
export function processIo(process: NodeJS.Process): ProgramIo {
  const key = readApiKey(process.env);
  const redact = redactor(key === undefined ? [] : [key]);
  const interrupt = watchInterrupts(process);
  const err = streamOutput(process.stderr, process.env, redact);
  for (const stream of [process.stdout, process.stderr]) {
    stream.on("error", ({ code, message }: NodeJS.ErrnoException) => {
      // The program that reads the output, for example `head`, has closed the pipe.
      if (code === "EPIPE") return interrupt.abort(new Interrupted("SIGPIPE"));
      // The error may arrive after the command has returned its exit code.
      process.exitCode = EXIT.failed;
      interrupt.abort(new OutputFailed(message));
      if (stream === process.stdout) writeLines(err, [`error: the standard output cannot be written: ${message}`]);
    });
  }
  return {
    out: streamOutput(process.stdout, process.env, redact),
    err,
    env: process.env,
    cwd: process.cwd(),
    interrupt: interrupt.signal,
  };
}

const DEFAULT_COLUMNS = 80;

function streamOutput(stream: WriteStream, env: Env, redact: (text: string) => string): Output {
  const isTerminal = stream.isTTY === true;
  const write = (text: string): void => {
    stream.write(toTerminal(redact(text)));
  };
  return {
    isTerminal,
    get columns() {
      return stream.columns ?? DEFAULT_COLUMNS;
    },
    style: styler(isTerminal, env),
    write,
    writeData: isTerminal ? write : (text) => void stream.write(redact(text)),
    drained: () =>
      stream.writableNeedDrain && !stream.destroyed
        ? new Promise((resolve) => {
            const settle = (): void => {
              stream.off("drain", settle);
              stream.off("close", settle);
              resolve();
            };
            stream.on("drain", settle);
            stream.on("close", settle);
          })
        : Promise.resolve(),
  };
}

/** Writes lines for people. Line breaks inside a line become spaces, so that text from a server cannot add lines. */
export function writeLines(out: Output, lines: readonly string[]): void {
  out.write(`${lines.map((line) => line.replace(/[\r\n]+/g, " ")).join("\n")}\n`);
}
