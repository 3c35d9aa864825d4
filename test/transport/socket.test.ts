import { Agent } from "node:http";
import { type AddressInfo, createServer } from "node:net";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { authorize } from "../../src/transport/auth.js";
import { defaultPlatform } from "../../src/transport/default-platform.js";
import { openSocket, type Socket, type SocketTarget } from "../../src/transport/socket.js";
import type { WebSocketLike } from "../../src/transport/websocket-like.js";
import { type FakeNetwork, fakeNetwork } from "./fake-websocket.js";
import { type Accepted, type RealServer, startRealServer } from "./real-server.js";
import { Recorder } from "./recorder.js";

const WebSocket = defaultPlatform.WebSocket as WebSocketLike;
const credentials = { apiKey: "s3cret/+key", headers: { "X-Tenant": "blue" }, userAgent: "simulator-client-js/0.0.0 (managed)" };

describe("a socket to a real server", () => {
  let server: RealServer;
  let recorder: Recorder;
  let socket: Socket | undefined;

  beforeEach(async () => {
    server = await startRealServer();
    recorder = new Recorder();
    socket = undefined;
  });

  afterEach(async () => {
    socket?.terminate();
    await server.close();
  });

  async function connect(target: SocketTarget = { url: server.url }): Promise<Accepted & { client: Socket }> {
    const client = openSocket(WebSocket, target, recorder);
    socket = client;
    const accepted = await server.next();
    await recorder.next("open");
    return { ...accepted, client };
  }

  describe("the upgrade", () => {
    test("the upgrade request with `auth: header` sends the key, the identity and custom headers", async () => {
      const { request, socket: peer } = await connect(authorize(server.url, { ...credentials, mode: "header" }));
      expect(request.headers).toMatchObject({
        "x-api-key": "s3cret/+key",
        "x-tenant": "blue",
        "user-agent": "simulator-client-js/0.0.0 (managed)",
      });
      expect(request.headers["sec-websocket-protocol"]).toBeUndefined();
      expect(request.url).toBe("/backtest");
      expect(peer.protocol).toBe("");
    });

    test("the upgrade request with `auth: subprotocol` offers two subprotocols, and the server selects the subprotocol without the key", async () => {
      const { request, socket: peer } = await connect(authorize(server.url, { ...credentials, mode: "subprotocol" }));
      expect(request.headers["sec-websocket-protocol"]).toBe("backtest,x-api-key.czNjcmV0LytrZXk");
      expect(request.headers["x-api-key"]).toBeUndefined();
      expect(peer.protocol).toBe("backtest");
    });

    test("the upgrade request with `auth: query` sends the key as an escaped parameter", async () => {
      const { request } = await connect(authorize(server.url, { ...credentials, mode: "query" }));
      expect(request.url).toBe("/backtest?api_key=s3cret%2F%2Bkey");
      expect(request.headers["x-api-key"]).toBeUndefined();
    });

    for (const mode of ["header", "subprotocol", "query"] as const) {
      test(`the upgrade request with \`auth: ${mode}\` uses the options \`headers\`, \`userAgent\` and \`agent\``, async () => {
        const agent = new Agent();
        const createConnection = vi.spyOn(agent, "createConnection");
        const { request } = await connect(authorize(server.url, { ...credentials, mode, agent }));
        expect(request.headers).toMatchObject({ "x-tenant": "blue", "user-agent": "simulator-client-js/0.0.0 (managed)" });
        expect(createConnection).toHaveBeenCalledOnce();
      });
    }

    test("the upgrade request does not offer permessage-deflate", async () => {
      const { request } = await connect();
      expect(request.headers["sec-websocket-extensions"]).toBeUndefined();
    });
  });

  describe("received messages", () => {
    test("a socket delivers text and binary messages completely and in order", async () => {
      const { socket: peer } = await connect();
      const large = "ü".repeat(1_000_000);
      peer.send("one");
      peer.send(new Uint8Array([0, 255, 10]));
      peer.send(large);
      expect(await recorder.next("text")).toEqual({ type: "text", text: "one" });
      expect(await recorder.next("binary")).toEqual({ type: "binary", bytes: new Uint8Array([0, 255, 10]) });
      expect((await recorder.next("text")).text === large).toBe(true);
    });

    test("a socket reports the pong to a ping", async () => {
      const { client } = await connect();
      client.ping?.();
      await recorder.next("pong");
    });

    test("a socket delivers no message while it is paused, and all messages in order after resume()", async () => {
      const { socket: peer, client } = await connect();
      client.pause?.();
      const texts = Array.from({ length: 100 }, (_, index) => `text ${index}`);
      for (const text of texts) peer.send(text);
      await new Promise<void>((resolve) => peer.send("last", () => resolve()));
      peer.ping();
      // Without the pause, the messages would be delivered within one turn of the event loop.
      await new Promise((resolve) => setImmediate(resolve));
      expect(recorder.types).toEqual(["open"]);
      client.resume?.();
      const came = [];
      for (let i = 0; i <= texts.length; i++) came.push((await recorder.next("text")).text);
      expect(came).toEqual([...texts, "last"]);
    });
  });

  describe("the end of the socket", () => {
    for (const [code, reason] of [
      [1000, ""],
      [1001, "going away"],
      [1012, "redeploy"],
      [4000, "own"],
    ] as const) {
      test(`a socket reports that the peer closed with the code ${code}${reason && ` and the reason "${reason}"`}`, async () => {
        const { socket: peer } = await connect();
        peer.close(code, reason);
        expect((await recorder.next("close")).closure).toMatchObject({ code, reason });
      });
    }

    test("a socket reports a close frame without a code as 1005", async () => {
      const { socket: peer } = await connect();
      peer.close();
      expect((await recorder.next("close")).closure.code).toBe(1005);
    });

    test("a socket reports a cut connection as 1006", async () => {
      const { socket: peer } = await connect();
      peer.terminate();
      const { closure } = await recorder.next("close");
      expect(closure.code).toBe(1006);
      expect(closure.status).toBeUndefined();
    });

    test("close() of a socket sends the close code and the reason, and the socket reports its end", async () => {
      const { socket: peer, client } = await connect();
      const seen = new Promise((resolve) => peer.once("close", (code, reason) => resolve([code, reason.toString()])));
      client.close(1000, "done");
      expect(await seen).toEqual([1000, "done"]);
      expect((await recorder.next("close")).closure).toMatchObject({ code: 1000, reason: "done" });
      expect(client.send("late")).toBe(false);
    });

    test("terminate() cuts the connection, and the socket reports nothing afterwards", async () => {
      const { socket: peer, client } = await connect();
      const seen = new Promise((resolve) => peer.once("close", resolve));
      peer.send("in flight");
      client.terminate();
      expect(await seen).toBe(1006);
      expect(recorder.types).toEqual(["open"]);
    });

    test("a message that is sent right before terminate() reaches the peer", async () => {
      const { socket: peer, client } = await connect();
      const received = new Promise((resolve) => peer.once("message", (data) => resolve(data.toString())));
      expect(client.send("last text")).toBe(true);
      client.terminate();
      expect(await received).toBe("last text");
    });

    test("a socket that is terminated while it connects reports nothing", async () => {
      server.refuse(0);
      const client = openSocket(WebSocket, { url: server.url }, recorder);
      client.terminate();
      // `undefined` means that the server refuses no connection.
      server.refuse(undefined);
      const other = new Recorder();
      // If the first socket reported an event, the event would arrive before the second socket opens.
      const second = openSocket(WebSocket, { url: server.url }, other);
      await other.next("open");
      second.terminate();
      expect(recorder.calls).toEqual([]);
    });

    test("a frame that is larger than maxPayload ends the connection", async () => {
      const { socket: peer } = await connect({ url: server.url, options: { maxPayload: 1_000 } });
      peer.send("x".repeat(1_001));
      const { closure } = await recorder.next("close");
      expect(closure.code).toBe(1006);
      expect(closure.error).toMatchObject({ message: "Max payload size exceeded" });
    });

    test("an invalid frame ends the connection at once", async () => {
      // The close timeout is longer than the time limit of the test. So the test fails if the client waits for this timeout.
      const { socket: peer } = await connect({ url: server.url, options: { closeTimeout: 600_000 } });
      // The peer does not read, so it never answers the close frame.
      peer.pause();
      const { _socket: raw } = peer as unknown as { _socket: { write(bytes: Buffer): void } };
      raw.write(Buffer.from([0xff, 0x00]));
      const { closure } = await recorder.next("close");
      expect(closure.error).toMatchObject({ message: expect.stringContaining("Invalid WebSocket frame") });
    });
  });

  describe("an upgrade that is refused", () => {
    for (const status of [301, 400, 401, 403, 404, 429, 500, 503]) {
      test(`a socket reports the HTTP status of a refused upgrade once: ${status}`, async () => {
        server.refuse(status);
        socket = openSocket(WebSocket, { url: server.url }, recorder);
        expect((await recorder.next("close")).closure).toEqual({ code: 1006, reason: "", status });
        expect(recorder.types).toEqual(["close"]);
      });
    }
  });

  test("send() returns false before the socket is open", async () => {
    const client = openSocket(WebSocket, { url: server.url }, recorder);
    socket = client;
    expect(client.send("too early")).toBe(false);
    client.ping?.();
    await recorder.next("open");
    const { socket: peer } = await server.next();
    const received = new Promise((resolve) => peer.once("message", (data) => resolve(data.toString())));
    expect(client.send("now")).toBe(true);
    expect(await received).toBe("now");
  });
});

describe("an address without a listener", () => {
  test("a refused connection is reported with the error ECONNREFUSED", async () => {
    const unused = createServer();
    await new Promise<void>((resolve) => unused.listen(0, "127.0.0.1", resolve));
    const { port } = unused.address() as AddressInfo;
    await new Promise((resolve) => unused.close(resolve));
    const recorder = new Recorder();
    openSocket(WebSocket, { url: `ws://127.0.0.1:${port}` }, recorder);
    const { closure } = await recorder.next("close");
    expect(closure).toMatchObject({ code: 1006, error: { code: "ECONNREFUSED" } });
  });

  for (const [what, target] of [
    ["an invalid address", { url: "wss://" }],
    ["an invalid subprotocol", { url: "ws://127.0.0.1:1", protocols: ["a b"] }],
    ["an invalid header", { url: "ws://127.0.0.1:1", options: { headers: { "X-Note": "two\nlines" } } }],
  ] as const) {
    test(`openSocket throws if the constructor of the WebSocket throws for ${what}`, () => {
      const recorder = new Recorder();
      expect(() => openSocket(WebSocket, target as SocketTarget, recorder)).toThrow();
      expect(recorder.calls).toEqual([]);
    });
  }
});

describe("a socket with a page's WebSocket", () => {
  let network: FakeNetwork;
  let recorder: Recorder;
  let socket: Socket;

  beforeEach(() => {
    network = fakeNetwork("page");
    recorder = new Recorder();
    socket = openSocket(network.WebSocket, { url: "wss://host/backtest", protocols: ["backtest", "x"] }, recorder);
  });

  test("a socket in a page passes on the URL and the subprotocols, and delivers binary frames as bytes", () => {
    expect(network.peer).toMatchObject({ url: "wss://host/backtest", protocols: ["backtest", "x"] });
    network.peer.open();
    network.peer.emitBinary(new Uint8Array([1, 2]));
    expect(recorder.calls).toEqual([{ type: "open" }, { type: "binary", bytes: new Uint8Array([1, 2]) }]);
  });

  test("a socket in a page has no methods ping, pause and resume", () => {
    expect([socket.ping, socket.pause, socket.resume]).toEqual([undefined, undefined, undefined]);
  });

  test("a socket in a page sends text only while it is open", () => {
    expect(socket.send("early")).toBe(false);
    network.peer.open();
    expect(socket.send("now")).toBe(true);
    network.peer.close();
    expect(socket.send("late")).toBe(false);
    expect(network.peer.received).toEqual(["now"]);
  });

  test("a socket in a page reports a failure only once, and the report contains the browser's error", () => {
    network.peer.fail(new Error("no route"));
    network.peer.close(1000);
    expect(recorder.calls).toEqual([{ type: "close", closure: { code: 1006, reason: "", error: new Error("no route") } }]);
  });

  test("a socket in a page reports the peer's close code and reason", () => {
    network.peer.open();
    network.peer.close(1012, "redeploy");
    expect(recorder.calls[1]).toEqual({ type: "close", closure: { code: 1012, reason: "redeploy", error: undefined } });
  });

  test("close() of a socket in a page passes on the close code and the reason", () => {
    network.peer.open();
    socket.close(1000, "done");
    expect(network.peer.closing).toEqual({ code: 1000, reason: "done" });
  });

  test("terminate() closes a page's WebSocket, and the socket reports nothing afterwards", () => {
    network.peer.open();
    socket.terminate();
    network.peer.emitText("late");
    network.peer.emitBinary(new Uint8Array([1]));
    network.peer.close();
    expect(network.peer.closing).toEqual({ code: undefined, reason: undefined });
    expect(recorder.types).toEqual(["open"]);
  });

  test("a socket in a page reports nothing if it was terminated before it opened", () => {
    socket.terminate();
    network.peer.open();
    expect(recorder.calls).toEqual([]);
  });
});

test("a socket recognizes binary messages of ws 7 by the type of their data, because ws 7 passes no isBinary", () => {
  const network = fakeNetwork("node");
  const recorder = new Recorder();
  openSocket(network.WebSocket, { url: "ws://host" }, recorder);
  network.peer.emitAsWs7("text");
  network.peer.emitAsWs7(Uint8Array.of(1, 2).buffer);
  expect(recorder.calls).toEqual([
    { type: "text", text: "text" },
    { type: "binary", bytes: Uint8Array.of(1, 2) },
  ]);
});

describe("a socket with a limited WebSocket of Node.js", () => {
  test("a socket has no methods ping, pause and resume if the WebSocket of Node.js lacks them", () => {
    const network = fakeNetwork("node");
    const Lesser = network.WebSocket as unknown as { prototype: Record<string, unknown> };
    for (const ability of ["ping", "pause", "resume"]) Lesser.prototype[ability] = undefined;
    const socket = openSocket(network.WebSocket, { url: "ws://host" }, new Recorder());
    expect([socket.ping, socket.pause, socket.resume]).toEqual([undefined, undefined, undefined]);
  });
});

test("openSocket passes undefined instead of an empty list of protocols, because workerd refuses an empty list", () => {
  const network = fakeNetwork("page");
  const given: unknown[] = [];
  const WebSocketWithArguments = new Proxy(network.WebSocket, {
    construct: (target, args: ConstructorParameters<WebSocketLike>) => {
      given.push(args[1]);
      return new target(...args);
    },
  });
  openSocket(WebSocketWithArguments, { url: "ws://host" }, new Recorder());
  expect(given).toEqual([undefined]);
});

describe("the constructor of a page's WebSocket", () => {
  /**
   * Records the arguments of the constructor. Their number matters: `new WebSocket(url, undefined, options)` makes Chromium offer
   * the protocol "undefined".
   */
  class PageSocket extends EventTarget {
    static readonly calls: unknown[][] = [];
    readyState = 0;
    bufferedAmount = 0;
    binaryType = "blob";

    constructor(...args: unknown[]) {
      super();
      PageSocket.calls.push(args);
    }

    send(): void {}
    close(): void {}
  }

  test("openSocket passes only the URL and any protocols to a page's WebSocket, never the options of Node.js", () => {
    const listener = new Proxy({}, { get: () => () => {} }) as Parameters<typeof openSocket>[2];
    const options = { headers: { "User-Agent": "test" } };
    openSocket(PageSocket, { url: "ws://127.0.0.1:1/", options }, listener);
    openSocket(PageSocket, { url: "ws://127.0.0.1:1/", protocols: ["backtest"], options }, listener);
    expect(PageSocket.calls).toEqual([["ws://127.0.0.1:1/"], ["ws://127.0.0.1:1/", ["backtest"]]]);
  });
});
