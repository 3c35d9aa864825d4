import { spawn } from "node:child_process";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { afterEach, expect, it } from "vitest";
import { type WebSocket, WebSocketServer } from "ws";
import { compress } from "../src/codec/zstd.js";

/*
 * Tests a client in a process with a heap of 512 MB against a server that tries to exhaust its memory. The process must not run out
 * of memory: the client fails with an error, or its memory stays bounded.
 */

const MIB = 1024 * 1024;
const HEAP_MB = 512;
/** The largest allowed resident memory, which includes memory outside the heap. */
const MOST_RESIDENT = 1_000 * MIB;
/** The server stops sending after this number of bytes, even if the client still reads. */
const MOST_SENT = 160 * MIB;
/** The server stops sending if the client reads nothing for this time, in ms. The client has then paused its socket. */
const PAUSED_MS = 1_000;
const SESSION = "backtest_01980f5a7c2b7e3d8a4b5c6d7e8f9012";
const RPC_PATH = `/backtest/${SESSION}`;
const CREATED = `{"seqId":1,"method":"sessionCreated","params":{"session_id":"${SESSION}","rpc_endpoint":"${RPC_PATH}"}}`;
const READY = '{"seqId":2,"method":"readyForContinue"}';
const TRANSACTION = `{"jsonrpc":"2.0","method":"transactionNotification","params":{"subscription":1,"result":{"slot":100,"transaction":["AQ==","base64"],"meta":`;

/** Sends until the socket is closed, everything was sent, or the client stops reading. */
async function pour(socket: WebSocket, frameOf: (index: number) => string | Uint8Array): Promise<void> {
  let sent = 0;
  for (let index = 0; sent < MOST_SENT && socket.readyState === socket.OPEN; index++) {
    const frame = frameOf(index);
    sent += frame.length;
    if (socket.bufferedAmount < MIB && index % 64 !== 0) socket.send(frame);
    else if (!(await written(socket, frame))) return;
  }
}

function written(socket: WebSocket, frame: string | Uint8Array): Promise<boolean> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(false), PAUSED_MS);
    socket.send(frame, (error) => {
      clearTimeout(timer);
      resolve(!error);
    });
  });
}

interface Attack {
  /** The task of the client, a name in hostile-client.mjs. */
  task: string;
  /** Answers the create request. @default a session that is ready */
  create?: (socket: WebSocket) => Promise<void>;
  /** Answers a subscribe request. @default the acknowledgement, with the id of the request */
  subscribe?: (socket: WebSocket, id: number) => Promise<void>;
  http?: (request: IncomingMessage, response: ServerResponse) => void;
}

const filled = (size: number, part: string): string => part.repeat(Math.floor(size / part.length));
const nested = (size: number): string => "[".repeat(size / 2) + "]".repeat(size / 2);
const acknowledge = (socket: WebSocket, id: number): void => socket.send(`{"jsonrpc":"2.0","id":${id},"result":${id}}`);
const ready = (socket: WebSocket): void => {
  socket.send(CREATED);
  socket.send(READY);
};
const endless = (chunk: string) => (_request: IncomingMessage, response: ServerResponse) => {
  response.on("error", () => {});
  const write = (): void => {
    while (!response.destroyed && response.write(chunk));
  };
  response.on("drain", write);
  write();
};
const once = (text: () => string) => (_request: IncomingMessage, response: ServerResponse) => {
  response.setHeader("content-type", "application/json");
  response.end(text());
};

/** A small zstd frame that decodes to a megabyte of text: a notification for another subscription. */
const bomb = compress(new TextEncoder().encode(`{"method":"x","params":{"subscription":9,"x":"${"A".repeat(MIB)}"}}`));

const ATTACKS: Record<string, Attack> = {
  "endless unrecognized responses that no consumer reads": {
    task: "idle",
    create: async (socket) => {
      ready(socket);
      await pour(socket, (index) => `{"seqId":${index + 3},"method":"new${index}","params":"${"x".repeat(20_000)}"}`);
    },
  },
  "endless unrecognized notifications that no consumer reads": {
    task: "idle",
    subscribe: async (socket, id) => {
      acknowledge(socket, id);
      await pour(socket, (index) => `{"method":"new${index}","params":"${"x".repeat(500)}"}`);
    },
  },
  "endless unrecognized notifications that a listener receives": {
    task: "listeners",
    subscribe: async (socket, id) => {
      acknowledge(socket, id);
      await pour(socket, (index) => `{"method":"new${index}","params":"${"x".repeat(2_000)}"}`);
    },
  },
  "endless notifications before the acknowledgement of the subscribe request": {
    task: "run",
    subscribe: (socket) => pour(socket, () => `{"method":"a","params":{"subscription":5,"result":[${filled(3_000, "[],")}0]}}`),
  },
  "endless statuses before the session is created": {
    task: "run",
    create: (socket) => pour(socket, () => '{"method":"status","params":{"status":"startingRuntime"}}'),
  },
  "endless notifications of the same slot": {
    task: "run",
    subscribe: async (socket, id) => {
      acknowledge(socket, id);
      const account = '{"lamports":1,"data":["","base64"],"owner":"1","executable":false,"rentEpoch":1,"space":0}';
      await pour(
        socket,
        (index) =>
          `{"jsonrpc":"2.0","method":"accountDiffNotification","params":{"result":{"context":{"slot":100},"account":"a","signature":"${index}${"s".repeat(80)}","tx_index":${index},"block_time":1,"pre":${account},"post":${account}},"subscription":${id}}}`,
      );
    },
  },
  "short notifications whose parsed values use much memory": {
    task: "idle",
    subscribe: async (socket, id) => {
      acknowledge(socket, id);
      const frame = `${TRANSACTION.replace('"subscription":1', `"subscription":${id}`)}[${filled(6_000, "{},")}0]}}}`;
      await pour(socket, () => frame);
    },
  },
  "a frame of 60 MB with 20 million lists": {
    task: "run",
    subscribe: async (socket, id) => {
      acknowledge(socket, id);
      socket.send(`{"method":"x","params":[${filled(60 * MIB, "[],")}0]}`);
    },
  },
  "a frame of 60 MB with 20 million objects on the control connection": {
    task: "run",
    create: async (socket) => {
      ready(socket);
      socket.send(`{"seqId":3,"method":"x","params":[${filled(60 * MIB, "{},")}0]}`);
    },
  },
  "a frame of 60 MB with the deepest possible nesting": {
    task: "run",
    create: async (socket) => {
      ready(socket);
      socket.send(nested(60 * MIB));
    },
  },
  "a frame of 60 MB with opening brackets only": {
    task: "run",
    subscribe: async (socket, id) => {
      acknowledge(socket, id);
      socket.send(filled(60 * MIB, '{"a":'));
    },
  },
  "a frame of 60 MB with integers that a double rounds": {
    task: "run",
    subscribe: async (socket, id) => {
      acknowledge(socket, id);
      socket.send(`{"method":"x","params":[${filled(60 * MIB, "12345678901234567890,")}0]}`);
    },
  },
  "a frame of 60 MB with a single string of escape sequences": {
    task: "run",
    subscribe: async (socket, id) => {
      acknowledge(socket, id);
      socket.send(`{"method":"x","params":["${filled(60 * MIB, "\\u0000")}",12345678901234567890]}`);
    },
  },
  "a frame that exceeds the size limit": {
    task: "run",
    subscribe: async (socket, id) => {
      acknowledge(socket, id);
      socket.send(filled(100 * MIB, "x"));
    },
  },
  "a zstd bomb: small frames that decode to a megabyte each": {
    task: "run compressed",
    subscribe: async (socket, id) => {
      acknowledge(socket, id);
      await pour(socket, () => bomb);
    },
  },
  "endless binary frames although the client did not request compression": {
    task: "run",
    subscribe: async (socket, id) => {
      acknowledge(socket, id);
      await pour(socket, () => bomb);
    },
  },
  "endless errors that no consumer reads": {
    task: "idle",
    create: async (socket) => {
      ready(socket);
      await pour(
        socket,
        (index) => `{"seqId":${index + 3},"method":"error","params":{"invalidRequest":{"error":"${"e".repeat(20_000)}"}}}`,
      );
    },
  },
  "endless errors about single transactions that no consumer reads": {
    task: "idle",
    create: async (socket) => {
      ready(socket);
      await pour(
        socket,
        (index) => `{"seqId":${index + 3},"method":"error","params":{"simulationError":{"error":"${"e".repeat(2_000)}"}}}`,
      );
    },
  },
  "an error of 60 MB as the response to a subscribe request": {
    task: "run",
    subscribe: async (socket, id) =>
      void socket.send(`{"jsonrpc":"2.0","id":${id},"error":{"code":-32000,"message":"${filled(60 * MIB, "e")}"}}`),
  },
  "the ids of half a million sub-sessions": {
    task: "parallel",
    create: async (socket) => {
      const ids: string[] = [];
      for (let index = 0; index < 500_000; index++) ids.push(`backtest_${index.toString(16).padStart(32, "0")}`);
      await pour(socket, (index) => {
        const id = ids[index];
        if (id !== undefined) return `{"method":"sessionCreated","params":{"session_id":"${id}","rpc_endpoint":"/a"}}`;
        if (index > ids.length) return `${filled(MIB, " ")}{}`;
        const numbers = ids.map((_, slot) => slot).join();
        return `{"method":"sessionsCreatedV2","params":{"control_session_id":"parallel_${"0".repeat(32)}","session_ids":${JSON.stringify(ids)},"start_slots":[${numbers}],"end_slots":[${numbers}]}}`;
      });
    },
  },
  "endless discoveries with millions of transaction indices": {
    task: "idle",
    create: async (socket) => {
      ready(socket);
      const indices = `[${filled(15 * MIB, "1,")}1]`;
      await pour(
        socket,
        (index) =>
          `{"seqId":${index + 3},"method":"discoveryBatch","params":{"slot":100,"batchIndex":0,"matched":[],"transactions":[],"transactionIndices":${indices}}}`,
      );
    },
  },
  "an endless HTTP response": { task: "ranges", http: endless(filled(MIB, " ")) },
  "an HTTP response of 60 MB with millions of rows": {
    task: "ranges",
    http: once(() => `[${filled(60 * MIB, '{"bundle_start_slot":1},')}{"bundle_start_slot":1}]`),
  },
  "an endless HTTP error": {
    task: "bundle",
    http: (request, response) => {
      response.statusCode = 500;
      endless(filled(MIB, "e"))(request, response);
    },
  },
  "an endless response of the session's RPC": { task: "rpc", http: endless(filled(MIB, " ")) },
  "a response of the session's RPC with 20 million lists": { task: "rpc", http: once(() => `[${filled(60 * MIB, "[],")}0]`) },
};

let close: () => void = () => {};
afterEach(() => close());

it.for(Object.entries(ATTACKS))(
  "a client with a heap of 512 MB does not run out of memory when a server sends %s",
  async ([, attack]) => {
    const server = createServer((request, response) => attack.http?.(request, response) ?? response.end());
    const url = await listen(server, attack);
    const program = fileURLToPath(new URL("support/hostile-client.mjs", import.meta.url));
    const child = spawn(process.execPath, [`--max-old-space-size=${HEAP_MB}`, program, url, attack.task], {
      stdio: ["pipe", "pipe", "pipe"],
    });
    let output = "";
    let errors = "";
    child.stdout.on("data", (chunk) => (output += chunk));
    child.stderr.on("data", (chunk) => (errors += chunk));
    child.stdin.on("error", () => {});
    poured = () => child.stdin.end();
    const code = await new Promise<number | null>((resolve) => child.on("close", resolve));
    expect(errors).toBe("");
    expect(code).toBe(0);
    const { outcome, mostResident } = JSON.parse(output) as { outcome: unknown; mostResident: number };
    if (process.env.SHOW_MEMORY) console.log(`${Math.round(mostResident / MIB)} MiB, ${JSON.stringify(outcome)}`);
    expect(JSON.stringify(outcome)).not.toContain("not a SimulatorError");
    expect(mostResident).toBeLessThan(MOST_RESIDENT);
  },
);

/** Called when the server has sent everything, or the client has paused. */
let poured: () => void = () => {};

async function listen(server: Server, { create, subscribe }: Attack): Promise<string> {
  const sockets = new WebSocketServer({ server, perMessageDeflate: false });
  close = () => {
    for (const socket of sockets.clients) socket.terminate();
    server.closeAllConnections();
    server.close();
  };
  let attacks = 0;
  sockets.on("connection", (socket, request) => {
    const attack = async (sending: Promise<void> | undefined): Promise<void> => {
      if (sending === undefined) return;
      const number = ++attacks;
      await sending;
      // Ends the test if no newer attack has started within `PAUSED_MS`. Each reconnect of the client starts an attack.
      setTimeout(() => number === attacks && poured(), PAUSED_MS);
    };
    socket.on("error", () => {});
    socket.on("message", (data) => {
      const { method, id } = JSON.parse(data.toString()) as { method: string; id: number };
      if (request.url === "/backtest") {
        if (method === "createBacktestSession") void attack(create === undefined ? void ready(socket) : create(socket));
        else if (method === "attachBacktestSession") {
          socket.send(CREATED.replace("sessionCreated", "sessionAttached").replace('"seqId":1,', ""));
        } else if (method === "resumeAttachedSession" || method === "closeBacktestSession") socket.send('{"method":"success"}');
      } else if (id !== 0) void attack(subscribe === undefined ? void acknowledge(socket, id) : subscribe(socket, id));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return `ws://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
