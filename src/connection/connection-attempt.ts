import { type LivenessPolicy, LivenessWatch } from "../transport/liveness.js";
import type { Platform } from "../transport/platform.js";
import type { Closure, Socket, SocketTarget } from "../transport/socket.js";
import { type AttemptFailure, constructSocket, describeClosure, judgeClosure, judgeError } from "./attempt-failure.js";
import type { Channel } from "./channel.js";
import { ChannelSocket, type Frame, TransientFailure } from "./channel-socket.js";

/** The inputs that an attempt reports to the state machine. */
export type AttemptInput = AttemptFailure | { type: "opened" | "ready" | "ended" | "closeRequested" | "closeDone" };

export interface AttemptOptions {
  platform: Platform;
  liveness: LivenessPolicy;
  /** Removes secrets from error messages of the platform. */
  redact(text: string): string;
  /** Whether this is a control connection that has never been open. If so, a permanent failure is fatal. */
  isFirstConnect(): boolean;
  /** Called for each frame, with its size in bytes, or in characters for text. */
  handleTraffic(size: number, binary: boolean): void;
  /** Receives the inputs for the state machine. Not called after `terminate`. */
  handleInput(input: AttemptInput): void;
}

/** The close code for a normal closure (RFC 6455, 7.4.1). */
const NORMAL_CLOSURE = 1000;

/** One attempt of a connection: its socket and the channel on it, from opening to closing. */
export class ConnectionAttempt {
  readonly #channel: Channel;
  readonly #options: AttemptOptions;
  #socket: Socket | undefined;
  #channelSocket: ChannelSocket | undefined;
  #liveness: LivenessWatch | undefined;
  #isClosing = false;
  #isOver = false;

  constructor(channel: Channel, options: AttemptOptions) {
    this.#channel = channel;
    this.#options = options;
  }

  /** Whether the platform can pause its socket. */
  get canPause(): boolean {
    return this.#socket?.pause !== undefined;
  }

  open(): void {
    const open = async (): Promise<void> => {
      const target = await this.#channel.target();
      if (!this.#isOver) this.#openSocket(target);
    };
    open().catch((error: unknown) => this.#handleFailure(error));
  }

  handshake(): void {
    if (this.#channelSocket === undefined) return;
    this.#channel.handshake(this.#channelSocket).then(
      (outcome) => this.#report({ type: outcome }),
      (error: unknown) => this.#handleFailure(error),
    );
  }

  /** Passes frames to the channel until the stream ends, and watches the connection. */
  run(): void {
    this.#watchLiveness();
    if (this.#channelSocket === undefined) return;
    this.#channel.run(this.#channelSocket).then(
      () => this.#report({ type: "ended" }),
      (error: unknown) => this.#handleFailure(error),
    );
  }

  /** Probes the connection at once, because the network changed or the page woke up. */
  probeNow(): void {
    this.#liveness?.probeNow();
  }

  /**
   * Buffers frames from now on. Pausing the socket is not enough: the platform still emits all frames that it has already read.
   */
  pauseFrames(): void {
    this.#channelSocket?.pause();
  }

  /** Stops reading from the socket, and stops the check for silence. `resumeIntake` starts both again. */
  pauseIntake(): void {
    this.#liveness?.stop();
    this.#socket?.pause?.();
  }

  resumeIntake(): void {
    this.#watchLiveness();
    this.#socket?.resume?.();
    this.#channelSocket?.resume();
  }

  /** Starts the close handshake. The handshake ends when the response to the close request arrives, or when the socket closes. */
  close(): void {
    this.#liveness?.stop();
    const [socket, channelSocket] = [this.#socket, this.#channelSocket];
    if (socket === undefined || channelSocket === undefined) return this.#report({ type: "closeDone" });
    this.#isClosing = true;
    channelSocket.startClose((frame) => {
      if (!this.#isOver && this.#channel.isCloseResponse(frame)) this.#report({ type: "closeDone" });
    });
    // If reading stayed paused, neither the response nor the peer's close frame would arrive.
    socket.resume?.();
    if (this.#channel.sendClose(channelSocket)) this.#report({ type: "closeRequested" });
    else this.sendCloseFrame();
  }

  sendCloseFrame(): void {
    this.#socket?.close(NORMAL_CLOSURE, "");
  }

  /** Sends the close request without waiting for its response. */
  sendCloseRequest(): void {
    if (this.#channelSocket !== undefined) this.#channel.sendClose(this.#channelSocket);
  }

  /** Ends the attempt. Nothing is reported after that. */
  terminate(): void {
    this.#isOver = true;
    this.#liveness?.stop();
    this.#channelSocket?.handleLost("the connection was given up");
    if (this.#isClosing) this.sendCloseFrame();
    this.#socket?.terminate();
  }

  #openSocket(target: SocketTarget): void {
    const { platform, redact } = this.#options;
    const handleFrame = (frame: Frame): void => this.#handleFrame(frame);
    const listener = {
      handleOpen: () => this.#report({ type: "opened" }),
      handleText: handleFrame,
      handleBinary: handleFrame,
      handlePong: () => this.#liveness?.handleInbound(),
      handleClose: (closure: Closure) => this.#handleClose(closure),
    };
    this.#socket = constructSocket(platform.WebSocket, target, listener, redact);
    this.#channelSocket = new ChannelSocket(this.#socket, platform);
  }

  #handleFrame(frame: Frame): void {
    if (this.#isOver) return;
    this.#liveness?.handleInbound();
    this.#options.handleTraffic(frame.length, typeof frame !== "string");
    if (this.#channelSocket?.handleFrame(frame) !== false) return;
    this.#handleFailure(new TransientFailure("more frames arrived than can be buffered"));
  }

  #handleClose(closure: Closure): void {
    if (this.#isOver) return;
    const { redact, isFirstConnect } = this.#options;
    this.#channelSocket?.handleLost(describeClosure(closure, redact));
    this.#report(judgeClosure(closure, redact, isFirstConnect()));
  }

  #handleFailure(error: unknown): void {
    if (!this.#isOver) this.#report(judgeError(error, this.#options.redact));
  }

  #report(input: AttemptInput): void {
    if (!this.#isOver) this.#options.handleInput(input);
  }

  #watchLiveness(): void {
    const { platform, liveness } = this.#options;
    const { probe } = this.#channel;
    const socket = this.#socket;
    const ping = socket?.ping ?? (probe.kind === "request" ? () => socket?.send(probe.text) : undefined);
    if (ping === undefined) return;
    this.#liveness = new LivenessWatch(platform, liveness, ping, (silentMs) => {
      this.#report({ type: "lost", reason: `nothing was received for ${Math.round(silentMs / 1000)} s` });
    });
  }
}
