import { Failure, type FailureCode } from "../files/failure.js";
import { SimulatorError, type SimulatorErrorCode } from "../protocol/simulator-error.js";
import { escapeUnsafe } from "./terminal/terminal-text.js";

export { Failure, type FailureCode };

/** The command line is invalid, and nothing was run. The message is one line with the problem and the remedy. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** Returns the code that `--json` prints for an error. */
export function codeOf(error: unknown): FailureCode {
  if (error instanceof UsageError) return "usage";
  return error instanceof Failure || error instanceof SimulatorError ? error.code : "failed";
}

/** The remedies that `explain` adds to the messages of errors, by error code. */
const REMEDIES: Partial<Record<SimulatorErrorCode, string>> = {
  unauthorized: "set SIMULATOR_API_KEY to a key of this service",
  unreachable: "`simulator-client doctor` shows the reason",
  create: "`simulator-client ranges` lists the available slots",
  sessionBusy: "end the other process, or wait until the server detects that it has ended",
  timeout: "try again, or run `simulator-client doctor`",
};

/** Maximum length of a message in characters. A longer message is cut. */
const MAX_MESSAGE_LENGTH = 2_000;

/** Formats untrusted text as one line: line breaks become spaces, and characters that are unsafe on a terminal are escaped. */
export function oneLine(text: string): string {
  const line = escapeUnsafe(text.slice(0, MAX_MESSAGE_LENGTH).replace(/\s*[\r\n]+\s*/g, " ")).trim();
  return text.length > MAX_MESSAGE_LENGTH ? `${line}…` : line;
}

/** Matches the error messages of OpenSSL for a server that does not use TLS. */
const NO_TLS = /:wrong version number:|:packet length too long:/;

function remedyFor({ code, message }: SimulatorError): string | undefined {
  if (code === "unreachable" && NO_TLS.test(message)) return "the server does not use TLS: write ws:// before its address";
  return REMEDIES[code];
}

/** Formats an error and its remedy as one line. */
export function explain(error: unknown): string {
  const message = oneLine(error instanceof Error ? error.message : String(error));
  const remedy = error instanceof SimulatorError ? remedyFor(error) : undefined;
  return remedy === undefined ? message : `${message} (${remedy})`;
}
