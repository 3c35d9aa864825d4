import { describe, expect, it } from "vitest";
import { pageKey, withoutKey } from "../../../src/cli/proxy/credentials.js";
import { encodeBase64Url } from "../../../src/codec/base64.js";

const none = { header: undefined, query: new URLSearchParams(), protocols: [] };

describe("the API key of a page", () => {
  it.each([
    ["the header", { ...none, header: "page-key" }],
    ["a subprotocol", { ...none, protocols: ["backtest", `x-api-key.${encodeBase64Url("page-key")}`] }],
    ["the query", { ...none, query: new URLSearchParams("api_key=page-key&x=1") }],
  ])("pageKey reads the API key of a page from %s of its request", (_, credentials) => {
    expect(pageKey(credentials)).toBe("page-key");
  });

  it.each([
    ["nothing", none],
    ["a subprotocol that is not base64url", { ...none, protocols: ["x-api-key.***"] }],
    ["an empty api_key in the query", { ...none, query: new URLSearchParams("api_key=") }],
    ["a query with a line break", { ...none, query: new URLSearchParams("api_key=a%0d%0aX-Evil:%201") }],
    ["a subprotocol with a line break", { ...none, protocols: [`x-api-key.${encodeBase64Url("a\r\nb")}`] }],
  ])("pageKey returns undefined for a page that sends %s instead of a valid key", (_, credentials) => {
    expect(pageKey(credentials)).toBeUndefined();
  });

  it("withoutKey removes every API key from the query of a request", () => {
    expect(withoutKey(new URLSearchParams("a=1&api_key=k&b=2&api_key=l")).toString()).toBe("a=1&b=2");
  });
});
