import { stringifyJson } from "../codec/json.js";
import { decodeUtf8 } from "../codec/utf8.js";
import { type ChannelSocket, type Frame, TransientFailure } from "../connection/channel-socket.js";
import type { BacktestRequest } from "../protocol/requests.js";

/** Returns the text of a control frame. A server may send the text as bytes. */
export function textOf(frame: Frame): string {
  return typeof frame === "string" ? frame : decodeUtf8(frame);
}

/**
 * Decodes a control frame. Removes secrets from the text of errors and of unreadable frames, because the user receives this text.
 */
export function decodeRedacted<D extends { response: { method: string } }>(
  text: string,
  decode: (text: string) => D,
  redact: (text: string) => string,
): D {
  const decoded = decode(text);
  return decoded.response.method === "unrecognized" || text.includes('"error"') ? decode(redact(text)) : decoded;
}

/** Sends a request of a handshake. @throws TransientFailure if the socket was lost */
export function sendNow(socket: ChannelSocket, request: BacktestRequest): void {
  if (!socket.send(stringifyJson(request))) {
    throw new TransientFailure(`the connection was lost before ${request.method} was sent`);
  }
}
