import { describe, expect, it } from "vitest";
import { Endpoints } from "../../../src/cli/proxy/endpoints.js";
import { encodeBase64Url } from "../../../src/codec/base64.js";

const none = new URLSearchParams();
const created = (endpoint: unknown, extra = "") =>
  `{"method":"sessionCreated","params":{"session_id":"backtest_1","rpc_endpoint":${JSON.stringify(endpoint)}${extra}},"seqId":18446744073709551615}`;

/** Rewrites an RPC endpoint. Returns the endpoint that the page receives, and the destination of requests to it. */
function relayed(endpoints: Endpoints, endpoint: string) {
  const path = (JSON.parse(endpoints.rewrite(created(endpoint))) as { params: { rpc_endpoint: string } }).params.rpc_endpoint;
  return { path, found: endpoints.find(new URL(path, "http://proxy").pathname, none) };
}

describe("the destination of a request", () => {
  it("the proxy forwards a control request to the control URL of the service, and adds the API key", () => {
    const endpoints = new Endpoints("wss://service.example/prefix/backtest?team=1");
    expect(endpoints.find("/backtest", new URLSearchParams("x=2"))).toEqual({
      url: new URL("wss://service.example/prefix/backtest?team=1&x=2"),
      needsKey: true,
    });
  });

  it("the proxy sends the API key only to the host of the service", () => {
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

describe("the RPC endpoint of a session", () => {
  it("the proxy keeps a relative RPC endpoint unchanged, and adds no API key to requests for this endpoint", () => {
    const endpoints = new Endpoints("ws://127.0.0.1:9/backtest");
    expect(relayed(endpoints, "/backtest/backtest_1")).toEqual({
      path: "/backtest/backtest_1",
      found: { url: new URL("http://127.0.0.1:9/backtest/backtest_1"), needsKey: false },
    });
    expect(relayed(endpoints, "backtest/two").found).toMatchObject({ needsKey: false });
  });

  it("the proxy replaces an absolute RPC endpoint with a path of the proxy, and adds no API key to requests for this path", () => {
    const endpoints = new Endpoints("wss://service.example/backtest");
    expect(relayed(endpoints, "https://service.example/rpc/1?a=1")).toEqual({
      path: "/rpc/1?a=1",
      found: { url: new URL("https://service.example/rpc/1"), needsKey: false },
    });
    const { path, found } = relayed(endpoints, "https://node-7.example:8443/rpc/1");
    expect(path).toBe(`/relay/${encodeBase64Url("https://node-7.example:8443")}/rpc/1`);
    expect(found).toEqual({ url: new URL("https://node-7.example:8443/rpc/1"), needsKey: false });
  });

  it("the proxy refuses a request for an unencrypted RPC endpoint if the service uses TLS", () => {
    const { found } = relayed(new Endpoints("wss://service.example/backtest"), "http://node-7.example/rpc/1");
    expect(found).toMatchObject({ status: 404 });
    expect(relayed(new Endpoints("ws://service.example/backtest"), "http://node-7.example/rpc/1").found).toMatchObject({
      url: new URL("http://node-7.example/rpc/1"),
    });
  });

  it("the proxy refuses an RPC request to a host that was not in a response of the service", () => {
    const endpoints = new Endpoints("wss://service.example/backtest");
    expect(endpoints.find(`/relay/${encodeBase64Url("https://evil.example")}/x`, none)).toMatchObject({ status: 503 });
    for (const encoded of ["", "***", encodeBase64Url("not a URL"), encodeBase64Url("https://evil.example/path")]) {
      expect(endpoints.find(`/relay/${encoded}/x`, none)).toMatchObject({ status: 404 });
    }
    // A host name in the path must not change the host of the request.
    relayed(endpoints, "https://node-7.example/rpc");
    const found = endpoints.find(`/relay/${encodeBase64Url("https://node-7.example")}/@evil.example//x`, none);
    expect("url" in found && found.url.host).toBe("node-7.example");
  });

  it("the proxy changes nothing in a frame except the RPC endpoint", () => {
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

  it("the proxy replaces an RPC endpoint in the camelCase member `rpcEndpoint`", () => {
    const endpoints = new Endpoints("wss://service.example/backtest");
    const rewritten = endpoints.rewrite('{"method":"sessionCreated","params":{"rpcEndpoint":"https://node-7.example/rpc"}}');
    expect(JSON.parse(rewritten).params.rpcEndpoint).toBe(`/relay/${encodeBase64Url("https://node-7.example")}/rpc`);
  });

  it("the proxy does not forward a frame with an RPC endpoint if the frame is nested too deeply to be rewritten", () => {
    const endpoints = new Endpoints("wss://service.example/backtest");
    for (const depth of [2_000, 20_000, 200_000]) {
      const deep = `,"deep":${"[".repeat(depth)}18446744073709551615${"]".repeat(depth)}`;
      let rewritten = "";
      try {
        rewritten = endpoints.rewrite(created("https://node-7.example/rpc", deep));
      } catch (error) {
        expect(error).toBeInstanceOf(SyntaxError);
      }
      expect(rewritten).not.toContain("node-7.example");
    }
  });
});
