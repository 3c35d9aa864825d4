import fc from "fast-check";
import { expect, test } from "vitest";
import { EventRing } from "../../src/react/event-ring.js";

test("an event ring keeps the newest events, oldest first, and counts the dropped events", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 20 }), fc.array(fc.integer(), { maxLength: 100 }), (limit, events) => {
      const ring = new EventRing<number>(limit);
      for (const [index, event] of events.entries()) {
        ring.push(event);
        expect(ring.toArray()).toEqual(events.slice(0, index + 1).slice(-limit));
        expect(ring.dropped).toBe(Math.max(0, index + 1 - limit));
      }
    }),
  );
});
