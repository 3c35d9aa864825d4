import type { Frame } from "../connection/channel-socket.js";
import { decodeResponse } from "../protocol/responses.js";
import { textOf } from "./control-frame.js";

/** Whether a frame is the response to a close request: `success`, or an error without a sequence id. */
export function isCloseResponse(frame: Frame): boolean {
  const text = textOf(frame);
  // Fast check: a frame without `success` or `error` needs no decoding.
  if (!text.includes('"success"') && !text.includes('"error"')) return false;
  const { response, sequence } = decodeResponse(text);
  return response.method === "success" || (response.method === "error" && sequence === undefined);
}
