import type { SimulatorErrorCode } from "../../protocol/simulator-error.js";
import { codeOf, oneLine } from "../command-failure.js";

/** The remedies for the model that calls the tools, by error code. */
const REMEDIES: Partial<Record<SimulatorErrorCode, string>> = {
  invalidParams: "Correct the input that the message names, and call the tool again.",
  create: "Call list_ranges, and choose a range that the simulator has.",
  unauthorized: "The user must set SIMULATOR_API_KEY in the configuration of this MCP server.",
  unreachable: "The user must check the URL and the network: simulator-client doctor shows the reason.",
  controlClosed: "The session has ended. Call start_session.",
  controlFailed: "The session is lost. Call start_session.",
  subscriptionFailed: "Transactions are missing. Call close_session, then start_session.",
  remote: "Read the message of the simulator. Call list_sessions to see the state of the session.",
  cancelled: "Call list_sessions to see the state of the session.",
  continueInFlight: "A step is still running. Call list_sessions until the progress stops, then call again.",
  nothingMatched: "Choose programs that have transactions in this range.",
  sessionBusy: "End the other client of the session, or call start_session.",
  http: "Read the message of the simulator, and correct the input.",
  timeout: "Call the tool again, with fewer slots.",
  protocol: "The user must update simulator-client or the simulator.",
};

/** A limit of this MCP server was reached. */
export class LimitReached extends Error {
  override readonly name = "LimitReached";
  readonly remedy: string;

  constructor(message: string, remedy: string) {
    super(message);
    this.remedy = remedy;
  }
}

/** Describes an error for a model: its code, its message in one line, and a remedy. */
export function failureOf(error: unknown): { code: string; message: string; remedy: string } {
  const message = oneLine(error instanceof Error ? error.message : String(error));
  if (error instanceof LimitReached) return { code: "limit", message, remedy: error.remedy };
  const code = codeOf(error);
  return { code, message, remedy: REMEDIES[code as SimulatorErrorCode] ?? "Read the message, and correct the call." };
}
