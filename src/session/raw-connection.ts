import { decodeRedacted, textOf } from "../channels/control-frame.js";
import {
  type AttemptFailure,
  constructSocket,
  describeClosure,
  judgeClosure,
  judgeError,
} from "../connection/attempt-failure.js";
import { cancelled } from "../protocol/error-helpers.js";
import { type BacktestRequest, encodeRequest } from "../protocol/requests.js";
import { type DecodedResponse, decodeResponse } from "../protocol/responses.js";
import { SimulatorError } from "../protocol/simulator-error.js";
import { onAbort } from "../transport/on-abort.js";
import type { Socket, SocketListener } from "../transport/socket.js";
import type { SessionContext } from "./context.js";
import { Fifo } from "./events/fifo.js";
import { FlowControl } from "./events/flow-control.js";

/** Options of `BacktestClient.connect`. */
export interface ConnectOptions {
  /** Cancels the connection attempt. @default none */
  signal?: AbortSignal;
}

/**
 * A control connection for direct use of the wire protocol. You can send any request, and you receive every response. The
 * connection does not reconnect. Returned by `BacktestClient.connect`.
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
  readonly #buffered = new Fifo<{ response: DecodedResponse; size: number }>();
  readonly #flowControl: FlowControl;
  readonly #waiters: (() => void)[] = [];
  #socket: Socket | undefined;
  /** Why the connection has ended. `null` if the client closed it. `undefined` while it is open. */
  #end: SimulatorError | null | undefined;
  #settleClosed = (): void => {};

  /** @internal A `BacktestClient` creates connections. */
  constructor(context: SessionContext) {
    this.#context = context;
    this.#flowControl = new FlowControl({ events: context.maxBufferedEvents, bytes: context.maxBufferedBytes });
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
   * Iterates over the responses in their order. Each response is returned once, even if you call this method several times.
   * Reading is paused when `maxBufferedEvents` or `maxBufferedBytes` is reached. In a browser, reading cannot be paused, and the
   * connection is closed instead.
   *
   * @throws SimulatorError `controlClosed` if the connection is lost; the iteration ends after `close()`
   */
  async *responses(): AsyncGenerator<DecodedResponse, void, undefined> {
    for (;;) {
      const buffered = this.#buffered.shift();
      if (buffered !== undefined) {
        this.#flowControl.removeControl(buffered.size);
        this.#flowControl.check(this, []);
        yield buffered.response;
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
      this.#end = null;
      this.#wake();
      this.#socket?.close(1000, "");
      const timer = platform.setTimeout(() => this.#drop(null), timeouts.closeMs);
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
    if (signal?.aborted) throw cancelled("connecting", signal);
    await new Promise<void>((resolve, reject) => {
      const settle = (): void => {
        platform.clearTimeout(timer);
        stopListening();
      };
      const giveUp = (error: SimulatorError): void => {
        settle();
        this.#drop(error);
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
        handleText: (text) => this.#take(text),
        handleBinary: (bytes) => this.#take(textOf(bytes)),
        handlePong: () => {},
        handleClose: (closure) => {
          if (!isOpen) return giveUp(toError(judgeClosure(closure, redact, true)));
          this.#drop(new SimulatorError("controlClosed", `the connection was lost: ${describeClosure(closure, redact)}`));
        },
      };
      const begin = async (): Promise<void> => {
        const target = await controlTarget();
        if (this.#end === undefined) this.#socket = constructSocket(platform.WebSocket, target, listener, redact);
      };
      begin().catch((error: unknown) => giveUp(toError(judgeError(error, redact))));
    });
  }

  #take(text: string): void {
    if (this.#end !== undefined) return;
    const response = decodeRedacted(text, decodeResponse, this.#context.redact);
    this.#buffered.push({ response, size: text.length });
    this.#flowControl.addControl(text.length);
    this.#wake();
    this.#flowControl.check(this, []);
  }

  /** @internal Used by the flow control. */
  pauseIntake(): void {
    if (this.#socket?.pause !== undefined) return this.#socket.pause();
    const message = "the connection was closed, because responses arrived faster than they were read";
    this.#drop(new SimulatorError("controlClosed", message));
  }

  /** @internal Used by the flow control. */
  resumeIntake(): void {
    this.#socket?.resume?.();
  }

  /** Ends the connection at once. @param error ignored if the connection has ended already */
  #drop(error: SimulatorError | null): void {
    if (this.#end === undefined) this.#end = error;
    this.#socket?.terminate();
    this.#wake();
    this.#settleClosed();
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

function toError(judged: AttemptFailure): SimulatorError {
  const { reason, error } = judged.type === "refused" ? judged.failure : judged;
  return error instanceof SimulatorError ? error : new SimulatorError("unreachable", `no connection: ${reason}`);
}
