import { SimulatorError, type SimulatorErrorCode } from "../protocol/simulator-error.js";

/** The reason why a command failed, as a code for programs. `--json` prints it as `code`. */
export type FailureCode =
  | SimulatorErrorCode
  /** Invalid command line. */
  | "usage"
  /** A file cannot be read or cannot be written. */
  | "file"
  /** The file already exists, and `--force` was not given. */
  | "fileExists"
  /** Another process is writing the file. */
  | "fileLocked"
  /** The port cannot be opened for listening. */
  | "port"
  /** A signal ended the command. */
  | "interrupted"
  | "failed";

/** The command failed. The message is one line with the problem and the remedy. */
export class Failure extends Error {
  override readonly name = "Failure";
  readonly code: FailureCode;

  /** @param details `code` defaults to the code of `cause`, or to `failed` */
  constructor(message: string, details: { code?: FailureCode; cause?: unknown } = {}) {
    super(message, "cause" in details ? { cause: details.cause } : undefined);
    const { cause } = details;
    const isCoded = cause instanceof Failure || cause instanceof SimulatorError;
    this.code = details.code ?? (isCoded ? cause.code : "failed");
  }
}
