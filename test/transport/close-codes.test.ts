import { describe, expect, test } from "vitest";
import { CLOSE_CODES, nameCloseCode } from "../../src/transport/close-codes.js";

describe("a close code's name", () => {
  test("nameCloseCode returns the close code, followed by its name", () => {
    expect(nameCloseCode(1000)).toBe("1000 normal closure");
    expect(nameCloseCode(1006)).toBe("1006 connection cut without a close frame");
    expect(nameCloseCode(1012)).toBe("1012 service restart");
  });

  test("nameCloseCode returns an unknown close code without a name", () => {
    expect(nameCloseCode(4321)).toBe("4321");
    expect(nameCloseCode(1004)).toBe("1004");
  });

  test("CLOSE_CODES names each close code of RFC 6455 and of the IANA registry", () => {
    const named = Object.keys(CLOSE_CODES).map(Number);
    expect(named).toEqual([1000, 1001, 1002, 1003, 1005, 1006, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 1015]);
  });
});
