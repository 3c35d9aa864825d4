import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { inspect } from "node:util";
import { describe, expect, test } from "vitest";
import type { HttpCalls } from "../../../src/client/http/http-calls.js";
import { redactor } from "../../../src/protocol/redact.js";
import { SimulatorError } from "../../../src/protocol/simulator-error.js";
import { FakePlatform, settle } from "../../support/fake-platform.js";
import { type Answer, callsTo, ImpatientPlatform, KEY, ok, startService, status } from "./test-service.js";

const RANGE = { startSlot: 1, endSlot: 2 };
const SLOT = '{"snapshot_slot":5}';
const BUILD = '{"request_id":"r","start_slot":1,"end_slot":2,"status":"completed","created_at_unix_ms":1}';
const reset: Answer = (response) => response.destroy();
/** Sends the head and half of the body of a response, and then ends the connection. */
const cut: Answer = (response) => {
  response.writeHead(200, { "content-length": "1000" }).write(SLOT);
  setImmediate(() => response.destroy());
};
const silent: Answer = () => {};

async function failureOf(call: Promise<unknown>): Promise<SimulatorError> {
  const error = await call.then(
    () => undefined,
    (caught: unknown) => caught,
  );
  if (error instanceof SimulatorError) return error;
  throw new Error(`expected a SimulatorError, got ${inspect(error)}`);
}

describe("transient failures are retried", () => {
  for (const [name, failures, waits] of [
    ["status 503", [status(503)], [1000]],
    ["status 429, then status 500", [status(429), status(500)], [1000, 2000]],
    ["a connection that is reset", [reset], [1000]],
    ["a truncated response", [cut, cut], [1000, 2000]],
    ["a Retry-After header in seconds", [status(429, "", { "retry-after": "7" })], [7000]],
    [
      "a Retry-After header that is shorter than the client's own wait",
      [status(503, "", { "retry-after": "0" }), status(503, "", { "retry-after": "1" })],
      [1000, 2000],
    ],
    // The platform's clock shows 22:13:20. The date in the header is 5 s later.
    ["a Retry-After header with a date", [status(503, "", { "retry-after": "Tue, 14 Nov 2023 22:13:25 GMT" })], [5000]],
    [
      "a Retry-After header with a past date or an invalid value",
      [status(503, "", { "retry-after": "Tue, 14 Nov 2000 22:13:25 GMT" }), status(503, "", { "retry-after": "soon" })],
      [1000, 2000],
    ],
  ] as [string, Answer[], number[]][]) {
    test(`after a transient failure (${name}), a call is retried in ${waits.join(" ms, then in ")} ms`, async () => {
      const service = await startService(...failures, ok(SLOT));
      const platform = new ImpatientPlatform();
      expect(await callsTo(service.base, { platform }).snapshotSlot()).toEqual({ snapshotSlot: 5n });
      expect(platform.waits).toEqual(waits);
      expect(service.received).toHaveLength(failures.length + 1);
    });
  }

  test("a call adds a jitter of 20 % to each wait before a retry", async () => {
    for (const [random, waits] of [
      [0, [800, 1600]],
      [0.999_999, [1200, 2400]],
    ] as const) {
      const service = await startService(status(503), status(503), ok(SLOT));
      const platform = new ImpatientPlatform();
      platform.random = () => random;
      await callsTo(service.base, { platform }).snapshotSlot();
      expect(platform.waits.map(Math.round)).toEqual(waits);
    }
  });

  test("buildBundle is retried with the same idempotency key, so the service executes it once", async () => {
    const service = await startService(reset, status(503), ok(BUILD));
    expect(await callsTo(service.base).buildBundle(RANGE)).toMatchObject({ requestId: "r" });
    const [first, ...others] = service.received.map(({ body }) => body);
    expect(JSON.parse(first!)).toMatchObject({ idempotency_key: expect.stringMatching(/^[0-9a-f]{32}$/) });
    expect(others).toEqual([first, first]);
  });

  test("a call is sent at most three times, and its error contains the last response", async () => {
    const service = await startService(reset, status(500, "first"), status(502, "last"));
    const error = await failureOf(callsTo(service.base).usage());
    expect(error).toMatchObject({ code: "http", status: 502, body: "last", message: `GET ${service.base}/usage: HTTP 502 last` });
    expect(service.received).toHaveLength(3);
  });

  test("a call fails at once if the wait for the next attempt would exceed the timeout of the call", async () => {
    const platform = new ImpatientPlatform();
    const service = await startService(status(429, "later", { "retry-after": "31" }));
    const error = await failureOf(callsTo(service.base, { platform }).usage());
    expect(error).toMatchObject({ code: "http", status: 429, body: "later" });
    expect(platform.waits).toEqual([]);
    // The `timeoutMs` of this call is long enough for both retries. The client's `timeoutMs` of 500 ms is too short.
    const busy = await startService(status(503), status(503), status(503));
    await failureOf(callsTo(busy.base, { platform, timeoutMs: 500 }).usage({ timeoutMs: 30_999 }));
    expect(busy.received).toHaveLength(3);
    expect(platform.waits).toHaveLength(2);
  });
});

describe("permanent failures, and requests that may have been executed, are not retried", () => {
  for (const [name, answer, call] of [
    ["a response with status 400", status(400), (calls) => calls.usage()],
    ["a response with status 401", status(401), (calls) => calls.usage()],
    ["a response with status 404", status(404), (calls) => calls.bundleBuild("r")],
    ["a response that is not JSON", ok("<html>"), (calls) => calls.usage()],
    ["a generateDepth call whose response is lost", reset, (calls) => calls.generateDepth(RANGE)],
    ["a generateDepth call to a busy service", status(503), (calls) => calls.generateDepth(RANGE)],
    ["a deleteBundle call whose response is lost", reset, (calls) => calls.deleteBundle(RANGE)],
    ["a datasetCredentials call whose response is lost", reset, (calls) => calls.datasetCredentials()],
  ] as [string, Answer, (calls: HttpCalls) => Promise<unknown>][]) {
    test(`a call is not retried after ${name}`, async () => {
      const service = await startService(answer);
      await failureOf(call(callsTo(service.base)));
      expect(service.received).toHaveLength(1);
    });
  }
});

describe("the error of a call", () => {
  for (const [code, expected] of [
    [401, "unauthorized"],
    [403, "unauthorized"],
    [400, "http"],
    [404, "http"],
    [409, "http"],
    [304, "http"],
  ] as const) {
    test(`if the response is HTTP ${code}, the call fails with the code ${expected}, and the error has the status and the body`, async () => {
      const service = await startService(status(code, code === 304 ? "" : "no such thing"));
      const error = await failureOf(callsTo(service.base).bundleBuild("r"));
      expect(error).toMatchObject({ code: expected, status: code, body: code === 304 ? "" : "no such thing" });
      expect(error.message).toMatch(new RegExp(`^GET ${service.base}/build-bundle/r: HTTP ${code}`));
    });
  }

  test("the body and the message of an error contain only the beginning of a long response", async () => {
    const service = await startService(status(400, "x".repeat(1_000_000)));
    const error = await failureOf(callsTo(service.base).usage());
    expect(error.body).toBe("x".repeat(4096));
    expect(error.message.length).toBeLessThan(300);
  });

  test("a failed call does not wait for an error body that never ends", async () => {
    const service = await startService((response) => {
      response.writeHead(400).write("x".repeat(20_000));
    });
    expect(await failureOf(callsTo(service.base).usage())).toMatchObject({ status: 400, body: "x".repeat(4096) });
    await (await service.next()).closed;
  });

  test("if no server listens, a call fails as `unreachable`, and the error contains ECONNREFUSED", async () => {
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    await new Promise((resolve) => server.close(resolve));
    const error = await failureOf(callsTo(base).availableRanges());
    expect(error).toMatchObject({ code: "unreachable", cause: expect.any(Error) });
    expect(error.message).toMatch(`GET ${base}/available-ranges: fetch failed: connect ECONNREFUSED`);
  });

  test("the error of a refused connection contains the address and the reason", async () => {
    const refuse = () =>
      Promise.reject(new TypeError("fetch failed", { cause: Object.assign(new AggregateError([]), { code: "ECONNREFUSED" }) }));
    const platform = Object.assign(new ImpatientPlatform(), { fetch: refuse });
    const error = await failureOf(callsTo("http://host", { platform }).usage());
    expect(error.message).toBe("GET http://host/usage: fetch failed: ECONNREFUSED");
    expect(platform.waits).toEqual([1000, 2000]);
  });

  test("no error of a call contains the API key", async () => {
    const echo: Answer = (response, { headers }) =>
      response.writeHead(400).end(`${"x".repeat(190)} bad key ${headers["x-api-key"]}`);
    const service = await startService(echo);
    const thrower = async (): Promise<Response> => {
      throw Object.assign(new Error(`bad header: ${KEY}`), { config: { headers: { "X-API-Key": KEY } }, cause: `sent ${KEY}` });
    };
    const platform = Object.assign(new ImpatientPlatform(), { fetch: thrower });
    for (const error of [
      await failureOf(callsTo(service.base).usage()),
      await failureOf(callsTo(service.base, { platform }).usage()),
      await failureOf(callsTo(service.base, { platform }).health()),
    ]) {
      expect(inspect(error, { depth: 10 })).not.toContain(KEY);
      expect(inspect(error, { depth: 10 })).toContain("[redacted]");
    }
  });

  test("if the headers function fails, the call fails with the same error and sends no request", async () => {
    const service = await startService(ok("[]"));
    const reason = new SimulatorError("invalidParams", "apiKey: expected a text");
    const headers = () => Promise.reject(reason);
    expect(await failureOf(callsTo(service.base, { headers }).usage())).toBe(reason);
    expect(service.received).toHaveLength(0);
  });

  test("a call is retried if the headers function has failed once", async () => {
    const service = await startService(ok(SLOT));
    let asked = 0;
    const headers = async () => {
      if (asked++ === 0) throw new Error("the vault is sealed");
      return {};
    };
    expect(await callsTo(service.base, { headers }).snapshotSlot()).toEqual({ snapshotSlot: 5n });
    expect(service.received).toHaveLength(1);
  });

  test("an error with a circular `cause` is reported with a message of limited length", async () => {
    const error = new Error("fetch failed");
    error.cause = error;
    const platform = Object.assign(new ImpatientPlatform(), { fetch: () => Promise.reject(error) });
    const { message } = await failureOf(callsTo("http://host", { platform }).usage());
    expect(message).toMatch(/^GET http:..host.usage: (fetch failed(: )?){6}$/);
  });

  test("a redirect is not followed, because its target would receive the key", async () => {
    const elsewhere = await startService(ok(SLOT));
    const service = await startService(status(307, "", { location: `${elsewhere.base}/snapshot-slot` }));
    expect(await failureOf(callsTo(service.base).snapshotSlot())).toMatchObject({ code: "http", status: 307 });
    expect(elsewhere.received).toHaveLength(0);
  });
});

describe("long responses", () => {
  test("a call reads a response of several megabytes completely, even if chunks split characters", async () => {
    const name = "é€𝄞".repeat(300_000);
    const bytes = Buffer.from(JSON.stringify([{ bundle_start_slot: 1, note: name }]));
    const service = await startService(async (response) => {
      for (let at = 0; at < bytes.length; at += 65_537) {
        if (!response.write(bytes.subarray(at, at + 65_537))) await new Promise((resolve) => response.once("drain", resolve));
      }
      response.end();
    });
    expect(await callsTo(service.base).availableRanges()).toEqual([{ bundleStartSlot: 1n, note: name }]);
  });

  test("a call fails and closes its connection if the response is larger than 64 MiB", async () => {
    const chunk = Buffer.alloc(2 ** 20, 0x20);
    const service = await startService(async (response, { closed }) => {
      const isOver = closed.then(() => true);
      for (let over: unknown = false; !over; ) {
        over =
          !response.write(chunk) &&
          (await Promise.race([isOver, new Promise((resolve) => response.once("drain", () => resolve(false)))]));
      }
    });
    const error = await failureOf(callsTo(service.base).usage());
    expect(error).toMatchObject({ code: "http", status: 200, message: expect.stringContaining("over 64 MiB") });
    await (await service.next()).closed;
    expect(service.received).toHaveLength(1);
  });

  test("a call can read a response that has no body stream, such as a response of a custom fetch function", async () => {
    const fetch = async () => ({ ok: true, status: 200, text: async () => SLOT, headers: new Headers() }) as Response;
    const platform = Object.assign(new ImpatientPlatform(), { fetch });
    expect(await callsTo("http://host", { platform }).snapshotSlot()).toEqual({ snapshotSlot: 5n });
  });
});

describe("the timeout of a call", () => {
  const rig = (options: { fetch: FakePlatform["fetch"]; timeoutMs?: number }) => {
    const platform = new FakePlatform({ fetch: options.fetch });
    const calls = callsTo("http://host", {
      platform,
      redact: redactor([KEY]),
      ...(options.timeoutMs && { timeoutMs: options.timeoutMs }),
    });
    return { platform, calls };
  };
  /** A `fetch` function that ignores signals, as some libraries do. */
  const never = () => new Promise<Response>(() => {});

  for (const [name, timeoutMs, own, ends] of [
    ["30 s by default", undefined, undefined, 30_000],
    ["the timeout of the client", 5_000, undefined, 5_000],
    ["the timeout that is passed to the call", 5_000, 70_000, 70_000],
  ] as const) {
    test(`a call without a response fails with the code \`timeout\` after ${name}`, async () => {
      const { platform, calls } = rig({ fetch: never, ...(timeoutMs && { timeoutMs }) });
      const failure = failureOf(calls.usage({}, own ? { timeoutMs: own } : undefined));
      let isOver = false;
      void failure.then(() => {
        isOver = true;
      });
      await platform.advance(ends - 1);
      expect(isOver).toBe(false);
      await platform.advance(1);
      expect(await failure).toMatchObject({ code: "timeout", message: `GET http://host/usage: no response within ${ends} ms` });
      expect(platform.timers).toEqual([]);
    });
  }

  test("the timeout of a call applies to all attempts and waits together", async () => {
    let sent = 0;
    const { platform, calls } = rig({ fetch: async () => (sent++ === 0 ? new Response("", { status: 503 }) : never()) });
    const failure = failureOf(calls.usage());
    await settle();
    expect(platform.timers).toEqual([1_000, 30_000]);
    await platform.advance(1_000);
    expect(sent).toBe(2);
    await platform.advance(29_000);
    expect((await failure).code).toBe("timeout");
    expect(platform.timers).toEqual([]);
  });

  test("a call that times out while it reads the body of the response closes its connection", async () => {
    const platform = new FakePlatform({ fetch: (input, init) => fetch(input, init) });
    const service = await startService((response) => response.writeHead(200).write('{"snap'));
    const failure = failureOf(callsTo(service.base, { platform }).snapshotSlot());
    const { closed } = await service.next();
    await platform.advance(30_000);
    expect((await failure).code).toBe("timeout");
    await closed;
  });

  test("the timeout of a call is cleared when the response has arrived", async () => {
    const { platform, calls } = rig({ fetch: async () => new Response(SLOT) });
    await calls.snapshotSlot();
    expect(platform.timers).toEqual([]);
  });
});

describe("a signal", () => {
  test("an aborted signal prevents the request of a call, even if fetch ignores signals", async () => {
    let sent = 0;
    const platform = new FakePlatform({
      fetch: async () => {
        sent++;
        return new Response(SLOT);
      },
    });
    const error = await failureOf(callsTo("http://host", { platform }).snapshotSlot({ signal: AbortSignal.abort("enough") }));
    await settle();
    expect(error).toMatchObject({ code: "cancelled", cause: "enough", message: "GET http://host/snapshot-slot was cancelled" });
    expect(sent).toBe(0);
    expect(platform.timers).toEqual([]);
  });

  test("a call closes its connection when its signal is aborted and the service has not answered", async () => {
    const controller = new AbortController();
    const service = await startService(silent);
    const failure = failureOf(callsTo(service.base).availableRanges({ signal: controller.signal }));
    const { closed } = await service.next();
    controller.abort();
    expect((await failure).code).toBe("cancelled");
    await closed;
    expect(service.received).toHaveLength(1);
  });

  test("a call that waits for a retry fails at once when its signal is aborted", async () => {
    const controller = new AbortController();
    let sent = 0;
    const platform = new FakePlatform({
      fetch: async () => {
        sent++;
        return new Response("", { status: 503 });
      },
    });
    const failure = failureOf(callsTo("http://host", { platform }).usage({}, { signal: controller.signal }));
    await settle();
    controller.abort();
    expect((await failure).code).toBe("cancelled");
    expect(platform.timers).toEqual([]);
    await platform.advance(60_000);
    expect(sent).toBe(1);
  });

  test("a call fails when its signal is aborted, even if fetch ignores the signal", async () => {
    const controller = new AbortController();
    let answer: (response: Response) => void = () => {};
    let sent = 0;
    const platform = new FakePlatform({
      fetch: () => {
        sent++;
        return new Promise((resolve) => {
          answer = resolve;
        });
      },
    });
    const failure = failureOf(callsTo("http://host", { platform }).snapshotSlot({ signal: controller.signal }));
    await settle();
    controller.abort();
    expect((await failure).code).toBe("cancelled");
    answer(new Response("", { status: 503 }));
    await settle();
    expect(platform.timers).toEqual([]);
    expect(sent).toBe(1);
  });

  test("a call removes its listener from the signal when the call ends", async () => {
    const listeners = new Set<unknown>();
    const signal = Object.assign(new AbortController().signal, {
      addEventListener: (_: string, listener: unknown) => listeners.add(listener),
      removeEventListener: (_: string, listener: unknown) => listeners.delete(listener),
    });
    const seen: number[] = [];
    const platform = new FakePlatform({
      fetch: async () => {
        seen.push(listeners.size);
        return new Response(SLOT);
      },
    });
    await callsTo("http://host", { platform }).snapshotSlot({ signal });
    expect(seen).toEqual([1]);
    expect(listeners.size).toBe(0);
  });
});

test("a call reuses the connection of the previous call", async () => {
  const ports = new Set<number | undefined>();
  const service = await startService((response) => {
    ports.add(response.socket?.remotePort);
    response.end(SLOT);
  });
  const calls = callsTo(service.base);
  for (let i = 0; i < 3; i++) {
    await calls.snapshotSlot();
    await settle();
  }
  expect(ports.size).toBe(1);
});
