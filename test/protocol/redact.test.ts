import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { redactor } from "../../src/protocol/redact.js";
import { authorize } from "../../src/transport/auth.js";

const KEY = "sk/live+42?äöü (it's)~*!";

describe("redact()", () => {
  const credentials = { apiKey: KEY, headers: {}, userAgent: "x" };
  for (const [spelling, text] of [
    ["in plain text", `X-API-Key: ${KEY}`],
    ["in a URL", `could not open wss://host/?key=${encodeURIComponent(KEY)}`],
    ["in the URL of the auth mode query", `failed: ${authorize("wss://host/backtest", { ...credentials, mode: "query" }).url}`],
    ["in base64", `Authorization: Basic ${Buffer.from(KEY).toString("base64").replace(/=+$/, "")}`],
    ["in a subprotocol", `offered ${authorize("wss://host", { ...credentials, mode: "subprotocol" }).protocols?.[1]}`],
  ] as const) {
    test(`redact() removes a secret ${spelling}`, () => {
      const redacted = redactor([KEY])(text);
      expect(redacted).toContain("[redacted]");
      for (const part of ["sk", "live", "42"]) expect(redacted).not.toContain(part);
    });
  }

  test("redact() removes a secret in JSON", () => {
    const key = 'quote"and\\backslash';
    expect(redactor([key])(JSON.stringify({ key }))).toBe('{"key":"[redacted]"}');
  });

  test("redact() removes a secret at each occurrence", () => {
    expect(redactor(["secret"])("secret, secret and secret")).toBe("[redacted], [redacted] and [redacted]");
  });

  test("redact() removes several secrets, even if one secret contains another", () => {
    expect(redactor(["abcd", "abcdef", undefined])("abcdef abcd abcde")).toBe("[redacted] [redacted] [redacted]e");
  });

  test("redact() does not treat a secret as a regular expression", () => {
    expect(redactor(["$&.*$1"])("a $&.*$1 b")).toBe("a [redacted] b");
  });

  test("redact() does not remove a very short secret, because it would match everywhere", () => {
    expect(redactor(["key", ""])("the key")).toBe("the key");
    expect(redactor(["keys"])("the keys")).toBe("the [redacted]");
  });

  test("redact() returns the text unchanged if there are no secrets", () => {
    expect(redactor([undefined])("plain")).toBe("plain");
  });

  test("redact() removes a secret from a text, whatever characters the secret contains", () => {
    const unit = fc.constantFrom(...Array.from("aZ0 %+/&=#?!'()*~$\"\\<>[]\n\0ä€😀"), "\ud800", "\udc00");
    const text = fc.string({ unit, maxLength: 20 });
    fc.assert(
      fc.property(fc.string({ unit, minLength: 4, maxLength: 20 }), text, text, (secret, before, after) => {
        fc.pre(!"[redacted]".includes(secret));
        const redacted = redactor([secret])(`${before}${secret}${after}`);
        // Checks each part alone. In the whole text, a part and `[redacted]` together can form the secret by chance.
        for (const part of redacted.split("[redacted]")) expect(part).not.toContain(secret);
      }),
    );
    expect(redactor(["\ud800abc"])("\ud800abc")).toBe("[redacted]");
  });
});
