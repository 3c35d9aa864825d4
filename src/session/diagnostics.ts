/** Counters of a session from its start. A snapshot, not a live object. */
export interface Diagnostics {
  /** Frames that were received, on all channels. */
  frames: number;
  /** Their payload: bytes of binary frames, characters of text ones. */
  bytes: number;
  /** Decoded size of compressed frames, in characters. */
  decodedBytes: number;
  /** Connections that were resumed, by channel ("control", "transaction", …). */
  reconnects: Record<string, number>;
  /** Connections that were lost or could not be opened, by channel and reason. */
  losses: Record<string, Record<string, number>>;
  /** Events that were replayed after a reconnect although they had arrived, and were dropped. */
  duplicatesDropped: number;
  /** Frames that could not be read, and were skipped. */
  malformed: number;
  /** Failures of single transactions that the server reported (`simulationError`). */
  simulationErrors: number;
  /** Events that are buffered: received and not delivered yet. */
  queueLength: number;
  /** Their size, in bytes. */
  queueBytes: number;
  /** How long the control connection has been up in total, in ms. */
  upMs: number;
}

/** The counters behind a session's `diagnostics`. */
export class Counters {
  frames = 0;
  bytes = 0;
  decodedBytes = 0;
  duplicatesDropped = 0;
  malformed = 0;
  simulationErrors = 0;
  readonly reconnects: Record<string, number> = {};
  readonly losses: Record<string, Record<string, number>> = {};

  countReconnect(channel: string): void {
    count(this.reconnects, channel);
  }

  countLoss(channel: string, reason: string): void {
    this.losses[channel] ??= {};
    count(this.losses[channel], reason);
  }

  snapshot(rest: Pick<Diagnostics, "queueLength" | "queueBytes" | "upMs">): Diagnostics {
    // Copied by hand: jsdom has no structuredClone.
    const losses = Object.fromEntries(Object.entries(this.losses).map(([channel, reasons]) => [channel, { ...reasons }]));
    return { ...this, reconnects: { ...this.reconnects }, losses, ...rest };
  }
}

/** How many reasons are counted apart: a server that words each reason differently must not make the counters grow. */
const MAX_REASONS = 100;

function count(counts: Record<string, number>, name: string): void {
  const known = name in counts || Object.keys(counts).length < MAX_REASONS ? name : "other";
  counts[known] = (counts[known] ?? 0) + 1;
}
