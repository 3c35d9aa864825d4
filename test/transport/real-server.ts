import { createServer, type IncomingMessage, STATUS_CODES } from "node:http";
import type { AddressInfo, Socket as NetSocket } from "node:net";
import { WebSocketServer, type WebSocket as WsSocket } from "ws";

export interface Accepted {
  socket: WsSocket;
  request: IncomingMessage;
}

/** A real WebSocket server on a free port of this machine. */
export interface RealServer {
  readonly url: string;
  /** Resolves with the next accepted connection that has not been returned yet. */
  next(): Promise<Accepted>;
  /** Number of received upgrades, including refused ones. */
  readonly upgrades: number;
  /**
   * Answers upgrade requests with this HTTP status from now on. With 0, there is no answer. With `undefined`, the requests are
   * accepted.
   */
  refuse(status: number | undefined, location?: string): void;
  close(): Promise<void>;
}

export async function startRealServer(): Promise<RealServer> {
  const http = createServer();
  // Selects the subprotocol `backtest`, as the service does. The other offered subprotocol contains the key.
  const handleProtocols = (offered: Set<string>): string | false => (offered.has("backtest") ? "backtest" : false);
  const webSockets = new WebSocketServer({ noServer: true, handleProtocols });
  const accepted: Accepted[] = [];
  const waiting: ((accepted: Accepted) => void)[] = [];
  const raw = new Set<NetSocket>();
  let upgrades = 0;
  let status: number | undefined;
  let location: string | undefined;
  http.on("connection", (socket) => {
    raw.add(socket);
    socket.on("close", () => raw.delete(socket));
  });
  http.on("upgrade", (request, socket, head) => {
    upgrades++;
    if (status === 0) return;
    if (status !== undefined) {
      socket.end(
        `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${location === undefined ? "" : `Location: ${location}\r\n`}Connection: close\r\nContent-Length: 0\r\n\r\n`,
      );
      return;
    }
    webSockets.handleUpgrade(request, socket, head, (webSocket) => {
      const one = { socket: webSocket, request };
      const waiter = waiting.shift();
      if (waiter === undefined) accepted.push(one);
      else waiter(one);
    });
  });
  await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
  const { port } = http.address() as AddressInfo;
  return {
    url: `ws://127.0.0.1:${port}/backtest`,
    next: () => {
      const one = accepted.shift();
      return one === undefined ? new Promise((resolve) => waiting.push(resolve)) : Promise.resolve(one);
    },
    get upgrades() {
      return upgrades;
    },
    refuse: (answer, target) => {
      status = answer;
      location = target;
    },
    close: () => {
      for (const socket of raw) socket.destroy();
      return new Promise((resolve) => http.close(() => resolve()));
    },
  };
}
