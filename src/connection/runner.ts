import { SimulatorError } from "../protocol/simulator-error.js";
import { nameCloseCode } from "../transport/close-codes.js";
import { type LivenessPolicy, LivenessWatch } from "../transport/liveness.js";
import type { Platform } from "../transport/platform.js";
import { type Closure, openSocket, type Socket, type SocketTarget } from "../transport/socket.js";
import type { Channel } from "./channel.js";
import { ChannelSocket, FatalFailure, type Frame } from "./channel-socket.js";
import type { ReconnectCoordinator, ReconnectSlot, StreamingGuard } from "./coordinator.js";
import { type Effect, type Failure, type Input, initialState, type MachineOptions, statusOf, transition } from "./machine.js";
import type { ConnectionTimeouts, ReconnectPolicy } from "./policy.js";
import { type ConnectionStatus, sameStatus } from "./status.js";
import { isEnd } from "./transitions.js";

export interface RunnerOptions {
  platform: Platform;
  reconnect: ReconnectPolicy;
  timeouts: ConnectionTimeouts;
  liveness: LivenessPolicy;
  /** Shared by the streams of a parallel run; absent: nothing is ever parked. */
  coordinator?: { gate: ReconnectCoordinator; owner: unknown };
  /** Takes secrets out of what platforms say. */
  redact(text: string): string;
  handleStatus(status: ConnectionStatus): void;
  /** The end: why the connection was given up, or `undefined` if it was closed or cancelled. Called once. */
  handleEnd(failure: Failure | undefined): void;
  /** A frame's size in bytes, or characters for text. */
  handleTraffic?(size: number, binary: boolean): void;
}

/** Upgrades that will be refused the next time too. */
const FATAL_UPGRADES: ReadonlySet<number> = new Set([401, 403, 404]);

type StampedLater = Input extends infer I ? (I extends Input ? Omit<I, "at" | "random"> : never) : never;

/**
 * Drives a channel through the state machine: performs its effects, and feeds what happens back into it. What comes from
 * a socket that has been left is refused.
 */
export class ConnectionRunner {
  readonly #channel: Channel;
  readonly #options: RunnerOptions;
  readonly #machine: MachineOptions;
  #state = initialState(0);
  #status: ConnectionStatus | undefined;
  /** Counts the sockets: what comes for an earlier one is refused. */
  #attempt = 0;
  #socket: Socket | undefined;
  #channelSocket: ChannelSocket | undefined;
  #liveness: LivenessWatch | undefined;
  #timer: unknown;
  #slotRequest: AbortController | undefined;
  #slot: ReconnectSlot | undefined;
  #streaming: StreamingGuard | undefined;
  #inputs: StampedLater[] = [];
  #stepping = false;
  #stopPageEvents = (): void => {};

  constructor(channel: Channel, options: RunnerOptions) {
    this.#channel = channel;
    this.#options = options;
    this.#machine = {
      reconnect: options.reconnect,
      timeouts: options.timeouts,
      gated: options.coordinator !== undefined,
    };
  }

  get status(): ConnectionStatus {
    return this.#status ?? statusOf(this.#state);
  }

  start(): void {
    this.#state = initialState(this.#options.platform.now());
    this.#stopPageEvents = this.#options.platform.onPageEvent((event) => {
      if (event === "frozen") return this.#feed({ type: "suspend" });
      this.#liveness?.doubt();
      if (event !== "offline") this.#feed({ type: "wake" });
    });
    this.#feed({ type: "start" });
  }

  /** Says goodbye and closes; `handleEnd` tells when it is done. */
  close(): void {
    this.#feed({ type: "close" });
  }

  /** Ends at once. */
  cancel(): void {
    this.#feed({ type: "cancel" });
  }

  pauseIntake(): void {
    // At once: the frames of the chunk that is being read come in the same breath.
    if (this.#state.name === "up") this.#channelSocket?.hold();
    this.#feed({ type: "pause", canPause: this.#socket?.pause !== undefined });
  }

  resumeIntake(): void {
    this.#feed({ type: "resume" });
  }

  /** An answer is overdue: connect anew, at no cost. */
  suspect(): void {
    this.#feed({ type: "suspect" });
  }

  /** Inputs that an effect causes wait until the step that caused it is done. */
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
    const { platform, coordinator } = this.#options;
    switch (effect.type) {
      case "open":
        return this.#open();
      case "handshake":
        return this.#handshake();
      case "run":
        this.#watchLiveness();
        return this.#run();
      case "goodbye":
        return this.#goodbye();
      case "lastWords":
        if (this.#channelSocket !== undefined) this.#channel.goodbye(this.#channelSocket);
        return;
      case "terminate":
        return this.#terminate();
      case "pauseIntake":
        this.#liveness?.stop();
        return this.#socket?.pause?.();
      case "resumeIntake":
        this.#watchLiveness();
        this.#socket?.resume?.();
        return this.#channelSocket?.release();
      case "setTimer":
        this.#timer = platform.setTimeout(() => this.#feed({ type: "timer" }), effect.ms);
        return;
      case "enterStreaming":
        this.#streaming = coordinator?.gate.enter(coordinator.owner);
        return;
      case "leaveStreaming":
        return this.#streaming?.release();
      case "requestSlot":
        return this.#requestSlot();
      case "withdrawSlotRequest":
        return this.#slotRequest?.abort();
      case "releaseSlot":
        return this.#slot?.release();
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
    if (WebSocket === undefined) {
      const message = "this platform has no WebSocket: give one as the client's option WebSocket";
      throw new FatalFailure(message, { cause: new SimulatorError("unsupported", message) });
    }
    const isCurrent = (): boolean => this.#attempt === attempt;
    const handleFrame = (frame: Frame): void => {
      if (!isCurrent()) return;
      this.#liveness?.handleInbound();
      handleTraffic?.(frame.length, typeof frame !== "string");
      this.#channelSocket?.handleFrame(frame);
    };
    const socket = openSocket(WebSocket, target, {
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

  #handleClose({ code, reason: given, status, error }: Closure): void {
    const said = error instanceof Error ? error.message : given;
    const how = status === undefined ? nameCloseCode(code) : `HTTP ${status}`;
    const reason = this.#options.redact(said === "" ? how : `${how} (${said})`);
    this.#channelSocket?.handleLost(reason);
    if (status !== undefined && FATAL_UPGRADES.has(status)) {
      const message = `the server refused the connection: ${reason}`;
      const code = status === 404 ? "unreachable" : "unauthorized";
      const cause = new SimulatorError(code, message, { status, cause: error });
      this.#feed({ type: "refused", failure: { cause: "refused", reason: message, error: cause } });
    } else {
      this.#feed({ type: "lost", reason });
    }
  }

  #handleFailure(error: unknown, attempt: number): void {
    if (this.#attempt !== attempt) return;
    const reason = this.#options.redact(error instanceof Error ? error.message : String(error));
    if (error instanceof FatalFailure) {
      this.#feed({ type: "refused", failure: { cause: "refused", reason, error: error.cause } });
    } else {
      this.#feed({ type: "lost", reason });
    }
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
      this.#feed({ type: "lost", reason: `nothing came in for ${Math.round(silentMs / 1000)} s` });
    });
  }

  #goodbye(): void {
    this.#liveness?.stop();
    if (this.#channelSocket === undefined || this.#socket === undefined) return this.#feed({ type: "goodbyeDone" });
    this.#channel.goodbye(this.#channelSocket);
    this.#socket.close(1000, "");
  }

  #terminate(): void {
    this.#liveness?.stop();
    this.#liveness = undefined;
    const [socket, channelSocket] = [this.#socket, this.#channelSocket];
    this.#attempt++;
    this.#socket = undefined;
    this.#channelSocket = undefined;
    channelSocket?.handleLost("the connection was left");
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
