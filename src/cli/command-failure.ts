import { SimulatorError, type SimulatorErrorCode } from "../protocol/simulator-error.js";

/** The command line can't be meant; said in one line, with what to do. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** It was tried and didn't work; said in one line, with what to do. */
export class Failure extends Error {
  override readonly name = "Failure";
}

/** What to do about an error whose message doesn't say it. */
const REMEDIES: Partial<Record<SimulatorErrorCode, string>> = {
  unauthorized: "set SIMULATOR_API_KEY to a key of this service",
  unreachable: "`simulator-client doctor` finds out why",
  create: "`simulator-client ranges` tells what there is",
  sessionBusy: "end the process that holds it, or wait until the server finds it gone",
  timeout: "try again, or ask `simulator-client doctor`",
};

/** A text from elsewhere, in one line: without line breaks, and without what would steer a terminal. */
export function oneLine(text: string): string {
  return text
    .replace(/\s*[\r\n]+\s*/g, " ")
    .replace(/\p{Cc}/gu, "?")
    .trim();
}

/** An error, in one line. */
export function explain(error: unknown): string {
  const message = oneLine(error instanceof Error ? error.message : String(error));
  const remedy = error instanceof SimulatorError ? REMEDIES[error.code] : undefined;
  return remedy === undefined ? message : `${message} (${remedy})`;
}
