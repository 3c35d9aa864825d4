import type { SessionInfo } from "../channels/session-info.js";
import type { FrameDecoder } from "../codec/compressed-frame-decoder.js";
import type { ReconnectPolicy } from "../connection/reconnect-policy.js";
import type { SessionTimeouts } from "../connection/session-timeouts.js";
import type { LivenessPolicy } from "../transport/liveness.js";
import type { Platform } from "../transport/platform.js";
import type { SocketTarget } from "../transport/socket.js";

/** Receives the log lines of a client's sessions. Each call gets one line, without secrets. */
export interface Logger {
  /** Receives details, such as each change of a connection. */
  debug(message: string): void;
  /** Receives normal events, such as a created session. */
  info(message: string): void;
  /** Receives problems that the client handles, such as a start that is retried. */
  warn(message: string): void;
  /** Receives failures. */
  error(message: string): void;
}

/** The state and settings that all sessions of a client share. */
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
  /** Creates a decoder for a new connection. Returns `undefined` if compression is turned off. */
  newDecoder(): FrameDecoder | undefined;
  /** Whether the platform's sockets can send pings. */
  readonly canPing: boolean;
  /** Returns the address of the control channel, with the key. */
  controlTarget(): Promise<SocketTarget>;
  /** Returns the headers of HTTP calls, with the key. */
  httpHeaders(): Promise<Record<string, string>>;
  /** Returns the address of a session's subscriptions. The API key is not sent to this address. */
  subscriptionTarget(info: SessionInfo): SocketTarget;
  /** Removes the key and the values of custom headers from a text. */
  redact(text: string): string;
  /** Makes an HTTP call to find out whether the service refuses the key. */
  isKeyRefused(): Promise<boolean>;
}
