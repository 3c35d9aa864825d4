import type { Frame } from "../connection/channel-socket.js";
import { decodeResponse } from "../protocol/responses.js";
import { textOf } from "./control-frame.js";

/** Whether a frame is the response to a request that closes a session: `success`, or an error that is not an event. */
export function isCloseResponse(frame: Frame): boolean {
  const text = textOf(frame);
  // This check is fast and excludes most frames: during a close handshake, most of them are events of the session.
  if (!text.includes('"success"') && !text.includes('"error"')) return false;
  const { response, sequence } = decodeResponse(text);
  return response.method === "success" || (response.method === "error" && sequence === undefined);
}
