import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { type WebSocket, WebSocketServer } from "ws";

export const FIREHOSE = {
  startSlot: 300_000_000,
  slots: 2_000,
  perSlot: 100,
  program: "TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA",
} as const;

/**
 * A server that sends as fast as possible. It sends all notifications of a subscription without waiting for a continue request.
 */
export interface Firehose {
  readonly url: string;
  /** The value of `replayFromSlot` in each subscribe request. */
  readonly resumes: readonly (number | undefined)[];
  /** Number of sent notifications, duplicates included. */
  readonly sent: number;
  close(): Promise<void>;
}

const SESSION = `backtest_${"0".repeat(31)}1`;
const SUBSCRIPTION = 1;
/** Maximum number of bytes that the server buffers for a socket before it waits. */
const BACKLOG = 256 * 1024;
const COMPLETE = `{"jsonrpc":"2.0","method":"subscriptionComplete","params":{"subscription":${SUBSCRIPTION}}}`;

/** Returns a notification as text. Uses `index` as the signature of the notification. */
function textOf(index: number): string {
  const slot = FIREHOSE.startSlot + Math.floor(index / FIREHOSE.perSlot);
  const account = `{"lamports":${index},"data":["AQIDBA==","base64"],"owner":"${FIREHOSE.program}","executable":false,"rentEpoch":18446744073709551615,"space":4}`;
  return `{"jsonrpc":"2.0","method":"accountDiffNotification","params":{"subscription":${SUBSCRIPTION},"result":{"context":{"slot":${slot}},"account":"So11111111111111111111111111111111111111112","signature":"${index}","tx_index":${index % FIREHOSE.perSlot},"pre":${account},"post":${account}}}}`;
}

/**
 * @param ahead number of notifications after which the server sends a ping and waits for the pong. By default, the server sends
 * no pings. Without pings, a browser buffers about 30,000 notifications, and delivers them even after the page closed the socket
 */
export async function startFirehose(ahead = Number.POSITIVE_INFINITY): Promise<Firehose> {
  const total = FIREHOSE.slots * FIREHOSE.perSlot;
  const resumes: (number | undefined)[] = [];
  let sent = 0;
  const sockets = new WebSocketServer({ noServer: true, perMessageDeflate: false, handleProtocols: () => "backtest" });
  const server = createServer();
  server.on("upgrade", (request, socket, head) => {
    sockets.handleUpgrade(request, socket, head, request.url === "/backtest" ? drive : stream);
  });

  function drive(ws: WebSocket): void {
    let sequence = 0;
    const respond = (response: object): void => ws.send(JSON.stringify({ seqId: ++sequence, ...response }));
    ws.on("message", (data) => {
      const { method } = JSON.parse(String(data)) as { method: string };
      if (method === "createBacktestSession") {
        respond({ method: "sessionCreated", params: { session_id: SESSION, rpc_endpoint: `/backtest/${SESSION}` } });
        respond({ method: "readyForContinue" });
      } else if (method === "continue") {
        respond({ method: "slotNotification", params: FIREHOSE.startSlot });
        respond({ method: "completed", params: {} });
      } else if (method === "closeBacktestSession") {
        respond({ method: "success" });
        ws.close(1000);
      }
    });
  }

  function stream(ws: WebSocket): void {
    ws.on("message", (data) => {
      const { id, method, params } = JSON.parse(String(data)) as { id: number; method: string; params?: [string, Config] };
      if (method !== "accountDiffSubscribe") {
        // The client in a page sends `getHealth` to check the connection. The client accepts any response, even an error.
        ws.send(JSON.stringify({ jsonrpc: "2.0", id, error: { code: -32601, message: "Method not found" } }));
        return;
      }
      const from = params?.[1].replayFromSlot;
      resumes.push(from);
      ws.send(JSON.stringify({ jsonrpc: "2.0", id, result: SUBSCRIPTION }));
      void pour(ws, from === undefined ? 0 : (from - FIREHOSE.startSlot) * FIREHOSE.perSlot);
    });
  }

  async function pour(ws: WebSocket, first: number): Promise<void> {
    for (let index = first; index < total && ws.readyState === ws.OPEN; index++) {
      sent++;
      if (index > first && (index - first) % ahead === 0) await roundTrip(ws);
      if (ws.bufferedAmount < BACKLOG) ws.send(textOf(index));
      else await new Promise<void>((resolve) => ws.send(textOf(index), () => resolve()));
    }
    if (ws.readyState === ws.OPEN) ws.send(COMPLETE);
  }

  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}/backtest`,
    resumes,
    get sent() {
      return sent;
    },
    close: () => {
      for (const ws of sockets.clients) ws.terminate();
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

function roundTrip(ws: WebSocket): Promise<void> {
  return new Promise((resolve) => {
    ws.once("pong", () => resolve());
    ws.once("close", () => resolve());
    ws.ping();
  });
}

interface Config {
  replayFromSlot?: number;
}
