import { createServer, request as httpRequest, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type RawData, WebSocket, WebSocketServer } from "ws";
import { PROXY_LIMITS } from "../../../src/cli/proxy/proxy-limits.js";
import { openProxy } from "../../../src/cli/proxy/proxy-server.js";
import { encodeBase64Url } from "../../../src/codec/base64.js";

const ORIGIN = "https://app.example";
const KEY = "proxy-key-55d1";

/** A service that shows what came. */
interface Upstream {
  url: string;
  requests: IncomingMessage[];
  bodies: string[];
  sockets: WebSocket[];
  /** The next socket that is opened. */
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
let told: string[];

async function start(apiKey: string | undefined) {
  proxy = await openProxy({ controlUrl: upstream.url, apiKey, origins: [ORIGIN], port: 0, tell: (line) => told.push(line) });
}

beforeEach(async () => {
  told = [];
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
    socket.once("open", () => reject(new Error("it was let in")));
  });

/** A page and its counterpart. */
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
): Promise<{ status: number; headers: IncomingMessage["headers"]; text: string; isWhole: boolean }> {
  return new Promise((resolve, reject) => {
    const request = httpRequest({ host: "127.0.0.1", port: proxy.port, path, method, headers }, (response) => {
      let text = "";
      response.on("data", (chunk: Buffer) => {
        text += chunk;
      });
      response.on("close", () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, text, isWhole: response.complete }),
      );
      response.on("error", () => {});
    });
    request.on("error", reject);
    request.end(body);
  });
}

describe("who is let in", () => {
  it.each([
    ["another origin", { origin: "https://evil.example" }],
    ["a page of this machine that wasn't named", { origin: "http://localhost:5173" }],
    ["a page without an origin of its own", { origin: "null" }],
    ["an origin that but begins alike", { origin: `${ORIGIN}.evil.example` }],
    ["what is no page", { origin: "" }],
    ["a name that leads here", { headers: { host: "evil.example" } }],
  ] satisfies [string, PageOptions][])("is not %s", async (_, options: PageOptions) => {
    expect(await refused(openPage("/backtest", options))).toBe(403);
    const headers: Record<string, string> = { ...options.headers };
    const { origin = ORIGIN } = options;
    if (origin !== "") headers.origin = origin;
    const answer = await ask("/usage", headers);
    expect(answer.status).toBe(403);
    expect(answer.headers["access-control-allow-origin"]).toBeUndefined();
    expect(upstream.requests).toEqual([]);
    expect(told).toHaveLength(1);
    expect(told[0]).toMatch(/^refused [^\n]+$/);
  });
});

describe("the key", () => {
  it("is added to the control channel, and goes where it belongs alone", async () => {
    await pair();
    await pair("/backtest/backtest_1");
    const [control, subscription] = upstream.requests;
    expect(control?.headers["x-api-key"]).toBe(KEY);
    expect(subscription?.headers["x-api-key"]).toBeUndefined();
    expect(subscription?.url).toBe("/backtest/backtest_1");
    await ask("/usage", { origin: ORIGIN });
    expect(upstream.requests[2]?.headers["x-api-key"]).toBe(KEY);
  });

  it("is the page's own, if it sends one, in the service's form", async () => {
    const { page } = await pair("/backtest", { protocols: ["backtest", `x-api-key.${encodeBase64Url("page-key")}`] });
    expect(page.protocol).toBe("backtest");
    await pair("/backtest?api_key=query-key&x=1");
    expect(upstream.requests.map(({ headers }) => headers["x-api-key"])).toEqual(["page-key", "query-key"]);
    expect(upstream.requests.map(({ headers }) => headers["sec-websocket-protocol"])).toEqual([undefined, undefined]);
    expect(upstream.requests[1]?.url).toBe("/backtest?x=1");
  });

  it("needs not be there", async () => {
    await proxy.close();
    await start(undefined);
    expect((await ask("/usage", { origin: ORIGIN })).status).toBe(401);
  });
});

describe("a WebSocket", () => {
  it("carries text and bytes both ways", async () => {
    const { page, service } = await pair();
    const atService = message(service);
    page.send("hello");
    expect(String(await atService)).toBe("hello");
    const atPage = message(page);
    service.send(Buffer.from([0, 255]));
    expect(await atPage).toEqual(Buffer.from([0, 255]));
  });

  it("loses nothing that comes at once with its opening", async () => {
    const serviceOpened = upstream.next().then((service) => service.send("at once"));
    const page = openPage();
    expect(String(await message(page))).toBe("at once");
    await serviceOpened;
  });

  it("leads a session's endpoint through the proxy", async () => {
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
  ])("passes the service's close code %s on", async (code, reason) => {
    const { page, service } = await pair();
    const end = closed(page);
    service.close(code, reason);
    expect(await end).toEqual([code, reason]);
  });

  it("passes on that there was no code, and that there was no goodbye", async () => {
    const first = await pair();
    const bare = closed(first.page);
    first.service.close();
    expect(await bare).toEqual([1005, ""]);
    const second = await pair();
    const cut = closed(second.page);
    second.service.terminate();
    expect((await cut)[0]).toBe(1006);
  });

  it("passes the page's end on", async () => {
    const { page, service } = await pair();
    const end = closed(service);
    page.close(4002, "bye");
    expect(await end).toEqual([4002, "bye"]);
    const other = await pair();
    const cut = closed(other.service);
    other.page.terminate();
    expect((await cut)[0]).toBe(1006);
  });

  it("delivers what was sent before the goodbye", async () => {
    const { page, service } = await pair();
    const texts: string[] = [];
    page.on("message", (data: RawData) => texts.push(String(data)));
    const end = closed(page);
    for (let i = 0; i < 1_000; i++) service.send(`${i}`);
    service.close(1012, "redeploy");
    expect(await end).toEqual([1012, "redeploy"]);
    expect(texts).toEqual(Array.from({ length: 1_000 }, (_, i) => `${i}`));
  });

  it("is refused as the service refuses it", async () => {
    upstream.refuseWith = 401;
    expect(await refused(openPage())).toBe(401);
    expect(told.join()).toContain("HTTP 401");
    expect(told.join()).not.toContain(KEY);
  });

  it("is refused with 502 if there is no service", async () => {
    await upstream.close();
    expect(await refused(openPage())).toBe(502);
    expect(told.join()).toContain("no connection to");
  });

  it("that is too large is no longer carried, and both sides are told", async () => {
    const { page, service } = await pair();
    const [atPage, atService] = [closed(page), closed(service)];
    page.send(Buffer.alloc(PROXY_LIMITS.frameBytes + 1));
    expect((await atService)[0]).toBe(1009);
    expect([1006, 1009]).toContain((await atPage)[0]);
  });

  it("reads no faster than the other side takes, and loses nothing by it", async () => {
    const { page, service } = await pair();
    page.pause();
    const chunk = Buffer.alloc(64 * 1024);
    const total = 1_500;
    let written = 0;
    for (let i = 0; i < total; i++) service.send(chunk, () => written++);
    // What the proxy holds, and what is on the way in four sockets' buffers, is a fraction of the 98 MB.
    await expect.poll(() => written, { timeout: 10_000 }).toBeGreaterThan(20);
    let before = -1;
    await expect
      .poll(
        () => {
          const stands = written === before;
          before = written;
          return stands;
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

  it("is closed with the proxy", async () => {
    const { page, service } = await pair();
    const ends = [closed(page), closed(service)];
    await proxy.close();
    for (const end of ends) expect([1001, 1006]).toContain((await end)[0]);
  });
});

describe("an HTTP call", () => {
  it("is passed on with its body, and its answer back, for the page to read", async () => {
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

  it("is asked about first by the browser, and answered here", async () => {
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

  it("has a few methods", async () => {
    expect((await ask("/usage", { origin: ORIGIN }, "PUT")).status).toBe(405);
    expect((await ask("/usage", { origin: ORIGIN }, "DELETE")).status).toBe(200);
    expect((await ask("/usage", { origin: ORIGIN }, "HEAD")).text).toBe("");
  });

  it("of a WebSocket's address does no harm", async () => {
    expect((await ask("/backtest", { origin: ORIGIN })).status).toBe(200);
  });

  it("is answered with 502 if there is no service, and with what CORS needs", async () => {
    await upstream.close();
    const answer = await ask("/usage", { origin: ORIGIN });
    expect(answer.status).toBe(502);
    expect(answer.headers["access-control-allow-origin"]).toBe(ORIGIN);
    expect(told.join()).toContain("did not answer");
  });

  it("that is cut short doesn't look whole", async () => {
    const answer = await ask("/cut", { origin: ORIGIN });
    expect(answer).toMatchObject({ text: "half", isWhole: false });
  });

  it("is refused if its body is too long", async () => {
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

it("says in one line that its port is taken", async () => {
  const opening = openProxy({ controlUrl: upstream.url, apiKey: KEY, origins: [ORIGIN], port: proxy.port, tell: () => {} });
  await expect(opening).rejects.toThrow(/^[^\n]*in use[^\n]*--port[^\n]*$/);
});
