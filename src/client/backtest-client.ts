import { invalidParams } from "../protocol/error-helpers.js";
import { SimulatorError } from "../protocol/simulator-error.js";
import type { SessionCheckpoint } from "../session/checkpoint/session-checkpoint.js";
import type { SessionContext } from "../session/context.js";
import type { StartOptions } from "../session/control/control-connection.js";
import type { CreateSession } from "../session/create-options.js";
import { type ManagedBacktestSession, resumeManagedSession, startManagedSession } from "../session/managed-backtest-session.js";
import { type ManagedParallelSession, startParallelSession } from "../session/managed-parallel-session.js";
import { type ObservedSession, observeSession } from "../session/observed-session.js";
import { type BacktestConnection, type ConnectOptions, openConnection } from "../session/raw-connection.js";
import { type OpenTelemetryLike, traceSessions } from "../session/telemetry.js";
import { onAbort } from "../transport/on-abort.js";
import { VERSION } from "../version.js";
import { type BacktestClientOptions, toContext } from "./client-options.js";
import { HttpCalls, type UsageSessions } from "./http/http-calls.js";

/** A session or connection that a client can shut down. */
interface Started {
  readonly closed: Promise<unknown>;
  shutdown(): Promise<void>;
}

/**
 * A client of one simulator. The constructor opens no connection.
 *
 * @throws SimulatorError `invalidParams` for an invalid option
 * @example
 * const client = new BacktestClient({ url: "wss://simulator.example", apiKey: process.env.SIMULATOR_API_KEY });
 */
export class BacktestClient {
  readonly #context: SessionContext;
  readonly #started = new Set<Started>();
  /** Aborted by `close()`. This cancels the starts in progress, and makes later calls fail. */
  readonly #closing = new AbortController();
  readonly #http: HttpCalls;
  readonly #telemetry: OpenTelemetryLike | undefined;

  constructor(options: BacktestClientOptions) {
    this.#context = toContext(options);
    this.#telemetry = options.telemetry;
    const { platform, httpBase, httpHeaders, redact } = this.#context;
    const headers: typeof httpHeaders = () => {
      this.#closing.signal.throwIfAborted();
      return httpHeaders();
    };
    this.#http = new HttpCalls({ platform, base: httpBase, headers, redact });
  }

  /**
   * Creates a session. Resolves when the server has created it. If the response to a create request is lost, the request is retried
   * with the same name.
   *
   * @throws SimulatorError `invalidParams` before anything is sent; `create` if the server refuses; `unauthorized`; `unreachable`
   * if there is no connection within `timeouts.initialConnectMs`; `cancelled`
   * @example const session = await client.startSession({ startSlot: 300_000_000n, slotCount: 100, sendSummary: true });
   */
  startSession(create: CreateSession, options: StartOptions = {}): Promise<ManagedBacktestSession> {
    return this.#start(options, (abortable) => startManagedSession(this.#context, create, abortable));
  }

  /**
   * Creates a parallel run. The server splits the range into sub-sessions. Resolves when all of them are created.
   *
   * @throws SimulatorError with the codes of `startSession`; `protocol` if the server is too old
   * @example const run = await client.startParallelSession({ startSlot: 300_000_000n, endSlot: 300_099_999n });
   */
  startParallelSession(create: CreateSession, options: StartOptions = {}): Promise<ManagedParallelSession> {
    return this.#start(options, (abortable) => startParallelSession(this.#context, create, abortable));
  }

  /**
   * Resumes a session from a checkpoint, in any tab, process or machine. Events that were delivered after the checkpoint are
   * delivered again.
   *
   * @throws SimulatorError `invalidParams` if the checkpoint is invalid; `controlFailed` if the server no longer has the session;
   * `sessionBusy` if another connection is attached to it; otherwise the codes of `startSession`
   * @example const session = await client.resumeSession(JSON.parse(await readFile("run.json", "utf8")));
   */
  resumeSession(checkpoint: SessionCheckpoint, options: StartOptions = {}): Promise<ManagedBacktestSession> {
    return this.#start(options, (abortable) => resumeManagedSession(this.#context, checkpoint, abortable));
  }

  /**
   * Opens a control connection without a session, for any request and response. The connection is not restored when it is lost.
   *
   * @throws SimulatorError `unauthorized`, `unreachable`, `cancelled`
   */
  connect(options: ConnectOptions = {}): Promise<BacktestConnection> {
    return this.#start(options, (abortable) => openConnection(this.#context, abortable));
  }

  /**
   * Observes a session of another client through its RPC endpoint: subscriptions, events and JSON-RPC, without a
   * control connection. Opens nothing before the first subscription.
   *
   * @throws SimulatorError `invalidParams` if `rpcEndpoint` is not a valid URL; `cancelled` if the client was closed
   * @example
   * await using observed = client.observe(rpcEndpoint);
   * for await (const event of observed.subscribeTransactions([program])) console.log(event);
   */
  observe(rpcEndpoint: string): ObservedSession {
    this.#closing.signal.throwIfAborted();
    if (typeof rpcEndpoint !== "string" || rpcEndpoint === "") throw invalidParams("rpcEndpoint", "expected an address");
    const observed = observeSession(this.#context, rpcEndpoint);
    this.#started.add(observed);
    void observed.closed.then(() => this.#started.delete(observed));
    return observed;
  }

  /** Returns whether the service is up. Returns `false` for an error status. */
  readonly health: HttpCalls["health"] = (...args) => this.#http.health(...args);
  /** Returns whether the service accepts sessions. Returns `false` for an error status. */
  readonly ready: HttpCalls["ready"] = (...args) => this.#http.ready(...args);
  /** Returns the ranges that can be replayed: the global ranges and those of the API key. */
  readonly availableRanges: HttpCalls["availableRanges"] = (...args) => this.#http.availableRanges(...args);
  /** Returns the usage of the API key. */
  readonly usage: HttpCalls["usage"] = (...args) => this.#http.usage(...args);
  /** Returns the latest slot with a snapshot. */
  readonly snapshotSlot: HttpCalls["snapshotSlot"] = (...args) => this.#http.snapshotSlot(...args);
  /** Requests the build of a bundle. `bundleBuild` returns its status. */
  readonly buildBundle: HttpCalls["buildBundle"] = (...args) => this.#http.buildBundle(...args);
  /** Returns the status of a build. */
  readonly bundleBuild: HttpCalls["bundleBuild"] = (...args) => this.#http.bundleBuild(...args);
  /** Returns the builds and the bundles of the API key. The newest builds are first. */
  readonly bundleBuilds: HttpCalls["bundleBuilds"] = (...args) => this.#http.bundleBuilds(...args);
  /** Deletes a bundle of the API key. @throws SimulatorError `http` with status 404 if the API key has no such bundle */
  readonly deleteBundle: HttpCalls["deleteBundle"] = (...args) => this.#http.deleteBundle(...args);
  /** Requests a depth dataset. `depthStatus` returns its status. */
  readonly generateDepth: HttpCalls["generateDepth"] = (...args) => this.#http.generateDepth(...args);
  /** Returns the status of a depth dataset. */
  readonly depthStatus: HttpCalls["depthStatus"] = (...args) => this.#http.depthStatus(...args);
  /** Returns the sampled markets of depth datasets, and the completed datasets of the API key. */
  readonly depthCoverage: HttpCalls["depthCoverage"] = (...args) => this.#http.depthCoverage(...args);
  /** Returns temporary credentials to read the datasets of the API key. */
  readonly datasetCredentials: HttpCalls["datasetCredentials"] = (...args) => this.#http.datasetCredentials(...args);

  /**
   * Iterates over the API key's sessions that ended in the given time window, in no particular order. `pages()` iterates over
   * pages.
   *
   * @example for await (const session of client.usageSessions({ since: "2026-01-01" })) console.log(session.sessionId);
   */
  usageSessions(...args: Parameters<HttpCalls["usageSessions"]>): UsageSessions {
    return this.#http.usageSessions(...args);
  }

  /**
   * Shuts down all sessions and connections of this client, and cancels starts in progress. Later starts and calls fail with the code
   * `cancelled`.
   */
  async close(): Promise<void> {
    this.#closing.abort(new SimulatorError("cancelled", "the client was closed"));
    await Promise.all([...this.#started].map((started) => started.shutdown()));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #start<S extends Started>(options: StartOptions, begin: (abortable: StartOptions) => Promise<S>): Promise<S> {
    const { signal } = options;
    const closing = this.#closing.signal;
    closing.throwIfAborted();
    const start = new AbortController();
    const handleAbort = (): void => start.abort(signal?.reason);
    if (signal?.aborted) handleAbort();
    const stopListening = onAbort(signal, handleAbort);
    const stopClosing = onAbort(closing, () => start.abort(closing.reason));
    try {
      const started = await begin({ ...options, signal: start.signal });
      this.#started.add(started);
      if (this.#telemetry !== undefined) traceSessions(started, this.#telemetry, VERSION);
      void started.closed.then(() => {
        this.#started.delete(started);
        stopListening();
      });
      return started;
    } catch (error) {
      stopListening();
      throw error;
    } finally {
      stopClosing();
    }
  }
}
