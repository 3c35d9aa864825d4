import { expect, test } from "vitest";
import { checkSlotEvents, MAX_SLOT_EVENTS } from "../../src/channels/slot-check.js";
import { FatalFailure } from "../../src/connection/channel-socket.js";

test("a session fails if a slot has more notifications than a full block can cause", () => {
  expect(() => checkSlotEvents(MAX_SLOT_EVENTS, 5n, "a program")).not.toThrow();
  expect(() => checkSlotEvents(MAX_SLOT_EVENTS + 1, 5n, "a program")).toThrow(FatalFailure);
});
