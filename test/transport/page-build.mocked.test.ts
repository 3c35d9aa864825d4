import { expect, test, vi } from "vitest";
import { authorize } from "../../src/transport/auth.js";
import { openSocket } from "../../src/transport/socket.js";
import { canSendHeaders } from "../../src/transport/websocket-like.js";
import { fakeNetwork } from "./fake-websocket.js";
import { Recorder } from "./recorder.js";

vi.mock("../../src/page-build.js", () => ({ FOR_PAGES: true }));

test("in the files for pages every WebSocket is a page's: it can send no headers, and is told of none", () => {
  const { WebSocket, peers } = fakeNetwork("node");
  expect(canSendHeaders(WebSocket)).toBe(false);
  const credentials = { apiKey: "key", headers: { "X-Tenant": "blue" }, userAgent: "x", agent: {} };
  const target = authorize("wss://host/backtest", { ...credentials, mode: "subprotocol" });
  expect(target).toEqual({ url: "wss://host/backtest", protocols: ["backtest", "x-api-key.a2V5"] });
  const { ping, pause } = openSocket(WebSocket, target, new Recorder());
  expect([ping, pause]).toEqual([undefined, undefined]);
  expect(peers.map(({ options }) => options)).toEqual([{}]);
});
