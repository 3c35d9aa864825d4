/** Names of WebSocket close codes, for messages. Sources: RFC 6455, 7.4.1, and the IANA registry. */
export const CLOSE_CODES: Readonly<Record<number, string>> = {
  1000: "normal closure",
  1001: "going away",
  1002: "protocol error",
  1003: "unsupported data",
  1005: "no code given",
  1006: "connection cut without a close frame",
  1007: "invalid payload",
  1008: "policy violation",
  1009: "message too big",
  1010: "extension expected",
  1011: "internal error",
  // The service sends this code when it is redeployed.
  1012: "service restart",
  1013: "try again later",
  1014: "bad gateway",
  1015: "TLS handshake failed",
};

/** Formats a close code with its name. */
export function nameCloseCode(code: number): string {
  const name = CLOSE_CODES[code];
  return name === undefined ? String(code) : `${code} ${name}`;
}
