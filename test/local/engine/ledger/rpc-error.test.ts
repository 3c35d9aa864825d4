import { describe, expect, test } from "vitest";
import {
  accountLimit,
  meaningOf,
  meaningOfText,
  type RpcError,
  type RpcErrorMeaning,
} from "../../../../src/local/engine/ledger/rpc-error.js";

/** Errors that nodes and providers send, from their documentation and from public issues. */
const ERRORS: [meaning: RpcErrorMeaning, error: RpcError][] = [
  ["skipped", { code: -32007, message: "Slot 103 was skipped, or missing due to ledger jump to recent snapshot" }],
  ["skipped", { code: -32009, message: "Slot 103 was skipped, or missing in long-term storage" }],
  ["skipped", { code: -32009, status: 500, message: "Slot 103 was skipped, or missing in long-term storage" }],
  ["skipped", { code: -32000, message: "Slot 103 was skipped, or missing due to ledger jump to recent snapshot" }],
  ["unavailable", { code: -32004, message: "Block not available for slot 103" }],
  ["unavailable", { code: -32014, message: "Block status not yet available for slot 103" }],
  ["unavailable", { code: -32000, message: "Block not available for slot 103" }],
  ["limited", { code: -32007, message: "50/second request limit reached - reduce calls per second or upgrade your account" }],
  ["limited", { code: -32009, message: "Too many requests, a slot is missing in your quota" }],
  ["limited", { code: -32004, message: "rate limit exceeded" }],
  ["limited", { code: -32005, message: "Too many requests from your IP" }],
  ["limited", { code: -32429, message: "rate limited" }],
  ["limited", { code: -32600, message: "You have exceeded the RPS limit available on the current plan" }],
  ["limited", { code: -32000, message: "project ID request rate exceeded" }],
  ["limited", { code: 429, status: 429, message: "Your app has exceeded its compute units per second capacity" }],
  ["limited", { code: 429, message: "Connection rate limits exceeded, contact your app developer or support" }],
  ["limited", { status: 429, message: "no reason given" }],
  ["limited", { code: 429, status: 429, message: "Too many requests for a specific RPC call; consider your own subscription" }],
  ["limited", { status: 403, message: "You reached the free tier CU/s limit" }],
  ["transient", { code: -32005, message: "Node is unhealthy" }],
  ["transient", { code: -32005, message: "Node is behind by 42 slots" }],
  ["transient", { code: -32016, message: "Minimum context slot has not been reached" }],
  ["transient", { code: -32019, message: "Failed to query long-term storage; please try again" }],
  ["transient", { code: -32603, message: "Internal error" }],
  ["transient", { code: -32000, message: "request timed out" }],
  ["transient", { code: 503, message: "Service Unavailable" }],
  ["transient", { status: 408, message: "no reason given" }],
  ["transient", { status: 500, message: "no reason given" }],
  ["transient", { status: 502, message: "502 Bad Gateway nginx" }],
  ["transient", { status: 504, message: "Gateway Time-out" }],
  ["transient", { status: 522, message: "error code: 522" }],
  ["final", { code: -32429, status: 429, message: "max usage reached" }],
  ["final", { code: 429, status: 429, message: "Monthly capacity limit exceeded. Visit the dashboard to upgrade" }],
  ["final", { code: -32600, status: 403, message: "Monthly capacity limit exceeded" }],
  ["final", { code: -32005, message: "daily request count exceeded, request rate limited" }],
  ["final", { code: -32007, message: "daily request limit reached - upgrade your account" }],
  ["final", { code: -32000, message: "your credits are used up" }],
  ["final", { status: 402, message: "Payment Required" }],
  ["final", { status: 401, message: "Too many requests without a key" }],
  ["final", { status: 401, message: "Unauthorized" }],
  ["final", { status: 403, message: "Access forbidden" }],
  ["final", { code: 403, status: 403, message: "Your IP or provider is blocked from this endpoint" }],
  ["final", { code: 410, status: 410, message: "The RPC call or parameters have been disabled" }],
  ["final", { status: 413, message: "request entity too large" }],
  ["final", { status: 404, message: "Not Found" }],
  ["final", { status: 501, message: "Not Implemented" }],
  ["final", { code: -32601, status: 500, message: "Method not found" }],
  ["final", { code: -32602, message: "Invalid params" }],
  ["final", { code: -32601, message: "Method 'getBlock' not found; please try again with another" }],
  ["final", { code: -32001, message: "Block 103 cleaned up, does not exist on node. First available block: 200" }],
  ["final", { code: -32011, message: "Transaction history is not available from this node" }],
  ["final", { code: -32015, message: "Transaction version (2) is not supported by the requesting client" }],
  ["final", { code: -32007, message: "custom refusal" }],
  ["final", { code: -32000, message: "Provider says no" }],
];

test.each(ERRORS)("meaningOf returns %s for the error %o", (meaning, error) => {
  expect(meaningOf(error)).toBe(meaning);
});

describe("a response that is not JSON-RPC", () => {
  test.each<[RpcErrorMeaning, RpcError]>([
    ["transient", { message: "the response is not JSON" }],
    ["transient", { message: "the response is not JSON: upstream connect error" }],
    ["transient", { message: "the response is not JSON: 502 Bad Gateway" }],
    ["limited", { message: "the response is not JSON: Rate limit exceeded" }],
    ["final", { message: "the response is not JSON-RPC: Invalid API key" }],
    ["final", { message: "the response is not JSON: Forbidden" }],
    ["final", { message: "the response is not JSON: monthly quota exceeded" }],
    ["final", { status: 403, message: "Just a moment..." }],
    ["limited", { status: 429, message: "error code: 1015" }],
    ["transient", { status: 503, message: "forbidden fruit" }],
  ])("meaningOfText returns %s for a response that is not JSON-RPC: %o", (meaning, error) => {
    expect(meaningOfText(error)).toBe(meaning);
  });
});

describe("the largest number of accounts in a call", () => {
  test.each<[RpcError, number, number | undefined]>([
    [{ code: -32602, message: "Too many inputs provided; max 10" }, 100, 10],
    [{ code: -32615, status: 413, message: "getMultipleAccounts is limited to a 5 accounts range with your plan" }, 100, 5],
    [{ status: 413, message: "request entity too large" }, 100, 50],
    [{ code: -32008, message: "Response is too big" }, 100, 50],
    [{ code: -32000, message: "the response exceeds the maximum of 50 MB" }, 8, 4],
    [{ code: -32602, message: "Too many inputs provided; max 100" }, 100, 50],
    [{ status: 413, message: "request entity too large" }, 1, undefined],
    [{ code: -32602, message: "Invalid param: WrongSize" }, 100, undefined],
  ])("for the error %o of a call with %i accounts, accountLimit returns %s", (error, asked, limit) => {
    expect(accountLimit(error, asked)).toBe(limit);
  });
});
