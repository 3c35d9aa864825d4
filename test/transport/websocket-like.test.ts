import { expect, test } from "vitest";
import { WebSocket } from "ws";
import { canSendHeaders, isOutdatedWs, type WebSocketLike } from "../../src/transport/websocket-like.js";
import { fakeNetwork } from "./fake-websocket.js";

test("a constructor of Node.js' kind is known by its ping", () => {
  expect(canSendHeaders(WebSocket)).toBe(true);
  expect(canSendHeaders(fakeNetwork("node").WebSocket)).toBe(true);
});

test("a page's isn't one, nor what has no prototype", () => {
  expect(canSendHeaders(fakeNetwork("page").WebSocket)).toBe(false);
  expect(canSendHeaders((() => {}) as unknown as WebSocketLike)).toBe(false);
});

test("ws before 7.1 is recognized by its static members", () => {
  const ws6 = Object.assign(class {}, { Server: class {}, Receiver: class {}, Sender: class {} });
  expect(isOutdatedWs(ws6 as unknown as WebSocketLike)).toBe(true);
  expect(isOutdatedWs(Object.assign(ws6, { createWebSocketStream() {} }) as unknown as WebSocketLike)).toBe(false);
  expect(isOutdatedWs(WebSocket)).toBe(false);
  expect(isOutdatedWs(fakeNetwork("page").WebSocket)).toBe(false);
});
