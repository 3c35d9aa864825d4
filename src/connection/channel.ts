import type { SocketTarget } from "../transport/socket.js";
import type { ChannelSocket } from "./channel-socket.js";

/** How a quiet connection is told from a dead one. */
export type Probe =
  /** WebSocket pings where the platform has them, else nothing. */
  | { kind: "ping" }
  /** WebSocket pings where the platform has them, else this request, which any server answers, if only with an error. */
  | { kind: "request"; text: string };

/**
 * What is said on a connection, apart from how it is kept up: the runner opens a socket, lets the channel shake hands,
 * then lets it run, and starts over when the socket is lost.
 */
export interface Channel {
  /** For statuses and logs: "control", "accountDiff". */
  readonly label: string;
  readonly probe: Probe;
  /** Where to connect, asked anew for each attempt. */
  target(): SocketTarget | Promise<SocketTarget>;
  /**
   * Resolves when the connection is of use.
   *
   * @returns "ended" if the handshake brought the end of all that there is to say
   * @throws FatalFailure for what will be the same next time; anything else may pass
   */
  handshake(socket: ChannelSocket): Promise<"ready" | "ended">;
  /**
   * Takes the frames from then on; resolves when all is said. It is not told when the socket is lost.
   *
   * @throws FatalFailure for what will be the same next time
   */
  run(socket: ChannelSocket): Promise<void>;
  /** The last words on an open socket, before the close frame. */
  goodbye(socket: ChannelSocket): void;
}
