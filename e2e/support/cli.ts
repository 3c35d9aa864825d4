import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { spawn as spawnInTerminal } from "@lydell/node-pty";
import { afterAll } from "vitest";

/** The built file of the package's `bin`. */
export const CLI = fileURLToPath(new URL(`../../${binOf("../../package.json")}`, import.meta.url));

/** Where a command writes its output: to a terminal, or to pipes. */
export type Medium = "terminal" | "pipe";
export const MEDIA: readonly Medium[] = ["terminal", "pipe"];

export interface CliOptions {
  /** @default "pipe" */
  medium?: Medium;
  /** Environment variables of the command. Other variables are inherited from this process, except those in `OWN_VARIABLE`. */
  env?: Record<string, string>;
  /** The program to run instead of the built file. */
  cli?: string;
  cwd?: string;
  columns?: number;
  /** Limit in ms, after which the command is killed. @default 120,000 */
  limitMs?: number;
}

export interface Finished {
  /** The exit code in the form of a shell: 128 plus the signal number if a signal ended the process. */
  code: number;
  /** The output of both streams, in the order of its arrival. */
  text: string;
  /** `text` without colours. */
  plain: string;
  /** Empty if the command ran on a terminal. The output is then only in `text`. */
  stdout: string;
  stderr: string;
}

/** A running command. */
export interface RunningCli {
  /** The id of the command's process. */
  readonly pid: number;
  readonly text: string;
  readonly stdout: string;
  readonly done: Promise<Finished>;
  /** Resolves with the first match in the plain output. Rejects if the command ends without one. */
  until(pattern: RegExp): Promise<RegExpExecArray>;
  /** Sends Ctrl-C: a key press on a terminal, otherwise a signal. */
  interrupt(): void;
  kill(signal: NodeJS.Signals): void;
  /** Stops reading the output, as if the next program of the pipe had ended. */
  stopReading(): void;
}

const ESCAPE = String.fromCharCode(0x1b);
/** Control sequences from ECMA-48 for a colour and for a redrawn line. */
export const COLOUR = new RegExp(`${ESCAPE}\\[\\d+m`);
export const REDRAWN = `\r${ESCAPE}[K`;
/** Control characters that must not be written to a pipe. */
export const FOR_TERMINALS = new RegExp(`[${ESCAPE}\r]`);
const COLOURS = new RegExp(COLOUR, "g");

/** Matches environment variables that change the behaviour of the commands. */
const OWN_VARIABLE = /^(?:SIMULATOR_.*|SOLANA_RPC_URL|NO_COLOR|FORCE_COLOR|(?:HTTPS?|ALL|NO)_PROXY)$/i;
const SIGKILL = 9;

function binOf(manifest: string): string {
  const text = readFileSync(new URL(manifest, import.meta.url), "utf8");
  const { bin } = JSON.parse(text) as { bin: Record<string, string> };
  return bin["simulator-client"] ?? "";
}

/** The running commands. A failed test may leave commands running: they are killed after all tests. */
const running = new Set<Ending>();

afterAll(() => {
  for (const one of running) one.kill("SIGKILL");
});

/** Starts a command in a process of its own, like a user. */
export function startCli(args: readonly string[], options: CliOptions = {}): RunningCli {
  const { medium = "pipe", env = {}, cli = CLI, cwd = process.cwd(), columns = 100, limitMs = 120_000 } = options;
  const inherited = Object.entries(process.env).filter(([name]) => !OWN_VARIABLE.test(name));
  const all = { ...Object.fromEntries(inherited), TERM: "xterm-256color", ...env } as Record<string, string>;
  const output = new CliOutput();
  const started = { args: [cli, ...args], cwd, env: all };
  const ended = medium === "terminal" ? onTerminal(started, columns, output) : onPipes(started, output);
  running.add(ended);
  const timer = setTimeout(() => ended.kill("SIGKILL"), limitMs);
  const done = ended.code.then((code) => {
    clearTimeout(timer);
    running.delete(ended);
    output.end();
    return { code, text: output.text, plain: output.plain, stdout: output.stdout, stderr: output.stderr };
  });
  return {
    pid: ended.pid,
    get text() {
      return output.text;
    },
    get stdout() {
      return output.stdout;
    },
    done,
    until: (pattern) => output.until(pattern),
    interrupt: ended.interrupt,
    kill: ended.kill,
    stopReading: ended.stopReading,
  };
}

/** Runs a command to its end. */
export function runCli(args: readonly string[], options: CliOptions = {}): Promise<Finished> {
  return startCli(args, options).done;
}

interface Started {
  args: string[];
  cwd: string;
  env: Record<string, string>;
}

interface Ending {
  pid: number;
  code: Promise<number>;
  interrupt(): void;
  kill(signal: NodeJS.Signals): void;
  /** Stops reading the output, as if the next program of the pipe had ended. */
  stopReading(): void;
}

function onTerminal({ args, cwd, env }: Started, cols: number, output: CliOutput): Ending {
  const terminal = spawnInTerminal(process.execPath, args, { cols, rows: 30, cwd, env });
  terminal.onData((text) => output.add(text, undefined));
  return {
    pid: terminal.pid,
    code: new Promise((resolve) => {
      terminal.onExit(({ exitCode, signal }) => resolve(signal ? 128 + signal : exitCode));
    }),
    // The line discipline of the terminal turns this character into SIGINT.
    interrupt: () => terminal.write("\x03"),
    kill: (signal) => terminal.kill(signal),
    stopReading: () => terminal.pause(),
  };
}

function onPipes({ args, cwd, env }: Started, output: CliOutput): Ending {
  const child = spawn(process.execPath, args, { cwd, env, stdio: ["ignore", "pipe", "pipe"] });
  for (const name of ["stdout", "stderr"] as const) {
    child[name].setEncoding("utf8").on("data", (text: string) => output.add(text, name));
  }
  return {
    pid: child.pid as number,
    code: new Promise((resolve) => {
      child.on("close", (code, signal) => resolve(code ?? 128 + (signal === "SIGKILL" ? SIGKILL : 0)));
    }),
    interrupt: () => child.kill("SIGINT"),
    kill: (signal) => child.kill(signal),
    stopReading: () => child.stdout.destroy(),
  };
}

class CliOutput {
  text = "";
  stdout = "";
  stderr = "";
  #isOver = false;
  readonly #waiting = new Set<() => void>();

  get plain(): string {
    return this.text.replace(COLOURS, "");
  }

  add(text: string, stream: "stdout" | "stderr" | undefined): void {
    this.text += text;
    if (stream !== undefined) this[stream] += text;
    this.#wake();
  }

  end(): void {
    this.#isOver = true;
    this.#wake();
  }

  until(pattern: RegExp): Promise<RegExpExecArray> {
    return new Promise((resolve, reject) => {
      const check = (): void => {
        const match = pattern.exec(this.plain);
        if (match === null && !this.#isOver) return;
        this.#waiting.delete(check);
        if (match === null) reject(new Error(`the command ended without ${pattern}:\n${this.text}`));
        else resolve(match);
      };
      this.#waiting.add(check);
      check();
    });
  }

  #wake(): void {
    for (const check of [...this.#waiting]) check();
  }
}

/** A simulator that `serve` started. */
export interface Serving {
  readonly cli: RunningCli;
  readonly url: string;
  readonly httpUrl: string;
  readonly faultsUrl: string;
  readonly engine: string;
  readonly startSlot: bigint;
  readonly endSlot: bigint;
  readonly programs: readonly string[];
  /** Sends Ctrl-C, and resolves when the command has ended. */
  stop(): Promise<Finished>;
}

/** Starts `serve` on a free port and waits until it listens. */
export async function startServe(args: readonly string[] = [], options: CliOptions = {}): Promise<Serving> {
  // The time limit is long, because the server runs during a whole suite.
  const cli = startCli(["serve", "--port", "0", "--json", ...args], { limitMs: 300_000, ...options });
  const [line] = await cli.until(/^\{.*\}\r?\n/m);
  const started = JSON.parse(line) as Omit<Serving, "cli" | "stop" | "startSlot" | "endSlot"> &
    Record<"startSlot" | "endSlot", number>;
  return {
    ...started,
    startSlot: BigInt(started.startSlot),
    endSlot: BigInt(started.endSlot),
    cli,
    stop: () => {
      cli.interrupt();
      return cli.done;
    },
  };
}
