import type { Channel, Probe } from "../../src/connection/channel.js";
import type { ChannelSocket, Frame } from "../../src/connection/channel-socket.js";
import type { Failure } from "../../src/connection/connection-state.js";
import { DEFAULT_RECONNECT } from "../../src/connection/reconnect-policy.js";
import { ConnectionRunner, type RunnerOptions } from "../../src/connection/runner.js";
import { DEFAULT_TIMEOUTS } from "../../src/connection/session-timeouts.js";
import type { ConnectionStatus } from "../../src/connection/status.js";
import { DEFAULT_LIVENESS } from "../../src/transport/liveness.js";
import type { SocketTarget } from "../../src/transport/socket.js";
import { FakePlatform, settle } from "../support/fake-platform.js";
import { type FakeNetwork, fakeNetwork } from "../transport/fake-websocket.js";

/** A channel that a test scripts. Its handshake ends with the frame "hello". */
export class ScriptedChannel implements Channel {
  readonly label = "scripted";
  probe: Probe = { kind: "ping" };
  /** The frames that have arrived since the connection came up. */
  readonly frames: Frame[] = [];
  /** Number of times that `sendClose` was called. */
  closes = 0;
  expectsCloseResponse = false;
  runs = 0;
  target: () => SocketTarget | Promise<SocketTarget> = () => ({ url: "ws://host/backtest" });
  shake: (socket: ChannelSocket) => Promise<"ready" | "ended"> = async (socket) => {
    await socket.next(120_000, "hello");
    return "ready";
  };
  /** Called for each frame that arrives after the handshake. */
  handleFrame: (frame: Frame) => void = () => {};
  /** Ends the stream. */
  finish: () => void = () => {};
  fail: (error: Error) => void = () => {};

  handshake(socket: ChannelSocket): Promise<"ready" | "ended"> {
    return this.shake(socket);
  }

  run(socket: ChannelSocket): Promise<void> {
    this.runs++;
    return new Promise((resolve, reject) => {
      this.finish = resolve;
      this.fail = reject;
      socket
        .receive((frame) => {
          this.frames.push(frame);
          this.handleFrame(frame);
        })
        .catch(reject);
    });
  }

  sendClose(socket: ChannelSocket): boolean {
    this.closes++;
    return socket.send("close request") && this.expectsCloseResponse;
  }

  isCloseResponse(frame: Frame): boolean {
    return frame === "close response";
  }
}

export interface Bench {
  platform: FakePlatform;
  network: FakeNetwork;
  channel: ScriptedChannel;
  runner: ConnectionRunner;
  statuses: ConnectionStatus[];
  /** One entry per reported status: its `phase` if the status is `down`, otherwise its `state`. */
  readonly phases: string[];
  /** The argument of each call of `handleEnd`. */
  ends: (Failure | undefined)[];
  traffic: [number, boolean][];
  /** Starts the runner, opens its socket and completes the handshake. */
  comeUp(): Promise<void>;
  /** Opens the socket of a reconnect, and completes its handshake. */
  comeBack(): Promise<void>;
  /** Whether no socket is open, no timer is set and no listener is left. */
  readonly isClean: boolean;
}

/** Creates a runner on a fake platform, and records the calls of its callbacks. */
export function bench(kind: "page" | "node" = "node", options: Partial<RunnerOptions> = {}, platform?: FakePlatform): Bench {
  const network = fakeNetwork(kind);
  const own = platform ?? new FakePlatform({ WebSocket: network.WebSocket });
  const channel = new ScriptedChannel();
  const statuses: ConnectionStatus[] = [];
  const ends: (Failure | undefined)[] = [];
  const traffic: [number, boolean][] = [];
  const runner = new ConnectionRunner(channel, {
    platform: own,
    reconnect: DEFAULT_RECONNECT,
    timeouts: DEFAULT_TIMEOUTS,
    liveness: DEFAULT_LIVENESS,
    redact: (text) => text.replaceAll("s3cret", "[redacted]"),
    handleStatus: (status) => statuses.push(status),
    handleEnd: (failure) => ends.push(failure),
    handleTraffic: (size, binary) => traffic.push([size, binary]),
    ...options,
  });
  const comeBack = async (): Promise<void> => {
    await settle();
    network.peer.open();
    network.peer.emitText("hello");
    await settle();
  };
  return {
    platform: own,
    network,
    channel,
    runner,
    statuses,
    get phases() {
      return statuses.map((status) => (status.state === "down" ? status.phase : status.state));
    },
    ends,
    traffic,
    comeUp: () => {
      runner.start();
      return comeBack();
    },
    comeBack,
    get isClean() {
      return own.timers.length === 0 && own.pageListeners === 0 && network.open.length === 0;
    },
  };
}
