import { describe, expect, test } from "vitest";
import { BacktestClient } from "../../src/client/backtest-client.js";
import type { OpenTelemetryLike } from "../../src/session/telemetry.js";
import { startScriptedServer } from "../support/scripted-server.js";
import { idOf, startRun } from "./parallel-rig.js";
import {
  acceptDiffs,
  diff,
  newClient,
  PROGRAM,
  reattach,
  rejection,
  SESSION_ID,
  startSession,
  takeAll,
  until,
} from "./session-rig.js";
import { collectUncaught } from "./uncaught.js";

type Attributes = Record<string, string | number>;

class FakeSpan {
  readonly attributes: Attributes;
  readonly events: { name: string; attributes: Attributes | undefined }[] = [];
  readonly exceptions: Error[] = [];
  status: { code: number; message?: string } | undefined;
  ends = 0;

  constructor(attributes: Attributes = {}) {
    this.attributes = { ...attributes };
  }
  setAttribute(name: string, value: string | number): this {
    this.attributes[name] = value;
    return this;
  }
  addEvent(name: string, attributes?: Attributes): this {
    this.events.push({ name, attributes });
    return this;
  }
  recordException(error: Error): void {
    this.exceptions.push(error);
  }
  setStatus(status: { code: number; message?: string }): this {
    this.status = status;
    return this;
  }
  end(): void {
    this.ends++;
  }
}

type Observe = Parameters<
  ReturnType<ReturnType<OpenTelemetryLike["metrics"]["getMeter"]>["createObservableCounter"]>["addCallback"]
>[0];

/** Creates a fake of the part of `@opentelemetry/api` that the client uses. The fake records all calls. */
function fakeTelemetry() {
  const spans: { name: string; span: FakeSpan }[] = [];
  const counters = new Map<string, Set<Observe>>();
  const scopes = new Set<string>();
  const telemetry: OpenTelemetryLike = {
    trace: {
      getTracer: (name, version) => {
        scopes.add(`${name} ${version}`);
        return {
          startSpan: (spanName, options?: { attributes?: Attributes }) => {
            const span = new FakeSpan(options?.attributes);
            spans.push({ name: spanName, span });
            return span;
          },
        };
      },
    },
    metrics: {
      getMeter: (name, version) => {
        scopes.add(`${name} ${version}`);
        return {
          createObservableCounter: (counter) => {
            const callbacks = counters.get(counter) ?? new Set();
            counters.set(counter, callbacks);
            return {
              addCallback: (callback) => void callbacks.add(callback),
              removeCallback: (callback) => void callbacks.delete(callback),
            };
          },
        };
      },
    },
  };
  /** Collects the metrics and returns their values. */
  const collect = (): Record<string, [number, Attributes | undefined][]> =>
    Object.fromEntries(
      [...counters].map(([name, callbacks]) => {
        const observed: [number, Attributes | undefined][] = [];
        for (const callback of callbacks) callback({ observe: (value, attributes) => observed.push([value, attributes]) });
        return [name, observed];
      }),
    );
  return { telemetry, spans, collect, scopes };
}

describe("a session with OpenTelemetry", () => {
  test("the OpenTelemetry span of a session lasts from its start to its end, and has an event for each change of a connection", async () => {
    const { telemetry, spans, scopes } = fakeTelemetry();
    const server = await startScriptedServer();
    const { session, control } = await startSession(server, newClient(server, { telemetry }));
    expect(spans).toHaveLength(1);
    const { name, span } = spans[0]!;
    expect(name).toBe("backtest session");
    expect(span.attributes).toEqual({ "simulator.session.id": SESSION_ID });
    expect([...scopes]).toEqual([expect.stringMatching(/^simulator-client \d/)]);
    control.close(1012);
    const again = await reattach(server);
    await until(() => session.connection.state === "up", "it is back");
    const reason = "1012 service restart";
    expect(span.events).toContainEqual({
      name: "control down",
      attributes: expect.objectContaining({ phase: "backingOff", reason }),
    });
    expect(span.events.at(-1)).toEqual({ name: "control up", attributes: {} });
    expect(span.ends).toBe(0);
    again.control.respond(3, "completed", {});
    await takeAll(session);
    await session.closed;
    expect(span.attributes["simulator.session.end"]).toBe("completed");
    expect([span.ends, span.status, span.exceptions]).toEqual([1, undefined, []]);
  });

  test("a session that fails records its error in its OpenTelemetry span", async () => {
    const { telemetry, spans } = fakeTelemetry();
    const server = await startScriptedServer();
    const { session, control } = await startSession(server, newClient(server, { telemetry }));
    control.respond(3, "error", "noMoreBlocks");
    const { error } = await session.closed;
    const { span } = spans[0]!;
    expect(span.exceptions).toEqual([error]);
    expect(span.status).toEqual({ code: 2, message: error?.message });
    expect(span.attributes["simulator.session.end"]).toBe("failed");
    expect(span.ends).toBe(1);
  });

  test("a session continues if the OpenTelemetry module throws, and the error is reported as an uncaught error", async () => {
    const uncaught = collectUncaught();
    const { telemetry } = fakeTelemetry();
    const broken = new Error("no exporter");
    const trace = {
      getTracer: () => {
        throw broken;
      },
    };
    const server = await startScriptedServer();
    const { session } = await startSession(server, newClient(server, { telemetry: { ...telemetry, trace } }));
    expect(session.connection.state).toBe("up");
    await until(() => uncaught.length > 0, "the error is reported");
    expect(uncaught).toEqual([broken]);
  });

  test("a session with OpenTelemetry exports its counters as metrics until it ends", async () => {
    const { telemetry, collect } = fakeTelemetry();
    const server = await startScriptedServer();
    const { session } = await startSession(server, newClient(server, { telemetry }));
    session.subscribeAccountDiffs([PROGRAM]);
    const diffs = await acceptDiffs(server);
    diffs.notify("accountDiffNotification", 7, diff(100, "a"));
    diffs.send('{"nonsense":1}');
    await until(() => session.diagnostics.malformed === 1, "both frames");
    const attributes = { "simulator.session.id": SESSION_ID };
    const { frames, bytes } = session.diagnostics;
    expect(collect()).toEqual({
      "simulator.session.frames": [[frames, attributes]],
      "simulator.session.bytes": [[bytes, attributes]],
      "simulator.session.decodedBytes": [[0, attributes]],
      "simulator.session.duplicatesDropped": [[0, attributes]],
      "simulator.session.malformed": [[1, attributes]],
    });
    await session.shutdown();
    expect(Object.values(collect()).flat()).toEqual([]);
  });

  test("a parallel run with OpenTelemetry has a span for each sub-session", async () => {
    const { telemetry, spans, collect } = fakeTelemetry();
    const server = await startScriptedServer();
    const { run } = await startRun(server, newClient(server, { telemetry }), 3);
    const ids = spans.map(({ span }) => span.attributes["simulator.session.id"]);
    expect(ids).toEqual([0, 1, 2].map(idOf));
    expect(collect()["simulator.session.frames"]).toHaveLength(3);
    await run.shutdown();
    expect(spans.map(({ span }) => span.ends)).toEqual([1, 1, 1]);
  });

  test("a session with OpenTelemetry never exports the API key, even if a server repeats the key", async () => {
    const { telemetry, spans, collect } = fakeTelemetry();
    const server = await startScriptedServer();
    const apiKey = "telemetry-key-55!";
    const { session, control } = await startSession(server, newClient(server, { telemetry, apiKey }));
    control.close(4000, `bad ${apiKey}`);
    const again = await reattach(server);
    await until(() => session.connection.state === "up", "it is back");
    again.control.respond(3, "error", { internal: { error: "boom" } });
    await session.closed;
    const { span } = spans[0]!;
    const exported = JSON.stringify([span, span.exceptions.map(String), collect()], (_, value: unknown) =>
      typeof value === "bigint" ? String(value) : value,
    );
    expect(exported).toContain("[redacted]");
    expect(exported).not.toContain(apiKey);
  });

  test("if the start of a session fails, no OpenTelemetry span is created", async () => {
    const { telemetry, spans } = fakeTelemetry();
    const client = new BacktestClient({ url: "ws://127.0.0.1:1", telemetry, timeouts: { initialConnectMs: 50 } });
    await rejection(client.startSession({ startSlot: 1, endSlot: 2 }));
    expect(spans).toEqual([]);
  });
});
