import { normalizeSessionName } from "../../protocol/session-name.js";
import { ParallelRun } from "../control/parallel-run.js";
import { ServerControlConnection } from "../control/server-control-connection.js";
import { ENDED, type Run, SessionRegistry } from "../control/session-registry.js";
import { SingleRun } from "../control/single-run.js";
import { partsOf } from "../control/sub-ranges.js";
import type { CreateParams } from "../engine/engine.js";
import { FaultInjector } from "../link/fault-injector.js";
import { type Channel, Link } from "../link/link.js";
import type { Peer, PeerEvents } from "../link/peer.js";
import { Session } from "../session/local-session.js";
import { Recorder, RunRecorder, SessionRecorder } from "../session/simulator-record.js";
import { SubscriptionConnection } from "../subscriptions/subscription-connection.js";
import { BacktestFailure, invalidRequest } from "../wire/backtest-failure.js";
import { LIMITS } from "../wire/simulator-limits.js";
import { isAuthorized, isOriginAllowed, SUBPROTOCOL } from "./access-control.js";
import { readTarget, sessionIdOf } from "./request-target.js";
import { Service } from "./service/http-routes.js";
import type { SimulatorSettings } from "./simulator-options.js";
import type { SimulatorWatcher } from "./simulator-watcher.js";

/** A request to open a WebSocket. */
export interface Upgrade {
  /** The path and the query of the URL. */
  target: string;
  /** Header names are in lower case. */
  headers: Readonly<Record<string, string | undefined>>;
  /** The subprotocols that the client offers. */
  protocols: readonly string[];
}

/** The answer to an upgrade: either an HTTP status or a socket. */
export type UpgradeAnswer =
  | { refused: number; reason: string }
  | {
      /** The selected subprotocol, if any. */
      protocol: string | undefined;
      /** Call this when the socket is open. Returns the handler for its events. */
      accept(peer: Peer): PeerEvents;
    };

/** The simulator itself, without a network. Its caller passes the sockets and the HTTP requests to it. */
export class Simulator {
  readonly settings: SimulatorSettings;
  readonly registry: SessionRegistry;
  readonly faults = new FaultInjector();
  readonly record = new Recorder();
  readonly service: Service;
  readonly #watcher: SimulatorWatcher;
  #lastSubscription = 0;
  #attaches = 0;
  #closed = false;

  constructor(settings: SimulatorSettings, watcher: SimulatorWatcher = {}) {
    this.settings = settings;
    this.#watcher = watcher;
    this.registry = new SessionRegistry(settings.timing);
    this.service = new Service(settings.engine, settings.timing);
  }

  upgrade({ target, headers, protocols }: Upgrade): UpgradeAnswer {
    const { path, query } = readTarget(target);
    if (this.#closed) return { refused: 503, reason: "the local simulator is closed" };
    if (!isOriginAllowed(headers.origin, this.settings.allowedOrigins)) {
      return { refused: 403, reason: "this origin is not allowed; start the simulator with the option allowedOrigins" };
    }
    const channel: Channel = path === "/backtest" ? "control" : "subscription";
    const sessionId = channel === "control" ? undefined : sessionIdOf(path);
    const status = this.faults.refusalOfUpgrade(channel, sessionId);
    if (status !== undefined) return { refused: status, reason: "refused by an injected fault" };
    const protocol = protocols.includes(SUBPROTOCOL) ? SUBPROTOCOL : undefined;
    if (channel === "control") {
      if (!isAuthorized(this.settings.apiKey, { headers, query, protocols }, "required")) {
        return { refused: 401, reason: "the API key is missing or invalid" };
      }
      return { protocol, accept: (peer) => this.#acceptControl(peer) };
    }
    const session = sessionId === undefined ? undefined : this.registry.findReadable(sessionId);
    if (session === undefined) return { refused: 404, reason: "no such session" };
    return { protocol, accept: (peer) => this.#acceptSubscription(peer, session) };
  }

  /**
   * Starts a run for a create request. If the request is a retry, returns the run that the first attempt started.
   *
   * @throws BacktestFailure the error response to the create request
   */
  create(create: CreateParams): Run {
    if (create.startSlot > create.endSlot) {
      throw invalidRequest(`startSlot ${create.startSlot} is after endSlot ${create.endSlot}`);
    }
    const name = readName(create);
    const holder = name === undefined ? undefined : this.registry.holderOf(name);
    if (name !== undefined && holder !== undefined) {
      const isRetry = holder !== ENDED && create.createToken !== undefined && holder.createToken === create.createToken;
      if (isRetry && !holder.run.isEnded && holder.run instanceof ParallelRun === create.parallel) return holder.run;
      throw new BacktestFailure({ sessionNameTaken: { session_name: name } });
    }
    const run = create.parallel ? this.#beginParallel(create, name) : this.#beginSolo(create, name);
    if (name !== undefined) this.registry.takeName(name, { createToken: create.createToken, run });
    return run;
  }

  /** Whether the client of this attach request receives the replayed events before `sessionAttached`. */
  replaysBeforeAttached(): boolean {
    const { replayBeforeAttached } = this.settings;
    return replayBeforeAttached === "alternately" ? this.#attaches++ % 2 === 1 : replayBeforeAttached;
  }

  /** Cuts all connections and ends all sessions. */
  async close(): Promise<void> {
    this.#closed = true;
    this.faults.clear();
    this.faults.terminateAll();
    await Promise.all(this.registry.runs.map((run) => run.end("stopped")));
    this.registry.clear();
  }

  #beginSolo(create: CreateParams, name: string | undefined): SingleRun {
    this.#checkRoom(1);
    const session = this.#newSession(create, name, undefined);
    const run = new SingleRun(session, create, this.settings.timing, () => this.settings.engine.open(create));
    this.registry.addSolo(run);
    run.opened.then(
      () => this.#began(session),
      () => run.end("failed"),
    );
    return run;
  }

  #beginParallel(create: CreateParams, name: string | undefined): ParallelRun {
    const { engine, parallelSessions, omitRanges, record, timing } = this.settings;
    const parts = partsOf(engine.bundles, create, parallelSessions);
    this.#checkRoom(parts.length);
    const controlSessionId = `parallel_${timing.randomHex(16)}`;
    const recorder = record ? new RunRecorder(controlSessionId, name) : undefined;
    const run = new ParallelRun({
      timing,
      controlSessionId,
      name,
      create,
      parts,
      omitRanges,
      recorder,
      session: (own) => this.#newSession(own, name, controlSessionId),
      openEngine: (own) => engine.open(own),
      ended: (ended) => this.registry.removeParallel(ended),
    });
    this.registry.addParallel(run);
    run.opened.then(
      () => {
        if (recorder !== undefined) this.record.addRun(recorder);
        for (const session of run.sessions) this.#began(session);
      },
      () => {},
    );
    return run;
  }

  #acceptControl(peer: Peer): PeerEvents {
    const link = new Link("control", peer, this.faults, this.settings.timing);
    link.open(new ServerControlConnection(link, this), undefined);
    this.record.connections.control++;
    return link;
  }

  #acceptSubscription(peer: Peer, session: Session): PeerEvents {
    const link = new Link("subscription", peer, this.faults, this.settings.timing);
    const terms = {
      nextId: () => ++this.#lastSubscription,
      compresses: this.settings.compression,
      closed: this.registry.read(session),
    };
    link.open(new SubscriptionConnection(link, session, terms), session.identity.sessionId);
    this.record.connections.subscription++;
    if (session.recorder !== undefined) session.recorder.connections.subscription++;
    return link;
  }

  #newSession(create: CreateParams, sessionName: string | undefined, controlSessionId: string | undefined): Session {
    const sessionId = `backtest_${this.settings.timing.randomHex(16)}`;
    const identity = { sessionId, sessionName, taskId: `local-${sessionId.slice(-8)}`, controlSessionId };
    const { startSlot, endSlot } = create;
    const session = new Session(
      identity,
      create,
      {
        slotDelayMs: this.settings.slotDelayMs,
        discoveryLeadMs: this.settings.discoveryLeadMs,
        verifySignatures: this.settings.verifySignatures,
        timing: this.settings.timing,
        maxHistory: this.settings.maxHistory,
        slotExecuted: (executed, slot) => {
          this.faults.slotExecuted(executed.identity, slot, () => {
            executed.notifications.announce();
            executed.backlog.flush();
          });
        },
        ended: (ended, reason) => {
          this.#watcher.sessionEnded?.(ended, reason);
          this.registry.ended(ended);
          this.service.usage.ended(ended);
        },
      },
      (log) => (this.settings.record ? new SessionRecorder({ sessionId, sessionName, startSlot, endSlot }, log) : undefined),
    );
    this.registry.add(session);
    return session;
  }

  /** Called when a session starts to accept `continue` requests. */
  #began(session: Session): void {
    this.#watcher.sessionCreated?.(session);
    this.service.usage.started(session);
    if (session.recorder !== undefined) this.record.add(session.recorder);
  }

  /**
   * Checks that the number of sessions stays within the limit.
   *
   * @throws BacktestFailure `clerkError` if there would be too many sessions
   */
  #checkRoom(sessions: number): void {
    if (this.registry.room >= sessions) return;
    throw new BacktestFailure({
      clerkError: {
        error: `session limit reached: at most ${LIMITS.sessions} sessions can run at a time; close a session first`,
      },
    });
  }
}

function readName({ name }: CreateParams): string | undefined {
  if (name === undefined) return undefined;
  const normalized = normalizeSessionName(name);
  if ("error" in normalized) throw invalidRequest(normalized.error);
  return normalized.ok;
}
