import { normalizeSessionName } from "../protocol/session-name.js";
import { isAuthorized, isOriginAllowed, SUBPROTOCOL } from "./auth.js";
import { ControlConnection } from "./control-connection.js";
import type { CreateParams } from "./engine.js";
import { BacktestFailure, invalidRequest } from "./failure.js";
import { FaultInjector } from "./faults.js";
import { readTarget, sessionIdOf } from "./http.js";
import { LIMITS } from "./limits.js";
import { type Channel, Link } from "./link.js";
import type { SimulatorSettings } from "./options.js";
import type { Peer, PeerEvents } from "./peer.js";
import { Recorder, SessionRecorder } from "./record.js";
import { Session } from "./session.js";
import { SessionRegistry } from "./session-registry.js";
import { SubscriptionConnection } from "./subscription-connection.js";

/** A request to open a WebSocket. */
export interface Upgrade {
  /** Path and query. */
  target: string;
  /** Names in lower case. */
  headers: Readonly<Record<string, string | undefined>>;
  /** Subprotocols that were offered. */
  protocols: readonly string[];
}

/** What becomes of it: an HTTP status, or a socket. */
export type UpgradeAnswer =
  | { refused: number; reason: string }
  | {
      /** The subprotocol that is selected; none if none fits. */
      protocol: string | undefined;
      /** To be called once the socket is open; what comes back is told what happens on it. */
      accept(peer: Peer): PeerEvents;
    };

/** The protocol's server, without a network: what carries its sockets and HTTP calls comes from outside. */
export class Simulator {
  readonly settings: SimulatorSettings;
  readonly sessions = new SessionRegistry();
  readonly faults = new FaultInjector();
  readonly record = new Recorder();
  #lastSubscription = 0;
  #attaches = 0;
  #closed = false;

  constructor(settings: SimulatorSettings) {
    this.settings = settings;
  }

  upgrade({ target, headers, protocols }: Upgrade): UpgradeAnswer {
    const { path, query } = readTarget(target);
    if (this.#closed) return { refused: 503, reason: "the local simulator is closed" };
    if (!isOriginAllowed(headers.origin, this.settings.allowedOrigins)) {
      return { refused: 403, reason: "this origin may not use the local simulator" };
    }
    const channel: Channel = path === "/backtest" ? "control" : "subscription";
    const sessionId = channel === "control" ? undefined : sessionIdOf(path);
    const status = this.faults.refusalOfUpgrade(channel, sessionId);
    if (status !== undefined) return { refused: status, reason: "refused by a fault" };
    const protocol = protocols.includes(SUBPROTOCOL) ? SUBPROTOCOL : undefined;
    if (channel === "control") {
      if (!isAuthorized(this.settings.apiKey, { headers, query, protocols }, "required")) {
        return { refused: 401, reason: "the API key is missing or not known" };
      }
      return { protocol, accept: (peer) => this.#acceptControl(peer) };
    }
    const session = sessionId === undefined ? undefined : this.sessions.findReadable(sessionId);
    if (session === undefined) return { refused: 404, reason: "no such session" };
    return { protocol, accept: (peer) => this.#acceptSubscription(peer, session) };
  }

  /**
   * Makes a session, or finds the one that an earlier try of the same create made.
   *
   * @throws BacktestFailure what the create is answered with
   */
  async createSession(create: CreateParams): Promise<Session> {
    refuseUnserved(create);
    const sessionName = readName(create);
    if (sessionName === undefined) return this.#openSession(create, undefined);
    const holder = this.sessions.holderOf(sessionName);
    if (holder === undefined) {
      const session = this.#openSession(create, sessionName);
      this.sessions.takeName(sessionName, { createToken: create.createToken, session });
      return session;
    }
    const isRetry = create.createToken !== undefined && holder.createToken === create.createToken;
    const session = isRetry ? await holder.session : undefined;
    if (session === undefined || session.isEnded) {
      throw new BacktestFailure({ sessionNameTaken: { session_name: sessionName } });
    }
    return session;
  }

  /** Whether the attach that is being answered gets its replay before `sessionAttached`. */
  replaysBeforeAttached(): boolean {
    const { replayBeforeAttached } = this.settings;
    return replayBeforeAttached === "alternately" ? this.#attaches++ % 2 === 1 : replayBeforeAttached;
  }

  /** Cuts every connection and ends every session. */
  async close(): Promise<void> {
    this.#closed = true;
    this.faults.clear();
    this.faults.terminateAll();
    await Promise.all(this.sessions.live.map((session) => session.end()));
    this.sessions.clear();
  }

  async #openSession(create: CreateParams, sessionName: string | undefined): Promise<Session> {
    if (this.sessions.isFull) {
      throw new BacktestFailure({ clerkError: { error: `there is room for ${LIMITS.sessions} sessions at a time` } });
    }
    const engine = await this.settings.engine.open(create);
    const sessionId = `backtest_${randomHex(16)}`;
    const identity = { sessionId, sessionName, createToken: create.createToken, taskId: `local-${sessionId.slice(-8)}` };
    const session = new Session(identity, create, engine, {
      slotDelayMs: this.settings.slotDelayMs,
      slotExecuted: (executed, slot) => this.faults.slotExecuted(executed.identity.sessionId, slot),
      ended: (ended) => this.sessions.ended(ended),
    });
    this.#recordSession(session);
    this.sessions.add(session);
    if (this.#closed) await session.end();
    session.begin();
    return session;
  }

  #acceptControl(peer: Peer): PeerEvents {
    const link = new Link("control", peer, this.faults);
    link.open(new ControlConnection(link, this), undefined);
    this.record.connections.control++;
    return link;
  }

  #acceptSubscription(peer: Peer, session: Session): PeerEvents {
    const link = new Link("subscription", peer, this.faults);
    const leave = this.sessions.read(session);
    const nextId = (): number => ++this.#lastSubscription;
    link.open(new SubscriptionConnection(link, session, nextId, leave), session.identity.sessionId);
    this.record.connections.subscription++;
    if (session.recorder !== undefined) session.recorder.connections.subscription++;
    return link;
  }

  #recordSession(session: Session): void {
    if (!this.settings.record) return;
    const { sessionId, sessionName } = session.identity;
    const { startSlot, endSlot } = session.create;
    const recorder = new SessionRecorder({ sessionId, sessionName, startSlot, endSlot }, session.notifications);
    session.recordWith(recorder);
    this.record.add(recorder);
  }
}

/** What is asked for and not done would look like a backtest that found nothing: it is refused. */
function refuseUnserved(create: CreateParams): void {
  const unserved = {
    parallel: create.parallel,
    reroute: create.reroute,
    discoveries: create.discoveries,
    actions: create.actions,
    diagnosticProbes: create.diagnosticProbes,
    replayAccountState: create.replayAccountState,
  };
  for (const [name, value] of Object.entries(unserved)) {
    if (value !== undefined && value !== false) throw invalidRequest(`${name}: the local simulator doesn't serve this yet`);
  }
  if (create.startSlot > create.endSlot) {
    throw invalidRequest(`startSlot ${create.startSlot} lies after endSlot ${create.endSlot}`);
  }
}

function readName({ name }: CreateParams): string | undefined {
  if (name === undefined) return undefined;
  const normalized = normalizeSessionName(name);
  if ("error" in normalized) throw invalidRequest(normalized.error);
  return normalized.ok;
}

function randomHex(bytes: number): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(bytes)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
