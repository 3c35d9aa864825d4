import type { BacktestClient } from "../client/backtest-client.js";
import type { ConnectionStatus } from "../connection/status.js";
import type { SessionCheckpoint } from "../session/checkpoint/session-checkpoint.js";
import type { CreateSession } from "../session/create-options.js";
import type { ManagedBacktestSession } from "../session/managed-backtest-session.js";
import type { SessionEnd } from "../session/session-closing.js";
import { cancelNextFrame, flushFrame, onNextFrame } from "./next-frame.js";
import { sameContent } from "./same-content.js";

/** The state of a session, as a component sees it. */
export type SessionSnapshot =
  /** There is no client, or there are no create parameters. */
  | { readonly state: "idle"; readonly session?: undefined; readonly error?: undefined }
  | {
      readonly state: "starting";
      readonly session?: undefined;
      readonly error?: undefined;
      /** The status of the control connection while the session starts. Absent before the first connection attempt. */
      readonly connection?: ConnectionStatus;
    }
  | { readonly state: "ready"; readonly session: ManagedBacktestSession; readonly error?: undefined }
  | {
      /** Either the start failed, the session failed later, or the run was refused. `session` is absent only if the start failed. */
      readonly state: "failed";
      readonly session?: ManagedBacktestSession;
      /** A `SimulatorError`, or the value that `setup` threw. */
      readonly error: unknown;
    }
  | {
      /** The session has ended. Its data can still be read. */
      readonly state: "closed";
      readonly session: ManagedBacktestSession;
      readonly error?: undefined;
      readonly reason: Exclude<SessionEnd["reason"], "failed">;
    };

/** The client to use, and the session to start or resume. */
export interface SessionPlan {
  readonly client: BacktestClient;
  readonly create: CreateSession | SessionCheckpoint;
}

/** Called with each new session before it runs. */
export type SessionSetup = (session: ManagedBacktestSession) => unknown;

const IDLE: SessionSnapshot = { state: "idle" };
const STARTING: SessionSnapshot = { state: "starting" };

/** The state of one session, from its start to its shutdown. */
interface Lifetime {
  readonly abort: AbortController;
  session?: ManagedBacktestSession;
}

/**
 * A session that exists while a component is mounted. The first listener starts the session. When the last listener is removed, a
 * timer of 0 ms shuts the session down. A remount at once (StrictMode, hot reload) cancels the timer.
 */
export class SessionStore {
  readonly plan: SessionPlan | undefined;
  readonly #setup: SessionSetup;
  readonly #listeners = new Set<() => void>();
  #snapshot: SessionSnapshot;
  #life: Lifetime | undefined;
  #release: ReturnType<typeof setTimeout> | undefined;
  #connection: ConnectionStatus | undefined;

  constructor(plan: SessionPlan | undefined, setup: SessionSetup) {
    this.plan = plan;
    this.#setup = setup;
    this.#snapshot = this.getServerSnapshot();
  }

  /** Whether a plan equals the plan of this store: the same client, and the same content in `create`. */
  fits(plan: SessionPlan | undefined): boolean {
    if (this.plan === undefined || plan === undefined) return this.plan === plan;
    return this.plan.client === plan.client && sameContent(this.plan.create, plan.create);
  }

  /** Returns a store with the same plan, for another session. */
  restarted(): SessionStore {
    return new SessionStore(this.plan, this.#setup);
  }

  readonly getSnapshot = (): SessionSnapshot => this.#snapshot;

  /** The snapshot during server rendering, where no session is started. It equals the first snapshot in the page. */
  readonly getServerSnapshot = (): SessionSnapshot => (this.plan === undefined ? IDLE : STARTING);

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    clearTimeout(this.#release);
    if (this.plan !== undefined && this.#life === undefined) {
      this.#life = { abort: new AbortController() };
      void this.#live(this.plan, this.#life);
    }
    return () => {
      this.#listeners.delete(listener);
      if (this.#listeners.size === 0) this.#release = setTimeout(() => this.#end());
    };
  };

  async #live({ client, create }: SessionPlan, life: Lifetime): Promise<void> {
    try {
      const session = await start(client, create, {
        signal: life.abort.signal,
        onConnection: ({ status }) => this.#showConnection(life, status),
      });
      life.session = session;
      void session.closed.then((end) => this.#show(life, toSnapshot(session, end)));
      await this.#setup(session);
      if (this.#snapshot.state === "starting") this.#show(life, { state: "ready", session });
    } catch (error) {
      this.#show(life, { state: "failed", error });
      await life.session?.shutdown();
    }
  }

  /** Ends the session. A later listener starts another session. */
  #end(): void {
    const life = this.#life;
    if (life === undefined) return;
    this.#life = undefined;
    this.#snapshot = this.getServerSnapshot();
    this.#connection = undefined;
    cancelNextFrame(this.#flushConnection);
    if (life.session === undefined) life.abort.abort();
    else void life.session.shutdown();
  }

  /** Publishes a snapshot. Flushes the frame first, so that an ended session is never rendered with outdated progress. */
  #show(life: Lifetime, snapshot: SessionSnapshot): void {
    // Ignores sessions that were replaced. A `failed` snapshot is final: the shutdown after a failure does not change it.
    if (life !== this.#life || this.#snapshot.state === "failed") return;
    flushFrame();
    this.#snapshot = snapshot;
    for (const listener of this.#listeners) listener();
  }

  #showConnection(life: Lifetime, status: ConnectionStatus): void {
    if (life !== this.#life) return;
    this.#connection = status;
    onNextFrame(this.#flushConnection);
  }

  readonly #flushConnection = (): void => {
    if (this.#snapshot.state !== "starting" || this.#connection === undefined) return;
    this.#snapshot = { state: "starting", connection: this.#connection };
    for (const listener of this.#listeners) listener();
  };
}

type StartOptions = Parameters<BacktestClient["startSession"]>[1];

function start(client: BacktestClient, create: CreateSession | SessionCheckpoint, options: StartOptions) {
  return "sessionId" in create ? client.resumeSession(create, options) : client.startSession(create, options);
}

function toSnapshot(session: ManagedBacktestSession, { reason, error }: SessionEnd): SessionSnapshot {
  return reason === "failed" ? { state: "failed", session, error } : { state: "closed", session, reason };
}
