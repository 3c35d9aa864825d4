import { expect, test, vi } from "vitest";
import { authorize } from "../../src/transport/auth.js";
import { openSocket } from "../../src/transport/socket.js";
import { fakeNetwork } from "./fake-websocket.js";
import { Recorder } from "./recorder.js";

vi.mock("../../src/page-build.js", () => ({ FOR_PAGES: true }));

test("in the files for pages every WebSocket is a page's: it is told of no headers, and nobody pings or pauses it", () => {
  const { WebSocket, peers } = fakeNetwork("node");
  const credentials = { apiKey: "key", headers: { "X-Tenant": "blue" }, userAgent: "x", agent: {} };
  const target = authorize("wss://host/backtest", { ...credentials, mode: "subprotocol" });
  expect(target).toEqual({ url: "wss://host/backtest", protocols: ["backtest", "x-api-key.a2V5"] });
  const { ping, pause } = openSocket(WebSocket, target, new Recorder());
  expect([ping, pause]).toEqual([undefined, undefined]);
  expect(peers.map(({ options }) => options)).toEqual([{}]);
});
