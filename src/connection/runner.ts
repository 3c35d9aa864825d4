import { type LivenessPolicy, LivenessWatch } from "../transport/liveness.js";
import type { Platform } from "../transport/platform.js";
import { type Closure, openSocket, type Socket, type SocketListener, type SocketTarget } from "../transport/socket.js";
import type { WebSocketLike } from "../transport/websocket-like.js";
import { describeClosure, judgeClosure, judgeError, missingWebSocket, refusedByPlatform } from "./attempt-failure.js";
import type { Channel } from "./channel.js";
import { ChannelSocket, type Frame, TransientFailure } from "./channel-socket.js";
import { type Effect, type Failure, type Input, initialState, type MachineOptions, statusOf } from "./connection-state.js";
import type { ConnectionTimeouts } from "./connection-timeouts.js";
import type { ReconnectCoordinator, ReconnectSlot } from "./coordinator.js";
import { transition } from "./machine.js";
import type { ReconnectPolicy } from "./reconnect-policy.js";
import { type ConnectionStatus, sameStatus } from "./status.js";
import { StreamingWatch } from "./streaming-watch.js";
import { isEnd } from "./transitions.js";

export interface RunnerOptions {
  platform: Platform;
  reconnect: ReconnectPolicy;
  timeouts: ConnectionTimeouts;
  liveness: LivenessPolicy;
  /** Shared by the streams of a parallel run. Without one, nothing is ever parked. */
  coordinator?: { gate: ReconnectCoordinator; owner: unknown } | undefined;
  /**
   * What the connection is to its session. On the first connect of a control connection, what cannot pass is fatal: a
   * refused key, an unknown host. Every other refused connect is retried.
   *
   * @default "subscription"
   */
  role?: "control" | "subscription";
  /** Removes secrets from the texts of the platform. */
  redact(text: string): string;
  handleStatus(status: ConnectionStatus): void;
  /** Called once, at the end: with the reason if the connection was given up, without one if it was closed or cancelled. */
  handleEnd(failure: Failure | undefined): void;
  /** Called for each frame, with its size in bytes, or in characters for text. */
  handleTraffic?(size: number, binary: boolean): void;
}

/** RFC 6455, 7.4.1. */
const NORMAL_CLOSURE = 1000;

type StampedLater = Input extends infer I ? (I extends Input ? Omit<I, "at" | "random"> : never) : never;

/**
 * Drives a channel through the state machine: performs the effects, and feeds what happens back as inputs. Events of an
 * earlier socket are ignored.
 */
export class ConnectionRunner {
  readonly #channel: Channel;
  readonly #options: RunnerOptions;
  readonly #machine: MachineOptions;
  #state = initialState(0);
  #status: ConnectionStatus | undefined;
  /** Number of the current socket. Events that carry an earlier number are ignored. */
  #attempt = 0;
  #socket: Socket | undefined;
  #channelSocket: ChannelSocket | undefined;
  #liveness: LivenessWatch | undefined;
  #timer: unknown;
  #slotRequest: AbortController | undefined;
  #slot: ReconnectSlot | undefined;
  #streaming: StreamingWatch | undefined;
  #inputs: StampedLater[] = [];
  #stepping = false;
  #isClosing = false;
  #stopPageEvents = (): void => {};

  constructor(channel: Channel, options: RunnerOptions) {
    this.#channel = channel;
    this.#options = options;
    this.#machine = {
      reconnect: options.reconnect,
      // Every connect of a subscription is retried within the budget, its first one too.
      timeouts:
        options.role === "control" ? options.timeouts : { ...options.timeouts, initialConnectMs: Number.POSITIVE_INFINITY },
      gated: options.coordinator !== undefined,
      failureCode: options.role === "control" ? "controlFailed" : "subscriptionFailed",
    };
  }

  get status(): ConnectionStatus {
    return this.#status ?? statusOf(this.#state);
  }

  /** Starts the connection. A second call, or one after `cancel` or `close`, does nothing. */
  start(): void {
    if (this.#state.name !== "idle") return;
    this.#stopPageEvents = this.#options.platform.onPageEvent((event) => {
      if (event === "frozen") {
        this.#feed({ type: "suspend" });
        return;
      }
      this.#liveness?.probeNow();
      if (event !== "offline") this.#feed({ type: "wake" });
    });
    this.#feed({ type: "start" });
  }

  /** Starts the close handshake. `handleEnd` is called when it is over. */
  close(): void {
    this.#feed({ type: "close" });
  }

  /** Ends at once. */
  cancel(): void {
    this.#feed({ type: "cancel" });
  }

  pauseIntake(): void {
    // At once: the other frames of the chunk that is being read are emitted synchronously.
    if (this.#state.name === "up") this.#channelSocket?.pause();
    this.#feed({ type: "pause", canPause: this.#socket?.pause !== undefined });
  }

  resumeIntake(): void {
    this.#feed({ type: "resume" });
  }

  /** Reconnects without spending the retry budget, because a response is overdue. */
  reconnectStale(): void {
    this.#feed({ type: "stale" });
  }

  /** Runs the machine. Inputs that an effect causes wait until the current step is done. */
  #feed(input: StampedLater): void {
    this.#inputs.push(input);
    if (this.#stepping) return;
    this.#stepping = true;
    try {
      for (let next = this.#inputs.shift(); next !== undefined; next = this.#inputs.shift()) this.#step(next);
    } finally {
      this.#stepping = false;
    }
  }

  #step(input: StampedLater): void {
    const { platform } = this.#options;
    const before = this.#state;
    const stamped = { ...input, at: platform.now(), random: platform.random() } as Input;
    const { state, effects } = transition(before, stamped, this.#machine);
    if (state === before) return;
    this.#state = state;
    if (state.name !== before.name) platform.clearTimeout(this.#timer);
    for (const effect of effects) this.#perform(effect);
    const status = statusOf(state);
    if (this.#status === undefined || !sameStatus(this.#status, status)) {
      this.#status = status;
      this.#options.handleStatus(status);
    }
    if (isEnd(state.name)) {
      this.#stopPageEvents();
      this.#options.handleEnd(state.failure);
    }
  }

  #perform(effect: Effect): void {
    const { platform, coordinator, reconnect } = this.#options;
    switch (effect.type) {
      case "open":
        this.#open();
        break;
      case "handshake":
        this.#handshake();
        break;
      case "run":
        this.#watchLiveness();
        this.#run();
        break;
      case "sendClose":
        this.#sendClose();
        break;
      case "sendCloseFrame":
        this.#socket?.close(NORMAL_CLOSURE, "");
        break;
      case "sendCloseRequest":
        if (this.#channelSocket !== undefined) this.#channel.sendClose(this.#channelSocket);
        break;
      case "terminate":
        this.#terminate();
        break;
      case "pauseIntake":
        this.#liveness?.stop();
        this.#socket?.pause?.();
        break;
      case "resumeIntake":
        this.#watchLiveness();
        this.#socket?.resume?.();
        this.#channelSocket?.resume();
        break;
      case "setTimer":
        this.#timer = platform.setTimeout(() => this.#feed({ type: "timer" }), effect.ms);
        break;
      case "enterStreaming":
        this.#streaming =
          coordinator && new StreamingWatch(platform, reconnect.idleStreamMs, () => coordinator.gate.enter(coordinator.owner));
        break;
      case "leaveStreaming":
        this.#streaming?.stop();
        this.#streaming = undefined;
        break;
      case "requestSlot":
        this.#requestSlot();
        break;
      case "withdrawSlotRequest":
        this.#slotRequest?.abort();
        break;
      case "releaseSlot":
        this.#slot?.release();
        break;
    }
  }

  #open(): void {
    const attempt = ++this.#attempt;
    const open = async (): Promise<void> => {
      const target = await this.#channel.target();
      if (this.#attempt === attempt) this.#openSocket(target, attempt);
    };
    open().catch((error: unknown) => this.#handleFailure(error, attempt));
  }

  #openSocket(target: SocketTarget, attempt: number): void {
    const { platform, handleTraffic } = this.#options;
    const { WebSocket } = platform;
    if (WebSocket === undefined) throw missingWebSocket();
    const isCurrent = (): boolean => this.#attempt === attempt;
    const handleFrame = (frame: Frame): void => {
      if (!isCurrent()) return;
      this.#liveness?.handleInbound();
      this.#streaming?.handleInbound();
      handleTraffic?.(frame.length, typeof frame !== "string");
      if (this.#channelSocket?.handleFrame(frame) !== false) return;
      this.#handleFailure(new TransientFailure("more frames arrived than can be buffered"), attempt);
    };
    const socket = this.#construct(WebSocket, target, {
      handleOpen: () => {
        if (isCurrent()) this.#feed({ type: "opened" });
      },
      handleText: handleFrame,
      handleBinary: handleFrame,
      handlePong: () => {
        if (isCurrent()) this.#liveness?.handleInbound();
      },
      handleClose: (closure) => {
        if (isCurrent()) this.#handleClose(closure);
      },
    });
    this.#socket = socket;
    this.#channelSocket = new ChannelSocket(socket, platform);
  }

  #construct(WebSocket: WebSocketLike, target: SocketTarget, listener: SocketListener): Socket {
    try {
      return openSocket(WebSocket, target, listener);
    } catch (error) {
      throw refusedByPlatform(error, this.#options.redact);
    }
  }

  #handleClose(closure: Closure): void {
    const { redact } = this.#options;
    this.#channelSocket?.handleLost(describeClosure(closure, redact));
    const isFirstConnect = this.#options.role === "control" && !this.#state.hasOpened;
    this.#feed(judgeClosure(closure, redact, isFirstConnect));
  }

  #handleFailure(error: unknown, attempt: number): void {
    if (this.#attempt === attempt) this.#feed(judgeError(error, this.#options.redact));
  }

  #handshake(): void {
    const [socket, attempt] = [this.#channelSocket, this.#attempt];
    if (socket === undefined) return;
    this.#channel.handshake(socket).then(
      (outcome) => {
        if (this.#attempt === attempt) this.#feed({ type: outcome });
      },
      (error: unknown) => this.#handleFailure(error, attempt),
    );
  }

  #run(): void {
    const [socket, attempt] = [this.#channelSocket, this.#attempt];
    if (socket === undefined) return;
    this.#channel.run(socket).then(
      () => {
        if (this.#attempt === attempt) this.#feed({ type: "ended" });
      },
      (error: unknown) => this.#handleFailure(error, attempt),
    );
  }

  #watchLiveness(): void {
    const { platform, liveness } = this.#options;
    const { probe } = this.#channel;
    const socket = this.#socket;
    const ping = socket?.ping ?? (probe.kind === "request" ? () => socket?.send(probe.text) : undefined);
    if (ping === undefined) return;
    this.#liveness = new LivenessWatch(platform, liveness, ping, (silentMs) => {
      this.#feed({ type: "lost", reason: `nothing was received for ${Math.round(silentMs / 1000)} s` });
    });
  }

  /** Starts the close handshake. It is over when the response to the close request arrives, or the socket closes. */
  #sendClose(): void {
    this.#liveness?.stop();
    const [socket, channelSocket, attempt] = [this.#socket, this.#channelSocket, this.#attempt];
    if (socket === undefined || channelSocket === undefined) {
      this.#feed({ type: "closeDone" });
      return;
    }
    this.#isClosing = true;
    channelSocket.startClose((frame) => {
      if (this.#attempt === attempt && this.#channel.isCloseResponse(frame)) this.#feed({ type: "closeDone" });
    });
    // While reading is paused, neither the response nor the peer's close frame would arrive.
    socket.resume?.();
    if (this.#channel.sendClose(channelSocket)) this.#feed({ type: "closeRequested" });
    else socket.close(NORMAL_CLOSURE, "");
  }

  #terminate(): void {
    // The state's timer bounds something of its socket.
    this.#options.platform.clearTimeout(this.#timer);
    this.#liveness?.stop();
    this.#liveness = undefined;
    const [socket, channelSocket] = [this.#socket, this.#channelSocket];
    this.#attempt++;
    this.#socket = undefined;
    this.#channelSocket = undefined;
    channelSocket?.handleLost("the connection was given up");
    if (this.#isClosing) socket?.close(NORMAL_CLOSURE, "");
    socket?.terminate();
  }

  #requestSlot(): void {
    const { coordinator } = this.#options;
    const request = new AbortController();
    this.#slotRequest = request;
    void coordinator?.gate.reconnectSlot(request.signal, coordinator.owner).then((slot) => {
      if (slot === undefined) return;
      if (request.signal.aborted) return slot.release();
      this.#slot = slot;
      this.#feed({ type: "slot" });
    });
  }
}
