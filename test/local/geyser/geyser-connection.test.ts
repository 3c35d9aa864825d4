import { describe, expect, it } from "vitest";
import { firstAvailableSlot } from "../../../src/local/geyser/geyser-connection.js";
import { NotificationLog } from "../../../src/local/notifications/notification-log.js";

describe("the first slot that a log can replay", () => {
  it("firstAvailableSlot returns the first slot after the slot of the last evicted entry", () => {
    const log = new NotificationLog();
    for (const slot of [5n, 5n, 6n, 8n]) log.append({ type: "block", slot, parent: 4n, blockTime: null });
    expect(firstAvailableSlot(log)).toBeUndefined();
    log.evictBefore(1);
    expect(firstAvailableSlot(log)).toBe(6n);
    log.evictBefore(2);
    expect(firstAvailableSlot(log)).toBe(6n);
    log.evictBefore(3);
    expect(firstAvailableSlot(log)).toBe(8n);
    log.evictBefore(4);
    expect(firstAvailableSlot(log)).toBe(9n);
  });
});
