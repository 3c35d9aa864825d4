import { describe, expect, test } from "vitest";
import { decodeBase64Url } from "../../src/codec/base64.js";
import { authorize } from "../../src/transport/auth.js";

const url = "wss://host/backtest";
const base = { headers: { "X-Tenant": "blue" }, userAgent: "simulator-client-js/1.2.3 (managed)" };
const headers = { "User-Agent": "simulator-client-js/1.2.3 (managed)", "X-Tenant": "blue" };

describe("where the API key goes", () => {
  test("where the API key goes: header: into X-API-Key", () => {
    expect(authorize(url, { ...base, mode: "header", apiKey: "key" })).toEqual({
      url,
      options: { headers: { ...headers, "X-API-Key": "key" } },
    });
  });

  test("where the API key goes: subprotocol: into one that the server does not select", () => {
    const { protocols, ...target } = authorize(url, { ...base, mode: "subprotocol", apiKey: "k/+?=" });
    expect(target).toEqual({ url, options: { headers } });
    expect(protocols?.[0]).toBe("backtest");
    // RFC 6455, 4.1: a subprotocol is a token; "/", "+" and "=" of plain base64 are none of its characters.
    expect(protocols?.[1]).toMatch(/^x-api-key\.[\w-]+$/);
    expect(decodeBase64Url(protocols?.[1]?.slice("x-api-key.".length) ?? "")).toBe("k/+?=");
  });

  test("where the API key goes: query: into api_key, after the parameters of the address", () => {
    const target = authorize(`${url}?region=eu`, { ...base, mode: "query", apiKey: "a&b=c d" });
    expect(target).toEqual({ url: `${url}?region=eu&api_key=a%26b%3Dc+d`, options: { headers } });
  });

  for (const mode of ["header", "subprotocol", "query"] as const) {
    test(`where the API key goes: ${mode}: nothing is sent without a key`, () => {
      expect(authorize(url, { ...base, mode })).toEqual({ url, options: { headers } });
    });

    test(`where the API key goes: ${mode}: the agent is passed on`, () => {
      const agent = {};
      expect(authorize(url, { ...base, mode, apiKey: "key", agent }).options?.agent).toBe(agent);
    });
  }

  test("custom headers can replace the identity, but not the key", () => {
    const own = { "X-API-Key": "another", "User-Agent": "mine" };
    const { options } = authorize(url, { ...base, headers: own, mode: "header", apiKey: "key" });
    expect(options?.headers).toEqual({ "X-API-Key": "key", "User-Agent": "mine" });
  });
});
