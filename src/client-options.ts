import type { SessionInfo } from "./channels/session-info.js";
import { createFrameDecoder } from "./codec/zstd-loader.js";
import { DEFAULT_CONNECTION_TIMEOUTS, DEFAULT_RECONNECT, type ReconnectPolicy } from "./connection/policy.js";
import { invalidParams, SimulatorError } from "./protocol/simulator-error.js";
import { checkedControlUrl, httpBaseUrl, withoutQuery } from "./protocol/urls.js";
import type { Logger, SessionContext, SessionTimeouts } from "./session/context.js";
import type { OpenTelemetryLike } from "./session/telemetry.js";
import { type AuthMode, authorize } from "./transport/auth.js";
import { defaultPlatform } from "./transport/default-platform.js";
import { DEFAULT_LIVENESS, type LivenessPolicy } from "./transport/liveness.js";
import type { Platform } from "./transport/platform.js";
import { redactor } from "./transport/redact.js";
import { canSendHeaders, type WebSocketLike } from "./transport/websocket-like.js";
import { VERSION } from "./version.js";

/** How a client reaches the simulator, and how patient it is. */
export interface BacktestClientOptions {
  /** `wss://host`, `ws://host:port` or a bare host name; `/backtest` is added. */
  url: string;
  /** The API key, or what gives it; asked for at each connect. Default: none is sent. */
  apiKey?: string | (() => string | Promise<string>);
  /** Where the key goes. Default: `header` where the WebSocket can send one (Node.js), else `subprotocol`. */
  auth?: AuthMode;
  /** Sent beside the key on the control connection's upgrade, and on HTTP calls. Browsers can't on the former. */
  headers?: Record<string, string>;
  /** A constructor to use in place of the platform's. */
  WebSocket?: WebSocketLike;
  fetch?: typeof fetch;
  /** Node.js: an `http.Agent`, for proxies. */
  agent?: unknown;
  reconnect?: Partial<ReconnectPolicy>;
  timeouts?: Partial<SessionTimeouts>;
  liveness?: Partial<LivenessPolicy>;
  /** Events that are held before reading stops. Default: 10,000. */
  maxBufferedEvents?: number;
  /** Whether subscriptions ask for compressed frames. Default: `zstd`; its decoder is a file of its own. */
  compression?: "zstd" | "none";
  /** How much of a notification is checked: what delivery rests on (`cursor`), or all. Default: `cursor`. */
  validate?: "cursor" | "full";
  /** Default: nothing is logged. */
  logger?: Logger;
  /** The module `@opentelemetry/api`: each session is then a span, with its counters as metrics. Default: none. */
  telemetry?: OpenTelemetryLike;
}

const SILENT: Logger = { debug() {}, info() {}, warn() {}, error() {} };

const DEFAULT_TIMEOUTS: SessionTimeouts = {
  ...DEFAULT_CONNECTION_TIMEOUTS,
  handshakeMs: 120_000,
  parallelCreateMs: 900_000,
  completionDrainMs: 60_000,
  progressMs: 30_000,
};

/** What a client's parts need, made of its options. @throws SimulatorError `invalidParams` */
export function toContext(options: BacktestClientOptions): SessionContext {
  if (typeof options !== "object" || options === null) throw invalidParams("options", "expected an object with url");
  const url = checkedControlUrl(options.url);
  const platform = toPlatform(options);
  const { WebSocket } = platform;
  const isNodeLike = WebSocket !== undefined && canSendHeaders(WebSocket);
  const auth = checkedWord("auth", options.auth ?? (isNodeLike ? "header" : "subprotocol"), ["header", "query", "subprotocol"]);
  if (auth === "header" && !isNodeLike && options.apiKey !== undefined && options.WebSocket === undefined) {
    throw invalidParams("auth", "this platform's WebSocket can't send headers: use subprotocol, or query");
  }
  const { headers = {} } = options;
  const key = new KeySource(options.apiKey, Object.values(headers));
  const logger = redactingLogger(options.logger ?? SILENT, key.redact);
  const compression = checkedWord("compression", options.compression ?? "zstd", ["zstd", "none"]);
  const product = `simulator-client-js/${VERSION}`;
  const userAgent = `${product} (managed)`;
  const httpBase = httpBaseUrl(url);
  const agent = options.agent === undefined ? {} : { agent: options.agent };
  return {
    platform,
    httpBase,
    logger,
    reconnect: { ...DEFAULT_RECONNECT, ...checkedNumbers("reconnect", options.reconnect) },
    timeouts: { ...DEFAULT_TIMEOUTS, ...checkedNumbers("timeouts", options.timeouts) },
    liveness: { ...DEFAULT_LIVENESS, ...checkedNumbers("liveness", options.liveness) },
    maxBufferedEvents: checkedCount("maxBufferedEvents", options.maxBufferedEvents ?? 10_000),
    validate: checkedWord("validate", options.validate ?? "cursor", ["cursor", "full"]),
    canPing: isNodeLike,
    newDecoder: decoders(compression, logger),
    redact: key.redact,
    controlTarget: async () => {
      const apiKey = await key.read();
      return authorize(url, { mode: auth, ...(apiKey !== undefined && { apiKey }), headers, userAgent, ...agent });
    },
    httpHeaders: async () => {
      const apiKey = await key.read();
      return {
        ...(!platform.hasPage && { "User-Agent": product }),
        ...headers,
        ...(apiKey !== undefined && { "X-API-Key": apiKey }),
      };
    },
    subscriptionTarget: (info: SessionInfo) => {
      if (url.startsWith("wss:") && info.wsEndpoint.startsWith("ws:")) {
        const endpoint = withoutQuery(info.wsEndpoint);
        throw new SimulatorError("protocol", `the server sends from wss: to ${endpoint}, which isn't encrypted: refused`);
      }
      return isNodeLike
        ? { url: info.wsEndpoint, options: { headers: { "User-Agent": userAgent }, ...agent } }
        : { url: info.wsEndpoint };
    },
    isKeyRefused: async () => {
      try {
        const apiKey = await key.read();
        const headers: Record<string, string> = apiKey === undefined ? {} : { "X-API-Key": apiKey };
        const { status } = await platform.fetch(`${httpBase}/available-ranges?include_account_state=false`, { headers });
        return status === 401 || status === 403;
      } catch {
        return false;
      }
    },
  };
}

/** Goes on without compression where its file can't be loaded, and says so once. */
function decoders(compression: "zstd" | "none", logger: Logger): SessionContext["newDecoder"] {
  let isWanted = compression === "zstd";
  return async () => {
    if (!isWanted) return undefined;
    try {
      return await createFrameDecoder();
    } catch (error) {
      isWanted = false;
      logger.warn(
        `subscriptions are not compressed: the decoder could not be loaded (${error instanceof Error ? error.message : error})`,
      );
      return undefined;
    }
  };
}

function toPlatform({ WebSocket, fetch }: BacktestClientOptions): Platform {
  const platform: Platform = Object.create(defaultPlatform);
  if (WebSocket !== undefined) {
    if (typeof WebSocket !== "function") throw invalidParams("WebSocket", "expected a constructor");
    Object.defineProperty(platform, "WebSocket", { value: WebSocket });
  }
  if (fetch !== undefined) platform.fetch = (input, init) => fetch(input, init);
  return platform;
}

/** Gives the key when it is needed, and remembers what must not be printed: earlier keys too, which a late text may hold. */
class KeySource {
  readonly #source: BacktestClientOptions["apiKey"];
  readonly #secrets: Set<string>;
  #redact: (text: string) => string;

  constructor(source: BacktestClientOptions["apiKey"], headers: readonly string[]) {
    if (source !== undefined && typeof source !== "function") checkKey(source);
    this.#source = source;
    this.#secrets = new Set(headers);
    if (typeof source === "string") this.#secrets.add(source);
    this.#redact = redactor([...this.#secrets]);
  }

  readonly redact = (text: string): string => this.#redact(text);

  async read(): Promise<string | undefined> {
    const key = typeof this.#source === "function" ? await this.#source() : this.#source;
    if (key === undefined) return undefined;
    checkKey(key);
    if (!this.#secrets.has(key)) this.#redact = redactor([...this.#secrets.add(key)]);
    return key;
  }
}

/** RFC 9110, 5.5: what a header's value can be. The key itself is never part of the message. */
function checkKey(key: unknown): void {
  if (typeof key === "string" && /^[\x21-\x7e]+$/.test(key)) return;
  throw invalidParams(
    "apiKey",
    "expected a text of visible ASCII characters; is the environment variable set, and free of line breaks?",
  );
}

function redactingLogger(logger: Logger, redact: (text: string) => string): Logger {
  return {
    debug: (message) => logger.debug(redact(message)),
    info: (message) => logger.info(redact(message)),
    warn: (message) => logger.warn(redact(message)),
    error: (message) => logger.error(redact(message)),
  };
}

function checkedNumbers<T extends object>(name: string, numbers: Partial<T> | undefined): Partial<T> {
  const given = Object.entries(numbers ?? {}).filter(([, value]) => value !== undefined);
  for (const [key, value] of given) {
    if (typeof value !== "number" || Number.isNaN(value) || value < 0)
      throw invalidParams(`${name}.${key}`, "expected a number, at least 0");
  }
  return Object.fromEntries(given) as Partial<T>;
}

function checkedWord<T extends string>(name: string, value: T, words: readonly T[]): T {
  if (words.includes(value)) return value;
  throw invalidParams(name, `expected one of ${words.join(", ")}`);
}

function checkedCount(name: string, value: unknown): number {
  if (typeof value === "number" && Number.isInteger(value) && value > 0) return value;
  throw invalidParams(name, "expected a whole number, at least 1");
}
