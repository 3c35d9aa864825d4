import { messageOf, toText } from "../protocol/error-helpers.js";

const UNKNOWN_HOST = /^(ENOTFOUND|ENODATA|EAI_NONAME|EAI_NODATA)$/;
/** Error codes of Node.js and OpenSSL for a certificate that is not trusted, or a peer that does not use TLS. */
const TLS =
  /^(EPROTO$|ERR_SSL_|ERR_TLS_(?!HANDSHAKE_TIMEOUT)|CERT_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|HOSTNAME_MISMATCH|INVALID_CA)/;
/** Error codes of the HTTP parser in Node.js, except the code for a truncated response. */
const NOT_HTTP = /^HPE_(?!INVALID_EOF_STATE)/;
/** Error messages of `ws` for a peer that is not a WebSocket server. These errors have no code. */
const NOT_WEBSOCKET = /^(Invalid (Upgrade|Sec-WebSocket-Accept) header|Server sent )/;

/**
 * Returns the cause of a failed connection attempt if a retry cannot fix it. In browsers, always returns `undefined`, because
 * browsers do not provide the error.
 */
export function findPermanentCause(error: unknown): string | undefined {
  const code = toText(Object(error).code);
  if (UNKNOWN_HOST.test(code)) return "the host was not found";
  if (TLS.test(code)) return "the TLS connection was refused";
  if (NOT_HTTP.test(code)) return "the server did not answer with HTTP; if it expects TLS, use wss:";
  if (NOT_WEBSOCKET.test(messageOf(error))) return "the server did not answer with a valid WebSocket upgrade";
  return undefined;
}
