import { createServer, type Server } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { WebSocket } from "ws";
import { outgoingProxy, proxyFor } from "../../src/cli/outgoing-proxy.js";
import { openProxy } from "../../src/cli/proxy/proxy-server.js";
import { type LocalSimulator, startLocalSimulator } from "../../src/local/index.js";
import { runCli } from "./support/captured-io.js";

/** A host that only the proxy can resolve. */
const HOST = "simulator.test";
const VARIABLES = ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"];

let simulator: LocalSimulator;
let proxy: Server;
let proxyUrl: string;
let tunnels: { target: string; authorization: string | undefined }[];
const sockets = new Set<Socket>();

beforeAll(async () => {
  simulator = await startLocalSimulator({ slots: 20, allowedHosts: [HOST] });
  proxy = createServer((_request, response) => response.writeHead(501).end());
  proxy.on("connect", (request, client: Socket, head: Buffer) => {
    tunnels.push({ target: request.url ?? "", authorization: request.headers["proxy-authorization"] });
    const service = connect(Number(new URL(simulator.httpUrl).port), "127.0.0.1", () => {
      client.write("HTTP/1.1 200 Connection Established\r\n\r\n");
      service.write(head);
      service.pipe(client).pipe(service);
    });
    for (const socket of [service, client]) {
      sockets.add(socket);
      socket.on("error", () => socket.destroy());
    }
  });
  await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
  proxyUrl = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
});

afterAll(async () => {
  for (const socket of sockets) socket.destroy();
  proxy.close();
  await simulator.close();
});

beforeEach(() => {
  tunnels = [];
  for (const name of VARIABLES.flatMap((name) => [name, name.toLowerCase()])) vi.stubEnv(name, "");
});

afterEach(() => {
  vi.unstubAllEnvs();
});

/** Sets a proxy variable in `process.env`. Returns options of `runCli` with the same variable in `env`. */
function withProxy(name = "HTTP_PROXY", url = proxyUrl): { env: Record<string, string> } {
  vi.stubEnv(name, url);
  return { env: { [name]: url } };
}

describe("proxyFor", () => {
  it("proxyFor selects HTTP_PROXY or HTTPS_PROXY by the scheme of the URL", () => {
    vi.stubEnv("HTTP_PROXY", "http://plain:1");
    vi.stubEnv("HTTPS_PROXY", "http://secure:2");
    expect([proxyFor("ws://host/backtest"), proxyFor("http://host")]).toEqual(["http://plain:1", "http://plain:1"]);
    expect([proxyFor("wss://host/backtest"), proxyFor("https://host")]).toEqual(["http://secure:2", "http://secure:2"]);
  });

  it.each(["ws://127.0.0.1:4100", "ws://localhost", "http://[::1]:80"])(
    "proxyFor returns undefined for %s, because the URL refers to this machine",
    (url) => {
      vi.stubEnv("ALL_PROXY", "http://plain:1");
      expect(proxyFor(url)).toBeUndefined();
    },
  );

  it("proxyFor returns undefined for a host that NO_PROXY lists", () => {
    vi.stubEnv("https_proxy", "http://secure:2");
    vi.stubEnv("NO_PROXY", "internal.test,.example");
    expect([proxyFor("wss://internal.test"), proxyFor("wss://a.example"), proxyFor("wss://other.test")]).toEqual([
      undefined,
      undefined,
      "http://secure:2",
    ]);
  });

  it("proxyFor accepts a proxy without a scheme, and refuses an invalid proxy without showing the password", () => {
    vi.stubEnv("HTTP_PROXY", "127.0.0.1:3128");
    expect(proxyFor("ws://host")).toBe("http://127.0.0.1:3128");
    for (const value of ["http://user:secret-71@", "socks5://secret-71"]) {
      vi.stubEnv("HTTP_PROXY", value);
      expect(() => proxyFor("ws://host")).toThrow(
        /^the proxy in HTTP_PROXY is not an http:\/\/ or https:\/\/ URL: set another one/,
      );
    }
    vi.stubEnv("HTTP_PROXY", "");
    vi.stubEnv("all_proxy", "socks5://secret-71");
    expect(() => proxyFor("wss://host")).toThrow(/^the proxy in all_proxy is not/);
  });

  it("outgoingProxy returns undefined if no environment variable names a proxy", () => {
    expect(outgoingProxy({ NO_PROXY: "*", HTTP_PROXY: "" })).toBeUndefined();
  });
});

describe("a command behind a proxy", () => {
  it("`run` opens its WebSockets through the HTTP proxy, and --verbose prints the host of the proxy", async () => {
    const url = proxyUrl.replace("//", "//user:secret-71@");
    const args = ["run", "--url", `ws://${HOST}`, "--start-slot", "300000000", "--slots", "5", "--verbose"];
    const { code, stderr } = await runCli([...args, "--program", simulator.programs[0] ?? ""], withProxy("HTTP_PROXY", url));
    expect(code, stderr).toBe(0);
    expect(tunnels.length).toBeGreaterThanOrEqual(2);
    const authorization = `Basic ${Buffer.from("user:secret-71").toString("base64")}`;
    for (const tunnel of tunnels) expect(tunnel).toEqual({ target: `${HOST}:80`, authorization });
    expect(stderr).toContain(`debug: through the proxy ${new URL(proxyUrl).host}\n`);
    expect(stderr).not.toContain("secret-71");
  });

  it("`ranges` sends its HTTP request through the HTTP proxy", async () => {
    const { code, stdout } = await runCli(["ranges", "--url", `ws://${HOST}`, "--json"], withProxy("ALL_PROXY"));
    expect([code, tunnels]).toEqual([0, [{ target: `${HOST}:80`, authorization: undefined }]]);
    expect(JSON.parse(stdout)).toHaveLength(1);
  });

  it("a command connects directly to a simulator on this machine, even if HTTP_PROXY is set", async () => {
    const { code } = await runCli(["ranges", "--url", simulator.url], withProxy());
    expect([code, tunnels]).toEqual([0, []]);
  });

  it("`doctor` checks the service through the HTTP proxy", async () => {
    const { stdout } = await runCli(["doctor", "--url", `ws://${HOST}`, "--json"], withProxy());
    const { checks } = JSON.parse(stdout) as { checks: { name: string; status: string }[] };
    const status = Object.fromEntries(checks.map(({ name, status }) => [name, status]));
    expect(status).toMatchObject({ environment: "ok", proxy: "ok", service: "ok", "control channel": "ok", ranges: "ok" });
    expect(status).not.toHaveProperty("DNS");
  });

  describe("a proxy that does not work", () => {
    const RUN = ["run", "--url", `ws://${HOST}`, "--start-slot", "300000000", "--slots", "5"];
    const CAPTURE = ["capture", "--rpc-url", `http://${HOST}`, "--start-slot", "1", "--slots", "1", "--account"];
    const COMMANDS: [string, string[]][] = [
      ["run", RUN],
      ["ranges", ["ranges", "--url", `ws://${HOST}`]],
      ["capture", [...CAPTURE, "11111111111111111111111111111111", "--out", "never-written"]],
      ["doctor", ["doctor", "--url", `ws://${HOST}`]],
    ];

    it.each(COMMANDS)(
      "the error of the command %s for an unreachable proxy names the proxy and its variable, but not its password",
      async (_, args) => {
        const url = "http://user:secret-71@127.0.0.1:1";
        const { code, stdout, stderr } = await runCli(args, withProxy("HTTP_PROXY", url));
        expect(code).toBe(1);
        expect(stdout + stderr).toMatch(/the proxy 127\.0\.0\.1:1 \(HTTP_PROXY\)/);
        expect(stdout + stderr).toMatch(/refused|REFUSED/);
        expect(stdout + stderr).not.toContain("secret-71");
      },
    );

    it.each([
      [407, /HTTP 407: add a user and a password to its URL/],
      [403, /HTTP 403/],
    ])(
      "the error for a proxy that answers with status %i names the proxy, and does not attribute the status to the service",
      async (status, message) => {
        const strict = createServer();
        strict.on("connect", (_request, client: Socket) => client.end(`HTTP/1.1 ${status} No\r\nContent-Length: 0\r\n\r\n`));
        await new Promise<void>((resolve) => strict.listen(0, "127.0.0.1", resolve));
        const { host, href } = new URL(`http://127.0.0.1:${(strict.address() as AddressInfo).port}`);
        const commands = COMMANDS.slice(0, 2).map(([, args]) => runCli([...args, "--json"], withProxy("HTTP_PROXY", href)));
        for (const { code, stderr } of await Promise.all(commands)) {
          expect([code, stderr]).toEqual([1, expect.stringContaining(`the proxy ${host} (HTTP_PROXY)`)]);
          expect(stderr).toMatch(message);
          expect(stderr).not.toContain("SIMULATOR_API_KEY");
        }
        strict.close();
      },
    );
  });

  it("openProxy connects to the service through the HTTP proxy of the environment", async () => {
    const { env } = withProxy();
    const origin = "http://localhost:5173";
    const relay = await openProxy({
      controlUrl: `ws://${HOST}/backtest`,
      apiKey: undefined,
      origins: [origin],
      port: 0,
      agent: outgoingProxy(env)?.agent,
      report: () => {},
    });
    const response = await fetch(`http://127.0.0.1:${relay.port}/health`, { headers: { origin } });
    expect([response.status, tunnels.length]).toEqual([200, 1]);
    const page = new WebSocket(`ws://127.0.0.1:${relay.port}/backtest`, { origin });
    await new Promise((resolve, reject) => page.once("open", resolve).once("error", reject));
    expect(tunnels).toHaveLength(2);
    page.terminate();
    await relay.close();
  });
});
