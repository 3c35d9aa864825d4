import type { Link } from "../link/link.js";
import type { Timing } from "../link/timing.js";
import type { Session } from "../session/local-session.js";
import type { ResponseReader } from "../session/response-backlog.js";

/**
 * Runs a callback at most once per turn of the event loop, however often `request` is called. All frames of a turn are then sent
 * together.
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

  /** Runs the callback now if it is scheduled. */
  now(): void {
    if (!this.#isScheduled) return;
    this.#isScheduled = false;
    this.#run();
  }
}

/** Sends the responses of a session to a control connection, in order. Tracks which responses were sent. */
export class Feed implements ResponseReader {
  readonly session: Session;
  readonly #link: Link;
  readonly #pump: Coalesced;
  #received: number;

  /** @param pump sends the pending responses of this connection */
  constructor(session: Session, link: Link, received: number, pump: Coalesced) {
    this.session = session;
    this.#link = link;
    this.#received = received;
    this.#pump = pump;
    session.backlog.attach(this);
  }

  get received(): number {
    return this.#received;
  }

  handleNew(): void {
    this.#pump.request();
  }

  flush(): void {
    this.#pump.now();
  }

  /** Sends the next response. Returns false if there is none. */
  sendNext(): boolean {
    const entry = this.session.responses.after(this.#received);
    if (entry === undefined) return false;
    this.#received = entry.sequence;
    this.#link.send(this.session.frameOf(entry));
    return true;
  }

  /** Sends pending responses as long as the link accepts them. */
  sendAll(): void {
    while (this.#link.writable && this.sendNext());
    this.session.backlog.handleReceived();
  }

  end(): void {
    this.session.backlog.detach(this);
  }
}
