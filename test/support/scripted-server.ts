import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { onTestFinished } from "vitest";
import { WebSocket, WebSocketServer } from "ws";
import { parseJson, stringifyJson } from "../../src/codec/json.js";
import { Mailbox } from "./mailbox.js";

/** How long a test waits for what it expects, in ms: nobody waits so long but on a machine that is very busy. */
const PATIENCE_MS = 10_000;

const GOODBYE = "closeBacktestSession";
/** What sessions and sub-sessions end with: a test that doesn't care need not expect it. */
const GOODBYES = [GOODBYE, "closeSessionV1"];

/**
 * A simulator whose every frame a test says, over real sockets: it takes connections in the order they come, control and
 * subscription apart, and expects and sends frames on each. A frame or a connection that nothing expected fails the test
 * when the server stops, which it does by itself when the test is over.
 *
 * @example
 * const server = await startScriptedServer();
 * const starting = client.startSession({ startSlot: 100, endSlot: 103 });
 * const control = await server.control();
 * await control.expect("createBacktestSession");
 * control.say(1, "sessionCreated", { session_id: id, rpc_endpoint: `/backtest/${id}` });
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
  readonly #subscriptions = new Mailbox<ScriptedSubscription>("a subscription's connection");
  readonly #refusals: { channel: Channel; status: number | "silence" }[] = [];
  #port = 0;
  /** HTTP status by path; others are answered with 404. */
  readonly answers = new Map<string, number>();
  /** HTTP requests that were no upgrades. */
  readonly requests: { path: string; headers: IncomingHttpHeaders }[] = [];
  /** Every connection that was let in, and every upgrade that wasn't. */
  readonly connections: ScriptedConnection[] = [];
  readonly refused: { channel: Channel; url: string; headers: IncomingHttpHeaders }[] = [];

  /** The control channel's. */
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

  /** The next control connection. */
  control(): Promise<ScriptedControl> {
    return this.#control.take(PATIENCE_MS);
  }

  /** The next subscription's connection. */
  subscription(): Promise<ScriptedSubscription> {
    return this.#subscriptions.take(PATIENCE_MS);
  }

  /** Answers the next upgrades of a channel with a status, or never. */
  refuse(channel: Channel, status: number | "silence", times = 1): void {
    for (let i = 0; i < times; i++) this.#refusals.push({ channel, status });
  }

  /** Takes no connections any more: its port refuses them. */
  async goAway(): Promise<void> {
    const closed = new Promise((resolve) => this.#http.close(resolve));
    for (const socket of this.#raw) socket.destroy();
    await closed;
  }

  /** @throws Error if something came that nothing expected */
  async stop(): Promise<void> {
    const unexpected = [
      ...this.connections.flatMap((connection) => connection.unexpected()),
      ...this.#control.left.map(() => "a control connection"),
      ...this.#subscriptions.left.map(() => "a subscription's connection"),
    ];
    if (this.#http.listening) await this.goAway();
    if (unexpected.length > 0) throw new Error(`nothing expected: ${unexpected.join("; ")}`);
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

/** One connection, from the server's end. */
class ScriptedConnection {
  /** Path and query. */
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  /** Every frame that came. */
  readonly received: string[] = [];
  /** The client's pings. */
  pings = 0;
  /** The close code, once the connection is gone: 1006 if it was cut. */
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

  /** Bytes that were sent and that the system has not taken yet. */
  get unsent(): number {
    return this.#ws.bufferedAmount;
  }

  /** The next frame's text. */
  frame(): Promise<string> {
    return this.#frames.take(PATIENCE_MS);
  }

  /** The next frame, parsed. */
  async message(): Promise<Record<string, unknown>> {
    return parseJson(await this.frame()) as Record<string, unknown>;
  }

  /** Sends frames: texts and bytes as they are, all else as JSON. They leave together. */
  send(...frames: unknown[]): void {
    for (const frame of frames) {
      this.#ws.send(typeof frame === "string" || frame instanceof Uint8Array ? frame : stringifyJson(frame));
    }
  }

  /** Begins the closing handshake. */
  close(code: number, reason = ""): void {
    this.#ws.close(code, reason);
  }

  /** Cuts the connection, with no close frame. */
  destroy(): void {
    this.#ws.terminate();
  }

  /** Reads and answers nothing any more, but stays open. */
  goSilent(): void {
    this.#ws.pause();
  }

  /** Frames that have come and that nothing has expected. */
  unexpected(): string[] {
    return this.#frames.left.filter((frame) => !GOODBYES.some((goodbye) => frame.includes(goodbye)));
  }

  #receive(text: string): void {
    this.received.push(text);
    if (!this.isProbe(text)) this.#frames.put(text);
  }

  protected isProbe(_text: string): boolean {
    return false;
  }
}

/** A control connection. */
export class ScriptedControl extends ScriptedConnection {
  /** Takes the next frame, which must be this request, and returns its parameters. */
  async expect(method: string): Promise<Record<string, unknown>> {
    const { method: said, params, ...others } = await this.message();
    if (said !== method) throw new Error(`expected ${method}, but ${said} came`);
    if (Object.keys(others).length > 0) throw new Error(`${method} has members of its own: ${Object.keys(others).join(", ")}`);
    return (params ?? {}) as Record<string, unknown>;
  }

  /** Sends a response, with a sequence id if it is to have one. */
  say(sequence: bigint | number | undefined, method: string, params?: unknown): void {
    this.send({ seqId: sequence, method, params });
  }

  /** The goodbye and the closing handshake. */
  async expectGoodbye(): Promise<void> {
    await this.expect(GOODBYE);
    await this.ended;
  }
}

/** A subscription's connection. */
export class ScriptedSubscription extends ScriptedConnection {
  /** Requests by which a client that can't ping asks for a sign of life; answered with an error, as by any server. */
  probes = 0;

  /** Takes the next frame, which must be this subscribe. */
  async expect(method: string): Promise<{ id: number; filter: unknown; config: Record<string, unknown> }> {
    const { jsonrpc, method: said, id, params } = await this.message();
    if (said !== method || jsonrpc !== "2.0") throw new Error(`expected ${method}, but ${said} came (jsonrpc ${jsonrpc})`);
    const [filter, config] = params as [unknown, Record<string, unknown>];
    return { id: id as number, filter, config };
  }

  /** Takes a subscribe and acknowledges it. */
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
