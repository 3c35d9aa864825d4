import { LIMITS } from "./limits.js";
import type { Session } from "./session.js";
import { later } from "./timing.js";

/** What has taken a name: the session, or the create that is still being worked on. */
export interface NameHolder {
  createToken: string | undefined;
  session: Promise<Session>;
}

/** The sessions of a simulator by their ids, and the names that were ever used. */
export class SessionRegistry {
  readonly #live = new Map<string, Session>();
  /** Ended sessions whose subscriptions are still served. */
  readonly #ended = new Map<string, Session>();
  /** Sockets on each session's subscriptions. */
  readonly #readers = new Map<Session, number>();
  readonly #expiries = new Map<Session, () => void>();
  /** Names are never used again: by name, what took it. */
  readonly #names = new Map<string, NameHolder>();

  get isFull(): boolean {
    return this.#live.size >= LIMITS.sessions;
  }

  get live(): readonly Session[] {
    return [...this.#live.values()];
  }

  add(session: Session): void {
    this.#live.set(session.identity.sessionId, session);
  }

  /** Takes a name for a session that is about to be; a name whose session never came to be is free again. */
  takeName(name: string, holder: NameHolder): void {
    this.#names.set(name, holder);
    holder.session.catch(() => {
      if (this.#names.get(name) === holder) this.#names.delete(name);
    });
    if (this.#names.size > LIMITS.names) {
      const [oldest] = this.#names.keys();
      if (oldest !== undefined) this.#names.delete(oldest);
    }
  }

  holderOf(name: string): NameHolder | undefined {
    return this.#names.get(name);
  }

  /** A session that can still be driven. */
  find(sessionId: string): Session | undefined {
    return this.#live.get(sessionId);
  }

  /** A session that can still be read: also one that has ended a while ago. */
  findReadable(sessionId: string): Session | undefined {
    return this.#live.get(sessionId) ?? this.#ended.get(sessionId);
  }

  /** The session takes no more requests. It is kept for its subscriptions, and for those that come back. */
  ended(session: Session): void {
    const { sessionId } = session.identity;
    if (!this.#live.delete(sessionId)) return;
    this.#ended.set(sessionId, session);
    if (!this.#readers.has(session)) this.#expire(session);
    let transactions = 0;
    for (const { notifications } of this.#ended.values()) transactions += notifications.length;
    for (const oldest of this.#ended.values()) {
      if (this.#ended.size <= LIMITS.endedSessions && transactions <= LIMITS.endedTransactions) break;
      // The one that has just ended stays: its subscriptions have not seen all of it.
      if (oldest === session) break;
      this.#forget(oldest);
      transactions -= oldest.notifications.length;
    }
  }

  /** A socket reads the session; what comes back ends that. */
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
  }

  #expire(session: Session): void {
    if (!this.#ended.has(session.identity.sessionId)) return;
    const callOff = later(LIMITS.endedSessionMs, () => this.#forget(session), { keepsProcess: false });
    this.#expiries.set(session, callOff);
  }

  #forget(session: Session): void {
    this.#expiries.get(session)?.();
    this.#expiries.delete(session);
    this.#ended.delete(session.identity.sessionId);
  }
}
