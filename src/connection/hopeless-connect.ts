/** The failures of a first connect that a retry cannot fix (design: "First connect of a session"). */

/** Transient statuses below 500: timeout, conflict, too early, too many requests. */
const PASSING_STATUSES: ReadonlySet<number> = new Set([408, 409, 425, 429]);

/** Whether a retry of the upgrade would get the same HTTP status. */
export function isHopelessStatus(status: number): boolean {
  return status < 500 && !PASSING_STATUSES.has(status);
}

const UNKNOWN_HOST = /^(ENOTFOUND|ENODATA|EAI_NONAME|EAI_NODATA)$/;
/** Codes of Node.js and OpenSSL for a certificate that is not trusted, or a peer that does not speak TLS. */
const TLS =
  /^(EPROTO$|ERR_SSL_|ERR_TLS_(?!HANDSHAKE_TIMEOUT)|CERT_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|HOSTNAME_MISMATCH|INVALID_CA)/;
/** Codes of Node.js' HTTP parser, other than for a response that was cut. */
const NOT_HTTP = /^HPE_(?!INVALID_EOF_STATE)/;
/** Messages of `ws`, which gives these no code. */
const NOT_WEBSOCKET = /^(Invalid (Upgrade|Sec-WebSocket-Accept) header|Server sent )/;

/** Names the cause of a failed connect if a retry cannot fix it. Browsers give no error, so nothing is hopeless there. */
export function findHopelessCause(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const code = "code" in error ? String(error.code) : "";
  if (UNKNOWN_HOST.test(code)) return "the host was not found";
  if (TLS.test(code)) return "the TLS connection was refused";
  if (NOT_HTTP.test(code)) return "the server did not answer with HTTP; if it expects TLS, use wss:";
  if (NOT_WEBSOCKET.test(error.message)) return "the server did not answer with a valid WebSocket upgrade";
  return undefined;
}
