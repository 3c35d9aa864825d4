import type { Channel } from "../../src/local/link/link.js";
import type { Frame } from "../../src/local/link/peer.js";
import { answerHttp } from "../../src/local/server/http-handler.js";
import { Simulator } from "../../src/local/server/simulator.js";
import { type LocalSimulatorOptions, readOptions } from "../../src/local/server/simulator-options.js";
import type { SessionRecord } from "../../src/local/session/simulator-record.js";
import type { WebSocketLike } from "../../src/transport/websocket-like.js";
import { type ClientEnd, Connection } from "./connection.js";
import type { Carriage } from "./pipe.js";
import type { SeededRandom } from "./seeded-random.js";
import type { ProcessNetwork, SimulatedProcess } from "./simulated-process.js";
import { type Connect, socketsOf } from "./simulated-socket.js";
import type { Trace } from "./trace.js";
import type { VirtualClock } from "./virtual-clock.js";

/** The host of the simulated server. */
export const HOST = "simulated.test";

/** A fault that waits for a certain request of the client. */
interface Interceptor {
  matches(connection: Connection, text: string): boolean;
  /** Injects the fault. Returns `false` if the server must not receive the request. */
  strike(connection: Connection, text: string): boolean;
}

export interface NetworkOptions {
  carriage: Carriage;
  echoesClose: boolean;
  acknowledgesLate: boolean;
  server: LocalSimulatorOptions;
}

/** A simulated network with one server. The network refuses, loses and delays connections, and restarts the server. */
export class SimulatedNetwork implements ProcessNetwork {
  readonly connections = new Set<Connection>();
  /** The statuses of the next refused upgrades, in order. */
  readonly refusals: { channel: Channel | undefined; status: number; left: number }[] = [];
  readonly interceptors: Interceptor[] = [];
  readonly carriage: Carriage;
  /** Number of frames that have reached clients. */
  frames = 0;
  /** Called after each frame that reaches a client. */
  onFrame: () => void = () => {};
  /** Called for each frame that a client writes. */
  onWritten: (text: string) => void = () => {};
  /** Called for each request that reaches the server. */
  onRequest: (connection: Connection, text: string) => void = () => {};
  isOffline = false;
  isServerDown = false;
  simulator: Simulator;
  readonly #simulators: Simulator[] = [];
  readonly #clock: VirtualClock;
  readonly #random: SeededRandom;
  readonly #trace: Trace;
  readonly #options: NetworkOptions;
  #lastId = 0;

  constructor(clock: VirtualClock, random: SeededRandom, trace: Trace, options: NetworkOptions) {
    this.#clock = clock;
    this.#random = random;
    this.#trace = trace;
    this.#options = options;
    this.carriage = { ...options.carriage };
    this.simulator = this.#newSimulator();
  }

  /** Returns the record of a session, even if its server was replaced. */
  record(sessionId: string): SessionRecord | undefined {
    for (const { record } of this.#simulators) {
      const found = record.session(sessionId);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  /** The records of the sessions of all servers. */
  get sessions(): SessionRecord[] {
    return this.#simulators.flatMap(({ record }) => [...record.sessions]);
  }

  /** Replaces the server. The new one has no sessions. */
  async replaceServer(): Promise<void> {
    const old = this.simulator;
    this.simulator = this.#newSimulator();
    await old.close();
  }

  async close(): Promise<void> {
    await this.simulator.close();
  }

  socketsOf(process: SimulatedProcess): WebSocketLike {
    const connect: Connect = (from, request, end) => this.connect(from, request, end);
    return socketsOf(process, connect);
  }

  async fetch(process: SimulatedProcess, input: string, init: RequestInit = {}): Promise<Response> {
    const { latencyMs, jitterMs } = this.carriage;
    const url = new URL(input);
    await this.#wait(process, latencyMs + this.#random.int(0, jitterMs));
    if (this.isOffline || this.isServerDown || url.host !== HOST) {
      await this.#wait(process, latencyMs);
      throw new TypeError("fetch failed");
    }
    const answer = await answerHttp(this.simulator, {
      method: init.method ?? "GET",
      target: url.pathname + url.search,
      headers: Object.fromEntries(
        Object.entries((init.headers ?? {}) as Record<string, string>).map(([k, v]) => [k.toLowerCase(), v]),
      ),
      body: String(init.body ?? ""),
    });
    await this.#wait(process, latencyMs);
    return new Response(answer.status === 204 ? null : answer.body, { status: answer.status, headers: answer.headers });
  }

  #wait(process: SimulatedProcess, ms: number): Promise<void> {
    return new Promise((resolve) => this.#clock.add(ms, () => process.enter(resolve)));
  }

  /** Opens a connection. A subclass can change the frames that the client's end receives. */
  protected connect(process: SimulatedProcess, request: Parameters<Connect>[1], end: ClientEnd): Connection {
    const url = new URL(request.url);
    const channel: Channel = url.pathname === "/backtest" ? "control" : "subscription";
    const connection = new Connection(
      process,
      end,
      {
        id: ++this.#lastId,
        channel,
        path: url.pathname,
        carriage: this.carriage,
        echoesClose: this.#options.echoesClose,
        acknowledgesLate: this.#options.acknowledgesLate,
        written: (text) => this.onWritten(text),
        intercept: (at, text) => this.#intercept(at, text),
        delivered: (at, frame) => this.#delivered(at, frame),
        over: (at) => {
          if (this.connections.delete(at)) this.#trace.add(`net   ${at.label} is over`);
        },
      },
      this.#clock,
      this.#random,
    );
    const { latencyMs, jitterMs } = this.carriage;
    this.#clock.add(latencyMs + this.#random.int(0, jitterMs), () => this.#arrive(connection, url, request));
    return connection;
  }

  #arrive(connection: Connection, url: URL, { protocols, headers }: Parameters<Connect>[1]): void {
    // While the network is offline, nothing arrives. The client then waits until its connect timeout expires.
    if (this.isOffline || connection.isOver) return;
    if (this.isServerDown || url.host !== HOST) {
      this.#trace.add(`net   ${connection.label} refused: no server`);
      connection.refuse(undefined);
      return;
    }
    const refusal = this.refusals.find(({ channel, left }) => left > 0 && (channel ?? connection.channel) === connection.channel);
    if (refusal !== undefined) {
      refusal.left--;
      this.#trace.add(`net   ${connection.label} refused: ${refusal.status}`);
      connection.refuse(refusal.status);
      return;
    }
    const answer = this.simulator.upgrade({ target: url.pathname + url.search, headers: { host: HOST, ...headers }, protocols });
    if ("refused" in answer) {
      this.#trace.add(`net   ${connection.label} refused by the server: ${answer.refused} ${answer.reason}`);
      connection.refuse(answer.refused);
      return;
    }
    this.connections.add(connection);
    this.#trace.add(`net   ${connection.label} open ${connection.path}`);
    connection.accept(answer);
  }

  #intercept(connection: Connection, text: string): boolean {
    this.#trace.add(`  >   ${connection.label} ${text.slice(0, 160)}`);
    const index = this.interceptors.findIndex((interceptor) => interceptor.matches(connection, text));
    if (index < 0) {
      this.onRequest(connection, text);
      return false;
    }
    const [interceptor] = this.interceptors.splice(index, 1);
    if (interceptor?.strike(connection, text) === false) return true;
    this.onRequest(connection, text);
    return false;
  }

  #delivered(connection: Connection, frame: Frame): void {
    this.frames++;
    const text = typeof frame === "string" ? frame.slice(0, 110) : `(${frame.length} bytes)`;
    this.#trace.add(`  <   ${connection.label} ${text}`);
    this.onFrame();
  }

  #newSimulator(): Simulator {
    const random = this.#random.fork(`simulator ${this.#simulators.length}`);
    const clock = this.#clock;
    const simulator = new Simulator(
      readOptions({
        ...this.#options.server,
        platform: {
          now: () => 1_767_225_600_000 + clock.now,
          setTimeout: (callback, ms) => clock.add(ms, callback),
          clearTimeout: (task) => clock.cancel(task as Parameters<typeof clock.cancel>[0]),
          randomHex: (bytes) => random.hex(bytes),
        },
      }),
    );
    this.#simulators.push(simulator);
    return simulator;
  }
}
