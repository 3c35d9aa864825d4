import { getEventListeners } from "node:events";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { RpcClient, type RpcClientOptions } from "../../../../src/local/engine/ledger/rpc-client.js";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/**
 * Creates a client of a fake node. `respond` returns the response to the n-th call. `times` returns the times of the calls, in
 * ms.
 */
function clientOf(respond: (nth: number) => Response | Promise<Response>, options: Partial<RpcClientOptions> = {}) {
  const calls: { at: number; url: string; headers: Headers }[] = [];
  const startedAt = performance.now();
  const client = new RpcClient({
    url: "https://node.example/rpc",
    fetch: async (url, init) => {
      calls.push({ at: Math.round(performance.now() - startedAt), url: String(url), headers: new Headers(init?.headers) });
      return respond(calls.length);
    },
    ...options,
  });
  const times = (): number[] => calls.map(({ at }) => at);
  return { client, calls, times };
}

const ok = (): Response => new Response('{"result":1}');
const limited = (headers: Record<string, string> = {}): Response =>
  new Response('{"error":{"code":-32429,"message":"rate limited"}}', { status: 429, headers });

async function settled<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => {});
  await vi.runAllTimersAsync();
  return promise;
}

describe("retries of an RPC call", () => {
  test("if `delayMs` is 100, the pause before each retry of an RPC call doubles until it is 3,200 ms", async () => {
    const { client, times } = clientOf((nth) => (nth <= 7 ? new Response("", { status: 503 }) : ok()), {
      retry: { delayMs: 100 },
    });
    await expect(settled(client.call("m", []))).resolves.toEqual({ result: 1 });
    expect(times()).toEqual([0, 100, 300, 700, 1_500, 3_100, 6_300, 9_500]);
  });

  test("after the last attempt, an RPC call rejects with the error message of the node", async () => {
    const { client, times } = clientOf(() => limited(), { retry: { attempts: 3, delayMs: 10 } });
    await expect(settled(client.call("getBlock", []))).rejects.toThrow(
      "getBlock at node.example: rate limited (HTTP 429, -32429)",
    );
    expect(times()).toHaveLength(3);
  });

  test("after a response with Retry-After, the retry and all other calls of the client wait for that time", async () => {
    const { client, times } = clientOf((nth) => (nth === 1 ? limited({ "retry-after": "5" }) : ok()));
    const first = client.call("m", []);
    await vi.advanceTimersByTimeAsync(10);
    await settled(Promise.all([first, client.call("m", [])]));
    expect(times()).toEqual([0, 5_000, 5_000]);
  });

  test("an RPC call is not retried after a permanent error", async () => {
    const { client, times } = clientOf(
      () => new Response('{"error":{"code":-32429,"message":"max usage reached"}}', { status: 429 }),
    );
    await expect(settled(client.call("m", []))).resolves.toMatchObject({ meaning: "final" });
    expect(times()).toHaveLength(1);
  });
});

describe("requestsPerSecond", () => {
  test("requestsPerSecond spreads all RPC calls over time, including retries", async () => {
    const { client, times } = clientOf((nth) => (nth === 2 ? new Response("", { status: 500 }) : ok()), {
      requestsPerSecond: 4,
      retry: { delayMs: 0 },
    });
    await settled(Promise.all([1, 2, 3, 4].map(() => client.call("m", []))));
    expect(times()).toEqual([0, 250, 500, 750, 1_000]);
  });
});

describe("a node that stops sending", () => {
  test("an RPC call is retried after the timeout if the node sends no response, or only a part of the body", async () => {
    const hanging = (): Promise<Response> => new Promise(() => {});
    const half = (): Response =>
      new Response(
        new ReadableStream({
          start: (controller) => controller.enqueue(new TextEncoder().encode('{"resu')),
        }),
      );
    const { client, times } = clientOf((nth) => (nth === 1 ? hanging() : nth === 2 ? half() : ok()), {
      retry: { delayMs: 100, timeoutMs: 2_000 },
    });
    await expect(settled(client.call("m", []))).resolves.toEqual({ result: 1 });
    expect(times()).toEqual([0, 2_100, 4_300]);
  });

  test("the error of an RPC call to a node that never responds names the timeout", async () => {
    const { client } = clientOf(() => new Promise(() => {}), { retry: { attempts: 2, timeoutMs: 1_500 } });
    await expect(settled(client.call("getSlot", []))).rejects.toThrow("getSlot at node.example: no data was received for 1.5 s");
  });

  test("an RPC call accepts a body that arrives slowly, because its timeout starts again with each received chunk", async () => {
    const slow = (): Response =>
      new Response(
        new ReadableStream({
          async start(controller) {
            for (const part of ['{"re', 'sult"', ":1}"]) {
              // This timer uses the fake clock of this test file.
              await new Promise((resolve) => setTimeout(resolve, 900));
              controller.enqueue(new TextEncoder().encode(part));
            }
            controller.close();
          },
        }),
      );
    const { client, times } = clientOf(slow, { retry: { timeoutMs: 1_000 } });
    await expect(settled(client.call("m", []))).resolves.toEqual({ result: 1 });
    expect(times()).toHaveLength(1);
  });
});

test("an RPC call has at most one abort listener at a time, even if the response arrives in many chunks", async () => {
  const listeners: number[] = [];
  const { client } = clientOf(() => ok(), {
    fetch: async (_url, init) => {
      const pieces = [...'{"result":"a long result"}'].map((piece) => new TextEncoder().encode(piece));
      const body = new ReadableStream<Uint8Array>({
        pull: (controller) => {
          listeners.push(getEventListeners(init?.signal as AbortSignal, "abort").length);
          const piece = pieces.shift();
          if (piece === undefined) controller.close();
          else controller.enqueue(piece);
        },
      });
      return new Response(body);
    },
  });
  await expect(settled(client.call("m", []))).resolves.toEqual({ result: "a long result" });
  expect(listeners.length).toBeGreaterThan(20);
  expect(Math.max(...listeners)).toBe(1);
});

describe("a connection that fails", () => {
  test.each<[string, number, RegExp]>([
    ["ECONNREFUSED", 3, /the connection was refused; 3 attempts failed: try again later, or use another node$/],
    ["ECONNRESET", 3, /the connection was reset; 3 attempts failed/],
    ["EAI_AGAIN", 3, /the host name could not be resolved; 3 attempts failed/],
    ["ENOTFOUND", 1, /the host name is unknown$/],
    ["CERT_HAS_EXPIRED", 1, /its certificate has expired$/],
    ["ERR_TLS_CERT_ALTNAME_INVALID", 1, /its certificate is for another host$/],
    ["E_OTHER", 3, /the connection failed; 3 attempts failed/],
  ])(
    "an RPC call is retried after a connection error only if the error can be temporary: %s",
    async (code, attempts, message) => {
      const cause = Object.assign(new Error("connect to https://node.example/secret"), { code });
      const { client, times } = clientOf(() => Promise.reject(new TypeError("fetch failed", { cause })), {
        retry: { attempts: 3, delayMs: 0 },
      });
      const failure = settled(client.call("m", [])).then((answer) => {
        throw client.failure("m", (answer as { error: { message: string } }).error);
      });
      await expect(failure).rejects.toThrow(message);
      await expect(failure).rejects.not.toThrow(/secret/);
      expect(times()).toHaveLength(attempts);
    },
  );
});

describe("a node that has never answered", () => {
  const refused = () => Promise.reject(Object.assign(new TypeError("fetch failed"), { code: "ECONNREFUSED" }));

  test.each([
    [5_000, [0, 250, 750, 1_750, 3_750]],
    [60_000, [0, 250, 750, 1_750, 3_750, 7_750, 15_750, 23_750, 31_750, 39_750, 47_750, 55_750]],
  ])(
    "an RPC call to a node that never answers is retried for connectMs (%i ms), and then fails with `unreachable`",
    async (connectMs, expected) => {
      const { client, times } = clientOf(refused, { retry: { connectMs } });
      const call = settled(client.call("getSlot", []));
      await expect(call).rejects.toMatchObject({ code: "unreachable" });
      await expect(call).rejects.toThrow("getSlot at node.example: the connection was refused");
      expect(times()).toEqual(expected);
    },
  );

  test("if a node has answered an earlier RPC call, the next call is attempted `attempts` times, even after `connectMs`", async () => {
    const { client, times } = clientOf((nth) => (nth === 1 ? ok() : refused()), {
      retry: { connectMs: 5_000, attempts: 7, delayMs: 2_000 },
    });
    await settled(client.call("getSlot", []));
    await expect(settled(client.call("getSlot", []))).rejects.toMatchObject({ code: "http" });
    expect(times()).toHaveLength(8);
  });

  test("onRetry receives the reason, the delay and the number of each retry, and the maximum number if there is one", async () => {
    const onRetry = vi.fn();
    const retry = { attempts: 3, delayMs: 10 };
    const { client } = clientOf((nth) => (nth === 1 ? limited() : nth === 2 ? refused() : ok()), { retry, onRetry });
    await settled(client.call("getSlot", []));
    const host = "node.example";
    expect(onRetry.mock.calls).toEqual([
      [{ host, reason: "getSlot: rate limited (HTTP 429, -32429)", attempt: 2, attempts: 3, delayMs: 10 }],
      [{ host, reason: "getSlot: the connection was refused", attempt: 3, attempts: 3, delayMs: 20 }],
    ]);
    const { client: other } = clientOf((nth) => (nth === 1 ? refused() : ok()), { retry: { connectMs: 1_000 }, onRetry });
    await settled(other.call("getSlot", []));
    expect(onRetry.mock.lastCall).toEqual([{ host, reason: "getSlot: the connection was refused", attempt: 2, delayMs: 250 }]);
  });
});

describe("user and password of the URL", () => {
  test.each([
    ["https://user:p%40ss@node.example/rpc", "user:p@ss"],
    ["https://user@node.example/rpc", "user:"],
    ["https://:p%3Aw@node.example/rpc", ":p:w"],
    ["https://us%C3%A9r:%E2%82%AC@node.example/rpc", "usér:€"],
  ])("an RPC client sends the user and the password of its URL as an Authorization header: %s", async (url, credentials) => {
    const { client, calls } = clientOf(ok, { url });
    await settled(client.call("m", []));
    const [call] = calls;
    expect(call!.url).toBe("https://node.example/rpc");
    const sent = call!.headers.get("authorization")!.replace(/^Basic /, "");
    expect(Buffer.from(sent, "base64").toString()).toBe(credentials);
  });

  test("no error of an RPC client contains the user or the password of its URL, in any encoding", async () => {
    const words = `bad login user:p@ss ${btoa("user:p@ss")} p%40ss`;
    const { client } = clientOf(() => new Response(words, { status: 401 }), { url: "https://user:p%40ss@node.example/" });
    const answer = (await settled(client.call("m", []))) as { error: { message: string } };
    expect(answer.error.message).toMatch(/^bad login/);
    for (const secret of ["p@ss", "p%40ss", btoa("user:p@ss")]) expect(answer.error.message).not.toContain(secret);
  });
});

test("no error of an RPC client contains the value of a URL parameter such as `api-key`, however short it is", async () => {
  const { client } = clientOf(() => new Response("no access with abc123", { status: 403 }), {
    url: "https://node.example/rpc?api-key=abc123&net=main",
  });
  await expect(settled(client.call("m", []))).resolves.toMatchObject({ error: { message: "no access with [redacted]" } });
});

test("if the node redirects an RPC call from http to https, the error message contains the origin of the target", async () => {
  const redirect = new Response(null, { status: 308, headers: { location: "https://node.example/rpc" } });
  const { client } = clientOf(() => redirect, { url: "http://node.example/rpc" });
  await expect(settled(client.call("m", []))).resolves.toMatchObject({
    error: { message: "the node redirects to https://node.example; use the URL of the target" },
  });
});
