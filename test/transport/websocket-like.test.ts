import { expect, test } from "vitest";
import { WebSocket } from "ws";
import { canSendHeaders, isOutdatedWs, type WebSocketLike } from "../../src/transport/websocket-like.js";
import { fakeNetwork } from "./fake-websocket.js";

test("a WebSocket constructor that can send headers is recognized by `ping` on its prototype", () => {
  expect(canSendHeaders(WebSocket)).toBe(true);
  expect(canSendHeaders(fakeNetwork("node").WebSocket)).toBe(true);
});

test("the WebSocket constructor of a page is recognized as unable to send headers", () => {
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
