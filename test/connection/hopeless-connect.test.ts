import { describe, expect, it } from "vitest";
import { findHopelessCause } from "../../src/connection/hopeless-connect.js";

const failure = (code: string, message: string): Error => Object.assign(new Error(message), { code });

describe("findHopelessCause", () => {
  it("suggests ws:// if the server answers a TLS handshake without TLS", () => {
    const error = failure("EPROTO", "write EPROTO error:0A00010B:SSL routines:ssl3_get_record:wrong version number");
    expect(findHopelessCause(error)).toMatch(/does not use TLS.*use ws:\/\//);
  });

  it("reports any other TLS error as a refused connection", () => {
    expect(findHopelessCause(failure("CERT_HAS_EXPIRED", "certificate has expired"))).toBe("the TLS connection was refused");
  });

  it("returns nothing for a refused connection, because the server may be starting", () => {
    expect(findHopelessCause(failure("ECONNREFUSED", "connect ECONNREFUSED"))).toBeUndefined();
  });
});
