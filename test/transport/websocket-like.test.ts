import { expect, test } from "vitest";
import { WebSocket } from "ws";
import { canSendHeaders, type WebSocketLike } from "../../src/transport/websocket-like.js";
import { fakeNetwork } from "./fake-websocket.js";

test("a constructor of Node.js' kind is known by its ping", () => {
  expect(canSendHeaders(WebSocket)).toBe(true);
  expect(canSendHeaders(fakeNetwork("node").WebSocket)).toBe(true);
});

test("a page's isn't one, nor what has no prototype", () => {
  expect(canSendHeaders(fakeNetwork("page").WebSocket)).toBe(false);
  expect(canSendHeaders((() => {}) as unknown as WebSocketLike)).toBe(false);
});
