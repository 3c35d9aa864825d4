import { textOf } from "../channels/control-frame.js";
import { describeClosure, judgeClosure, refusedByPlatform } from "../connection/attempt-failure.js";
import { cancelled } from "../protocol/error-helpers.js";
import { type BacktestRequest, encodeRequest } from "../protocol/requests.js";
import { type DecodedResponse, decodeResponse } from "../protocol/responses.js";
import { SimulatorError } from "../protocol/simulator-error.js";
import { onAbort } from "../transport/on-abort.js";
import { type Closure, openSocket, type Socket, type SocketListener } from "../transport/socket.js";
import type { SessionContext } from "./context.js";
import { Fifo } from "./events/fifo.js";

/** Options of `BacktestClient.connect`. */
export interface ConnectOptions {
  /** Cancels the connection attempt. @default none */
  signal?: AbortSignal;
}

/**
 * A control connection for direct use of the wire protocol. You can send any request, and you receive every response unchanged. It
 * does not reconnect. `BacktestClient.connect` returns it.
 *
 * @example
 * const connection = await client.connect();
 * connection.send({ method: "attachBacktestSession", params: { session_id, last_sequence: null } });
 * for await (const { response } of connection.responses()) if (response.method === "sessionAttached") break;
 * await connection.close();
 */
export class BacktestConnection {
  /** Resolves when the connection is closed by either side. Never rejects. */
  readonly closed: Promise<void>;
  readonly #context: SessionContext;
  readonly #buffered = new Fifo<DecodedResponse>();
  readonly #waiters: (() => void)[] = [];
  #socket: Socket | undefined;
  #isPaused = false;
  /** Why the connection has ended. `null` if this side closed it. `undefined` while it is open. */
  #end: SimulatorError | null | undefined;
  #settleClosed = (): void => {};

  /** @internal A `BacktestClient` creates connections. */
  constructor(context: SessionContext) {
    this.#context = context;
    this.closed = new Promise((resolve) => {
      this.#settleClosed = resolve;
    });
  }

  /**
   * Writes a request.
   *
   * @throws SimulatorError `invalidParams` for a shape that the server would refuse; `controlClosed` if the connection is closed
   */
  send(request: BacktestRequest): void {
    if (this.#socket?.send(encodeRequest(request))) return;
    throw this.#end ?? new SimulatorError("controlClosed", "the connection is closed");
  }

  /**
   * Iterates over the responses in their order. Each response is returned once, even if you call this several times. Up to
   * `maxBufferedEvents` responses are buffered. Then reading is paused. In a page, reading cannot be paused, so the connection is
   * closed.
   *
   * @throws SimulatorError `controlClosed` if the connection is lost; the iteration ends after `close()`
   */
  async *responses(): AsyncGenerator<DecodedResponse, void, undefined> {
    for (;;) {
      const response = this.#buffered.shift();
      if (response !== undefined) {
        this.#resume();
        yield response;
      } else if (this.#end === undefined) {
        await new Promise<void>((resolve) => this.#waiters.push(resolve));
      } else {
        if (this.#end !== null) throw this.#end;
        return;
      }
    }
  }

  /** Closes the connection, but not the session. Resolves when the connection is closed, within `timeouts.closeMs`. */
  async close(): Promise<void> {
    const { platform, timeouts } = this.#context;
    if (this.#end === undefined) {
      this.#finish(null);
      this.#socket?.close(1000, "");
      const timer = platform.setTimeout(() => {
        this.#socket?.terminate();
        this.#settleClosed();
      }, timeouts.closeMs);
      void this.closed.then(() => platform.clearTimeout(timer));
    }
    await this.closed;
  }

  /** The same as `close`. */
  shutdown(): Promise<void> {
    return this.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Opens the socket. Used by `openConnection`. */
  async open({ signal }: ConnectOptions): Promise<void> {
    const { platform, timeouts, redact, controlTarget } = this.#context;
    const { WebSocket } = platform;
    const target = await controlTarget();
    if (WebSocket === undefined) throw new SimulatorError("unsupported", "this platform has no WebSocket: give one as an option");
    if (signal?.aborted) throw cancelled("connecting", signal);
    await new Promise<void>((resolve, reject) => {
      const settle = (): void => {
        platform.clearTimeout(timer);
        stopListening();
      };
      const giveUp = (error: SimulatorError): void => {
        settle();
        this.#socket?.terminate();
        this.#finish(error);
        this.#settleClosed();
        reject(error);
      };
      const handleTimeout = (): void =>
        giveUp(new SimulatorError("unreachable", `no connection within ${timeouts.connectMs} ms`));
      const timer = platform.setTimeout(handleTimeout, timeouts.connectMs);
      const stopListening = onAbort(signal, () => giveUp(cancelled("connecting", signal)));
      let isOpen = false;
      const listener: SocketListener = {
        handleOpen: () => {
          isOpen = true;
          settle();
          resolve();
        },
        handleText: (text) => this.#take(decodeResponse(text)),
        handleBinary: (bytes) => this.#take(decodeResponse(textOf(bytes))),
        handlePong: () => {},
        handleClose: (closure) => {
          if (!isOpen) return giveUp(refusal(closure, redact));
          this.#finish(new SimulatorError("controlClosed", `the connection was lost: ${describeClosure(closure, redact)}`));
          this.#settleClosed();
        },
      };
      try {
        this.#socket = openSocket(WebSocket, target, listener);
      } catch (error) {
        giveUp(refusedByPlatform(error, redact).cause as SimulatorError);
      }
    });
  }

  #take(response: DecodedResponse): void {
    if (this.#end !== undefined) return;
    this.#buffered.push(response);
    this.#wake();
    if (this.#buffered.length < this.#context.maxBufferedEvents || this.#isPaused) return;
    this.#isPaused = true;
    if (this.#socket?.pause !== undefined) return this.#socket.pause();
    this.#socket?.terminate();
    this.#finish(
      new SimulatorError("controlClosed", "the connection was closed, because responses arrived faster than they were read"),
    );
    this.#settleClosed();
  }

  #resume(): void {
    if (!this.#isPaused || this.#buffered.length * 2 > this.#context.maxBufferedEvents) return;
    this.#isPaused = false;
    this.#socket?.resume?.();
  }

  #finish(end: SimulatorError | null): void {
    if (this.#end === undefined) this.#end = end;
    this.#wake();
  }

  #wake(): void {
    for (const waiter of this.#waiters.splice(0)) waiter();
  }
}

/**
 * Opens a control connection without a session.
 *
 * @throws SimulatorError `unauthorized`, `unreachable`, `unsupported`, `cancelled`
 */
export async function openConnection(context: SessionContext, options: ConnectOptions): Promise<BacktestConnection> {
  const connection = new BacktestConnection(context);
  await connection.open(options);
  return connection;
}

function refusal(closure: Closure, redact: (text: string) => string): SimulatorError {
  const judged = judgeClosure(closure, redact, true);
  const error = judged.type === "refused" ? judged.failure.error : judged.error;
  if (error instanceof SimulatorError) return error;
  return new SimulatorError("unreachable", `no connection: ${describeClosure(closure, redact)}`);
}
