import { expect, test } from "vitest";
import { responseText } from "../../src/transport/response-text.js";

test("responseText reads a body as UTF-8, even if a character is split between two chunks", async () => {
  const bytes = new TextEncoder().encode("a\u20acb");
  const body = new ReadableStream({
    start: (controller) => {
      controller.enqueue(bytes.slice(0, 2));
      controller.enqueue(bytes.slice(2));
      controller.close();
    },
  });
  expect(await responseText(new Response(body), 100)).toBe("a\u20acb");
});

test("responseText truncates an endless body at the limit, even if cancelling the body never completes", async () => {
  let wasCancelled = false;
  const body = new ReadableStream({
    pull: (controller) => controller.enqueue(new Uint8Array(1_000).fill(0x20)),
    cancel: () => {
      wasCancelled = true;
      return new Promise(() => {});
    },
  });
  const text = await responseText(new Response(body), 5_000);
  expect(text.length).toBeGreaterThan(5_000);
  expect(text.length).toBeLessThan(7_000);
  expect(wasCancelled).toBe(true);
});
