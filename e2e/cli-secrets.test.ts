import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { WebSocketServer } from "ws";
import { type Finished, MEDIA, runCli, type Serving, startCli, startServe } from "./support/cli.js";
import { expectNoKey } from "./support/secrets.js";

/*
 * Tests that no command prints the API key. The key comes from an argument, the environment, a URL or the response of a server.
 */

const KEY = "secret-key-4f9b!/+";
const env = { SIMULATOR_API_KEY: KEY };
const RANGE = ["--start-slot", "300000000", "--slots", "20"];

/** A service that repeats the key in every encoding and in every response. */
interface Gossip {
  url: string;
  /** If `true`, the service accepts WebSockets and sends the API key over them. If `false`, the service refuses WebSockets. */
  isOpen: boolean;
  close(): Promise<void>;
}

async function startGossip(): Promise<Gossip> {
  const sockets = new WebSocketServer({ noServer: true });
  const text = `your key is ${KEY}, ${encodeURIComponent(KEY)}, ${Buffer.from(KEY).toString("base64url")}`;
  const server: Server = createServer(async (request, response) => {
    if (request.method === "POST") {
      // Answers the RPC request of the command `capture`.
      let body = "";
      for await (const chunk of request) body += chunk;
      const { id } = JSON.parse(body) as { id: number };
      response.end(JSON.stringify({ jsonrpc: "2.0", id, error: { code: -32_000, message: text } }));
      return;
    }
    response.writeHead(400, "secret-key-4f9b", { "content-type": "text/plain" });
    response.end(text);
  });
  server.on("upgrade", (request: IncomingMessage, socket, head) => {
    if (!gossip.isOpen) {
      socket.end(`HTTP/1.1 403 secret-key-4f9b\r\nConnection: close\r\n\r\n${text}`);
      return;
    }
    sockets.handleUpgrade(request, socket, head, (ws) => {
      ws.on("message", () => {
        ws.send(JSON.stringify({ method: "error", params: { invalidRequest: { error: text } } }));
        ws.close(4001, text.slice(0, 60));
      });
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const gossip: Gossip = {
    url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}`,
    isOpen: false,
    close: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
  return gossip;
}

let gossip: Gossip;
let serving: Serving;

beforeAll(async () => {
  [gossip, serving] = await Promise.all([
    startGossip(),
    startServe(["--engine", "synthetic", "--slots", "20"], { env, medium: "terminal" }),
  ]);
});

afterAll(async () => {
  const [, served] = await Promise.all([gossip?.close(), serving?.stop()]);
  expectNoKey(served.text, KEY);
});

/** Expects that the output does not contain the key. */
function expectNoKeyIn({ text }: Pick<Finished, "text">): void {
  expect(text.length).toBeGreaterThan(20);
  expectNoKey(text, KEY);
}

describe.each(MEDIA)("on a %s", (medium) => {
  it("successful `run`, `ranges` and `doctor` commands do not print the API key", async () => {
    const { url, programs } = serving;
    for (const args of [["run", "--url", url, ...RANGE, "--program", programs[0] ?? ""], ["ranges"], ["doctor"]]) {
      const finished = await runCli(args, { medium, env: { ...env, SIMULATOR_URL: url } });
      expect(finished.code, finished.text).toBe(0);
      expectNoKeyIn(finished);
    }
  });

  it.each([false, true])(
    "`run`, `ranges` and `doctor` do not print the API key even if the service sends it back (WebSockets accepted: %s)",
    async (isOpen) => {
      gossip.isOpen = isOpen;
      const all = [["run", ...RANGE], ["ranges"], ["doctor", "--json"]];
      const ends = await Promise.all(all.map((args) => runCli([...args, "--url", gossip.url], { medium, env })));
      for (const finished of ends) {
        expect(finished.code).toBe(1);
        expectNoKeyIn(finished);
      }
    },
  );
});

it("`serve` and `proxy` do not print the API key", async () => {
  gossip.isOpen = false;
  const origin = "https://app.example";
  const args = ["--url", gossip.url, "--origin", origin, "--port", "0"];
  const [serve, proxy] = [
    startCli(["serve", "--engine", "synthetic", "--port", "0"], { env }),
    startCli(["proxy", ...args], { env }),
  ];
  const [[, served], [, proxied]] = await Promise.all([serve.until(/HTTP +(http:\S+)/), proxy.until(/HTTP +(http:\S+)/)]);
  const headers = { origin, "x-api-key": encodeURIComponent(KEY) };
  await Promise.all([
    fetch(`${served}/usage?api_key=${encodeURIComponent(KEY)}`, { headers }),
    fetch(`${proxied}/usage?api_key=${encodeURIComponent(KEY)}`, { headers }),
    fetch(`${proxied}/usage`, { headers: { origin: `https://${encodeURIComponent("secret-key-4f9b")}.example` } }),
  ]);
  const upgrade = { ...headers, connection: "Upgrade", upgrade: "websocket" };
  await fetch(`${proxied}/backtest`, { headers: upgrade }).catch(() => {});
  for (const cli of [serve, proxy]) cli.interrupt();
  const ends = await Promise.all([serve.done, proxy.done]);
  for (const { code } of ends) expect(code).toBe(0);
  expectNoKeyIn(ends[0]);
  expectNoKey(ends[1].text.replace(/^refused a page of .*$/m, ""), KEY);
});

describe("an API key in the wrong place", () => {
  it.each([
    ["as an option", ["run", `--api-key=${KEY}`]],
    ["as an option and its value", ["run", "--api-key", KEY]],
    ["in a URL", ["run", "--url", `wss://host/backtest?api_key=${encodeURIComponent(KEY)}`]],
    ["in an invalid URL", ["run", "--url", `http//host?api_key=${KEY}`]],
    ["as the user of a URL", ["ranges", "--url", `ws://${encodeURIComponent(KEY)}:x@127.0.0.1:9`]],
    ["as an argument", ["doctor", KEY]],
  ])("the commands do not print an API key that is passed in the wrong place: %s", async (_, args) => {
    const finished = await runCli(args);
    expect(finished.code).toBeGreaterThan(0);
    expect(finished.stderr).toMatch(/^error: [^\n]+\n$/);
    expectNoKeyIn(finished);
  });

  it("the commands do not print an API key that is part of the URL in SIMULATOR_URL", async () => {
    const finished = await runCli(["ranges"], { env: { SIMULATOR_URL: `wss://host?api_key=${encodeURIComponent(KEY)}` } });
    expect(finished.code).toBe(2);
    expectNoKeyIn(finished);
  });
});

it("`capture` does not print the API key in a node's URL, even if the node's error message repeats the key", async () => {
  const args = ["--start-slot", "5", "--slots", "1", "--account", "11111111111111111111111111111111"];
  const out = join(tmpdir(), "simulator-client-never-written");
  const base = gossip.url.replace("ws:", "http:");
  const urls = [`${base}/v2/${encodeURIComponent(KEY)}`, `${base}/?api-key=${encodeURIComponent(KEY)}`];
  for (const SOLANA_RPC_URL of urls) {
    const finished = await runCli(["capture", ...args, "--out", out], { env: { SOLANA_RPC_URL } });
    expect(finished.code).toBe(1);
    expectNoKeyIn(finished);
  }
});
