import { expect, test } from "vitest";
import { HandshakeDeadline } from "../../src/connection/handshake-deadline.js";

test("HandshakeDeadline.limit() returns the response timeout if it is shorter than the remaining time of the handshake", () => {
  expect(new HandshakeDeadline(200, 1_000).limit(100, 1_050)).toEqual({ waitMs: 100, ofMs: 100 });
});

test("HandshakeDeadline.limit() returns the remaining time of the handshake if it is shorter than the response timeout", () => {
  expect(new HandshakeDeadline(200, 1_000).limit(100, 1_150)).toEqual({ waitMs: 50, ofMs: 200 });
});

test("a handshake deadline that has passed leaves no time for a response", () => {
  expect(new HandshakeDeadline(200, 1_000).limit(100, 1_200).waitMs).toBe(0);
});
