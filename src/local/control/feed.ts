import type { Link } from "../link/link.js";
import type { Timing } from "../link/timing.js";
import type { Audience, Session } from "../session/local-session.js";

/**
 * Calls something once for all that asks for it within a turn: what sessions say one after the other leaves in one piece.
 */
export class Coalesced {
  readonly #timing: Timing;
  readonly #run: () => void;
  #isScheduled = false;

  constructor(timing: Timing, run: () => void) {
    this.#timing = timing;
    this.#run = run;
  }

  request(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    this.#timing.soon(() => this.now());
  }

  /** What was asked for is done at once. */
  now(): void {
    if (!this.#isScheduled) return;
    this.#isScheduled = false;
    this.#run();
  }
}

/** A control connection's position in what a session has said. */
export class Feed implements Audience {
  readonly session: Session;
  readonly #link: Link;
  readonly #pump: Coalesced;
  #taken: number;

  /** @param pump asked for when there is more to send */
  constructor(session: Session, link: Link, taken: number, pump: Coalesced) {
    this.session = session;
    this.#link = link;
    this.#taken = taken;
    this.#pump = pump;
    session.listenedBy(this);
  }

  get taken(): number {
    return this.#taken;
  }

  onNews(): void {
    this.#pump.request();
  }

  flush(): void {
    this.#pump.now();
  }

  /** Sends the next response, if there is one. */
  sendNext(): boolean {
    const entry = this.session.responses.after(this.#taken);
    if (entry === undefined) return false;
    this.#taken = entry.sequence;
    this.#link.send(this.session.frameOf(entry));
    return true;
  }

  /** Sends what there is, as long as the link takes it. */
  sendAll(): void {
    while (this.#link.writable && this.sendNext());
    this.session.moved();
  }

  end(): void {
    this.session.leftBy(this);
  }
}
