import type { SessionInfo } from "../channels/session-info.js";
import { StreamDecoder } from "../codec/zstd.js";
import { DEFAULT_RECONNECT, type ReconnectPolicy } from "../connection/reconnect-policy.js";
import { DEFAULT_TIMEOUTS, type SessionTimeouts } from "../connection/session-timeouts.js";
import { invalidParams } from "../protocol/error-helpers.js";
import { checkedWord, refuseUnknownNames } from "../protocol/known-names.js";
import { definedOnly } from "../protocol/message.js";
import { redactor } from "../protocol/redact.js";
import { SimulatorError } from "../protocol/simulator-error.js";
import { checkedControlUrl, httpBaseUrl, withoutQuery } from "../protocol/urls.js";
import type { Logger, SessionContext } from "../session/context.js";
import { callListener } from "../session/events/call-listener.js";
import type { OpenTelemetryLike } from "../session/telemetry.js";
import { type AuthMode, authorize } from "../transport/auth.js";
import { defaultPlatform } from "../transport/default-platform.js";
import { DEFAULT_LIVENESS, type LivenessPolicy } from "../transport/liveness.js";
import type { PageLife, Platform } from "../transport/platform.js";
import { MANAGED_USER_AGENT, USER_AGENT } from "../transport/user-agent.js";
import { canSendHeaders, isOutdatedWs, type WebSocketLike } from "../transport/websocket-like.js";

/** The options of a client. */
export interface BacktestClientOptions {
  /** `wss://host`, `ws://host:port` or a bare host name; `/backtest` is added. */
  url: string;
  /** The API key, or a function that returns the key. The function is called for each connection attempt. @default no key */
  apiKey?: string | (() => string | Promise<string>);
  /** Where the key is sent. @default `header` in Node.js, `subprotocol` if the platform's WebSocket cannot send headers */
  auth?: AuthMode;
  /** Additional headers of HTTP calls and, except in browsers, of the upgrade request of the control connection. @default none */
  headers?: Record<string, string>;
  /** Replaces the WebSocket class of the platform. @default the WebSocket of the platform */
  WebSocket?: WebSocketLike;
  /** Replaces the `fetch` function of the platform for HTTP calls. @default the `fetch` of the platform */
  fetch?: typeof fetch;
  /** Node.js only: an `http.Agent`, for example for a proxy. @default none */
  agent?: unknown;
  /** How lost connections are retried. Omitted members keep their defaults. @default see `ReconnectPolicy` */
  reconnect?: Partial<ReconnectPolicy>;
  /** Time limits of a session. Omitted members keep their defaults. @default see `SessionTimeouts` */
  timeouts?: Partial<SessionTimeouts>;
  /** How stale connections are detected. Omitted members keep their defaults. @default see `LivenessPolicy` */
  liveness?: Partial<LivenessPolicy>;
  /**
   * How many events a session may buffer before it stops reading from its sockets. In a parallel run, this option does not limit
   * control events: see `ParallelSubSession`.
   * @default 10000
   */
  maxBufferedEvents?: number;
  /**
   * How many bytes of frames a session may buffer before it stops reading from its sockets. In a parallel run, this option does not
   * limit control events: see `ParallelSubSession`.
   * @default 67108864 (64 MiB)
   */
  maxBufferedBytes?: number;
  /** Whether subscriptions ask for compressed frames. @default "zstd" */
  compression?: "zstd" | "none";
  /**
   * Which fields of a notification are validated. `cursor`: only the fields that the client uses. `full`: all fields.
   * @default "cursor"
   */
  validate?: "cursor" | "full";
  /** Receives log lines; `false` logs nothing. @default warnings and errors go to the console */
  logger?: Logger | false;
  /** In a worker: the events of its page, from `receivePageEvents`. @default the events of this page, if there is one */
  pageEvents?: PageLife;
  /**
   * Replaces the clock, timers, random numbers or page events of the runtime. Intended for tests: with a virtual clock, a test does
   * not have to wait. The client options `WebSocket`, `fetch` and `pageEvents` override the members of `platform`.
   *
   * @default the platform of the runtime
   */
  platform?: Partial<Platform>;
  /** The module `@opentelemetry/api`. Each session becomes a span, and its counters become metrics. @default none */
  telemetry?: OpenTelemetryLike;
}

/** The names of all options. Any other option name is refused. */
const KNOWN_OPTIONS: Readonly<Record<keyof BacktestClientOptions, true>> = {
  url: true,
  apiKey: true,
  auth: true,
  headers: true,
  WebSocket: true,
  fetch: true,
  agent: true,
  reconnect: true,
  timeouts: true,
  liveness: true,
  maxBufferedEvents: true,
  maxBufferedBytes: true,
  compression: true,
  validate: true,
  logger: true,
  pageEvents: true,
  platform: true,
  telemetry: true,
};

const SILENT: Logger = { debug() {}, info() {}, warn() {}, error() {} };

/** The default logger. Without it, an initial connection that keeps failing would not be visible. */
const CONSOLE: Logger = {
  ...SILENT,
  warn: (message) => console.warn(`simulator-client: ${message}`),
  error: (message) => console.error(`simulator-client: ${message}`),
};

/** Validates the options of a client, and returns the context that its sessions share. @throws SimulatorError `invalidParams` */
export function toContext(options: BacktestClientOptions): SessionContext {
  if (typeof options !== "object" || options === null) throw invalidParams("options", "expected an object with url");
  refuseUnknownNames(options, Object.keys(KNOWN_OPTIONS), "option");
  const { apiKey, headers = {}, agent, logger: userLogger = CONSOLE } = options;
  const url = checkedControlUrl(options.url);
  const platform = toPlatform(options);
  const { WebSocket } = platform;
  if (WebSocket !== undefined && isOutdatedWs(WebSocket)) {
    throw new SimulatorError("unsupported", "the package ws of this application is older than 7.1: run npm install ws@8");
  }
  const canPing = WebSocket !== undefined && canSendHeaders(WebSocket);
  const mode = checkedWord("auth", options.auth ?? (canPing ? "header" : "subprotocol"), ["header", "query", "subprotocol"]);
  if (mode === "header" && !canPing && apiKey !== undefined && options.WebSocket === undefined) {
    throw invalidParams("auth", "the WebSocket of this platform cannot send headers: use subprotocol or query");
  }
  const compression = checkedWord("compression", options.compression ?? "zstd", ["zstd", "none"]);
  const { readKey, redact } = keySource(apiKey, Object.values(headers));
  const logger = redactingLogger(userLogger === false ? SILENT : userLogger, redact);
  // The client sets a User-Agent only in Node.js. In Firefox, a custom User-Agent would cause a CORS preflight request.
  const isNode = !platform.hasPage && defaultPlatform.WebSocket !== undefined && canSendHeaders(defaultPlatform.WebSocket);
  const httpBase = httpBaseUrl(url);
  const httpHeaders = async (): Promise<Record<string, string>> => {
    const key = await readKey();
    return { ...(isNode && { "User-Agent": USER_AGENT }), ...headers, ...(key !== undefined && { "X-API-Key": key }) };
  };
  return {
    platform,
    httpBase,
    logger,
    reconnect: checkedReconnect(options.reconnect),
    timeouts: checkedNumbers("timeouts", DEFAULT_TIMEOUTS, options.timeouts),
    liveness: checkedNumbers("liveness", DEFAULT_LIVENESS, options.liveness),
    maxBufferedEvents: checkedCount("maxBufferedEvents", options.maxBufferedEvents ?? 10_000),
    maxBufferedBytes: checkedCount("maxBufferedBytes", options.maxBufferedBytes ?? 64 * 1024 * 1024),
    validate: checkedWord("validate", options.validate ?? "cursor", ["cursor", "full"]),
    canPing,
    newDecoder: () => (compression === "zstd" ? new StreamDecoder() : undefined),
    redact,
    controlTarget: async () => authorize(url, { mode, apiKey: await readKey(), headers, userAgent: MANAGED_USER_AGENT, agent }),
    httpHeaders,
    subscriptionTarget: ({ wsEndpoint }: SessionInfo) => {
      if (url.startsWith("wss:") && wsEndpoint.startsWith("ws:")) {
        const endpoint = withoutQuery(wsEndpoint);
        throw new SimulatorError(
          "protocol",
          `refused the subscription endpoint ${endpoint}: it is not encrypted, but the client connects with wss:`,
        );
      }
      // Subscriptions do not send the API key, so `apiKey` is not passed.
      return authorize(wsEndpoint, { mode, headers: {}, userAgent: MANAGED_USER_AGENT, agent });
    },
    isKeyRefused: async () => {
      try {
        const headers = await httpHeaders();
        const { status } = await platform.fetch(`${httpBase}/available-ranges?include_account_state=false`, { headers });
        return status === 401 || status === 403;
      } catch {
        return false;
      }
    },
  };
}

function toPlatform({ WebSocket, fetch, pageEvents, platform }: BacktestClientOptions): Platform {
  if (WebSocket !== undefined && typeof WebSocket !== "function") throw invalidParams("WebSocket", "expected a constructor");
  const own: Partial<Platform> = {
    ...pageEvents,
    ...(WebSocket && { WebSocket }),
    ...(fetch && { fetch: (input, init) => fetch(input, init) }),
  };
  // Some members of `defaultPlatform` are getters. `Object.create` can override a getter, but an assignment would fail.
  return Object.create(defaultPlatform, Object.getOwnPropertyDescriptors({ ...membersOf(platform), ...own }));
}

/**
 * Returns the members of the user's platform. Methods are bound to the platform, because it may be an instance of a class.
 *
 * @throws SimulatorError `invalidParams`
 */
function membersOf(platform: Partial<Platform> | undefined): Partial<Platform> {
  if (platform === undefined) return {};
  if (typeof platform !== "object" || platform === null) throw invalidParams("platform", "expected an object");
  const names = Object.keys(defaultPlatform) as (keyof Platform)[];
  const members = names.map((name) => [name, platform[name]] as const).filter(([, member]) => member !== undefined);
  for (const [name, member] of members) {
    if (name !== "WebSocket" && typeof member !== typeof defaultPlatform[name])
      throw invalidParams(`platform.${name}`, `expected a ${typeof defaultPlatform[name]}`);
  }
  return Object.fromEntries(
    members.map(([name, member]) => [
      name,
      name !== "WebSocket" && typeof member === "function" ? (member as () => unknown).bind(platform) : member,
    ]),
  );
}

/**
 * Returns two functions. `readKey` returns the key. `redact` removes all header values, and all keys read so far, from a text.
 */
function keySource(source: BacktestClientOptions["apiKey"], headers: readonly string[]) {
  const secrets = new Set(headers);
  let redact = redactor(secrets);
  const checked = (key: string | undefined): string | undefined => {
    if (key === undefined) return undefined;
    // A key must consist of visible ASCII characters, because it is sent in a header (RFC 9110, 5.5). The message does not
    // contain the key.
    if (typeof key !== "string" || !/^[\x21-\x7e]+$/.test(key)) {
      throw invalidParams("apiKey", "expected visible ASCII characters");
    }
    // Earlier keys stay in the set, because a later text may still contain them.
    if (!secrets.has(key)) redact = redactor(secrets.add(key));
    return key;
  };
  if (typeof source !== "function") checked(source);
  return {
    readKey: async () => checked(typeof source === "function" ? await source() : source),
    redact: (text: string) => redact(text),
  };
}

/** Returns a logger that removes secrets from each line. An error that the user's logger throws does not affect the session. */
function redactingLogger(logger: Logger, redact: (text: string) => string): Logger {
  const logAt = (level: keyof Logger) => (message: string) => callListener(() => logger[level](redact(message)));
  return { debug: logAt("debug"), info: logAt("info"), warn: logAt("warn"), error: logAt("error") };
}

function checkedNumbers<T extends object>(name: string, defaults: T, given: Partial<T> | undefined): T {
  refuseUnknownNames(given ?? {}, Object.keys(defaults), "option", name);
  const numbers = { ...defaults, ...definedOnly(given ?? {}) };
  for (const [key, value] of Object.entries(numbers)) {
    if (typeof value !== "number" || !(value >= 0)) throw invalidParams(`${name}.${key}`, "expected a number, at least 0");
  }
  return numbers;
}

function checkedReconnect({ shouldRetry, ...numbers }: Partial<ReconnectPolicy> = {}): ReconnectPolicy {
  if (shouldRetry !== undefined && typeof shouldRetry !== "function") {
    throw invalidParams("reconnect.shouldRetry", "expected a function");
  }
  return { ...checkedNumbers("reconnect", DEFAULT_RECONNECT, numbers), ...(shouldRetry && { shouldRetry }) };
}

function checkedCount(name: string, value: unknown): number {
  if (typeof value === "number" && Number.isInteger(value) && value > 0) return value;
  throw invalidParams(name, "expected a whole number, at least 1");
}
