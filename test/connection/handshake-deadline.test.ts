import { expect, test } from "vitest";
import { HandshakeDeadline } from "../../src/connection/handshake-deadline.js";

test("a handshake deadline leaves a response its own timeout while the handshake has more time", () => {
  expect(new HandshakeDeadline(200, 1_000).limit(100, 1_050)).toEqual({ waitMs: 100, ofMs: 100 });
});

test("a handshake deadline cuts the timeout of the last response, and names the duration of the handshake", () => {
  expect(new HandshakeDeadline(200, 1_000).limit(100, 1_150)).toEqual({ waitMs: 50, ofMs: 200 });
});

test("a handshake deadline that has passed leaves no time", () => {
  expect(new HandshakeDeadline(200, 1_000).limit(100, 1_200).waitMs).toBe(0);
});
