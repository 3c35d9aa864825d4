import { describe, expect, test } from "vitest";
import { decodeBase64Url } from "../../src/codec/base64.js";
import { authorize } from "../../src/transport/auth.js";

const url = "wss://host/backtest";
const base = { headers: { "X-Tenant": "blue" }, userAgent: "simulator-client-js/1.2.3 (managed)" };
const headers = { "User-Agent": "simulator-client-js/1.2.3 (managed)", "X-Tenant": "blue" };

describe("the place of the API key", () => {
  test("the auth mode `header` sends the API key in X-API-Key", () => {
    expect(authorize(url, { ...base, mode: "header", apiKey: "key" })).toEqual({
      url,
      options: { headers: { ...headers, "X-API-Key": "key" } },
    });
  });

  test("the auth mode `subprotocol` sends the API key in base64url in a second subprotocol", () => {
    const { protocols, ...target } = authorize(url, { ...base, mode: "subprotocol", apiKey: "k/+?=" });
    expect(target).toEqual({ url, options: { headers } });
    expect(protocols?.[0]).toBe("backtest");
    // A subprotocol must not contain "/" or "=" (RFC 6455, 4.1). The key is therefore encoded as base64url, not as base64.
    expect(protocols?.[1]).toMatch(/^x-api-key\.[\w-]+$/);
    expect(decodeBase64Url(protocols?.[1]?.slice("x-api-key.".length) ?? "")).toBe("k/+?=");
  });

  test("the auth mode `query` appends the API key to the URL as the parameter api_key", () => {
    const target = authorize(`${url}?region=eu`, { ...base, mode: "query", apiKey: "a&b=c d" });
    expect(target).toEqual({ url: `${url}?region=eu&api_key=a%26b%3Dc+d`, options: { headers } });
  });

  for (const mode of ["header", "subprotocol", "query"] as const) {
    test(`the auth mode ${mode} adds nothing to the request if there is no API key`, () => {
      expect(authorize(url, { ...base, mode })).toEqual({ url, options: { headers } });
    });

    test(`the auth mode ${mode} passes the option \`agent\` to the WebSocket`, () => {
      const agent = {};
      expect(authorize(url, { ...base, mode, apiKey: "key", agent }).options?.agent).toBe(agent);
    });
  }

  test("custom headers replace the User-Agent header, but never the header of the API key", () => {
    const own = { "X-API-Key": "another", "User-Agent": "mine" };
    const { options } = authorize(url, { ...base, headers: own, mode: "header", apiKey: "key" });
    expect(options?.headers).toEqual({ "X-API-Key": "key", "User-Agent": "mine" });
  });
});
