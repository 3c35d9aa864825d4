import { describe, expect, onTestFinished, test } from "vitest";
import { createLocalSimulator, type InPageSimulator, type LocalSimulatorOptions } from "../../../src/local/in-page/index.js";

function running(options: LocalSimulatorOptions = {}): InPageSimulator {
  const sim = createLocalSimulator({ startSlot: 100n, slots: 100, ...options });
  onTestFinished(() => sim.close());
  return sim;
}

const REQUEST = '{"method":"createBacktestSession","params":{"startSlot":100,"endSlot":110}}';

/** Resolves with the names of a socket's events, in order, when the socket is closed. */
function eventsOf(socket: InstanceType<InPageSimulator["WebSocket"]>): Promise<string[]> {
  const events: string[] = [];
  socket.onopen = () => events.push("open");
  socket.onmessage = () => events.push("message");
  socket.onerror = () => events.push("error");
  return new Promise((resolve) => {
    socket.onclose = ({ code, reason, wasClean }) => {
      events.push(`close ${code} ${reason} ${wasClean}`);
      resolve(events);
    };
  });
}

describe("the in-page socket", () => {
  test("the in-page socket has the states, events and close handshake of a browser's socket", async () => {
    const sim = running();
    const socket = new sim.WebSocket(sim.url);
    expect(socket.readyState).toBe(sim.WebSocket.CONNECTING);
    expect(() => socket.send("too early")).toThrow(expect.objectContaining({ name: "InvalidStateError" }));
    const events = eventsOf(socket);
    await new Promise((resolve) => socket.addEventListener("open", resolve));
    expect(socket.readyState).toBe(socket.OPEN);
    expect(socket.url).toBe("ws://simulator.local/backtest");
    socket.send(REQUEST);
    expect(socket.bufferedAmount).toBe(REQUEST.length);
    await new Promise((resolve) => socket.addEventListener("message", resolve, { once: true }));
    expect(socket.bufferedAmount).toBe(0);
    socket.close(4000, "bye");
    expect(socket.readyState).toBe(socket.CLOSING);
    socket.send("too late");
    expect(socket.bufferedAmount).toBe("too late".length);
    expect((await events).at(0)).toBe("open");
    expect((await events).at(-1)).toBe("close 4000 bye true");
    expect(socket.readyState).toBe(socket.CLOSED);
  });

  test("the in-page socket reports a close frame without a code as 1005", async () => {
    const sim = running();
    const socket = new sim.WebSocket(sim.url);
    const events = eventsOf(socket);
    socket.addEventListener("open", () => socket.close());
    expect(await events).toEqual(["open", "close 1005  true"]);
  });

  test("the in-page socket reports a refused, unreachable or cancelled connection as an error and code 1006, without a status", async () => {
    const sim = running({ apiKey: "secret" });
    const failed = ["error", "close 1006  false"];
    expect(await eventsOf(new sim.WebSocket(sim.url))).toEqual(failed);
    expect(await eventsOf(new sim.WebSocket("ws://elsewhere.example/backtest?api_key=secret"))).toEqual(failed);
    expect(await eventsOf(new sim.WebSocket("ws://simulator.local/nowhere"))).toEqual(failed);
    expect(await eventsOf(new sim.WebSocket(`${sim.url}?api_key=secret`, ["another"]))).toEqual(failed);
    const calledOff = new sim.WebSocket(`${sim.url}?api_key=secret`);
    const events = eventsOf(calledOff);
    calledOff.close();
    expect(await events).toEqual(failed);
  });

  test("the in-page socket never receives a close frame from a half-open server", async () => {
    const sim = running();
    const socket = new sim.WebSocket(sim.url);
    const events = eventsOf(socket);
    await new Promise((resolve) => socket.addEventListener("open", resolve));
    await expect.poll(() => sim.faults.halfOpen()).toBe(1);
    socket.close();
    // Opens and closes a second socket. During this time, the half-open server must not close the first `socket`.
    const other = new sim.WebSocket(sim.url);
    other.addEventListener("open", () => other.close());
    await new Promise((resolve) => other.addEventListener("close", resolve));
    expect(socket.readyState).toBe(socket.CLOSING);
    await sim.close();
    expect(await events).toEqual(["open", "close 1006  false"]);
  });

  test("the in-page socket throws the same errors for invalid arguments as a browser's socket", async () => {
    const sim = running();
    const failure = (name: string): unknown => expect.objectContaining({ name });
    expect(() => new sim.WebSocket("no url")).toThrow(failure("SyntaxError"));
    expect(() => new sim.WebSocket("https://simulator.local/backtest")).toThrow(failure("SyntaxError"));
    expect(() => new sim.WebSocket(sim.url, ["a", "a"])).toThrow(failure("SyntaxError"));
    expect(() => new sim.WebSocket(sim.url, ["with space"])).toThrow(failure("SyntaxError"));
    const socket = new sim.WebSocket(new URL(sim.url));
    expect(() => socket.close(1001)).toThrow(failure("InvalidAccessError"));
    expect(() => socket.close(4000, "x".repeat(124))).toThrow(failure("SyntaxError"));
  });

  test("the simulator accepts a request that the in-page socket sends as bytes", async () => {
    const sim = running();
    const socket = new sim.WebSocket(sim.url);
    await new Promise((resolve) => socket.addEventListener("open", resolve));
    const answer = new Promise<string>((resolve) => {
      socket.onmessage = ({ data }) => resolve(data as string);
    });
    socket.send(new TextEncoder().encode(REQUEST));
    expect(await answer).toContain("startingRuntime");
  });
});

describe("the in-page fetch", () => {
  test("the in-page fetch serves only the host of the simulator", async () => {
    const sim = running();
    expect(await (await sim.fetch(`${sim.httpUrl}/health`)).text()).toBe("ok");
    expect((await sim.fetch(new URL(`${sim.httpUrl}/health`), { method: "HEAD" })).status).toBe(200);
    await expect(sim.fetch("http://elsewhere.example/health")).rejects.toThrow(TypeError);
  });

  test("a request of the in-page fetch can be cancelled with a signal", async () => {
    const sim = running();
    const controller = new AbortController();
    const answer = sim.fetch(`${sim.httpUrl}/health`, { signal: controller.signal });
    controller.abort();
    await expect(answer).rejects.toMatchObject({ name: "AbortError" });
  });
});
