import type { SocketTarget } from "../transport/socket.js";
import type { ChannelSocket, Frame } from "./channel-socket.js";

/** How to probe a connection that has been silent for some time. */
export type Probe =
  /** Sends WebSocket pings. If the platform cannot send pings, the connection is not probed. */
  | { kind: "ping" }
  /**
   * Sends WebSocket pings. If the platform cannot send pings, sends the request `text`. Every server answers this request, at
   * least with an error.
   */
  | { kind: "request"; text: string };

/**
 * The protocol on a connection. The runner opens a socket, waits for the channel's handshake, lets the channel run, and starts over
 * when the socket is lost.
 */
export interface Channel {
  /** A name for statuses and logs, such as "control" or "accountDiff". */
  readonly label: string;
  readonly probe: Probe;
  /** Returns the address to connect to. Called for each attempt. */
  target(): SocketTarget | Promise<SocketTarget>;
  /**
   * Resolves when the connection is ready.
   *
   * @returns "ended" if the stream ended during the handshake
   * @throws FatalFailure if a retry cannot fix the failure. After any other error, the runner retries.
   */
  handshake(socket: ChannelSocket): Promise<"ready" | "ended">;
  /**
   * Receives the frames after the handshake. Resolves at the end of the stream. If the socket is lost, the promise stays pending.
   *
   * @throws FatalFailure if a retry cannot fix the failure. After any other error, the runner retries.
   */
  run(socket: ChannelSocket): Promise<void>;
  /** Sends the request that ends the session. It is sent before the close frame. Returns whether a response to it is expected. */
  sendClose(socket: ChannelSocket): boolean;
  /** Whether a frame is the response to the request of `sendClose`. This response completes the close handshake. */
  isCloseResponse(frame: Frame): boolean;
}
