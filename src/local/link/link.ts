import { LIMITS } from "../wire/simulator-limits.js";
import { type Frame, type Peer, type PeerEvents, sizeOf } from "./peer.js";
import type { Timing } from "./timing.js";

export type Channel = "control" | "subscription";

/** What speaks on a link. */
export interface LinkUser {
  receive(text: string): void;
  /** There is room again: `writable` has turned true. */
  drained(): void;
  /** The link is gone. Told once, whoever ended it. */
  closed(): void;
}

/** What is told of what happens on links, so that faults can strike. */
export interface LinkWatch {
  opened(link: Link): void;
  closed(link: Link): void;
  /** A control link now belongs to a session or a parallel run. */
  sessionKnown(link: Link): void;
  frameSent(link: Link): void;
  /** What was to happen to the next frame has happened. */
  tookEffect(type: "cutFrame" | "corruptFrame"): void;
}

interface Queued {
  frame: Frame;
  dueAt: number;
}

/** How long the other end has to answer a ping before it is taken for dead, in ms. */
const PROBE_MS = 500;

/**
 * A connection as the protocol core uses it: a peer with the faults laid around it. What speaks on it doesn't know of
 * them.
 */
export class Link implements PeerEvents {
  readonly channel: Channel;
  readonly timing: Timing;
  readonly #peer: Peer;
  readonly #watch: LinkWatch;
  #sessionId: string | undefined;
  #user: LinkUser | undefined;
  #state: "open" | "deaf" | "closed" = "open";
  #delayMs = 0;
  /** How fast frames may leave; 0 is as fast as they go. */
  #bytesPerSecond = 0;
  /** When the last frame that was slowed down will have left, on the clock of `Timing.elapsed`. */
  #busyUntil = 0;
  #queue: Queued[] = [];
  #queuedBytes = 0;
  #callOffSending: (() => void) | undefined;
  #cutNext = false;
  #corruptNext = false;
  #onAlive: ((alive: boolean) => void) | undefined;

  constructor(channel: Channel, peer: Peer, watch: LinkWatch, timing: Timing) {
    this.channel = channel;
    this.timing = timing;
    this.#peer = peer;
    this.#watch = watch;
  }

  /** The session that is spoken of here, once it is known. */
  get sessionId(): string | undefined {
    return this.#sessionId;
  }

  get isOpen(): boolean {
    return this.#state !== "closed";
  }

  /** Whether more may be sent: the socket is neither gone nor full. */
  get writable(): boolean {
    return this.#state === "open" && this.#peer.bufferedAmount + this.#queuedBytes < LIMITS.socketBacklogBytes;
  }

  /** From here on the link is in use. */
  open(user: LinkUser, sessionId: string | undefined): void {
    this.#user = user;
    this.#sessionId = sessionId;
    this.#watch.opened(this);
  }

  belongsTo(sessionId: string): void {
    this.#sessionId = sessionId;
    this.#watch.sessionKnown(this);
  }

  send(frame: Frame): void {
    if (this.#state !== "open") return;
    if (this.#delayMs > 0 || this.#bytesPerSecond > 0 || this.#queue.length > 0) {
      this.#queue.push({ frame, dueAt: this.#dueAt(frame) });
      this.#queuedBytes += sizeOf(frame);
      this.#sendWhenDue();
    } else {
      this.#transmit(frame);
    }
    this.#watch.frameSent(this);
  }

  /** Frames sent within may leave together. */
  batch(run: () => void): void {
    this.#peer.batch(run);
  }

  close(code: number, reason: string): void {
    if (this.#state === "closed") return;
    if (this.#state === "deaf") {
      this.terminate();
    } else {
      this.#flush();
      this.#end(() => this.#peer.close(code, reason));
    }
  }

  terminate(): void {
    this.#end(() => this.#peer.terminate());
  }

  deafen(): void {
    if (this.#state !== "open") return;
    this.#state = "deaf";
    this.#dropQueue();
    this.#peer.deafen();
  }

  delay(ms: number): void {
    this.#delayMs = ms;
    this.#letGo();
  }

  /** @param bytesPerSecond 0: as fast as they go */
  slow(bytesPerSecond: number): void {
    this.#bytesPerSecond = bytesPerSecond;
    this.#busyUntil = 0;
    this.#letGo();
  }

  /** Whether there is a next frame to cut: a link that is deaf or gone sends none. */
  cutNextFrame(): boolean {
    if (this.#state !== "open") return false;
    this.#cutNext = true;
    return true;
  }

  /** The same for one to damage. */
  corruptNextFrame(): boolean {
    if (this.#state !== "open") return false;
    this.#corruptNext = true;
    return true;
  }

  /** Whether the other end still answers. */
  probe(): Promise<boolean> {
    if (this.#state !== "open") return Promise.resolve(false);
    return new Promise((resolve) => {
      const callOff = this.timing.later(PROBE_MS, () => this.#onAlive?.(false), { keepsProcess: false });
      this.#onAlive = (alive) => {
        this.#onAlive = undefined;
        callOff();
        resolve(alive);
      };
      this.#peer.ping();
    });
  }

  message(frame: Frame): void {
    if (this.#state !== "open") return;
    if (sizeOf(frame) > LIMITS.frameBytes) {
      this.close(1009, "the frame is too large");
      return;
    }
    this.#user?.receive(typeof frame === "string" ? frame : new TextDecoder().decode(frame));
  }

  drained(): void {
    if (this.writable) this.#user?.drained();
  }

  alive(): void {
    if (this.#state === "open") this.#onAlive?.(true);
  }

  closed(): void {
    this.#end(() => {});
  }

  #transmit(frame: Frame): void {
    if (this.#cutNext) {
      this.#watch.tookEffect("cutFrame");
      this.#end(() => this.#peer.cut(frame));
    } else if (this.#corruptNext) {
      this.#corruptNext = false;
      this.#watch.tookEffect("corruptFrame");
      this.#peer.send(corrupted(frame));
    } else {
      this.#peer.send(frame);
    }
  }

  #dueAt(frame: Frame): number {
    const now = this.timing.elapsed();
    if (this.#bytesPerSecond === 0) return now + this.#delayMs;
    // A frame leaves once it has been carried whole, and the one before it too.
    this.#busyUntil = Math.max(now, this.#busyUntil) + (sizeOf(frame) * 1000) / this.#bytesPerSecond;
    return this.#busyUntil + this.#delayMs;
  }

  /** What is held up goes out at once if nothing holds it up any more. */
  #letGo(): void {
    if (this.#delayMs > 0 || this.#bytesPerSecond > 0 || this.#queue.length === 0) return;
    this.#flush();
    // What was queued may have filled the link; the peer tells of room only if it was itself full.
    this.drained();
  }

  #sendWhenDue(): void {
    const next = this.#queue[0];
    if (next === undefined || this.#callOffSending !== undefined) return;
    this.#callOffSending = this.timing.later(
      Math.max(0, next.dueAt - this.timing.elapsed()),
      () => {
        this.#callOffSending = undefined;
        const now = this.timing.elapsed();
        // A timer may fire a part of a millisecond early.
        this.batch(() => this.#sendQueued((queued) => queued.dueAt <= now + 1));
        this.#sendWhenDue();
        this.drained();
      },
      { keepsProcess: true },
    );
  }

  #sendQueued(isDue: (queued: Queued) => boolean): void {
    let count = 0;
    for (const queued of this.#queue) {
      if (this.#state !== "open" || !isDue(queued)) break;
      count++;
      this.#queuedBytes -= sizeOf(queued.frame);
      this.#transmit(queued.frame);
    }
    this.#queue = this.#queue.slice(count);
  }

  #flush(): void {
    this.#callOffSending?.();
    this.#callOffSending = undefined;
    this.#sendQueued(() => true);
  }

  #dropQueue(): void {
    this.#callOffSending?.();
    this.#callOffSending = undefined;
    this.#queue = [];
    this.#queuedBytes = 0;
  }

  #end(how: () => void): void {
    if (this.#state === "closed") return;
    this.#state = "closed";
    this.#dropQueue();
    this.#onAlive?.(false);
    how();
    this.#watch.closed(this);
    this.#user?.closed();
  }
}

/** Frames so damaged that nobody can read them, and everybody sees it. */
function corrupted(frame: Frame): Frame {
  if (typeof frame === "string") {
    const middle = frame.length >>> 1;
    // A control character is never JSON, within a string nor outside (RFC 8259, 7).
    return `${frame.slice(0, middle)}\u0001${frame.slice(middle + 1)}`;
  }
  const damaged = frame.slice();
  // A part of a stream begins with a block's header, of which this makes a reserved type (RFC 8878, 3.1.1.2.2); the first one
  // begins with the magic number.
  damaged[0] = (damaged[0] ?? 0) | 0b110;
  return damaged;
}
