import { BacktestClient } from "../../client/backtest-client.js";
import type { BacktestClientOptions } from "../../client/client-options.js";
import { SimulatorError } from "../../protocol/simulator-error.js";
import type { SessionCheckpoint } from "../../session/checkpoint/session-checkpoint.js";
import type { StartOptions } from "../../session/control/control-connection.js";
import type { ManagedBacktestSession } from "../../session/managed-backtest-session.js";
import { defaultPlatform } from "../../transport/default-platform.js";
import { type FleetDefinition, type FleetJob, sessionOf } from "../plan/fleet-definition.js";
import type { SessionClaim } from "./job-manifest.js";

/** How workers connect to the simulator. */
export type SimulatorOptions = Omit<BacktestClientOptions, "logger">;

const NAME_BYTES = 8;
const TOKEN_BYTES = 16;

/** Returns a name and a token for a new session. */
export function newClaim(randomHex = defaultPlatform.randomHex): SessionClaim {
  return { name: `fleet-${randomHex(NAME_BYTES)}`, createToken: randomHex(TOKEN_BYTES) };
}

/** The sessions of one job. Each session has its own client, which has the token of the session. */
export class JobSessions {
  readonly #options: SimulatorOptions;
  readonly #definition: FleetDefinition;
  readonly #job: FleetJob;
  readonly #signal: AbortSignal;
  readonly #clients: BacktestClient[] = [];

  constructor(options: SimulatorOptions, definition: FleetDefinition, job: FleetJob, signal: AbortSignal) {
    this.#options = options;
    this.#definition = definition;
    this.#job = job;
    this.#signal = signal;
  }

  /** @throws SimulatorError any error of `startSession` */
  start(claim: SessionClaim): Promise<ManagedBacktestSession> {
    const create = { ...sessionOf(this.#definition, this.#job), name: claim.name };
    return this.#abortable((options) => this.#clientOf(claim).startSession(create, options));
  }

  /**
   * Resumes a session. Returns `undefined` if the server no longer has the session.
   *
   * @throws SimulatorError any error of `resumeSession`
   */
  async resume(claim: SessionClaim | null, checkpoint: SessionCheckpoint): Promise<ManagedBacktestSession | undefined> {
    try {
      return await this.#abortable((options) => this.#clientOf(claim ?? newClaim()).resumeSession(checkpoint, options));
    } catch (error) {
      const isGone = error instanceof SimulatorError && (error.code === "controlFailed" || error.code === "invalidParams");
      if (isGone && !this.#signal.aborted) return undefined;
      throw error;
    }
  }

  /**
   * Attaches to a session that another worker has left open, and closes the session. A create request attaches to an existing
   * session if the name and the token in `claim` are the same.
   */
  async release(claim: SessionClaim): Promise<void> {
    // Attaching to an existing session needs no free capacity, so `capacityWaitTimeoutSecs` is omitted.
    const { capacityWaitTimeoutSecs: _, ...create } = sessionOf(this.#definition, this.#job);
    try {
      const session = await this.#abortable((options) =>
        this.#clientOf(claim).startSession({ ...create, name: claim.name }, options),
      );
      await session.shutdown();
    } catch (error) {
      // The code `create` means that the server refused the request. The session no longer exists: there is nothing to close.
      if (!(error instanceof SimulatorError && error.code === "create")) throw error;
    }
  }

  /** Closes all connections. Sessions that are not detached are closed on the server. */
  async close(): Promise<void> {
    await Promise.all(this.#clients.map((client) => client.close()));
  }

  #clientOf({ createToken }: SessionClaim): BacktestClient {
    const { platform, ...options } = this.#options;
    const randomHex = platform?.randomHex?.bind(platform) ?? defaultPlatform.randomHex;
    const client = new BacktestClient({
      ...options,
      logger: false,
      platform: {
        ...platform,
        // The client calls `randomHex(TOKEN_BYTES)` to generate its create token. The result must be the create token from the
        // manifest.
        randomHex: (bytes) => (bytes === TOKEN_BYTES ? createToken : randomHex(bytes)),
      },
    });
    this.#clients.push(client);
    return client;
  }

  /** The signal cancels only the start of a session. After the start, the caller decides what to do with the session. */
  async #abortable<T>(start: (options: StartOptions) => Promise<T>): Promise<T> {
    const starting = new AbortController();
    const handleAbort = (): void => starting.abort(this.#signal.reason);
    if (this.#signal.aborted) handleAbort();
    this.#signal.addEventListener("abort", handleAbort, { once: true });
    try {
      return await start({ signal: starting.signal });
    } finally {
      this.#signal.removeEventListener("abort", handleAbort);
    }
  }
}
