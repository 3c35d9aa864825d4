import { runProgram } from "../../../src/cli/program.js";
import type { Env, Io, Output } from "../../../src/cli/terminal/io.js";
import { styler } from "../../../src/cli/terminal/style.js";
import { toTerminal } from "../../../src/cli/terminal/terminal-text.js";

/** An output that stores its text. */
export interface CapturedOutput extends Output {
  readonly text: string;
  /** Resolves to the whole output when it contains `part`. */
  until(part: string): Promise<string>;
}

export interface CapturedOptions {
  env?: Env;
  isTerminal?: boolean;
  columns?: number;
  /** The working directory. @default the directory of the test process, which has no configuration file */
  cwd?: string;
}

export function capturedOutput({ env = {}, isTerminal = false, columns = 80 }: CapturedOptions = {}): CapturedOutput {
  let text = "";
  const waiting = new Set<() => void>();
  const add = (part: string): void => {
    text += part;
    for (const check of [...waiting]) check();
  };
  return {
    isTerminal,
    columns,
    style: styler(isTerminal, env),
    get text() {
      return text;
    },
    write: (part) => add(toTerminal(part)),
    writeData: (part) => add(isTerminal ? toTerminal(part) : part),
    drained: () => Promise.resolve(),
    until: (part) =>
      new Promise((resolve) => {
        const check = (): void => {
          if (!text.includes(part)) return;
          waiting.delete(check);
          resolve(text);
        };
        waiting.add(check);
        check();
      }),
  };
}

export interface CapturedIo extends Io {
  readonly out: CapturedOutput;
  readonly err: CapturedOutput;
  readonly alerts: CapturedOutput;
}

/** Creates the inputs and outputs of a command. The outputs are captured. */
export function capturedIo(options: CapturedOptions = {}, interrupt = new AbortController().signal): CapturedIo {
  const { env: given = {}, cwd = process.cwd() } = options;
  // A command without --url must not find a simulator that is running on this machine.
  const env = { SIMULATOR_PORT: "1", ...given };
  const err = capturedOutput(options);
  return { out: capturedOutput(options), err, alerts: err, debug: () => {}, env, cwd, interrupt };
}

/** Runs the program to its end in this process. */
export async function runCli(args: readonly string[], options: CapturedOptions = {}) {
  const io = capturedIo(options);
  const code = await runProgram(args, io);
  return { code, stdout: io.out.text, stderr: io.err.text };
}
