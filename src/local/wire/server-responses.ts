import { stringifyJson } from "../../codec/json.js";
import type { BacktestResponse, SessionEvent, Unrecognized } from "../../protocol/responses.js";

/** What the server says on the control channel. */
export type ServerResponse = Exclude<BacktestResponse, Unrecognized | { method: "sessionEventV2" }>;
/** What of it belongs to a session, and is replayed. */
export type SessionResponse = SessionEvent | Extract<ServerResponse, { method: "sessionCreated" }>;

/** A response's members as JSON text without its braces: the envelope depends on the connection that it goes to. */
export function responseMembers(response: ServerResponse): string {
  const method = `"method":${JSON.stringify(response.method)}`;
  return "params" in response ? `${method},"params":${stringifyJson(response.params)}` : method;
}

/** A response outside of any session's sequence. */
export function plainFrame(response: ServerResponse): string {
  return `{${responseMembers(response)}}`;
}

/** A session's response on its own control connection. */
export function sequencedFrame(sequence: number, members: string): string {
  return `{"seqId":${sequence},${members}}`;
}

/** A response of a part of a parallel run, on the run's control connection. */
export function eventFrame(sessionId: string, sequence: number, members: string): string {
  return `{"method":"sessionEventV2","params":{"session_id":"${sessionId}","seq_id":${sequence},"event":{${members}}}}`;
}
