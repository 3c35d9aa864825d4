import type { SessionInfo } from "../channels/session-info.js";
import type { FrameDecoder } from "../codec/compressed-frame-decoder.js";
import type { ConnectionTimeouts } from "../connection/connection-timeouts.js";
import type { ReconnectPolicy } from "../connection/reconnect-policy.js";
import type { LivenessPolicy } from "../transport/liveness.js";
import type { Platform } from "../transport/platform.js";
import type { SocketTarget } from "../transport/socket.js";

/** Receives log lines of a client's sessions. Each call has one line, without secrets. */
export interface Logger {
  debug(message: string): void;
  info(message: string): void;
  warn(message: string): void;
  error(message: string): void;
}

/** Timeouts of a session, in ms. */
export interface SessionTimeouts extends ConnectionTimeouts {
  /** Each response of a handshake (create, attach, resume, subscribe). Cold starts can take 100 s. @default 120000 */
  handshakeMs: number;
  /** Each response while a parallel run is created. @default 900000 */
  parallelCreateMs: number;
  /** How long an open subscription may be silent after `completed`, in ms. @default 60000 */
  completionDrainMs: number;
  /** How long `run()` waits for progress before it resends a continue whose fate is unknown. @default 30000 */
  continueTimeoutMs: number;
}

/** What the sessions of a client share. */
export interface SessionContext {
  readonly platform: Platform;
  readonly httpBase: string;
  readonly reconnect: ReconnectPolicy;
  readonly timeouts: SessionTimeouts;
  readonly liveness: LivenessPolicy;
  readonly maxBufferedEvents: number;
  readonly maxBufferedBytes: number;
  readonly validate: "cursor" | "full";
  readonly logger: Logger;
  /** Creates a decoder for a new connection; `undefined` without compression. */
  newDecoder(): FrameDecoder | undefined;
  /** Whether the platform's sockets can send pings. */
  readonly canPing: boolean;
  /** The control channel's address, with the key. */
  controlTarget(): Promise<SocketTarget>;
  /** The headers of HTTP calls, with the key. */
  httpHeaders(): Promise<Record<string, string>>;
  /** The address of a session's subscriptions. No key is sent there. */
  subscriptionTarget(info: SessionInfo): SocketTarget;
  /** Removes the key and the values of custom headers from a text. */
  redact(text: string): string;
  /** Whether the service refuses the key, as far as an HTTP call shows it. */
  isKeyRefused(): Promise<boolean>;
}
