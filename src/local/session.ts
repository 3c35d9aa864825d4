import type { CreateParams, EngineSession } from "./engine.js";
import { LIMITS } from "./limits.js";
import { NotificationLog } from "./notification-log.js";
import type { SessionRecorder } from "./record.js";
import { ReplayBuffer } from "./replay-buffer.js";
import type { SessionResponse } from "./responses.js";
import { Stepper, type StepperHost } from "./stepper.js";
import { later } from "./timing.js";

/** The control connection that a session speaks to. */
export interface SessionOwner {
  /** The session has said something, or can say no more. */
  onNews(): void;
  /** The sequence up to which the connection has taken the session's responses. */
  readonly taken: number;
  /** Whether the other end still answers. */
  isAlive(): Promise<boolean>;
  /** Cuts the connection. */
  evict(): void;
}

export interface SessionIdentity {
  sessionId: string;
  sessionName: string | undefined;
  createToken: string | undefined;
  taskId: string;
}

/** What a session needs of its surroundings. */
export interface SessionHost {
  slotDelayMs: number;
  /** A block of the session was executed. */
  slotExecuted(session: Session, slot: bigint): void;
  /** The session takes no more requests; its subscriptions go on. */
  ended(session: Session): void;
}

/**
 * One backtest on the server: what it was created with, what it has said and executed, who holds its control channel,
 * and how long it waits for somebody to come back.
 */
export class Session {
  readonly identity: SessionIdentity;
  readonly create: CreateParams;
  readonly responses = new ReplayBuffer();
  readonly notifications = new NotificationLog();
  readonly engine: EngineSession;
  #recorder: SessionRecorder | undefined;
  readonly #host: SessionHost;
  readonly #stepper: Stepper;
  #owner: SessionOwner | undefined;
  #probing = false;
  /** What the last owner took: the backlog is counted from here while nobody is connected. */
  #lastTaken = 0;
  #callOffExpiry: (() => void) | undefined;
  #waitingForRoom: (() => void) | undefined;
  #ended = false;
  #lastSlot: bigint | undefined;

  constructor(identity: SessionIdentity, create: CreateParams, engine: EngineSession, host: SessionHost) {
    this.identity = identity;
    this.create = create;
    this.engine = engine;
    this.#host = host;
    this.#stepper = new Stepper(engine, this.#stepperHost());
  }

  /** Relative, as the service's own: the client joins it to the address that it knows. */
  get rpcEndpoint(): string {
    return `/backtest/${this.identity.sessionId}`;
  }

  /** Whether its responses carry their sequence: only a session that was asked to outlive its socket has use for it. */
  get isSequenced(): boolean {
    return (this.create.disconnectTimeoutSecs ?? 0) > 0;
  }

  /** The last slot that was executed whole; the start of the range before any was. */
  get slot(): bigint {
    return this.#lastSlot ?? this.create.startSlot;
  }

  get isEnded(): boolean {
    return this.#ended;
  }

  get owner(): SessionOwner | undefined {
    return this.#owner;
  }

  get recorder(): SessionRecorder | undefined {
    return this.#recorder;
  }

  /** From here on what the session says is written down. */
  recordWith(recorder: SessionRecorder): void {
    this.#recorder = recorder;
  }

  /** Says what stands at the start of every session. */
  begin(): void {
    const { sessionId, sessionName, taskId } = this.identity;
    this.respond({ method: "status", params: { status: "startingRuntime" } });
    this.respond({
      method: "sessionCreated",
      params: { session_id: sessionId, rpc_endpoint: this.rpcEndpoint, task_id: taskId, session_name: sessionName },
    });
    this.respond({ method: "status", params: { status: "programAccountsLoaded" } });
    this.respond({ method: "readyForContinue" });
  }

  respond(response: SessionResponse): void {
    const entry = this.responses.push(response);
    this.#recorder?.response(entry, this.isSequenced);
    this.#owner?.onNews();
  }

  /** @throws BacktestFailure */
  continue(params: Parameters<Stepper["continue"]>[0]): void {
    this.#stepper.continue(params);
  }

  /** @throws BacktestFailure */
  continueTo(params: Parameters<Stepper["continueTo"]>[0]): void {
    this.#stepper.continueTo(params);
  }

  /** A connection takes the session over; nobody else may hold it. */
  takenBy(owner: SessionOwner): void {
    this.#callOffExpiry?.();
    this.#callOffExpiry = undefined;
    this.#owner = owner;
  }

  /**
   * Whether somebody else still holds the session. The server can't tell a dead socket from a quiet one: it asks, and
   * if no answer comes the holder is cut off, so that the next attach gets through.
   */
  isHeldByAnother(): boolean {
    const holder = this.#owner;
    if (holder === undefined) return false;
    if (!this.#probing) {
      this.#probing = true;
      void holder.isAlive().then((alive) => {
        this.#probing = false;
        if (!alive && this.#owner === holder) holder.evict();
      });
    }
    return true;
  }

  /** A connection is gone: the session waits for another one, for as long as its create asked for. */
  leftBy(owner: SessionOwner): void {
    if (this.#owner !== owner) return;
    this.#lastTaken = owner.taken;
    this.#owner = undefined;
    if (this.#ended) return;
    const { disconnectTimeoutSecs } = this.create;
    const seconds = Math.min(disconnectTimeoutSecs ?? LIMITS.defaultDisconnectTimeoutSecs, LIMITS.disconnectTimeoutSecs);
    if (seconds === 0) void this.end();
    else this.#callOffExpiry = later(seconds * 1000, () => void this.end(), { keepsProcess: false });
  }

  /** The owner has taken more of what was said. */
  moved(): void {
    if (this.#backlog() < LIMITS.untakenResponses) this.#letOn();
  }

  /** Ends the session: its subscriptions come to their end with what was executed. */
  async end(): Promise<void> {
    if (this.#ended) return;
    this.#ended = true;
    this.#callOffExpiry?.();
    this.#letOn();
    this.#host.ended(this);
    await this.#stepper.stop();
    this.notifications.end();
    await this.engine.close?.();
  }

  #stepperHost(): StepperHost {
    return {
      slotDelayMs: this.#host.slotDelayMs,
      respond: (response) => this.respond(response),
      executed: (transactions) => {
        this.notifications.append(transactions);
        if (transactions.length > 0) this.notifications.announce();
      },
      blockDone: (slot) => {
        this.#lastSlot = slot;
        this.#host.slotExecuted(this, slot);
      },
      completed: (summary) => {
        this.respond({ method: "completed", params: { summary: this.create.sendSummary ? summary : undefined } });
        this.notifications.end();
      },
      failed: (error) => {
        this.respond({ method: "error", params: error });
        this.notifications.end();
      },
      room: () => this.#room(),
    };
  }

  #backlog(): number {
    return this.responses.last - (this.#owner?.taken ?? this.#lastTaken);
  }

  async #room(): Promise<void> {
    if (this.#ended || this.#backlog() < LIMITS.untakenResponses) return;
    await new Promise<void>((resolve) => {
      this.#waitingForRoom = resolve;
    });
  }

  #letOn(): void {
    this.#waitingForRoom?.();
    this.#waitingForRoom = undefined;
  }
}
