import { stringifyJson } from "../../codec/json.js";
import type { BacktestResponse, SessionEvent, Unrecognized } from "../../protocol/responses.js";

/** A response on the control channel. */
export type ServerResponse = Exclude<BacktestResponse, Unrecognized | { method: "sessionEventV2" }>;
/** A response that belongs to a session. It is sent again when a client attaches to the session again. */
export type SessionResponse = SessionEvent | Extract<ServerResponse, { method: "sessionCreated" }>;

/** Writes the members of a response as JSON text without braces. The frame around the members depends on the connection. */
export function responseMembers(response: ServerResponse): string {
  const method = `"method":${JSON.stringify(response.method)}`;
  return "params" in response ? `${method},"params":${stringifyJson(response.params)}` : method;
}

/** Builds the frame of a response without a sequence id. */
export function plainFrame(response: ServerResponse): string {
  return `{${responseMembers(response)}}`;
}

/** Builds the frame of a response with a sequence id, for the control connection of a single session. */
export function sequencedFrame(sequence: number, members: string): string {
  return `{"seqId":${sequence},${members}}`;
}

/** Builds the frame of a response with a session id and a sequence id, for the control connection of a parallel run. */
export function eventFrame(sessionId: string, sequence: number, members: string): string {
  return `{"method":"sessionEventV2","params":{"session_id":"${sessionId}","seq_id":${sequence},"event":{${members}}}}`;
}
