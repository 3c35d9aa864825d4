import type { BacktestClient } from "../client/backtest-client.js";
import type { ConnectionStatus } from "../connection/status.js";
import type { SessionCheckpoint } from "../session/checkpoint.js";
import type { SessionEnd } from "../session/core.js";
import type { CreateSession } from "../session/create-session.js";
import type { ManagedBacktestSession } from "../session/managed-session.js";
import { cancelNextFrame, flushFrame, onNextFrame } from "./next-frame.js";
import { sameContent } from "./same-content.js";

/** Where a session stands, as a component sees it. */
export type SessionSnapshot =
  /** There is nothing to be started: no client, or nothing to create. */
  | { readonly state: "idle"; readonly session?: undefined; readonly error?: undefined }
  | {
      readonly state: "starting";
      readonly session?: undefined;
      readonly error?: undefined;
      /** The connection that the start waits for; absent before its first attempt. */
      readonly connection?: ConnectionStatus;
    }
  | { readonly state: "ready"; readonly session: ManagedBacktestSession; readonly error?: undefined }
  | {
      /** It could not be started, or it failed: then `session` is the one that did. */
      readonly state: "failed";
      readonly session?: ManagedBacktestSession;
      /** A `SimulatorError`, unless `setup` threw something of its own. */
      readonly error: unknown;
    }
  | {
      /** It is over, and what it told is still there to be read. */
      readonly state: "closed";
      readonly session: ManagedBacktestSession;
      readonly error?: undefined;
      readonly reason: Exclude<SessionEnd["reason"], "failed">;
    };

/** What to start, and where. */
export interface SessionPlan {
  readonly client: BacktestClient;
  readonly create: CreateSession | SessionCheckpoint;
}

/** Called with a session as soon as it stands. */
export type SessionSetup = (session: ManagedBacktestSession) => unknown;

const IDLE: SessionSnapshot = { state: "idle" };
const STARTING: SessionSnapshot = { state: "starting" };

/** One life of a session, from the start to the shutdown. */
interface Life {
  readonly abort: AbortController;
  session?: ManagedBacktestSession;
}

/**
 * A session that lives while a component listens. The first listener starts it. The last one's leaving shuts it down, but only
 * in a later task: StrictMode and hot reloads unmount a component and mount it again at once, and that is no reason for
 * another session.
 */
export class SessionStore {
  readonly plan: SessionPlan | undefined;
  readonly #setup: SessionSetup;
  readonly #listeners = new Set<() => void>();
  #snapshot: SessionSnapshot;
  #life: Life | undefined;
  #release: ReturnType<typeof setTimeout> | undefined;
  #connection: ConnectionStatus | undefined;

  constructor(plan: SessionPlan | undefined, setup: SessionSetup) {
    this.plan = plan;
    this.#setup = setup;
    this.#snapshot = this.getServerSnapshot();
  }

  /** Whether this is the store for a plan: the same client, and the same content to create. */
  fits(plan: SessionPlan | undefined): boolean {
    if (this.plan === undefined || plan === undefined) return this.plan === plan;
    return this.plan.client === plan.client && sameContent(this.plan.create, plan.create);
  }

  /** The same once more, for a session of its own. */
  again(): SessionStore {
    return new SessionStore(this.plan, this.#setup);
  }

  readonly getSnapshot = (): SessionSnapshot => this.#snapshot;

  /** Nothing is started on a server; what is shown is what the page shows first. */
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
      if (this.#listeners.size === 0) this.#release = setTimeout(() => this.#leave());
    };
  };

  async #live({ client, create }: SessionPlan, life: Life): Promise<void> {
    try {
      const session = await start(client, create, {
        signal: life.abort.signal,
        onConnection: ({ status }) => this.#showConnection(life, status),
      });
      life.session = session;
      // It may have been left in the meantime: what stands now is shut down by the start's signal.
      void session.closed.then((end) => this.#show(life, toSnapshot(session, end)));
      await this.#setup(session);
      if (this.#snapshot.state === "starting") this.#show(life, { state: "ready", session });
    } catch (error) {
      this.#show(life, { state: "failed", error });
      await life.session?.shutdown();
    }
  }

  /** The session is no longer wanted; who listens after that gets another. */
  #leave(): void {
    const life = this.#life;
    if (life === undefined) return;
    this.#life = undefined;
    this.#snapshot = this.getServerSnapshot();
    this.#connection = undefined;
    cancelNextFrame(this.#flushConnection);
    if (life.session === undefined) life.abort.abort();
    else void life.session.shutdown();
  }

  /** Shows a change, with all that waits for the next frame: a session that is over isn't seen with a progress from before. */
  #show(life: Life, snapshot: SessionSnapshot): void {
    // The end of a session whose setup failed is no news.
    if (life !== this.#life || this.#snapshot.state === "failed") return;
    flushFrame();
    this.#snapshot = snapshot;
    for (const listener of this.#listeners) listener();
  }

  #showConnection(life: Life, status: ConnectionStatus): void {
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
