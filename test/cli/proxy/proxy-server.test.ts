import { createServer, request as httpRequest, type IncomingMessage, type Server } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type RawData, WebSocket, WebSocketServer } from "ws";
import { PROXY_LIMITS } from "../../../src/cli/proxy/proxy-limits.js";
import { openProxy } from "../../../src/cli/proxy/proxy-server.js";
import { encodeBase64Url } from "../../../src/codec/base64.js";

const ORIGIN = "https://app.example";
const KEY = "proxy-key-55d1";

/** A fake service that records the requests it receives. */
interface Upstream {
  url: string;
  requests: IncomingMessage[];
  bodies: string[];
  sockets: WebSocket[];
  /** Resolves with the next opened socket. */
  next(): Promise<WebSocket>;
  refuseWith: number | undefined;
  close(): Promise<void>;
}

async function openUpstream(): Promise<Upstream> {
  const sockets = new WebSocketServer({ noServer: true, perMessageDeflate: false, maxPayload: 256 * 1024 * 1024 });
  const waiting: ((socket: WebSocket) => void)[] = [];
  const server: Server = createServer((request, response) => {
    upstream.requests.push(request);
    let body = "";
    request.on("data", (chunk: Buffer) => {
      body += chunk;
    });
    request.on("end", () => {
      upstream.bodies.push(body);
      if (request.url === "/cut") {
        response.writeHead(200, { "content-length": "100" });
        response.write("half");
        setImmediate(() => response.destroy());
        return;
      }
      response.writeHead(request.url === "/usage" && request.headers["x-api-key"] === undefined ? 401 : 200, {
        "content-type": "application/json",
        "set-cookie": "a=b",
        "access-control-allow-origin": "*",
      });
      response.end('{"ok":true}');
    });
  });
  server.on("upgrade", (request, socket, head) => {
    upstream.requests.push(request);
    if (upstream.refuseWith !== undefined) {
      socket.end(`HTTP/1.1 ${upstream.refuseWith} No\r\nConnection: close\r\n\r\n`);
      return;
    }
    sockets.handleUpgrade(request, socket, head, (ws) => {
      upstream.sockets.push(ws);
      ws.on("error", () => {});
      waiting.shift()?.(ws);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const upstream: Upstream = {
    url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}/backtest`,
    requests: [],
    bodies: [],
    sockets: [],
    refuseWith: undefined,
    next: () => new Promise((resolve) => waiting.push(resolve)),
    close: async () => {
      for (const socket of upstream.sockets) socket.terminate();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return upstream;
}

let upstream: Upstream;
let proxy: Awaited<ReturnType<typeof openProxy>>;
let reported: string[];

async function start(apiKey: string | undefined) {
  proxy = await openProxy({
    controlUrl: upstream.url,
    apiKey,
    origins: [ORIGIN],
    port: 0,
    report: (line) => reported.push(line),
  });
}

beforeEach(async () => {
  reported = [];
  upstream = await openUpstream();
  await start(KEY);
});

afterEach(async () => {
  await proxy.close();
  await upstream.close();
});

interface PageOptions {
  origin?: string | undefined;
  protocols?: string[];
  headers?: Record<string, string>;
}

function openPage(path = "/backtest", { origin = ORIGIN, protocols = [], headers = {} }: PageOptions = {}): WebSocket {
  const page = new WebSocket(`ws://127.0.0.1:${proxy.port}${path}`, protocols, {
    headers: { ...(origin !== "" && { origin }), ...headers },
    perMessageDeflate: false,
    maxPayload: 256 * 1024 * 1024,
  });
  page.on("error", () => {});
  return page;
}

const opened = (socket: WebSocket) => new Promise<void>((resolve) => socket.once("open", () => resolve()));
const closed = (socket: WebSocket) =>
  new Promise<[number, string]>((resolve) =>
    socket.once("close", (code: number, reason: Buffer) => resolve([code, reason.toString()])),
  );
const message = (socket: WebSocket) =>
  new Promise<RawData>((resolve) => socket.once("message", (data: RawData) => resolve(data)));
const refused = (socket: WebSocket) =>
  new Promise<number>((resolve, reject) => {
    socket.once("unexpected-response", (_request, { statusCode = 0 }) => resolve(statusCode));
    socket.once("open", () => reject(new Error("the page was accepted")));
  });

/** Opens a page's socket through the proxy. Returns this socket, and the socket that the service accepted for it. */
async function pair(path?: string, options?: PageOptions): Promise<{ page: WebSocket; service: WebSocket }> {
  const serviceOpened = upstream.next();
  const page = openPage(path, options);
  const [service] = await Promise.all([serviceOpened, opened(page)]);
  return { page, service };
}

function ask(
  path: string,
  headers: Record<string, string>,
  method = "GET",
  body = "",
): Promise<{ status: number; headers: IncomingMessage["headers"]; text: string; isComplete: boolean }> {
  return new Promise((resolve, reject) => {
    const request = httpRequest({ host: "127.0.0.1", port: proxy.port, path, method, headers }, (response) => {
      let text = "";
      response.on("data", (chunk: Buffer) => {
        text += chunk;
      });
      response.on("close", () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, text, isComplete: response.complete }),
      );
      response.on("error", () => {});
    });
    request.on("error", reject);
    request.end(body);
  });
}

describe("the proxy refuses", () => {
  it.each([
    ["a page from another origin", { origin: "https://evil.example" }],
    ["a page on this machine with an origin that is not accepted", { origin: "http://localhost:5173" }],
    ["a page with an opaque origin", { origin: "null" }],
    ["a page with an origin that starts with an accepted origin", { origin: `${ORIGIN}.evil.example` }],
    ["a client without an origin", { origin: "" }],
    ["a client that requests another host name (DNS rebinding)", { headers: { host: "evil.example" } }],
    ["a client that requests a host name that only starts with 127.0.0.1", { headers: { host: "127.0.0.1.evil.example" } }],
    ["a client that sends credentials in the header Host", { headers: { host: "localhost@evil.example" } }],
  ] satisfies [string, PageOptions][])(
    "the proxy refuses HTTP requests and WebSockets of %s with 403",
    async (_, options: PageOptions) => {
      expect(await refused(openPage("/backtest", options))).toBe(403);
      const headers: Record<string, string> = { ...options.headers };
      const { origin = ORIGIN } = options;
      if (origin !== "") headers.origin = origin;
      const answer = await ask("/usage", headers);
      expect(answer.status).toBe(403);
      expect(answer.headers["access-control-allow-origin"]).toBeUndefined();
      expect(upstream.requests).toEqual([]);
      expect(reported).toHaveLength(1);
      expect(reported[0]).toMatch(/^refused [^\n]+$/);
    },
  );
});

describe("the API key", () => {
  it("the proxy adds its API key to control connections and HTTP calls, but not to requests for an RPC endpoint", async () => {
    await pair();
    await pair("/backtest/backtest_1");
    const [control, subscription] = upstream.requests;
    expect(control?.headers["x-api-key"]).toBe(KEY);
    expect(subscription?.headers["x-api-key"]).toBeUndefined();
    expect(subscription?.url).toBe("/backtest/backtest_1");
    await ask("/usage", { origin: ORIGIN });
    expect(upstream.requests[2]?.headers["x-api-key"]).toBe(KEY);
  });

  it("if a page sends an API key, the proxy forwards this key instead of its own key", async () => {
    const { page } = await pair("/backtest", { protocols: ["backtest", `x-api-key.${encodeBase64Url("page-key")}`] });
    expect(page.protocol).toBe("backtest");
    await pair("/backtest?api_key=query-key&x=1");
    expect(upstream.requests.map(({ headers }) => headers["x-api-key"])).toEqual(["page-key", "query-key"]);
    expect(upstream.requests.map(({ headers }) => headers["sec-websocket-protocol"])).toEqual([undefined, undefined]);
    expect(upstream.requests[1]?.url).toBe("/backtest?x=1");
  });

  it("the proxy adds no API key if it has none", async () => {
    await proxy.close();
    await start(undefined);
    expect((await ask("/usage", { origin: ORIGIN })).status).toBe(401);
  });
});

describe("a WebSocket", () => {
  it("the proxy relays text and binary WebSocket frames in both directions", async () => {
    const { page, service } = await pair();
    const atService = message(service);
    page.send("hello");
    expect(String(await atService)).toBe("hello");
    const atPage = message(page);
    service.send(Buffer.from([0, 255]));
    expect(await atPage).toEqual(Buffer.from([0, 255]));
  });

  it("the proxy delivers a frame that arrives together with the WebSocket handshake", async () => {
    const serviceOpened = upstream.next().then((service) => service.send("at once"));
    const page = openPage();
    expect(String(await message(page))).toBe("at once");
    await serviceOpened;
  });

  it("in WebSocket frames, the proxy replaces the RPC endpoint with a path of the proxy", async () => {
    const { page, service } = await pair();
    const atPage = message(page);
    const other = new URL(upstream.url).host.replace("127.0.0.1", "localhost");
    service.send(`{"method":"sessionCreated","params":{"session_id":"s","rpc_endpoint":"http://${other}/rpc/7"}}`);
    const { params } = JSON.parse(String(await atPage)) as { params: { rpc_endpoint: string } };
    expect(params.rpc_endpoint).toMatch(/^\/relay\//);
    await pair(params.rpc_endpoint);
    expect(upstream.requests.at(-1)).toMatchObject({ url: "/rpc/7", headers: expect.not.objectContaining({ "x-api-key": KEY }) });
    const answer = await ask(params.rpc_endpoint, { origin: ORIGIN, "content-type": "application/json" }, "POST", "{}");
    expect(answer.status).toBe(200);
    expect(upstream.requests.at(-1)?.headers["x-api-key"]).toBeUndefined();
  });

  it.each([
    [1000, "done"],
    [1012, "redeploy"],
    [4001, "its own"],
  ])("the proxy closes the WebSocket of the page with the code %s if the service closes with this code", async (code, reason) => {
    const { page, service } = await pair();
    const end = closed(page);
    service.close(code, reason);
    expect(await end).toEqual([code, reason]);
  });

  it("if the WebSocket of the service ends with the code 1005 or 1006, the WebSocket of the page ends with the same code", async () => {
    const first = await pair();
    const bare = closed(first.page);
    first.service.close();
    expect(await bare).toEqual([1005, ""]);
    const second = await pair();
    const cut = closed(second.page);
    second.service.terminate();
    expect((await cut)[0]).toBe(1006);
  });

  it("if a page closes its WebSocket, the proxy closes the WebSocket of the service with the same code", async () => {
    const { page, service } = await pair();
    const end = closed(service);
    page.close(4002, "done");
    expect(await end).toEqual([4002, "done"]);
    const other = await pair();
    const cut = closed(other.service);
    other.page.terminate();
    expect((await cut)[0]).toBe(1006);
  });

  it("the proxy delivers all WebSocket frames before the close frame", async () => {
    const { page, service } = await pair();
    const texts: string[] = [];
    page.on("message", (data: RawData) => texts.push(String(data)));
    const end = closed(page);
    for (let i = 0; i < 1_000; i++) service.send(`${i}`);
    service.close(1012, "redeploy");
    expect(await end).toEqual([1012, "redeploy"]);
    expect(texts).toEqual(Array.from({ length: 1_000 }, (_, i) => `${i}`));
  });

  it("the proxy refuses a WebSocket with the HTTP status that the service has sent", async () => {
    upstream.refuseWith = 401;
    expect(await refused(openPage())).toBe(401);
    expect(reported.join()).toContain("HTTP 401");
    expect(reported.join()).not.toContain(KEY);
  });

  it("the proxy refuses a WebSocket with 502 if the service cannot be reached", async () => {
    await upstream.close();
    expect(await refused(openPage())).toBe(502);
    expect(reported.join()).toContain("could not connect to");
  });

  it("the proxy closes both WebSockets of a pair if a frame is too large", async () => {
    const { page, service } = await pair();
    const [atPage, atService] = [closed(page), closed(service)];
    page.send(Buffer.alloc(PROXY_LIMITS.frameBytes + 1));
    expect((await atService)[0]).toBe(1009);
    expect([1006, 1009]).toContain((await atPage)[0]);
  });

  it("the proxy stops reading from the service while the page is slow, and loses no frame", async () => {
    const { page, service } = await pair();
    page.pause();
    const chunk = Buffer.alloc(64 * 1024);
    const total = 1_500;
    let written = 0;
    for (let i = 0; i < total; i++) service.send(chunk, () => written++);
    // Waits until the transfer has started.
    await expect.poll(() => written).toBeGreaterThan(20);
    let before = -1;
    await expect
      .poll(
        () => {
          const isPaused = written === before;
          before = written;
          return isPaused;
        },
        { timeout: 10_000, interval: 300 },
      )
      .toBe(true);
    expect(written * chunk.length).toBeLessThan(48 * 1024 * 1024);
    let received = 0;
    const all = new Promise<void>((resolve) => {
      page.on("message", () => {
        if (++received === total) resolve();
      });
    });
    page.resume();
    await all;
    expect(written).toBe(total);
  });

  it("the proxy closes all WebSockets when it stops", async () => {
    const { page, service } = await pair();
    const ends = [closed(page), closed(service)];
    await proxy.close();
    for (const end of ends) expect([1001, 1006]).toContain((await end)[0]);
  });
});

it("the proxy closes a WebSocket if one of its frames cannot be rewritten, and keeps other WebSockets open", async () => {
  const { page, service } = await pair();
  const other = await pair();
  const end = closed(page);
  const deep = "[".repeat(200_000) + "]".repeat(200_000);
  service.send(`{"method":"sessionCreated","params":{"rpc_endpoint":"https://node-7.example/rpc","deep":${deep}}}`);
  const code = await Promise.race([end.then(([closeCode]) => closeCode), message(page).then((data) => String(data).length)]);
  if (code === 1011) expect(reported.join()).toContain("a frame cannot be relayed");
  else expect(code).toBeGreaterThan(400_000);
  const atPage = message(other.page);
  other.service.send("still open");
  expect(String(await atPage)).toBe("still open");
});

/** Sends raw bytes to the proxy and returns its response. */
function sendRaw(text: string): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(proxy.port, "127.0.0.1");
    let response = "";
    socket.on("data", (chunk: Buffer) => {
      response += chunk;
    });
    socket.on("error", () => {});
    socket.on("close", () => resolve(response));
    socket.write(text);
  });
}

describe("a request body", () => {
  const inner = "PUT /smuggled HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n";
  const chunked = `${inner.length.toString(16)}\r\n${inner}\r\n0\r\n\r\n`;
  const head = (method: string) => `${method} /a HTTP/1.1\r\nHost: localhost\r\nOrigin: ${ORIGIN}\r\nConnection: close\r\n`;
  const paths = () => upstream.requests.map(({ method, url }) => `${method} ${url}`);

  it.each(["GET", "HEAD", "DELETE"])("the proxy refuses a %s request that has a body", async (method) => {
    for (const body of [
      `Transfer-Encoding: chunked\r\n\r\n${chunked}`,
      `Content-Length: ${inner.length}\r\n\r\n${inner}`,
      `Transfer-Encoding: identity\r\n\r\n${inner}`,
      `Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n${chunked}`,
    ]) {
      expect(await sendRaw(`${head(method)}${body}`)).toMatch(/^HTTP\/1\.1 400 /);
    }
    expect(paths()).toEqual([]);
  });

  it("the proxy forwards the chunked body of a POST request as a body, and not as a second request", async () => {
    expect(await sendRaw(`${head("POST")}Transfer-Encoding: chunked\r\n\r\n${chunked}`)).toMatch(/^HTTP\/1\.1 200 /);
    expect([paths(), upstream.bodies]).toEqual([["POST /a"], [inner]]);
  });

  it("the proxy does not forward the body of a CORS preflight request", async () => {
    await sendRaw(`${head("OPTIONS")}Transfer-Encoding: chunked\r\n\r\n${chunked}`);
    expect(paths()).toEqual([]);
  });

  it("the proxy accepts a DELETE request with a body of length 0", async () => {
    expect(await sendRaw(`${head("DELETE")}Content-Length: 0\r\n\r\n`)).toMatch(/^HTTP\/1\.1 200 /);
  });
});

it.each(["CONNECT evil.example:443 HTTP/1.1", "GET http://evil.example/ HTTP/1.1", "GET //evil.example/%zz HTTP/1.1", "GARBAGE"])(
  "the proxy still answers other requests after it has received the unusual request line %j",
  async (line) => {
    await sendRaw(`${line}\r\nHost: localhost\r\nOrigin: ${ORIGIN}\r\nConnection: close\r\n\r\n`);
    expect((await ask("/usage", { origin: ORIGIN })).status).toBe(200);
  },
);

describe("an HTTP call", () => {
  it("the proxy relays an HTTP call with its body, and adds CORS headers to the response", async () => {
    const answer = await ask(
      "/build-bundle?x=1",
      { origin: ORIGIN, "content-type": "application/json", cookie: "secret=1" },
      "POST",
      '{"a":1}',
    );
    expect(answer).toMatchObject({ status: 200, text: '{"ok":true}' });
    expect(answer.headers["access-control-allow-origin"]).toBe(ORIGIN);
    expect(answer.headers.vary).toBe("Origin");
    expect(answer.headers["set-cookie"]).toBeUndefined();
    const [request] = upstream.requests;
    expect(request).toMatchObject({ url: "/build-bundle?x=1", method: "POST" });
    expect(upstream.bodies).toEqual(['{"a":1}']);
    expect(request?.headers["content-type"]).toBe("application/json");
    expect(request?.headers.cookie).toBeUndefined();
    expect(request?.headers.origin).toBeUndefined();
  });

  it("the proxy answers the CORS preflight of an HTTP call", async () => {
    const answer = await ask(
      "/usage",
      { origin: ORIGIN, "access-control-request-method": "GET", "access-control-request-private-network": "true" },
      "OPTIONS",
    );
    expect(answer.status).toBe(204);
    expect(answer.headers).toMatchObject({
      "access-control-allow-origin": ORIGIN,
      "access-control-allow-headers": "content-type, x-api-key",
      "access-control-allow-private-network": "true",
    });
    expect((await ask("/usage", { origin: "https://evil.example" }, "OPTIONS")).status).toBe(403);
    expect(upstream.requests).toEqual([]);
  });

  it("the proxy refuses an HTTP call with an unsupported method", async () => {
    expect((await ask("/usage", { origin: ORIGIN }, "PUT")).status).toBe(405);
    expect((await ask("/usage", { origin: ORIGIN }, "DELETE")).status).toBe(200);
    expect((await ask("/usage", { origin: ORIGIN }, "HEAD")).text).toBe("");
  });

  it("the proxy relays an HTTP call to /backtest, the path of the control channel", async () => {
    expect((await ask("/backtest", { origin: ORIGIN })).status).toBe(200);
  });

  it("the proxy answers an HTTP call with 502 and CORS headers if the service cannot be reached", async () => {
    await upstream.close();
    const answer = await ask("/usage", { origin: ORIGIN });
    expect(answer.status).toBe(502);
    expect(answer.headers["access-control-allow-origin"]).toBe(ORIGIN);
    expect(reported.join()).toContain("did not respond");
  });

  it("the proxy aborts its response to the page if the response of the service is incomplete", async () => {
    const answer = await ask("/cut", { origin: ORIGIN });
    expect(answer).toMatchObject({ text: "half", isComplete: false });
  });

  it("the proxy refuses an HTTP call with 413 if its body is too large", async () => {
    const length = PROXY_LIMITS.bodyBytes + 1;
    const answer = await new Promise<number>((resolve, reject) => {
      const request = httpRequest(
        { host: "127.0.0.1", port: proxy.port, path: "/build-bundle", method: "POST", headers: { origin: ORIGIN } },
        (response) => {
          response.resume();
          resolve(response.statusCode ?? 0);
        },
      );
      request.on("error", reject);
      const chunk = Buffer.alloc(1024 * 1024);
      for (let sent = 0; sent < length; sent += chunk.length) request.write(chunk);
      request.end();
    });
    expect(answer).toBe(413);
  });
});

it("if the port is in use, the error of openProxy has one line and names --port", async () => {
  const opening = openProxy({ controlUrl: upstream.url, apiKey: KEY, origins: [ORIGIN], port: proxy.port, report: () => {} });
  await expect(opening).rejects.toThrow(/^[^\n]*in use[^\n]*--port[^\n]*$/);
});
