import type { SessionInfo } from "../channels/session-info.js";
import type { FrameDecoder } from "../codec/frame-decoder.js";
import type { ConnectionTimeouts, ReconnectPolicy } from "../connection/policy.js";
import type { LivenessPolicy } from "../transport/liveness.js";
import type { Platform } from "../transport/platform.js";
import type { SocketTarget } from "../transport/socket.js";

/** Where a client's sessions tell what they do. A method is called with one line, free of secrets. */
export interface Logger {
  debug(message: string): void;
  info(message: string): void;
  warn(message: string): void;
  error(message: string): void;
}

/** Waits of a session's own, in ms. */
export interface SessionTimeouts extends ConnectionTimeouts {
  /** Each answer of a handshake (create, attach, resume, subscribe). Default: 120,000: cold starts were seen to take 100 s. */
  handshakeMs: number;
  /** Each answer while a parallel run is created. Default: 900,000. */
  parallelCreateMs: number;
  /** After completed: so long nothing may come from a subscription that is up. Default: 60,000. */
  completionDrainMs: number;
  /** `run()` takes an uncertain continue for lost after so long without any movement. Default: 30,000. */
  progressMs: number;
}

/** What a client gives its sessions. */
export interface SessionContext {
  readonly platform: Platform;
  readonly httpBase: string;
  readonly reconnect: ReconnectPolicy;
  readonly timeouts: SessionTimeouts;
  readonly liveness: LivenessPolicy;
  readonly maxBufferedEvents: number;
  readonly validate: "cursor" | "full";
  readonly logger: Logger;
  /** Creates a decoder for a new connection; `undefined` without compression. */
  newDecoder(): FrameDecoder | undefined;
  /** Whether the platform's sockets can send pings. */
  readonly canPing: boolean;
  /** The control channel's address, with the key. */
  controlTarget(): Promise<SocketTarget>;
  /** What HTTP calls send along, the key among it. */
  httpHeaders(): Promise<Record<string, string>>;
  /** A session's subscriptions' address; no key goes there. */
  subscriptionTarget(info: SessionInfo): SocketTarget;
  /** Takes the key and the values of custom headers out of a text. */
  redact(text: string): string;
  /** Whether the service refuses our key, as far as an HTTP call can tell. */
  isKeyRefused(): Promise<boolean>;
}
