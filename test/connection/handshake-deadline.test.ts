import { expect, test } from "vitest";
import { HandshakeDeadline } from "../../src/connection/handshake-deadline.js";

test("HandshakeDeadline.limit() returns the response timeout if the timeout ends before the deadline", () => {
  expect(new HandshakeDeadline(200, 1_000).limit(100, 1_050)).toEqual({ waitMs: 100, ofMs: 100 });
});

test("a response must arrive before the handshake deadline, and the timeout error names the time limit of the whole handshake", () => {
  expect(new HandshakeDeadline(200, 1_000).limit(100, 1_150)).toEqual({ waitMs: 50, ofMs: 200 });
});

test("a handshake deadline that has passed leaves no time for a response", () => {
  expect(new HandshakeDeadline(200, 1_000).limit(100, 1_200).waitMs).toBe(0);
});
