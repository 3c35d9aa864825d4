import { decodeUtf8 } from "../../codec/utf8.js";
import { LIMITS } from "../wire/simulator-limits.js";
import { type Frame, type Peer, type PeerEvents, sizeOf } from "./peer.js";
import type { Timing } from "./timing.js";

/** The two kinds of connections. */
export type Channel = "control" | "subscription";

/** The object that receives the frames of a link. */
export interface LinkUser {
  receive(text: string): void;
  /** Called when the link can accept frames again. */
  drained(): void;
  /** Called once, when the link has been closed. */
  closed(): void;
}

/** Receives the events of all links. The fault injector uses these events. */
export interface LinkWatch {
  opened(link: Link): void;
  closed(link: Link): void;
  /** Called when a control link has been assigned to a session or a parallel run. */
  sessionKnown(link: Link): void;
  frameSent(link: Link): void;
  /** Called when a fault has been applied to a frame. */
  tookEffect(type: "cutFrame" | "corruptFrame"): void;
}

interface Queued {
  frame: Frame;
  dueAt: number;
}

/** If the client does not answer a ping within this time, in ms, the connection counts as lost. */
const PROBE_MS = 500;

/**
 * A connection for the protocol code: a peer with injected faults. The protocol code does not have to handle the faults.
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
  /** The limit in bytes per second. 0 means no limit. */
  #bytesPerSecond = 0;
  /** When the transmission of the last queued frame ends. Measured with `Timing.elapsed`. */
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

  /** The id of the session that this link belongs to. `undefined` until it is known. */
  get sessionId(): string | undefined {
    return this.#sessionId;
  }

  get isOpen(): boolean {
    return this.#state !== "closed";
  }

  /** Whether the link accepts more frames: the socket is open and its buffer is not full. */
  get writable(): boolean {
    return this.#state === "open" && this.#peer.bufferedAmount + this.#queuedBytes < LIMITS.socketBacklogBytes;
  }

  /** Sets the object that receives the frames of the link. */
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

  /** Runs a callback. Frames that the callback sends may be combined into one write. */
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

  /** @param bytesPerSecond 0 means no limit */
  slow(bytesPerSecond: number): void {
    this.#bytesPerSecond = bytesPerSecond;
    this.#busyUntil = 0;
    this.#letGo();
  }

  /** Makes the link cut the connection in the middle of the next frame. Returns false if the link is closed or half-open. */
  cutNextFrame(): boolean {
    if (this.#state !== "open") return false;
    this.#cutNext = true;
    return true;
  }

  /** Damages the next frame that is sent. Returns false if the link is closed or half-open. */
  corruptNextFrame(): boolean {
    if (this.#state !== "open") return false;
    this.#corruptNext = true;
    return true;
  }

  /** Pings the client. Resolves to `true` if the client answers within `PROBE_MS`. */
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
    this.#user?.receive(typeof frame === "string" ? frame : decodeUtf8(frame));
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
    // At a limited rate, frames are transmitted one after another.
    this.#busyUntil = Math.max(now, this.#busyUntil) + (sizeOf(frame) * 1000) / this.#bytesPerSecond;
    return this.#busyUntil + this.#delayMs;
  }

  /** Sends the queued frames at once if neither a delay nor a limit is set. */
  #letGo(): void {
    if (this.#delayMs > 0 || this.#bytesPerSecond > 0 || this.#queue.length === 0) return;
    this.#flush();
    // The queue is now empty: notifies the user of the link.
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
        // Sends frames that are due within 1 ms, because a timer may fire a fraction of a millisecond early.
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

/** Damages a frame so that every client detects it. */
function corrupted(frame: Frame): Frame {
  if (typeof frame === "string") {
    const middle = frame.length >>> 1;
    // Inserts U+0001, a control character that JSON allows nowhere (RFC 8259, sections 2 and 7).
    return `${frame.slice(0, middle)}\u0001${frame.slice(middle + 1)}`;
  }
  const damaged = frame.slice();
  // Damages the first byte: the magic number at the start of a stream, a block type elsewhere (RFC 8878, 3.1.1.2.2).
  damaged[0] = (damaged[0] ?? 0) | 0b110;
  return damaged;
}
