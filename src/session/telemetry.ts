import type { ConnectionStatus } from "../connection/status.js";
import { SessionDriver } from "./driver.js";
import { tell } from "./tell.js";

interface Span {
  setAttribute(name: string, value: string | number): unknown;
  addEvent(name: string, attributes?: Record<string, string | number>): unknown;
  recordException(error: Error): void;
  setStatus(status: { code: number; message?: string }): unknown;
  end(): void;
}

interface ObservableCounter {
  addCallback(callback: (result: { observe(value: number, attributes?: Record<string, string>): void }) => void): void;
  removeCallback(callback: (result: { observe(value: number, attributes?: Record<string, string>): void }) => void): void;
}

/** What is used of `@opentelemetry/api`: give its module as the client's option `telemetry`. */
export interface OpenTelemetryLike {
  trace: { getTracer(name: string, version?: string): { startSpan(name: string, options?: object): Span } };
  metrics: {
    getMeter(name: string, version?: string): { createObservableCounter(name: string, options?: object): ObservableCounter };
  };
}

const NAME = "simulator-client";
/** SpanStatusCode.ERROR of `@opentelemetry/api`. */
const ERROR = 2;

/**
 * Observes what a client has started, if it is a session, or a run of several: each from outside, by what everybody can listen to.
 * A module that throws is reported, and is no reason not to have the session.
 */
export function observe(started: object, telemetry: OpenTelemetryLike, version: string): void {
  const sessions = "subSessions" in started ? (started.subSessions as readonly object[]) : [started];
  for (const session of sessions) {
    if (session instanceof SessionDriver) tell(() => observeSession(session, telemetry, version));
  }
}

/** A span for a session's life, with an event for each change of a connection, and its counters as metrics. */
function observeSession(session: SessionDriver, { trace, metrics }: OpenTelemetryLike, version: string): void {
  const { sessionId } = session.info;
  const span = trace
    .getTracer(NAME, version)
    .startSpan("backtest session", { attributes: { "simulator.session.id": sessionId } });
  const meter = metrics.getMeter(NAME, version);
  const attributes = { "simulator.session.id": sessionId };
  const counters = (["frames", "bytes", "decodedBytes", "duplicatesDropped", "malformed"] as const).map((name) => {
    const counter = meter.createObservableCounter(`simulator.session.${name}`);
    const callback: Parameters<ObservableCounter["addCallback"]>[0] = (result) =>
      result.observe(session.diagnostics[name], attributes);
    counter.addCallback(callback);
    return () => counter.removeCallback(callback);
  });
  session.on("connection", ({ channel, status }) => span.addEvent(`${channel} ${status.state}`, describe(status)));
  void session.closed.then(({ reason, error }) => {
    span.setAttribute("simulator.session.end", reason);
    if (error !== undefined) {
      span.recordException(error);
      span.setStatus({ code: ERROR, message: error.message });
    }
    span.end();
    for (const stop of counters) stop();
  });
}

function describe(status: ConnectionStatus): Record<string, string | number> {
  const { state: _, ...rest } = status;
  return rest as Record<string, string | number>;
}
