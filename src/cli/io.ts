import type { WriteStream } from "node:tty";
import { redactor } from "../transport/redact.js";
import { Interrupted, watchInterrupts } from "./interrupts.js";
import { type Style, styler } from "./style.js";

/** Where a command writes to. */
export interface Output {
  readonly isTerminal: boolean;
  /** Characters in a line, where it is a terminal. */
  readonly columns: number;
  readonly style: Style;
  write(text: string): void;
  /** Resolves when what was written has left, as far as the stream's own limit: a reader may be slower than we are. */
  drained(): Promise<void>;
}

export type Env = Readonly<Record<string, string | undefined>>;

/** All that a command sees of the world around it, apart from files and the network. */
export interface Io {
  /** For results. */
  readonly out: Output;
  /** For everything else: progress, what happens on the way, errors. */
  readonly err: Output;
  readonly env: Env;
  /** Fires when the command is to end in good order. */
  readonly interrupt: AbortSignal;
}

/** The only environment variable that a key is read from: an argument would be seen by everybody in the list of processes. */
export const KEY_VARIABLE = "SIMULATOR_API_KEY";

/** The API key of the environment; an empty one is none. */
export function readApiKey(env: Env): string | undefined {
  return env[KEY_VARIABLE] || undefined;
}

/** The real ones. No key gets past them, whatever an error or a server says. */
export function processIo(process: NodeJS.Process): Io {
  const key = readApiKey(process.env);
  const redact = redactor(key === undefined ? [] : [key]);
  const interrupt = watchInterrupts(process);
  for (const stream of [process.stdout, process.stderr]) {
    // Whoever read us, `head` for one, has had enough: as good a reason to end as Ctrl-C.
    stream.on("error", () => interrupt.abort(new Interrupted("SIGPIPE")));
  }
  return {
    out: streamOutput(process.stdout, process.env, redact),
    err: streamOutput(process.stderr, process.env, redact),
    env: process.env,
    interrupt: interrupt.signal,
  };
}

const DEFAULT_COLUMNS = 80;

function streamOutput(stream: WriteStream, env: Env, redact: (text: string) => string): Output {
  const isTerminal = stream.isTTY === true;
  return {
    isTerminal,
    get columns() {
      return stream.columns ?? DEFAULT_COLUMNS;
    },
    style: styler(isTerminal, env),
    write: (text) => {
      stream.write(redact(text));
    },
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
