import { createFrameDecoder, type FrameDecoder } from "../../src/codec/compressed-frame-decoder.js";
import { parseJson, stringifyJson } from "../../src/codec/json.js";
import type { Faults } from "../../src/local/link/faults.js";
import type { LocalSimulatorOptions } from "../../src/local/server/simulator-options.js";
import type { SimulatorRecord } from "../../src/local/session/simulator-record.js";

/*
 * A client that uses only the wire format. Tests with the package's own client would not find a bug in types that the client and
 * the simulator share.
 */

/** The part of a WebSocket that the tests need, in pages and in Node.js. */
export interface TestWebSocket {
  readonly protocol: string;
  binaryType: string;
  send(text: string): void;
  close(code?: number, reason?: string): void;
  addEventListener(type: string, listener: (event: never) => void): void;
}

export interface SocketOptions {
  protocols?: string[];
  headers?: Record<string, string>;
}

/** A running simulator, in this process or behind real sockets. */
export interface TestSimulator {
  url: string;
  httpUrl: string;
  programs: readonly string[];
  faults: Faults;
  record: SimulatorRecord;
  fetch: typeof fetch;
  open(url: string, options: SocketOptions): TestWebSocket;
  close(): Promise<void>;
}

export type StartSimulator = (options: LocalSimulatorOptions) => Promise<TestSimulator>;

export interface Message {
  method?: string;
  params?: unknown;
  seqId?: number;
  id?: unknown;
  result?: unknown;
  error?: { code: number; message: string };
}

export interface Closed {
  code: number;
  reason: string;
  wasClean: boolean;
}

/** A WebSocket whose messages are queued in order and can be awaited. */
export class WireSocket {
  /** The texts of all frames so far. */
  readonly texts: string[] = [];
  /** The compressed length of each text that was compressed, by its index in `texts`. */
  readonly compressed = new Map<number, number>();
  readonly messages: Message[] = [];
  readonly opened: Promise<void>;
  readonly closed: Promise<Closed>;
  readonly #socket: TestWebSocket;
  #taken = 0;
  #wake: (() => void) | undefined;
  #isClosed = false;
  #broken: Error | undefined;

  /** @param decoder decodes the zstd stream of the connection */
  constructor(socket: TestWebSocket, decoder: FrameDecoder) {
    this.#socket = socket;
    socket.binaryType = "arraybuffer";
    socket.addEventListener("message", ({ data }: { data: string | ArrayBuffer }) => {
      if (typeof data !== "string") this.compressed.set(this.texts.length, data.byteLength);
      try {
        const text = typeof data === "string" ? data : decoder.decode(new Uint8Array(data));
        this.texts.push(text);
        this.messages.push(parseJson(text) as Message);
      } catch (error) {
        this.#broken ??= error as Error;
      }
      this.#wake?.();
    });
    this.opened = new Promise((resolve, reject) => {
      socket.addEventListener("open", () => resolve());
      socket.addEventListener("error", (event: { message?: string }) => reject(new Error(event.message ?? "refused")));
    });
    this.opened.catch(() => {});
    this.closed = new Promise((resolve) => {
      socket.addEventListener("close", ({ code, reason, wasClean }: Closed) => {
        this.#isClosed = true;
        this.#wake?.();
        resolve({ code, reason, wasClean });
      });
    });
  }

  get protocol(): string {
    return this.#socket.protocol;
  }

  send(message: unknown): void {
    this.#socket.send(typeof message === "string" ? message : stringifyJson(message));
  }

  close(code?: number, reason?: string): void {
    this.#socket.close(code, reason);
  }

  /** Returns the next unread message. */
  async next(): Promise<Message> {
    for (;;) {
      const message = this.messages[this.#taken];
      if (message !== undefined) {
        this.#taken++;
        return message;
      }
      if (this.#broken !== undefined) throw this.#broken;
      if (this.#isClosed) throw new Error(`closed after ${this.texts.length} frames: ${this.texts.slice(-3).join(" ")}`);
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  /** Returns all messages up to and including the first message for which `isWanted` returns true. */
  async until(isWanted: (message: Message) => boolean): Promise<Message[]> {
    const taken: Message[] = [];
    for (;;) {
      const message = await this.next();
      taken.push(message);
      if (isWanted(message)) return taken;
    }
  }

  /** Returns the next message with one of these methods. Skips earlier messages. */
  async method(...methods: string[]): Promise<Message> {
    return (await this.until(({ method }) => method !== undefined && methods.includes(method))).at(-1)!;
  }

  /** Returns the response to a call. Skips earlier messages. */
  async answer(id: unknown): Promise<Message> {
    return (await this.until((message) => message.id === id)).at(-1)!;
  }
}

export async function openSocket(sim: TestSimulator, url = sim.url, options: SocketOptions = {}): Promise<WireSocket> {
  const decoder = await createFrameDecoder();
  const socket = new WireSocket(sim.open(url, options), decoder);
  await socket.opened;
  return socket;
}

/** A session and its control socket. The messages up to the first readyForContinue have already been read. */
export interface TestSession {
  control: WireSocket;
  sessionId: string;
  /** The URL of the session's JSON-RPC. */
  rpcUrl: string;
  wsUrl: string;
}

export async function createSession(
  sim: TestSimulator,
  params: { startSlot: bigint; endSlot: bigint } & Record<string, unknown>,
): Promise<TestSession> {
  const control = await openSocket(sim);
  control.send({ method: "createBacktestSession", params: { disconnectTimeoutSecs: 60, ...params } });
  const created = await control.method("sessionCreated", "error");
  if (created.method === "error") throw new Error(stringifyJson(created.params));
  await control.method("readyForContinue");
  const { session_id: sessionId, rpc_endpoint: endpoint } = created.params as { session_id: string; rpc_endpoint: string };
  return { control, sessionId, rpcUrl: sim.httpUrl + endpoint, wsUrl: sim.httpUrl.replace(/^http/, "ws") + endpoint };
}

/** Sends a create request that is refused, and returns the error. */
export async function refusedCreate(sim: TestSimulator, params: Record<string, unknown>): Promise<unknown> {
  const control = await openSocket(sim);
  control.send({ method: "createBacktestSession", params });
  const answer = await control.method("sessionCreated", "error");
  control.close();
  return answer.method === "error" ? answer.params : answer;
}

export function continueBy(session: TestSession, advanceCount: number, extra: Record<string, unknown> = {}): void {
  session.control.send({ method: "continue", params: { advanceCount, ...extra } });
}

/** Returns the slots of the slot notifications in a list of messages. */
export function slotsOf(messages: readonly Message[]): unknown[] {
  return messages.filter(({ method }) => method === "slotNotification").map(({ params }) => params);
}

export const transactions = (program: string | undefined, config: Record<string, unknown> = {}) => ({
  method: "transactionSubscribe",
  params: [{ mentions: [program] }, { commitment: "confirmed", ...config }],
});

export const accountDiffs = (program: string | undefined, config: Record<string, unknown> = {}) => ({
  method: "accountDiffSubscribe",
  params: [program, { address_type: "program", ...config }],
});

/** Opens a socket on a session and subscribes. The calls have the ids 1, 2, … */
export async function subscribe(
  sim: TestSimulator,
  session: TestSession,
  ...calls: { method: string; params: unknown[] }[]
): Promise<WireSocket> {
  const socket = await openSocket(sim, session.wsUrl);
  for (const [index, call] of calls.entries()) socket.send({ jsonrpc: "2.0", id: index + 1, ...call });
  return socket;
}

/** Returns all messages of a subscription socket until the given number of subscriptions is complete. */
export async function drain(socket: WireSocket, subscriptions = 1): Promise<Message[]> {
  let left = subscriptions;
  return socket.until(({ method }) => method === "subscriptionComplete" && --left === 0);
}

/** Returns the results of notifications, as JSON text. */
export function results(messages: readonly Message[], subscription?: unknown): string[] {
  return messages
    .map(({ params }) => params as { subscription: unknown; result?: unknown } | undefined)
    .filter((params) => params?.result !== undefined && (subscription === undefined || params.subscription === subscription))
    .map((params) => stringifyJson(params?.result));
}

/** Calls a session's JSON-RPC over HTTP. */
export async function rpc(sim: TestSimulator, session: TestSession, method: string, ...params: unknown[]): Promise<Message> {
  const body = stringifyJson({ jsonrpc: "2.0", id: 1, method, params });
  const response = await sim.fetch(session.rpcUrl, { method: "POST", headers: { "content-type": "application/json" }, body });
  return parseJson(await response.text()) as Message;
}

/** A parallel run and its control socket. The messages up to sessionsCreatedV2 have already been read. */
export interface TestRun {
  control: WireSocket;
  controlSessionId: string;
  /** The sessions of the run, in the order of their ranges. */
  parts: readonly (TestSession & { startSlot: number; endSlot: number })[];
}

interface CreatedRun {
  control_session_id: string;
  session_ids: string[];
  task_ids: string[];
  start_slots: number[];
  end_slots: number[];
}

export async function createParallel(sim: TestSimulator, params: Record<string, unknown>): Promise<TestRun> {
  const control = await openSocket(sim);
  control.send({ method: "createBacktestSession", params: { disconnectTimeoutSecs: 60, ...params, parallel: true } });
  const messages = await control.until(({ method }) => method === "sessionsCreatedV2" || method === "error");
  const last = messages.at(-1)!;
  if (last.method === "error") throw new Error(stringifyJson(last.params));
  const { control_session_id: controlSessionId, session_ids, start_slots, end_slots } = last.params as CreatedRun;
  const base = sim.httpUrl;
  const parts = session_ids.map((sessionId, index) => ({
    control,
    sessionId,
    rpcUrl: `${base}/backtest/${sessionId}`,
    wsUrl: `${base.replace(/^http/, "ws")}/backtest/${sessionId}`,
    startSlot: start_slots[index]!,
    endSlot: end_slots[index]!,
  }));
  return { control, controlSessionId, parts };
}

/** An event of a session in a parallel run. */
export interface SessionEvent {
  session_id: string;
  seq_id: number;
  event: Message;
}

/** Returns the session events in a list of messages, optionally those of a single session. */
export function eventsOf(messages: readonly Message[], sessionId?: string): SessionEvent[] {
  return messages
    .filter(({ method }) => method === "sessionEventV2")
    .map(({ params }) => params as SessionEvent)
    .filter(({ session_id }) => sessionId === undefined || session_id === sessionId);
}

/** Returns a function that tests whether a message is an event of the given session with one of the given methods. */
export function isEvent(sessionId: string, ...methods: string[]): (message: Message) => boolean {
  return (message) => eventsOf([message], sessionId).some(({ event }) => methods.includes(event.method ?? ""));
}

export function continuePart({ control, sessionId }: Pick<TestSession, "control" | "sessionId">, advanceCount: number): void {
  control.send({ method: "continueSessionV1", params: { sessionId, request: { advanceCount } } });
}
