import { join } from "node:path";
import { expect, test, vi } from "vitest";
import { type CaptureLedgerOptions, captureLedger } from "../../../../src/local/engine/ledger/capture-ledger.js";
import { FakePlatform } from "../../../support/fake-platform.js";
import { testFolder } from "./ledger-folder.js";

/** Starts a capture from a node on a virtual clock. Resolves when the first call has been sent. */
async function startCapture(respond: () => Promise<Response>, retry: CaptureLedgerOptions["retry"]) {
  const platform = new FakePlatform();
  const onWait = vi.fn();
  let handleCall = (): void => {};
  const called = new Promise<void>((resolve) => {
    handleCall = resolve;
  });
  const captured = captureLedger({
    rpcUrl: "https://user:secret-word@node.example:8899/secret-path?api-key=secret-key",
    startSlot: 1,
    endSlot: 2,
    accounts: ["11111111111111111111111111111111"],
    folder: join(await testFolder(), "captured"),
    fetch: () => {
      handleCall();
      return respond();
    },
    ...(retry !== undefined && { retry }),
    onWait,
    platform,
  });
  captured.catch(() => {});
  await called;
  return { captured, onWait, platform };
}

const wait = (waitedMs: number, timeoutMs = 30_000) => ({
  host: "node.example:8899",
  method: "getMultipleAccounts",
  waitedMs,
  timeoutMs,
});

test("a capture reports a silent node every 5 s, without the credentials of the URL", async () => {
  const { captured, onWait, platform } = await startCapture(() => new Promise(() => {}), { attempts: 1 });
  await platform.advance(4_999);
  expect(onWait).not.toHaveBeenCalled();
  await platform.advance(1);
  expect(onWait.mock.calls).toEqual([[wait(5_000)]]);
  await platform.advance(60_000);
  expect(onWait.mock.calls).toEqual([5_000, 10_000, 15_000, 20_000, 25_000].map((waitedMs) => [wait(waitedMs)]));
  expect(JSON.stringify(onWait.mock.calls)).not.toContain("secret");
  await expect(captured).rejects.toMatchObject({
    code: "unreachable",
    message: expect.stringContaining("no data was received for 30 s"),
  });
  expect(platform.timers).toEqual([]);
});

test("if the node stops in the middle of a response, the capture reports this after 5 s", async () => {
  let send: (text: string) => void = () => {};
  const body = new ReadableStream<Uint8Array>({
    start: (controller) => {
      send = (text) => controller.enqueue(new TextEncoder().encode(text));
    },
  });
  const { captured, onWait, platform } = await startCapture(() => Promise.resolve(new Response(body)), {
    attempts: 1,
    timeoutMs: 12_000,
  });
  for (let sent = 0; sent < 5; sent++) {
    await platform.advance(4_000);
    send(" ");
  }
  await platform.advance(4_000);
  expect(onWait).not.toHaveBeenCalled();
  await platform.advance(6_000);
  expect(onWait.mock.calls).toEqual([5_000, 10_000].map((waitedMs) => [wait(waitedMs, 12_000)]));
  await platform.advance(5_000);
  await expect(captured).rejects.toThrow("no data was received for 12 s");
  expect(platform.timers).toEqual([]);
});
