import { describe, expect, it } from "vitest";
import { Endpoints } from "../../../src/cli/proxy/endpoints.js";
import { encodeBase64Url } from "../../../src/codec/base64.js";

const none = new URLSearchParams();
const created = (endpoint: unknown, extra = "") =>
  `{"method":"sessionCreated","params":{"session_id":"backtest_1","rpc_endpoint":${JSON.stringify(endpoint)}${extra}},"seqId":18446744073709551615}`;

/** The endpoint that the page is told, and where that leads. */
function relayed(endpoints: Endpoints, endpoint: string) {
  const told = (JSON.parse(endpoints.rewrite(created(endpoint))) as { params: { rpc_endpoint: string } }).params.rpc_endpoint;
  return { told, found: endpoints.find(new URL(told, "http://proxy").pathname, none) };
}

describe("where a page's request goes", () => {
  it("is the control channel, with the key", () => {
    const endpoints = new Endpoints("wss://service.example/prefix/backtest?team=1");
    expect(endpoints.find("/backtest", new URLSearchParams("x=2"))).toEqual({
      url: new URL("wss://service.example/prefix/backtest?team=1&x=2"),
      needsKey: true,
    });
  });

  it("is the service's other paths, with the key, and no other host, whatever the path says", () => {
    const endpoints = new Endpoints("wss://service.example/backtest");
    expect(endpoints.find("/usage", new URLSearchParams("since=1"))).toEqual({
      url: new URL("https://service.example/usage?since=1"),
      needsKey: true,
    });
    for (const path of [
      "//evil.example/x",
      "/\\evil.example",
      "/@evil.example/",
      "/https://evil.example",
      "/:80@evil.example",
      "/..//evil.example",
    ]) {
      const found = endpoints.find(new URL(`http://proxy${path}`).pathname, none);
      expect("url" in found && found.url.host).toBe("service.example");
    }
  });
});

describe("a session's RPC endpoint", () => {
  it("stays as it is where it is relative, and gets no key", () => {
    const endpoints = new Endpoints("ws://127.0.0.1:9/backtest");
    expect(relayed(endpoints, "/backtest/backtest_1")).toEqual({
      told: "/backtest/backtest_1",
      found: { url: new URL("http://127.0.0.1:9/backtest/backtest_1"), needsKey: false },
    });
    expect(relayed(endpoints, "backtest/two").found).toMatchObject({ needsKey: false });
  });

  it("is led through the proxy where it is absolute, and gets no key", () => {
    const endpoints = new Endpoints("wss://service.example/backtest");
    expect(relayed(endpoints, "https://service.example/rpc/1?a=1")).toEqual({
      told: "/rpc/1?a=1",
      found: { url: new URL("https://service.example/rpc/1"), needsKey: false },
    });
    const { told, found } = relayed(endpoints, "https://node-7.example:8443/rpc/1");
    expect(told).toBe(`/relay/${encodeBase64Url("https://node-7.example:8443")}/rpc/1`);
    expect(found).toEqual({ url: new URL("https://node-7.example:8443/rpc/1"), needsKey: false });
  });

  it("is refused where it isn't encrypted and the service is", () => {
    const { found } = relayed(new Endpoints("wss://service.example/backtest"), "http://node-7.example/rpc/1");
    expect(found).toMatchObject({ status: 404 });
    expect(relayed(new Endpoints("ws://service.example/backtest"), "http://node-7.example/rpc/1").found).toMatchObject({
      url: new URL("http://node-7.example/rpc/1"),
    });
  });

  it("is never one that the service hasn't named", () => {
    const endpoints = new Endpoints("wss://service.example/backtest");
    expect(endpoints.find(`/relay/${encodeBase64Url("https://evil.example")}/x`, none)).toMatchObject({ status: 503 });
    for (const encoded of ["", "***", encodeBase64Url("not a URL"), encodeBase64Url("https://evil.example/path")]) {
      expect(endpoints.find(`/relay/${encoded}/x`, none)).toMatchObject({ status: 404 });
    }
    // Nor by a detour over one that it has.
    relayed(endpoints, "https://node-7.example/rpc");
    const found = endpoints.find(`/relay/${encodeBase64Url("https://node-7.example")}/@evil.example//x`, none);
    expect("url" in found && found.url.host).toBe("node-7.example");
  });

  it("is the only thing in a frame that changes", () => {
    const endpoints = new Endpoints("wss://service.example/backtest");
    const text = created("https://node-7.example/rpc", ',"task_id":"t"');
    const rewritten = endpoints.rewrite(text);
    expect(rewritten).toBe(text.replace("https://node-7.example/rpc", `/relay/${encodeBase64Url("https://node-7.example")}/rpc`));
    for (const other of [
      '{"method":"slotNotification","params":18446744073709551615}',
      '{"rpc_endpoint"',
      '{"rpc_endpoint":5}',
      created(5),
    ]) {
      expect(endpoints.rewrite(other)).toBe(other);
    }
  });
});
