import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { onTestFinished } from "vitest";
import { WebSocket, WebSocketServer } from "ws";
import { parseJson, stringifyJson } from "../../src/codec/json.js";
import { Mailbox } from "./mailbox.js";

/** How long a test waits for a frame or a connection, in ms. Only a very busy machine needs that much time. */
const TIMEOUT_MS = 10_000;

const CLOSE_SESSION = "closeBacktestSession";
/** Requests that close sessions and sub-sessions. `unexpected()` ignores these requests, so a test need not read them. */
const CLOSING_REQUESTS = [CLOSE_SESSION, "closeSessionV1"];

/**
 * Starts a fake simulator with real sockets. The test sends each frame of the simulator, and accepts control and subscription
 * connections in the order of their arrival. When the test ends, each unexpected frame or connection fails the test.
 *
 * @example
 * const server = await startScriptedServer();
 * const starting = client.startSession({ startSlot: 100, endSlot: 103 });
 * const control = await server.control();
 * await control.expect("createBacktestSession");
 * control.respond(1, "sessionCreated", { session_id: id, rpc_endpoint: `/backtest/${id}` });
 */
export async function startScriptedServer(): Promise<ScriptedServer> {
  const server = new ScriptedServer();
  await server.listen();
  onTestFinished(() => server.stop());
  return server;
}

export class ScriptedServer {
  readonly #http = createServer((request, response) => this.#answer(request, response));
  readonly #sockets = new WebSocketServer({
    noServer: true,
    handleProtocols: (offered) => (offered.has("backtest") ? "backtest" : false),
  });
  readonly #raw = new Set<Socket>();
  readonly #control = new Mailbox<ScriptedControl>("a control connection");
  readonly #subscriptions = new Mailbox<ScriptedSubscription>("a subscription connection");
  readonly #refusals: { channel: Channel; status: number | "silence" }[] = [];
  #port = 0;
  /** The HTTP status of the response by path. Other paths get 404. */
  readonly answers = new Map<string, number>();
  /** The received HTTP requests that are not upgrades. */
  readonly requests: { path: string; headers: IncomingHttpHeaders }[] = [];
  /** All accepted connections. The refused upgrades are in `refused`. */
  readonly connections: ScriptedConnection[] = [];
  readonly refused: { channel: Channel; url: string; headers: IncomingHttpHeaders }[] = [];

  /** The URL of the control channel. */
  get url(): string {
    return `ws://127.0.0.1:${this.#port}/backtest`;
  }

  get httpUrl(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  async listen(): Promise<void> {
    this.#http.on("connection", (socket) => {
      this.#raw.add(socket);
      socket.on("close", () => this.#raw.delete(socket));
    });
    this.#http.on("upgrade", (request, socket, head) => this.#upgrade(request, socket as Socket, head));
    await new Promise<void>((resolve) => this.#http.listen(this.#port, "127.0.0.1", resolve));
    this.#port = (this.#http.address() as AddressInfo).port;
  }

  /** Resolves with the next control connection. */
  control(): Promise<ScriptedControl> {
    return this.#control.take(TIMEOUT_MS);
  }

  /** Resolves with the next subscription connection. */
  subscription(): Promise<ScriptedSubscription> {
    return this.#subscriptions.take(TIMEOUT_MS);
  }

  /** Refuses the next `times` upgrade requests of a channel with an HTTP status. With "silence", sends no response. */
  refuse(channel: Channel, status: number | "silence", times = 1): void {
    for (let i = 0; i < times; i++) this.#refusals.push({ channel, status });
  }

  /** Stops listening, so that further connections to the port are refused. */
  async goAway(): Promise<void> {
    const closed = new Promise((resolve) => this.#http.close(resolve));
    for (const socket of this.#raw) socket.destroy();
    await closed;
  }

  /** @throws Error if a frame or a connection was not expected */
  async stop(): Promise<void> {
    const unexpected = [
      ...this.connections.flatMap((connection) => connection.unexpected()),
      ...this.#control.left.map(() => "a control connection"),
      ...this.#subscriptions.left.map(() => "a subscription connection"),
    ];
    if (this.#http.listening) await this.goAway();
    if (unexpected.length > 0) throw new Error(`not expected: ${unexpected.join("; ")}`);
  }

  #upgrade(request: IncomingMessage, socket: Socket, head: Buffer): void {
    const url = request.url ?? "/";
    const channel = /^\/backtest\/?(\?|$)/.test(url) ? "control" : "subscription";
    const index = this.#refusals.findIndex((refusal) => refusal.channel === channel);
    const [refusal] = index < 0 ? [] : this.#refusals.splice(index, 1);
    if (refusal !== undefined) {
      this.refused.push({ channel, url, headers: request.headers });
      socket.on("error", () => {});
      if (refusal.status !== "silence") socket.end(`HTTP/1.1 ${refusal.status} Refused\r\nConnection: close\r\n\r\n`);
      return;
    }
    this.#sockets.handleUpgrade(request, socket, head, (ws) => {
      if (channel === "control") this.#accept(new ScriptedControl(ws, request), this.#control);
      else this.#accept(new ScriptedSubscription(ws, request), this.#subscriptions);
    });
  }

  #accept<T extends ScriptedConnection>(connection: T, mailbox: Mailbox<T>): void {
    this.connections.push(connection);
    mailbox.put(connection);
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const path = (request.url ?? "/").replace(/\?.*$/, "");
    this.requests.push({ path, headers: request.headers });
    response.writeHead(this.answers.get(path) ?? 404).end();
  }
}

export type Channel = "control" | "subscription";

/** The server side of one connection. */
class ScriptedConnection {
  /** Path and query. */
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  /** All received frames. */
  readonly received: string[] = [];
  /** Number of received pings. */
  pings = 0;
  /** Resolves with the close code when the connection ends. The code is 1006 if there was no close frame. */
  readonly ended: Promise<number>;
  readonly #ws: WebSocket;
  readonly #frames = new Mailbox<string>("a frame");

  constructor(ws: WebSocket, request: IncomingMessage) {
    this.#ws = ws;
    this.url = request.url ?? "/";
    this.headers = request.headers;
    ws.on("message", (data, isBinary) => this.#receive(isBinary ? `${(data as Buffer).length} bytes` : data.toString()));
    ws.on("ping", () => {
      this.pings++;
    });
    ws.on("error", () => {});
    this.ended = new Promise((resolve) => {
      ws.on("close", (code) => {
        this.#frames.shut(`the connection was closed (${code})`);
        resolve(code);
      });
    });
  }

  get isOpen(): boolean {
    return this.#ws.readyState === WebSocket.OPEN;
  }

  /** The number of sent bytes that the operating system has not accepted yet. */
  get unsent(): number {
    return this.#ws.bufferedAmount;
  }

  /** Resolves with the text of the next frame. */
  frame(): Promise<string> {
    return this.#frames.take(TIMEOUT_MS);
  }

  /** Resolves with the next frame, parsed as JSON. */
  async message(): Promise<Record<string, unknown>> {
    return parseJson(await this.frame()) as Record<string, unknown>;
  }

  /** Sends frames: strings and bytes unchanged, everything else as JSON. */
  send(...frames: unknown[]): void {
    for (const frame of frames) {
      this.#ws.send(typeof frame === "string" || frame instanceof Uint8Array ? frame : stringifyJson(frame));
    }
  }

  /** Starts the close handshake. */
  close(code: number, reason = ""): void {
    this.#ws.close(code, reason);
  }

  /** Cuts the connection without a close frame. */
  destroy(): void {
    this.#ws.terminate();
  }

  /** Stops reading and answering, but stays open. */
  goSilent(): void {
    this.#ws.pause();
  }

  /** Resolves with the client's answer to a ping. All frames that the client sent before the answer have arrived by then. */
  roundTrip(): Promise<void> {
    return new Promise((resolve) => {
      this.#ws.once("pong", () => resolve());
      this.#ws.ping();
    });
  }

  /** Received frames that the test did not expect. */
  unexpected(): string[] {
    return this.#frames.left.filter((frame) => !CLOSING_REQUESTS.some((request) => frame.includes(request)));
  }

  #receive(text: string): void {
    this.received.push(text);
    if (!this.isProbe(text)) this.#frames.put(text);
    this.handleReceived(text);
  }

  protected handleReceived(_text: string): void {}

  protected isProbe(_text: string): boolean {
    return false;
  }
}

/** A control connection. Sends `success` after each `closeBacktestSession` request, as the service does. */
export class ScriptedControl extends ScriptedConnection {
  protected override handleReceived(text: string): void {
    if (text.includes(CLOSE_SESSION) && this.isOpen) this.send({ method: "success" });
  }

  /** Returns the parameters of the next frame. @throws Error if the method of the frame is not `method` */
  async expect(method: string): Promise<Record<string, unknown>> {
    const { method: received, params, ...others } = await this.message();
    if (received !== method) throw new Error(`expected ${method}, but received ${received}`);
    if (Object.keys(others).length > 0) throw new Error(`${method} has unexpected members: ${Object.keys(others).join(", ")}`);
    return (params ?? {}) as Record<string, unknown>;
  }

  /** Sends a response, with a sequence id unless it is `undefined`. */
  respond(sequence: bigint | number | undefined, method: string, params?: unknown): void {
    this.send({ seqId: sequence, method, params });
  }

  /** Expects the closing request and the end of the connection. */
  async expectClose(): Promise<void> {
    await this.expect(CLOSE_SESSION);
    await this.ended;
  }
}

/** A subscription connection. */
export class ScriptedSubscription extends ScriptedConnection {
  /** Number of probes received from a client that cannot ping. Each probe is answered with an error. */
  probes = 0;

  /** Returns the next frame. @throws Error if it is not the expected subscribe request */
  async expect(method: string): Promise<{ id: number; filter: unknown; config: Record<string, unknown> }> {
    const { jsonrpc, method: received, id, params } = await this.message();
    if (received !== method || jsonrpc !== "2.0")
      throw new Error(`expected ${method}, but received ${received} (jsonrpc ${jsonrpc})`);
    const [filter, config] = params as [unknown, Record<string, unknown>];
    return { id: id as number, filter, config };
  }

  /** Expects a subscribe request and acknowledges it. */
  async accept(method: string, subscription: bigint | number): Promise<{ filter: unknown; config: Record<string, unknown> }> {
    const { id, ...subscribe } = await this.expect(method);
    this.acknowledge(id, subscription);
    return subscribe;
  }

  acknowledge(id: number, subscription: bigint | number): void {
    this.send({ jsonrpc: "2.0", id, result: subscription });
  }

  refuse(id: number | null, code: number, message: string): void {
    this.send({ jsonrpc: "2.0", id, error: { code, message } });
  }

  notify(method: string, subscription: bigint | number, ...results: unknown[]): void {
    this.send(...results.map((result) => ({ jsonrpc: "2.0", method, params: { subscription, result } })));
  }

  complete(...subscriptions: (bigint | number)[]): void {
    this.send(
      ...subscriptions.map((subscription) => ({ jsonrpc: "2.0", method: "subscriptionComplete", params: { subscription } })),
    );
  }

  protected override isProbe(text: string): boolean {
    if (!text.includes('"getHealth"')) return false;
    this.probes++;
    const { id } = parseJson(text) as { id: unknown };
    this.send({ jsonrpc: "2.0", id, error: { code: -32601, message: "Method not found" } });
    return true;
  }
}
