import type { Link } from "./link.js";
import type { Audience, Session } from "./session.js";

/** A control connection's position in what a session has said. */
export class Feed implements Audience {
  readonly session: Session;
  readonly #link: Link;
  readonly #pump: () => void;
  #taken: number;

  /** @param pump called when there is more to send */
  constructor(session: Session, link: Link, taken: number, pump: () => void) {
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
    this.#pump();
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
