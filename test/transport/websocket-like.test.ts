import { expect, test } from "vitest";
import { WebSocket } from "ws";
import { canSendHeaders, isOutdatedWs, type WebSocketLike } from "../../src/transport/websocket-like.js";
import { fakeNetwork } from "./fake-websocket.js";

test("canSendHeaders returns true for a WebSocket constructor with `ping` on its prototype", () => {
  expect(canSendHeaders(WebSocket)).toBe(true);
  expect(canSendHeaders(fakeNetwork("node").WebSocket)).toBe(true);
});

test("canSendHeaders returns false for the WebSocket constructor of a page", () => {
  expect(canSendHeaders(fakeNetwork("page").WebSocket)).toBe(false);
  expect(canSendHeaders((() => {}) as unknown as WebSocketLike)).toBe(false);
});

test("isOutdatedWs recognizes ws before 7.1 by its static members", () => {
  const ws6 = Object.assign(class {}, { Server: class {}, Receiver: class {}, Sender: class {} });
  expect(isOutdatedWs(ws6 as unknown as WebSocketLike)).toBe(true);
  expect(isOutdatedWs(Object.assign(ws6, { createWebSocketStream() {} }) as unknown as WebSocketLike)).toBe(false);
  expect(isOutdatedWs(WebSocket)).toBe(false);
  expect(isOutdatedWs(fakeNetwork("page").WebSocket)).toBe(false);
});
