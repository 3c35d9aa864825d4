import type { LivenessPolicy } from "../transport/liveness.js";
import type { Platform } from "../transport/platform.js";
import type { Channel } from "./channel.js";
import { ConnectionAttempt } from "./connection-attempt.js";
import { type Effect, type Failure, type Input, initialState, type MachineOptions, statusOf } from "./connection-state.js";
import { transition } from "./machine.js";
import type { ReconnectCoordinator, ReconnectSlot } from "./reconnect-coordinator.js";
import type { ReconnectPolicy } from "./reconnect-policy.js";
import type { SessionTimeouts } from "./session-timeouts.js";
import { type ConnectionStatus, sameStatus } from "./status.js";
import { StreamingWatch } from "./streaming-watch.js";
import { isEnd } from "./transitions.js";

export interface RunnerOptions {
  platform: Platform;
  reconnect: ReconnectPolicy;
  timeouts: SessionTimeouts;
  liveness: LivenessPolicy;
  /**
   * The coordinator of a parallel run, and the session of this connection (`owner`). If absent, the connection does not wait for
   * other connections before it reconnects.
   */
  coordinator?: { gate: ReconnectCoordinator; owner: unknown } | undefined;
  /**
   * The role of the connection in its session. A refused key or an unknown host ends a control connection that was never open. Any
   * other connection retries after such a failure.
   *
   * @default "subscription"
   */
  role?: "control" | "subscription";
  /** Removes secrets from error messages of the platform. */
  redact(text: string): string;
  handleStatus(status: ConnectionStatus): void;
  /** Called once, at the end: with the failure if the connection was given up, with `undefined` if it was closed or cancelled. */
  handleEnd(failure: Failure | undefined): void;
  /** Called for each frame, with its size in bytes, or in characters for text. */
  handleTraffic?(size: number, binary: boolean): void;
}

type StampedLater = Input extends infer I ? (I extends Input ? Omit<I, "at" | "random"> : never) : never;

/** Runs a channel with the state machine: passes events to the machine as inputs, and performs the effects of each step. */
export class ConnectionRunner {
  readonly #channel: Channel;
  readonly #options: RunnerOptions;
  readonly #machine: MachineOptions;
  #state = initialState(0);
  #status: ConnectionStatus | undefined;
  #attempt: ConnectionAttempt | undefined;
  #timer: unknown;
  #slotRequest: AbortController | undefined;
  #slot: ReconnectSlot | undefined;
  #streaming: StreamingWatch | undefined;
  #inputs: StampedLater[] = [];
  #stepping = false;
  #stopPageEvents = (): void => {};

  constructor(channel: Channel, options: RunnerOptions) {
    this.#channel = channel;
    this.#options = options;
    this.#machine = {
      reconnect: options.reconnect,
      // A subscription has no `initialConnectMs`: only the retry budget limits its attempts.
      timeouts:
        options.role === "control" ? options.timeouts : { ...options.timeouts, initialConnectMs: Number.POSITIVE_INFINITY },
      gated: options.coordinator !== undefined,
      failureCode: options.role === "control" ? "controlFailed" : "subscriptionFailed",
    };
  }

  get status(): ConnectionStatus {
    return this.#status ?? statusOf(this.#state);
  }

  /** Starts the connection. A second call, or a call after `cancel` or `close`, does nothing. */
  start(): void {
    if (this.#state.name !== "idle") return;
    this.#stopPageEvents = this.#options.platform.onPageEvent((event) => {
      if (event === "frozen") {
        this.#feed({ type: "suspend" });
        return;
      }
      this.#attempt?.probeNow();
      if (event !== "offline") this.#feed({ type: "wake" });
    });
    this.#feed({ type: "start" });
  }

  /** Starts the close handshake. `handleEnd` is called when the handshake is over. */
  close(): void {
    this.#feed({ type: "close" });
  }

  /** Ends the connection at once, without a close handshake. */
  cancel(): void {
    this.#feed({ type: "cancel" });
  }

  pauseIntake(): void {
    // A pause of the handshake could cause a deadlock: `continue` waits for the handshake, but only reading events ends the pause.
    if (this.#options.role === "control" && this.#state.name === "handshaking") return;
    if (this.#state.name === "up") this.#attempt?.pauseFrames();
    this.#feed({ type: "pause", canPause: this.#attempt?.canPause ?? false });
  }

  resumeIntake(): void {
    this.#feed({ type: "resume" });
  }

  /** Reconnects because a response is overdue. Does not use the retry budget. */
  reconnectStale(): void {
    this.#feed({ type: "stale" });
  }

  /** Passes an input to the state machine. An input that arrives during a step is processed after that step. */
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
        this.#attempt?.handshake();
        break;
      case "run":
        this.#attempt?.run();
        break;
      case "sendClose":
        if (this.#attempt === undefined) this.#feed({ type: "closeDone" });
        else this.#attempt.close();
        break;
      case "sendCloseFrame":
        this.#attempt?.sendCloseFrame();
        break;
      case "sendCloseRequest":
        this.#attempt?.sendCloseRequest();
        break;
      case "terminate":
        this.#terminate();
        break;
      case "pauseIntake":
        this.#attempt?.pauseIntake();
        break;
      case "resumeIntake":
        this.#attempt?.resumeIntake();
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
    const { platform, liveness, redact, role, handleTraffic } = this.#options;
    this.#attempt = new ConnectionAttempt(this.#channel, {
      platform,
      liveness,
      redact,
      isFirstConnect: () => role === "control" && !this.#state.hasOpened,
      handleTraffic: (size, binary) => {
        this.#streaming?.handleInbound();
        handleTraffic?.(size, binary);
      },
      handleInput: (input) => this.#feed(input),
    });
    this.#attempt.open();
  }

  #terminate(): void {
    // The timer was set for this socket, and must not fire after the socket is gone.
    this.#options.platform.clearTimeout(this.#timer);
    const attempt = this.#attempt;
    this.#attempt = undefined;
    attempt?.terminate();
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
