import type { Timing } from "../link/timing.js";
import type { Session } from "../session/local-session.js";
import { LIMITS } from "../wire/simulator-limits.js";
import type { ParallelRun } from "./parallel-run.js";
import type { SingleRun } from "./single-run.js";

/** A single session or a parallel run, which a control connection can own. */
export type Run = SingleRun | ParallelRun;

/** The run that uses a session name. The name is in use as soon as the creation of the run starts. */
export interface NameHolder {
  createToken: string | undefined;
  run: Run;
}

/** Replaces the `NameHolder` of an ended run, so that the memory of the run can be freed. */
export const ENDED = "ended";

/** The sessions of a simulator by id, and the names that have been used. */
export class SessionRegistry {
  readonly #timing: Timing;
  readonly #live = new Map<string, Session>();
  readonly #solo = new Map<string, SingleRun>();
  readonly #parallel = new Map<string, ParallelRun>();
  /** Ended sessions whose subscriptions are still served. */
  readonly #ended = new Map<string, Session>();
  /** For each session: the number of open connections that read the session's subscriptions. */
  readonly #readers = new Map<Session, number>();
  readonly #expiries = new Map<Session, () => void>();
  /** A name stays in this map after its run has ended, because it must not be used twice. */
  readonly #names = new Map<string, NameHolder | typeof ENDED>();

  constructor(timing: Timing) {
    this.#timing = timing;
  }

  /** How many more sessions can be created. */
  get room(): number {
    return LIMITS.sessions - this.#live.size;
  }

  get runs(): readonly Run[] {
    return [...this.#solo.values(), ...this.#parallel.values()];
  }

  add(session: Session): void {
    this.#live.set(session.identity.sessionId, session);
  }

  addSolo(run: SingleRun): void {
    this.#solo.set(run.session.identity.sessionId, run);
  }

  addParallel(run: ParallelRun): void {
    this.#parallel.set(run.controlSessionId, run);
  }

  removeParallel(run: ParallelRun): void {
    this.#parallel.delete(run.controlSessionId);
    this.#keepOnlyName(run.name, run);
  }

  /** Reserves a name for a run. If the run cannot be created, the name becomes free again. */
  takeName(name: string, holder: NameHolder): void {
    this.#names.set(name, holder);
    holder.run.opened.catch(() => this.#names.delete(name));
    if (this.#names.size > LIMITS.names) {
      const [oldest] = this.#names.keys();
      if (oldest !== undefined) this.#names.delete(oldest);
    }
  }

  /** Returns the run that uses a name. `undefined` if the name is free, and `ENDED` if the run has ended. */
  holderOf(name: string): NameHolder | typeof ENDED | undefined {
    return this.#names.get(name);
  }

  /** Returns a session that accepts requests: a single session or a session of a parallel run. */
  find(sessionId: string): Session | undefined {
    return this.#live.get(sessionId);
  }

  /** Returns the single session that a client can attach to. */
  solo(sessionId: string): SingleRun | undefined {
    return this.#solo.get(sessionId);
  }

  /** Returns the parallel run that a client can attach to. */
  parallel(controlSessionId: string): ParallelRun | undefined {
    const run = this.#parallel.get(controlSessionId);
    return run?.isCreated ? run : undefined;
  }

  /** Returns a session whose subscriptions can be read. The session may have ended, but its engine must be open. */
  findReadable(sessionId: string): Session | undefined {
    const session = this.#live.get(sessionId) ?? this.#ended.get(sessionId);
    return session?.isOpen ? session : undefined;
  }

  /** Marks the session as ended. Keeps the session, so that subscriptions can receive its remaining notifications. */
  ended(session: Session): void {
    const { sessionId, sessionName } = session.identity;
    const run = this.#solo.get(sessionId);
    this.#solo.delete(sessionId);
    if (run !== undefined) this.#keepOnlyName(sessionName, run);
    if (!this.#live.delete(sessionId) || !session.isOpen) return;
    this.#ended.set(sessionId, session);
    if (!this.#readers.has(session)) this.#expire(session);
    let transactions = 0;
    for (const { notifications } of this.#ended.values()) transactions += notifications.length;
    for (const oldest of this.#ended.values()) {
      if (this.#ended.size <= LIMITS.endedSessions && transactions <= LIMITS.endedTransactions) break;
      // Only the session that has just ended is left. Its subscriptions can have unsent notifications, so the session is kept.
      if (oldest === session) break;
      this.#forget(oldest);
      transactions -= oldest.notifications.length;
    }
  }

  /** Registers a socket that reads the session's subscriptions. Returns a function that unregisters the socket. */
  read(session: Session): () => void {
    this.#readers.set(session, (this.#readers.get(session) ?? 0) + 1);
    this.#expiries.get(session)?.();
    this.#expiries.delete(session);
    return () => {
      const left = (this.#readers.get(session) ?? 1) - 1;
      if (left > 0) {
        this.#readers.set(session, left);
      } else {
        this.#readers.delete(session);
        this.#expire(session);
      }
    };
  }

  clear(): void {
    for (const callOff of this.#expiries.values()) callOff();
    this.#expiries.clear();
    this.#ended.clear();
    this.#live.clear();
    this.#solo.clear();
    this.#parallel.clear();
  }

  #keepOnlyName(name: string | undefined, run: Run): void {
    if (name === undefined) return;
    const holder = this.#names.get(name);
    if (holder !== ENDED && holder?.run === run) this.#names.set(name, ENDED);
  }

  #expire(session: Session): void {
    if (!this.#ended.has(session.identity.sessionId)) return;
    const callOff = this.#timing.later(LIMITS.endedSessionMs, () => this.#forget(session), { keepsProcess: false });
    this.#expiries.set(session, callOff);
  }

  #forget(session: Session): void {
    this.#expiries.get(session)?.();
    this.#expiries.delete(session);
    this.#ended.delete(session.identity.sessionId);
  }
}
