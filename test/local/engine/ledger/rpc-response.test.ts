import { describe, expect, test } from "vitest";
import { type ReceivedResponse, readResponse } from "../../../../src/local/engine/ledger/rpc-response.js";

const NOW = Date.parse("2026-11-30T00:00:00Z");

function read(text: string, status = 200, headers: Record<string, string> = {}): ReturnType<typeof readResponse> {
  const response: ReceivedResponse = { status, isOpaqueRedirect: false, headers: new Headers(headers), text };
  const redact = (words: string): string => words.replaceAll("secret-key", "[redacted]");
  return readResponse(response, { redact, describeRedirect: (to) => `redirected to ${to}`, now: NOW });
}

test.each<[string, string, number, object]>([
  ["a JSON-RPC error", '{"error":{"code":-32000,"message":"no"}}', 200, { code: -32000, message: "no" }],
  ["an error whose code is a text", '{"error":{"code":"-32000","message":"no"}}', 200, { code: -32000, message: "no" }],
  [
    "an error whose code is a name",
    '{"error":{"code":"RATE_LIMITED","message":"later"}}',
    200,
    { message: "RATE_LIMITED: later" },
  ],
  [
    "an error whose data is a text",
    '{"error":{"code":-3,"message":"no","data":"a plan"}}',
    200,
    { code: -3, message: "no: a plan" },
  ],
  ["an error that is a text", '{"error":"Forbidden"}', 200, { message: "Forbidden" }],
  [
    "an error that is a text beside a message",
    '{"error":"Unauthorized","message":"no key"}',
    401,
    { message: "Unauthorized: no key" },
  ],
  ["an error without a message", '{"error":{"code":-1,"reason":"x"}}', 200, { code: -1, message: '{"code":-1,"reason":"x"}' }],
  [
    "a message that is no text",
    '{"error":{"code":-1,"message":{"a":12345678901234567890}}}',
    200,
    { message: '{"a":"12345678901234567890"}' },
  ],
  ["a batch with one response", '[{"error":{"code":-32005,"message":"no"}}]', 200, { code: -32005, message: "no" }],
  ["a gateway error", '{"message":"Invalid authentication credentials"}', 401, { message: "Invalid authentication credentials" }],
  ["problem details (RFC 9457)", '{"title":"Too Many","detail":"Slow down"}', 429, { message: "Slow down" }],
  ["a list of errors", '{"errors":[{"message":"no such key"}]}', 403, { message: "no such key" }],
  ["a list of texts", '{"errors":["no such key"]}', 403, { message: "no such key" }],
  ["a text", "  no such\n key ", 401, { message: "no such key" }],
  [
    "HTML",
    "<html><head><title>t</title></head><style>p{}</style><body><h1>Access</h1><!-- c --> denied</body></html>",
    403,
    { message: "Access denied" },
  ],
  ["an empty body", "", 503, { message: "no reason given" }],
])("readResponse reads the error message from %s", (_, text, status, error) => {
  expect(read(text, status)).toMatchObject({ error });
});

describe("a response with status 200 and without JSON-RPC", () => {
  test.each<[string, string, string]>([
    ["a truncated body", '{"jsonrpc":"2.0","result":{"blockTi', 'the response is not JSON: {"jsonrpc":"2.0","result":{"blockTi'],
    ["an HTML page", "<h1>Welcome</h1>", "the response is not JSON: Welcome"],
    ["an empty body", "", "the response is not JSON"],
    ["a JSON string", '"ok"', 'the response is not JSON-RPC: "ok"'],
    ["an object that is not JSON-RPC", '{"message":"please wait"}', "the response is not JSON-RPC: please wait"],
    [
      "a JSON-RPC response without a result",
      '{"jsonrpc":"2.0","id":1}',
      'the response is not JSON-RPC: {"jsonrpc":"2.0","id":1}',
    ],
  ])("readResponse treats a response with status 200 that is not JSON-RPC as a temporary error: %s", (_, text, message) => {
    expect(read(text)).toMatchObject({ error: { message }, meaning: "transient" });
  });
});

test("readResponse returns the result of a call, even if the result is null", () => {
  expect(read('{"result":null}')).toEqual({ result: null });
  expect(read('{"result":{"slot":18446744073709551615},"error":null}')).toEqual({
    result: { slot: 18_446_744_073_709_551_615n },
  });
});

test("readResponse escapes the message of a node, shortens it to one line, and removes the API key", () => {
  const outcome = read(`no\n secret-key \u001b[2J\u202e${"x".repeat(100_000)}`, 403);
  const { message } = (outcome as { error: { message: string } }).error;
  expect(message).toMatch(/^no \[redacted\] \\u001b\[2J\\u202ex{50,}$/);
  expect(message.length).toBeLessThan(320);
});

test.each<[string, Record<string, string>, number | undefined]>([
  ["a Retry-After header in seconds", { "retry-after": "7" }, 7_000],
  ["a Retry-After header with a fraction of a second", { "retry-after": "0.25" }, 250],
  ["a Retry-After header with a date", { "retry-after": "Mon, 30 Nov 2026 00:00:20 GMT" }, 20_000],
  [
    "a Retry-After header with a date, by the clock of the server",
    { "retry-after": "Mon, 30 Nov 2026 01:00:20 GMT", date: "Mon, 30 Nov 2026 01:00:00 GMT" },
    20_000,
  ],
  ["a Retry-After header with a date in the past", { "retry-after": "Mon, 30 Nov 2015 00:00:20 GMT" }, 0],
  ["a Retry-After header with a long time, limited to one minute", { "retry-after": "86400" }, 60_000],
  ["an invalid Retry-After header, as undefined", { "retry-after": "soon" }, undefined],
  ["a response without a Retry-After header, as undefined", {}, undefined],
])("readResponse reads the retry delay from %s", (_, headers, retryAfterMs) => {
  expect((read("", 429, headers) as { retryAfterMs?: number }).retryAfterMs).toBe(retryAfterMs);
});

test("readResponse treats a redirect as a permanent error, even if the redirect target is unknown", () => {
  expect(read("", 307, { location: "/x" })).toMatchObject({
    error: { message: "redirected to /x", status: 307 },
    meaning: "final",
  });
  const hidden = { status: 0, isOpaqueRedirect: true, headers: new Headers(), text: "" };
  expect(readResponse(hidden, { redact: String, describeRedirect: () => "redirected", now: NOW })).toMatchObject({
    meaning: "final",
  });
});
