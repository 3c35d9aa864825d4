import { describe, expect, test } from "vitest";
import { type Answer, callsTo, ok, startService, status } from "./test-service.js";

const SINCE = "2026-01-01T00:00:00.123456Z";
const UNTIL = "2026-01-31T09:08:07+00:00";

function session(id: string): Record<string, unknown> {
  return {
    session_id: id,
    started_at: "2026-01-02T00:00:00Z",
    ended_at: "2026-01-02T01:00:00Z",
    executed_slot_count: 5,
    session_duration_ms: 3_600_000,
  };
}

function page(ids: string[], next_cursor?: string | null, since = SINCE): Answer {
  return ok({ since, until: UNTIL, sessions: ids.map(session), ...(next_cursor !== undefined && { next_cursor }) });
}

describe("usageSessions", () => {
  test("usageSessions reads all pages, and requests later pages with the time window that the first page returned", async () => {
    const service = await startService(page(["a", "b"], "c/1"), page([], "c+2", "2026-01-15T00:00:00Z"), page(["c"], null));
    const seen: unknown[] = [];
    for await (const usage of callsTo(service.base).usageSessions({ since: "2026-01-01" })) seen.push(usage);
    expect(seen).toStrictEqual(
      ["a", "b", "c"].map((sessionId) => ({
        sessionId,
        startedAt: "2026-01-02T00:00:00Z",
        endedAt: "2026-01-02T01:00:00Z",
        executedSlotCount: 5,
        sessionDurationMs: 3_600_000n,
      })),
    );
    const window = "since=2026-01-01T00%3A00%3A00.123456Z&until=2026-01-31T09%3A08%3A07%2B00%3A00";
    expect(service.received.map(({ target }) => target)).toEqual([
      "/usage/sessions?since=2026-01-01T00%3A00%3A00Z",
      `/usage/sessions?${window}&cursor=c%2F1`,
      `/usage/sessions?${window}&cursor=c%2B2`,
    ]);
  });

  test("usageSessions requests each page only when the caller reads the first session of this page", async () => {
    const service = await startService(page(["a"], "1"), page(["b"], "2"));
    const usages = callsTo(service.base).usageSessions();
    expect(service.received).toHaveLength(0);
    expect(await usages.next()).toMatchObject({ done: false, value: { sessionId: "a" } });
    expect(service.received.map(({ target }) => target)).toEqual(["/usage/sessions"]);
    await usages.return();
    expect(await usages.next()).toEqual({ done: true, value: undefined });
    expect(service.received).toHaveLength(1);
  });

  test("usageSessions().pages() iterates over whole pages", async () => {
    const service = await startService(page(["a", "b"], "1"), page(["c"]));
    const sizes: [string, number, string | undefined][] = [];
    for await (const { since, sessions, nextCursor } of callsTo(service.base).usageSessions().pages()) {
      sizes.push([since, sessions.length, nextCursor]);
    }
    expect(sizes).toEqual([
      [SINCE, 2, "1"],
      [SINCE, 1, undefined],
    ]);
  });

  test("usageSessions retries a page after a transient failure, without reading earlier pages again", async () => {
    const service = await startService(page(["a"], "1"), status(503), page(["b"]));
    const ids: string[] = [];
    for await (const { sessionId } of callsTo(service.base).usageSessions()) ids.push(sessionId);
    expect(ids).toEqual(["a", "b"]);
  });

  test("usageSessions fails if the server repeats a cursor, because it would otherwise never end", async () => {
    const service = await startService(page(["a"], "1"));
    const ids: string[] = [];
    const reading = (async () => {
      for await (const { sessionId } of callsTo(service.base).usageSessions()) ids.push(sessionId);
    })();
    await expect(reading).rejects.toMatchObject({ code: "http", message: expect.stringContaining("next_cursor") });
    expect(ids).toEqual(["a", "a"]);
    expect(service.received).toHaveLength(2);
  });

  test("usageSessions fails as cancelled when its signal is aborted before or during the request of a page", async () => {
    const controller = new AbortController();
    const service = await startService(page(["a"], "1"), () => {});
    const usages = callsTo(service.base).usageSessions({ signal: controller.signal });
    await usages.next();
    const second = usages.next();
    await service.next();
    const { closed } = await service.next();
    controller.abort();
    await expect(second).rejects.toMatchObject({ code: "cancelled" });
    await closed;
    await expect(callsTo(service.base).usageSessions({}, { signal: controller.signal }).next()).rejects.toMatchObject({
      code: "cancelled",
    });
    expect(service.received).toHaveLength(2);
  });
});
