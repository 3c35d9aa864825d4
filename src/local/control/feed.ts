import type { Link } from "../link/link.js";
import type { Timing } from "../link/timing.js";
import type { Audience, Session } from "../session/local-session.js";

/**
 * Runs a callback once per turn, however often it is requested, so that frames of one turn are sent together.
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

  /** Runs a requested callback now. */
  now(): void {
    if (!this.#isScheduled) return;
    this.#isScheduled = false;
    this.#run();
  }
}

/** The position of a control connection in the responses of a session. */
export class Feed implements Audience {
  readonly session: Session;
  readonly #link: Link;
  readonly #pump: Coalesced;
  #taken: number;

  /** @param pump requested when there are more responses to send */
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

  /** Sends the next response, if any. */
  sendNext(): boolean {
    const entry = this.session.responses.after(this.#taken);
    if (entry === undefined) return false;
    this.#taken = entry.sequence;
    this.#link.send(this.session.frameOf(entry));
    return true;
  }

  /** Sends pending responses while the link has room. */
  sendAll(): void {
    while (this.#link.writable && this.sendNext());
    this.session.moved();
  }

  end(): void {
    this.session.leftBy(this);
  }
}
