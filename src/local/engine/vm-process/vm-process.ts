import { type ChildProcess, fork } from "node:child_process";
import type { SkippedTransaction } from "../litesvm/ledger-comparison.js";
import { childEnvironment } from "./child-environment.js";
import { ExecutionMark, type LastExecuted } from "./execution-mark.js";
import type { ExecutionTurns } from "./execution-turns.js";
import { unpackError, type VmCalls, type VmMethod, type VmRequest, type VmResponse } from "./vm-messages.js";
import { VmWatchdog, type WatchdogTimers } from "./vm-watchdog.js";

/** The maximum heap of a VM process, in MB. The accounts in the VM are not part of the heap. */
const MAX_HEAP_MB = 2_048;
/** Only the last characters of a process's error output are kept, at most this many. */
const MAX_OUTPUT = 4_096;

/** Calls that only read state. They do not wait for a turn, because they take little time. */
const READS: ReadonlySet<VmMethod> = new Set<VmMethod>([
  "account",
  "summary",
  "latestBlockhash",
  "isBlockhashValid",
  "blockHeight",
  "feeForMessage",
]);

/** The timeout of the call `open`, as a multiple of `timeoutMs`. The call may have to execute all earlier blocks. */
const OPEN_TIMEOUTS = 4;

export interface VmProcessSettings {
  /** The path of the program that the process runs. */
  entry: string;
  turns: ExecutionTurns;
  /** A call fails if the process neither responds nor starts another transaction within this time, in ms. */
  timeoutMs: number;
  timers: WatchdogTimers;
  onSkipped: ((skipped: SkippedTransaction) => void) | undefined;
}

/** A call whose response is pending. */
interface Pending {
  resolve(result: unknown): void;
  reject(error: Error): void;
}

type Result<M extends VmMethod> = Awaited<ReturnType<VmCalls[M]>>;

/** A process that runs the VM of one session. If the process ends, only the calls of this session fail. */
export class VmProcess {
  readonly #turns: ExecutionTurns;
  readonly #child: ChildProcess;
  readonly #mark = new ExecutionMark();
  readonly #exited: Promise<void>;
  readonly #pending = new Map<number, Pending>();
  readonly #watchdog: VmWatchdog;
  readonly #onSkipped: ((skipped: SkippedTransaction) => void) | undefined;
  #lastId = 0;
  #output = "";
  #failure: Error | undefined;
  #isClosed = false;
  #onFailure: ((error: Error) => void) | undefined;

  constructor({ entry, turns, timeoutMs, timers, onSkipped }: VmProcessSettings) {
    this.#turns = turns;
    this.#onSkipped = onSkipped;
    this.#watchdog = new VmWatchdog({
      timeoutMs,
      timers,
      progress: () => describeLast(this.#mark.read()),
      handleOverdue: (afterMs) => this.#kill(afterMs),
    });
    this.#child = fork(entry, [], {
      // By default, `fork` passes on the options of the parent. Both processes would then use the same debugger port and profile
      // file.
      execArgv: [`--max-old-space-size=${MAX_HEAP_MB}`],
      env: childEnvironment(process.env),
      serialization: "advanced",
      stdio: ["ignore", "ignore", "pipe", "ipc", this.#mark.fd ?? "ignore"],
    });
    this.#child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      this.#output = (this.#output + text).slice(-MAX_OUTPUT);
    });
    this.#child.on("message", (response) => this.#receive(response as VmResponse));
    this.#exited = new Promise((resolve) => {
      // Waits for `close`, because `exit` may be emitted before all error output has been read.
      this.#child.once("close", (code, signal) => {
        this.#fail(this.#isClosed ? closedError() : this.#endedError(signal ?? `code ${code}`));
        resolve();
      });
      this.#child.once("error", (cause) => {
        this.#fail(new Error(`could not start the process of this session's VM: ${cause.message}`, { cause }));
        if (this.#child.pid === undefined) resolve();
      });
    });
    void this.#exited.then(() => this.#mark.close());
  }

  /** The id of the process. `undefined` if it could not be started. */
  get pid(): number | undefined {
    return this.#child.pid;
  }

  /**
   * Makes a call to the process. @throws the error of the call; if the process ends before the response, an Error that names the
   * last executed transaction
   */
  call<M extends VmMethod>(method: M, ...args: Parameters<VmCalls[M]>): Promise<Result<M>> {
    const task = () => this.#send(method, args) as Promise<Result<M>>;
    return READS.has(method) ? task() : this.#turns.run(task);
  }

  /** Calls the listener if the process ends unexpectedly. */
  onFailure(listener: (error: Error) => void): void {
    this.#onFailure = listener;
  }

  /** Kills the process, even if it does not respond. Nothing is lost, because the process has no data to save. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#child.kill("SIGKILL");
    await this.#exited;
  }

  #send(method: VmMethod, args: readonly unknown[]): Promise<unknown> {
    return new Promise((resolve, reject) => {
      if (this.#failure !== undefined) return reject(this.#failure);
      const id = ++this.#lastId;
      this.#pending.set(id, { resolve, reject });
      this.#watchdog.begin(id, method === "open" ? OPEN_TIMEOUTS : 1);
      // The callback ignores errors of the channel: the pending call rejects when the process ends. `send` is `undefined` if
      // Node.js could not create the channel.
      this.#child.send?.({ id, method, args } satisfies VmRequest, () => {});
    });
  }

  #receive({ id, result, error, skipped = [] }: VmResponse): void {
    const pending = this.#pending.get(id);
    this.#pending.delete(id);
    this.#watchdog.end(id);
    try {
      for (const one of skipped) this.#onSkipped?.(one);
    } catch (thrown) {
      // `onSkipped` has thrown. An uncaught error would end this process, so the pending call rejects with the error.
      return pending?.reject(thrown as Error);
    }
    if (error === undefined) pending?.resolve(result);
    else pending?.reject(unpackError(error));
  }

  #fail(error: Error): void {
    if (this.#failure !== undefined) return;
    this.#failure = error;
    this.#watchdog.stop();
    const pending = [...this.#pending.values()];
    this.#pending.clear();
    for (const { reject } of pending) reject(error);
    if (!this.#isClosed) this.#onFailure?.(error);
  }

  /** Ends a process that hangs. SIGKILL also ends a process that is stopped, or that runs an endless loop in native code. */
  #kill(afterMs: number): void {
    const seconds = Math.round(afterMs / 100) / 10;
    this.#fail(this.#failureOf(`the process of this session's VM did not respond for ${seconds} s and was killed`));
    this.#child.kill("SIGKILL");
  }

  #endedError(how: string): Error {
    const reason = reasonIn(this.#output);
    return this.#failureOf(`the process of this session's VM ended with ${how}${reason === undefined ? "" : ` (${reason})`}`);
  }

  #failureOf(what: string): Error {
    return new Error(`${what}; ${describeLast(this.#mark.read())}; other sessions are not affected`);
  }
}

function closedError(): Error {
  return new Error("the session was closed, so the process of its VM has ended");
}

function describeLast(last: LastExecuted | undefined): string {
  if (last === undefined) return "it had not started any transaction";
  return `it last started transaction ${last.signature} of slot ${last.slot}`;
}

/** Finds the reason in the error output: a native panic, an error of V8 or a JavaScript error. */
function reasonIn(output: string): string | undefined {
  const [, reason] =
    /panicked at [^\n]*:\n([^\n]+)/.exec(output) ??
    /FATAL ERROR: ([^\n]+)/.exec(output) ??
    /^(\w*Error: [^\n]+)/m.exec(output) ??
    [];
  return reason?.trim().slice(0, 300);
}
