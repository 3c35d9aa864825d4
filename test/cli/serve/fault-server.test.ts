import { request } from "node:http";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openFaultServer } from "../../../src/cli/serve/fault-server.js";
import { BacktestClient } from "../../../src/client/backtest-client.js";
import { type LocalSimulator, startLocalSimulator } from "../../../src/local/node/node-server.js";

let simulator: LocalSimulator;
let server: Awaited<ReturnType<typeof openFaultServer>>;
let url: string;

beforeEach(async () => {
  simulator = await startLocalSimulator({ startSlot: 100, slots: 50 });
  server = await openFaultServer(simulator, 0);
  url = `http://127.0.0.1:${server.port}/faults`;
});

afterEach(async () => {
  await server.close();
  await simulator.close();
});

const JSON_TYPE = { "content-type": "application/json" };
const post = (order: unknown, headers: Record<string, string> = JSON_TYPE) =>
  fetch(url, { method: "POST", headers, body: typeof order === "string" ? order : JSON.stringify(order) });

describe("the HTTP API of the fault server", () => {
  it("the HTTP API of the fault server injects a fault into open connections, and counts the injected faults", async () => {
    const client = new BacktestClient({ url: simulator.url });
    const connection = await client.connect();
    const response = await post({ fault: "close=1012" });
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({ struck: 1, counts: { close: 1, drop: 0 } });
    await connection.closed;
    const seen = await fetch(url, { headers: { accept: "application/json" } });
    expect(await seen.json()).toMatchObject({ counts: { close: 1 } });
  });

  it("the HTTP API of the fault server schedules a fault for a slot, and cancels the fault after `clear: true`", async () => {
    expect(await (await post({ fault: "drop@slot:120" })).json()).toMatchObject({ struck: 0 });
    expect(await (await post({ clear: true })).json()).toMatchObject({ struck: 0 });
    const client = new BacktestClient({ url: simulator.url });
    const session = await client.startSession({ startSlot: 100, slotCount: 40 });
    for await (const _ of session.run());
    expect(simulator.faults.counts.drop).toBe(0);
    await post({ fault: "drop@slot:120" });
    const another = await client.startSession({ startSlot: 100, slotCount: 40 });
    for await (const _ of another.run());
    expect(simulator.faults.counts.drop).toBe(1);
  });

  it.each([
    ["invalid JSON", "{"],
    ["an empty object", {}],
    ["an unknown fault", { fault: "explode" }],
    ["a fault that is not a string", { fault: 5 }],
    ["a value of `clear` that is not true", { clear: 1 }],
    ["a list instead of an object", []],
  ])("for %s, the HTTP API of the fault server answers with 400 and an error of one line", async (_, order) => {
    const response = await post(order);
    expect(response.status).toBe(400);
    const { error } = (await response.json()) as { error: string };
    expect(error).toMatch(/^[^\n]+$/);
  });

  it("the HTTP API of the fault server refuses requests with a wrong content type, body size, method or path", async () => {
    expect((await post({ fault: "drop" }, { "content-type": "text/plain" })).status).toBe(415);
    expect((await post({ fault: "x".repeat(20_000) })).status).toBe(413);
    expect((await fetch(url, { method: "DELETE" })).status).toBe(404);
    expect((await fetch(url.replace("/faults", "/other"))).status).toBe(404);
    expect(Object.values(simulator.faults.counts).every((count) => count === 0)).toBe(true);
  });

  it("the HTTP API of the fault server accepts requests from its own page, and refuses other origins", async () => {
    const own = `http://127.0.0.1:${server.port}`;
    expect((await post({ clear: true }, { ...JSON_TYPE, origin: own })).status).toBe(200);
    for (const origin of ["https://evil.example", "null", "http://127.0.0.1:1", "http://localhost.evil.example"]) {
      expect((await post({ fault: "drop" }, { ...JSON_TYPE, origin })).status).toBe(403);
    }
  });

  it("the HTTP API of the fault server refuses requests with another host name (DNS rebinding)", async () => {
    for (const host of ["evil.example", `evil.example:${server.port}`, "127.0.0.1.evil.example"]) {
      const status = await new Promise((resolve, reject) => {
        const asking = request(url, { headers: { host } }, (response) => {
          response.resume();
          resolve(response.statusCode);
        });
        asking.on("error", reject);
        asking.end();
      });
      expect(status).toBe(403);
    }
  });
});

describe("the fault page", () => {
  it("the fault page loads nothing from other origins, and other pages cannot display it in a frame", async () => {
    const response = await fetch(url);
    expect(response.headers.get("content-type")).toContain("text/html");
    expect(response.headers.get("content-security-policy")).toContain("default-src 'none'");
    expect(response.headers.get("content-security-policy")).toContain("frame-ancestors 'none'");
    const html = await response.text();
    expect(html).toContain(simulator.url);
    // The content security policy forbids inline scripts.
    expect(html).not.toMatch(/<script(?![^>]*src="\/faults\.js")/);
    for (const file of ["faults.js", "faults.css"]) {
      expect((await fetch(url.replace("faults", file))).status).toBe(200);
    }
    const start = await fetch(url.replace("/faults", "/"), { redirect: "manual" });
    expect(start.headers.get("location")).toBe("/faults");
  });

  it("the HTTP API accepts the fault that each button of the fault page sends", async () => {
    const html = await (await fetch(url)).text();
    const orders = [...html.matchAll(/data-faults="([^"]*)"/g)].flatMap(
      ([, faults = ""]) => JSON.parse(faults.replaceAll("&#34;", '"')) as string[],
    );
    expect(orders.length).toBeGreaterThan(9);
    for (const fault of orders) expect((await post({ fault })).status).toBe(200);
  });
});

it("the error of openFaultServer for a port in use has one line and names --faults-port", async () => {
  await expect(openFaultServer(simulator, server.port)).rejects.toThrow(/^[^\n]*in use[^\n]*--faults-port[^\n]*$/);
});
