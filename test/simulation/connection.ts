import type { Channel } from "../../src/local/link/link.js";
import type { Frame, Peer, PeerEvents } from "../../src/local/link/peer.js";
import type { UpgradeAnswer } from "../../src/local/server/simulator.js";
import { type Carriage, type Item, Pipe } from "./pipe.js";
import type { SeededRandom } from "./seeded-random.js";
import type { SimulatedProcess } from "./simulated-process.js";
import type { VirtualClock } from "./virtual-clock.js";

/** The callbacks at the client side of a connection. */
export interface ClientEnd {
  opened(protocol: string): void;
  /** Called if the upgrade was refused. `status` is `undefined` if there is no server. */
  refused(status: number | undefined): void;
  /** Called for frames that arrived together. */
  received(frames: Frame[]): void;
  ponged(): void;
  closed(code: number, reason: string, isClean: boolean): void;
}

export interface ConnectionTerms {
  id: number;
  channel: Channel;
  path: string;
  carriage: Carriage;
  /** Whether the server answers a close frame with a close frame. */
  echoesClose: boolean;
  /** Whether some notifications of a subscription arrive before the response to the subscribe request. */
  acknowledgesLate: boolean;
  /** Called for each frame that the client writes. */
  written(text: string): void;
  /** Returns whether a fault removes a frame of the client, so that the server does not receive it. */
  intercept(connection: Connection, text: string): boolean;
  /** Called for each frame that reaches the client. */
  delivered(connection: Connection, frame: Frame): void;
  over(connection: Connection): void;
}

/** The close code if there was no close frame (RFC 6455, 7.1.5). */
const ABNORMAL = 1006;

/** The acknowledgement of a subscribe request. */
const ACKNOWLEDGEMENT = /^\{"jsonrpc":"2\.0","id":[1-9]\d*,"result":/;
/** How long a late acknowledgement is delayed, in ms. */
const LATE_ACKNOWLEDGEMENT_MS = 5;

/** A TCP connection with a WebSocket on it, between a process and the server. */
export class Connection {
  readonly id: number;
  readonly channel: Channel;
  readonly path: string;
  readonly process: SimulatedProcess;
  readonly up: Pipe;
  readonly down: Pipe;
  readonly #terms: ConnectionTerms;
  readonly #clock: VirtualClock;
  readonly #client: ClientEnd;
  #server: PeerEvents | undefined;
  #isClientOver = false;
  #isOver = false;
  #corruptNext = false;
  /** The delayed acknowledgement. `after` is the number of frames that the server sends before the acknowledgement. */
  #acknowledgement: { put(): void; after: number } | undefined;

  constructor(process: SimulatedProcess, client: ClientEnd, terms: ConnectionTerms, clock: VirtualClock, random: SeededRandom) {
    this.id = terms.id;
    this.channel = terms.channel;
    this.path = terms.path;
    this.process = process;
    this.#terms = terms;
    this.#clock = clock;
    this.#client = client;
    const reset = (): void => this.reset();
    this.up = new Pipe(clock, random, { ...terms.carriage }, (items) => this.#serve(items), reset);
    this.down = new Pipe(clock, random, { ...terms.carriage }, (items) => this.#receive(items), reset);
  }

  get label(): string {
    return `#${this.id} ${this.channel}`;
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  get isOpen(): boolean {
    return !this.#isOver && this.#server !== undefined;
  }

  /** Called when the server has accepted the connection. */
  accept(answer: Extract<UpgradeAnswer, { accept: unknown }>): void {
    this.#clock.add(this.down.carriage.latencyMs, () => {
      if (this.#isOver) return;
      this.process.enter(() => {
        if (!this.#isClientOver) this.#client.opened(answer.protocol ?? "");
      });
    });
    this.#server = answer.accept(this.#peer());
  }

  refuse(status: number | undefined): void {
    this.#isOver = true;
    this.#terms.over(this);
    this.#clock.add(this.down.carriage.latencyMs, () =>
      this.process.enter(() => {
        if (this.#isClientOver) return;
        this.#isClientOver = true;
        this.#client.refused(status);
      }),
    );
  }

  /** Damages the next frame for the client. */
  corruptNext(): void {
    this.#corruptNext = true;
  }

  /** Cuts the connection at both ends. Data in transit is lost. */
  reset(clientLatencyMs = 0): void {
    if (this.#isOver) return;
    this.#leaveServer();
    this.#finish();
    this.#clock.add(clientLatencyMs, () => this.#closeClient(ABNORMAL, "", false));
  }

  /** Simulates that the server closes the connection with this code. If `losesData`, data in transit is lost. */
  closeByServer(code: number, losesData: boolean): void {
    if (this.#isOver) return;
    this.#leaveServer();
    if (losesData) {
      this.#finish();
      this.#clock.add(this.down.carriage.latencyMs, () => this.#closeClient(code, "", true));
    } else {
      this.down.put({ type: "close", code, reason: "" });
    }
  }

  send(frame: Frame): void {
    this.#terms.written(String(frame));
    this.up.put({ type: "frame", frame });
  }

  ping(): void {
    this.up.put({ type: "ping" });
  }

  closeByClient(code: number, reason: string): void {
    this.up.put({ type: "close", code, reason });
  }

  /** Closes the client's end of the connection, and sends no close frame. */
  terminateByClient(): void {
    this.#isClientOver = true;
    if (this.#isOver) return;
    this.#finish();
    this.#clock.add(this.up.carriage.latencyMs, () => this.#leaveServer());
  }

  #peer(): Peer {
    const { down } = this;
    return {
      get bufferedAmount() {
        return down.bytes;
      },
      send: (frame) => this.#send(frame),
      batch: (run) => run(),
      close: (code, reason) => down.put({ type: "close", code, reason }),
      terminate: () => this.reset(this.down.carriage.latencyMs),
      cut: () => this.reset(this.down.carriage.latencyMs),
      deafen: () => this.up.lose(),
      ping: () => down.put({ type: "ping" }),
    };
  }

  /** Sends a frame from the server. */
  #send(frame: Frame): void {
    const put = (): void => this.down.put({ type: "frame", frame });
    const isAcknowledgement = typeof frame === "string" && this.channel === "subscription" && ACKNOWLEDGEMENT.test(frame);
    if (!isAcknowledgement || !this.#terms.acknowledgesLate) {
      put();
      if (this.#acknowledgement !== undefined && --this.#acknowledgement.after <= 0) this.#acknowledge();
      return;
    }
    // Sends the earlier, delayed acknowledgement first, because acknowledgements must arrive in order.
    this.#acknowledge();
    const acknowledgement = { put, after: 1 + (this.id % 5) };
    this.#acknowledgement = acknowledgement;
    this.#clock.add(LATE_ACKNOWLEDGEMENT_MS, () => {
      if (this.#acknowledgement === acknowledgement) this.#acknowledge();
    });
  }

  #acknowledge(): void {
    const acknowledgement = this.#acknowledgement;
    this.#acknowledgement = undefined;
    acknowledgement?.put();
  }

  #serve(items: Item[]): void {
    for (const item of items) {
      if (this.#isOver) return;
      if (item.type === "frame") {
        const text = String(item.frame);
        if (!this.#terms.intercept(this, text)) this.#server?.message(item.frame);
      } else if (item.type === "ping") {
        this.down.put({ type: "pong" });
      } else if (item.type === "pong") {
        this.#server?.alive();
      } else {
        this.#leaveServer();
        if (this.#terms.echoesClose) this.down.put(item);
      }
    }
  }

  #receive(items: Item[]): void {
    let frames: Frame[] = [];
    const flush = (): void => {
      const together = frames;
      frames = [];
      if (together.length === 0) return;
      this.process.enter(() => {
        if (!this.#isClientOver) this.#client.received(together);
      });
    };
    for (const item of items) {
      if (item.type === "frame") {
        const frame = this.#corruptNext ? corrupted(item.frame) : item.frame;
        this.#corruptNext = false;
        frames.push(frame);
        this.#terms.delivered(this, frame);
      } else if (item.type === "ping") {
        // The operating system still answers pings for a frozen page, but not for a dead process.
        if (!this.process.isDead) this.up.put({ type: "pong" });
      } else if (item.type === "pong") {
        flush();
        this.process.enter(() => {
          if (!this.#isClientOver) this.#client.ponged();
        });
      } else {
        flush();
        this.#leaveServer();
        this.#finish();
        this.#closeClient(item.code, item.reason, true);
      }
    }
    flush();
    this.#server?.drained();
  }

  #closeClient(code: number, reason: string, isClean: boolean): void {
    this.process.enter(() => {
      if (this.#isClientOver) return;
      this.#isClientOver = true;
      this.#client.closed(code, reason, isClean);
    });
  }

  #leaveServer(): void {
    const server = this.#server;
    this.#server = undefined;
    server?.closed();
  }

  #finish(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.up.end();
    this.down.end();
    this.#terms.over(this);
  }
}

/** Returns a damaged copy of a frame, which no client can read. */
function corrupted(frame: Frame): Frame {
  if (typeof frame === "string") {
    const middle = frame.length >>> 1;
    // A control character makes the frame invalid JSON (RFC 8259, 7).
    return `${frame.slice(0, middle)}\u0001${frame.slice(middle + 1)}`;
  }
  const damaged = frame.slice();
  // In the first frame of a zstd stream, these bits damage the magic number. In each later frame, the bits make the block type
  // invalid (RFC 8878, 3.1.1.2.2).
  damaged[0] = (damaged[0] ?? 0) | 0b110;
  return damaged;
}
