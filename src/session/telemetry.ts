import type { ConnectionStatus } from "../connection/status.js";
import { BacktestSession } from "./backtest-session.js";
import { callListener } from "./events/call-listener.js";

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

/** The members of `@opentelemetry/api` that this package uses. Pass that module as the client's option `telemetry`. */
export interface OpenTelemetryLike {
  /** Creates the tracer for the spans. */
  trace: { getTracer(name: string, version?: string): { startSpan(name: string, options?: object): Span } };
  /** Creates the meter for the counters. */
  metrics: {
    getMeter(name: string, version?: string): { createObservableCounter(name: string, options?: object): ObservableCounter };
  };
}

const NAME = "simulator-client";
/** The value of SpanStatusCode.ERROR in `@opentelemetry/api`. */
const ERROR = 2;

/**
 * Traces a session, or the sub-sessions of a run, based on their public events. An error that the module throws is reported, and
 * does not affect the session.
 */
export function traceSessions(started: object, telemetry: OpenTelemetryLike, version: string): void {
  const sessions = "subSessions" in started ? (started.subSessions as readonly object[]) : [started];
  for (const session of sessions) {
    if (session instanceof BacktestSession) callListener(() => traceSession(session, telemetry, version));
  }
}

/**
 * Creates a span from the start of a session to its end, with an event for each change of a connection. Exports the session's
 * counters as metrics.
 */
function traceSession(session: BacktestSession, { trace, metrics }: OpenTelemetryLike, version: string): void {
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
