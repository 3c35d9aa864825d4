import { describe, expect, onTestFinished, test } from "vitest";
import { createSession, openSocket, type SocketOptions, type StartSimulator, type TestSimulator } from "./wire-client.js";

const KEY = "a key/with+odd=characters ü";

function subprotocols(key: string): string[] {
  const base64 = btoa(String.fromCharCode(...new TextEncoder().encode(key)));
  return ["backtest", `x-api-key.${base64.replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "")}`];
}

/** Tests which connections the simulator accepts. */
export function authSuite(start: StartSimulator): void {
  const running = async (options: Parameters<StartSimulator>[0]): Promise<TestSimulator> => {
    const sim = await start({ startSlot: 100n, slots: 100, ...options });
    onTestFinished(() => sim.close());
    return sim;
  };

  const isLetIn = async (sim: TestSimulator, url: string, options: SocketOptions = {}): Promise<boolean> => {
    try {
      (await openSocket(sim, url, options)).close();
      return true;
    } catch {
      return false;
    }
  };

  describe("the API key", () => {
    test("the API key is accepted in the query, as a subprotocol and as a header, and a wrong or missing key is refused", async () => {
      const sim = await running({ apiKey: KEY });
      const query = (key: string): string => `${sim.url}?api_key=${encodeURIComponent(key)}`;
      expect(await isLetIn(sim, query(KEY))).toBe(true);
      expect(await isLetIn(sim, sim.url, { protocols: subprotocols(KEY) })).toBe(true);
      expect(await isLetIn(sim, sim.url)).toBe(false);
      expect(await isLetIn(sim, query("wrong"))).toBe(false);
      expect(await isLetIn(sim, sim.url, { protocols: subprotocols("wrong") })).toBe(false);
      expect(await isLetIn(sim, sim.url, { protocols: ["backtest", "x-api-key.%%%"] })).toBe(false);
      expect(await isLetIn(sim, query(KEY), { protocols: subprotocols("wrong") })).toBe(false);
      const plain = await running({ apiKey: "plain" });
      expect(await isLetIn(plain, plain.url, { headers: { "X-API-Key": "plain" } })).toBe(true);
      expect(await isLetIn(plain, plain.url, { headers: { "X-API-Key": "wrong" } })).toBe(false);
    });

    test("the server does not return an API key that a client sends as a WebSocket subprotocol", async () => {
      const sim = await running({ apiKey: KEY });
      const socket = await openSocket(sim, sim.url, { protocols: subprotocols(KEY) });
      expect(socket.protocol).toBe("backtest");
    });

    test("the API key is not required if the simulator has none", async () => {
      const sim = await running({});
      expect(await isLetIn(sim, sim.url)).toBe(true);
      expect(await isLetIn(sim, `${sim.url}?api_key=any`)).toBe(true);
    });

    test("the API key is not required on subscriptions", async () => {
      const sim = await running({});
      const { wsUrl } = await createSession(sim, { startSlot: 100n, endSlot: 110n });
      expect(await isLetIn(sim, wsUrl)).toBe(true);
    });

    test("/available-ranges needs no API key, but refuses a wrong key", async () => {
      const sim = await running({ apiKey: "plain" });
      const status = async (headers: Record<string, string>): Promise<number> =>
        (await sim.fetch(`${sim.httpUrl}/available-ranges`, { headers })).status;
      expect(await status({})).toBe(200);
      expect(await status({ "X-API-Key": "plain" })).toBe(200);
      expect(await status({ "X-API-Key": "wrong" })).toBe(401);
    });
  });
}
