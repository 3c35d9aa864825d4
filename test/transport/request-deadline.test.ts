import { expect, test } from "vitest";
import { withDeadline } from "../../src/transport/request-deadline.js";
import { FakePlatform } from "../support/fake-platform.js";

const limits = { what: "GET x", timeoutMs: 1_000, signal: undefined };

test("withDeadline fails a request at its time limit, and aborts the request's signal", async () => {
  const platform = new FakePlatform();
  let stop: AbortSignal | undefined;
  const failure = withDeadline(platform, limits, (signal) => {
    stop = signal;
    return new Promise(() => {});
  }).catch((error: unknown) => error);
  await platform.advance(1_000);
  expect(await failure).toMatchObject({ code: "timeout", message: "GET x: no response within 1000 ms" });
  expect(stop?.aborted).toBe(true);
});

test("withDeadline fails a request as cancelled if the caller's signal is aborted before or during the request", async () => {
  for (const isBefore of [true, false]) {
    const controller = new AbortController();
    if (isBefore) controller.abort();
    const failure = withDeadline(new FakePlatform(), { ...limits, signal: controller.signal }, () => new Promise(() => {}));
    controller.abort();
    await expect(failure).rejects.toMatchObject({ code: "cancelled" });
  }
});

test("after a request succeeds, withDeadline clears the timer and aborts the signal of the request", async () => {
  const platform = new FakePlatform();
  let stop: AbortSignal | undefined;
  const result = await withDeadline(platform, limits, async (signal) => {
    stop = signal;
    return 7;
  });
  expect([result, platform.timers, stop?.aborted]).toEqual([7, [], true]);
});
