import * as v from "valibot";
import { parseSessionId, sessionId } from "./ids.js";
import { members, readMessage } from "./message.js";
import { controlSessionId } from "./rare-ids.js";
import { readU64, u64 } from "./scalars.js";
import { opt, orNull, text } from "./schema.js";
import { EVENTS, type Message, SESSION_TABLE, type SessionEvent } from "./session-responses.js";
import { decodeFrame, readResponse, type Unrecognized, unrecognized } from "./usual-responses.js";

export { type SessionEvent, type SessionSummary, sessionSummary } from "./session-responses.js";
export type { BacktestStatus, Unrecognized } from "./usual-responses.js";

const slots = v.optional(v.array(u64), []);
const taskIds = v.optional(v.array(orNull(text)), []);

const PARAMS = {
  ...SESSION_TABLE,
  sessionsCreatedV2: v.object({
    control_session_id: controlSessionId,
    control_session_name: opt(text),
    session_ids: v.array(sessionId),
    task_ids: taskIds,
    start_slots: slots,
    end_slots: slots,
  }),
  parallelSessionAttachedV2: v.object({
    control_session_id: controlSessionId,
    session_ids: v.array(sessionId),
    task_ids: taskIds,
  }),
};

/**
 * A response in the wire's own spelling, 64-bit integers `bigint`, the published types' defaults filled in. What isn't
 * a response that this version knows is `unrecognized`, with the frame's text and the reason.
 */
export type BacktestResponse =
  | { [M in keyof typeof PARAMS]: Message<typeof PARAMS, M> }[keyof typeof PARAMS]
  | { method: "sessionEventV2"; params: { session_id: string; seq_id: bigint; event: SessionEvent } }
  | Unrecognized;

export interface DecodedResponse {
  /** The response's sequence id, if it has one; also when the response itself is unrecognized. */
  sequence?: bigint;
  /** The sub-session of a `sessionEventV2`; also when its event is unrecognized. */
  sessionId?: string;
  response: BacktestResponse;
}

/**
 * Reads a control frame. Never throws.
 *
 * @example decodeResponse('{"seqId":4,"method":"slotNotification","params":100}')
 * // { sequence: 4n, response: { method: "slotNotification", params: 100n } }
 */
export function decodeResponse(frame: string): DecodedResponse {
  return decodeFrame(frame, (message): DecodedResponse => {
    const { method, params } = members(message);
    return method === "sessionEventV2" ? readSessionEvent(members(params), frame) : readResponse(PARAMS, message, frame);
  });
}

function readSessionEvent({ session_id, seq_id, event }: Record<string, unknown>, frame: string): DecodedResponse {
  const sequence = readU64(seq_id);
  const sessionId = parseSessionId(session_id);
  const read = readMessage(EVENTS, event);
  const position = { ...(sequence !== undefined && { sequence }), ...(sessionId !== undefined && { sessionId }) };
  if ("problem" in read) return { ...position, response: unrecognized(frame, read.problem) };
  return {
    ...position,
    response:
      sequence === undefined || sessionId === undefined
        ? unrecognized(frame, "sessionEventV2: session_id or seq_id is malformed")
        : { method: "sessionEventV2", params: { session_id: sessionId, seq_id: sequence, event: read as SessionEvent } },
  };
}
