import { describe, expect, it } from "vitest";
import { pageKey, withoutKey } from "../../../src/cli/proxy/credentials.js";
import { encodeBase64Url } from "../../../src/codec/base64.js";

const none = { header: undefined, query: new URLSearchParams(), protocols: [] };

describe("a page's key", () => {
  it.each([
    ["the header", { ...none, header: "page-key" }],
    ["a subprotocol", { ...none, protocols: ["backtest", `x-api-key.${encodeBase64Url("page-key")}`] }],
    ["the query", { ...none, query: new URLSearchParams("api_key=page-key&x=1") }],
  ])("is found in %s", (_, credentials) => {
    expect(pageKey(credentials)).toBe("page-key");
  });

  it.each([
    ["nothing", none],
    ["a subprotocol that can't be read", { ...none, protocols: ["x-api-key.***"] }],
    ["an empty one", { ...none, query: new URLSearchParams("api_key=") }],
    ["what would end a header", { ...none, query: new URLSearchParams("api_key=a%0d%0aX-Evil:%201") }],
    ["a line break within a subprotocol", { ...none, protocols: [`x-api-key.${encodeBase64Url("a\r\nb")}`] }],
  ])("is none in %s", (_, credentials) => {
    expect(pageKey(credentials)).toBeUndefined();
  });

  it("doesn't stay in the query", () => {
    expect(withoutKey(new URLSearchParams("a=1&api_key=k&b=2&api_key=l")).toString()).toBe("a=1&b=2");
  });
});
