/** Counters of a session since its start. The object is a snapshot and does not change. */
export interface Diagnostics {
  /** Number of received frames, on all channels. */
  frames: number;
  /** Total payload of all received frames: bytes of binary frames, and characters of text frames. */
  bytes: number;
  /** Total decoded size of compressed frames, in characters. */
  decodedBytes: number;
  /** Number of resumed connections, by channel ("control", "transaction", …). */
  reconnects: Record<string, number>;
  /** Number of connections that were lost or could not be opened, by channel and reason. */
  losses: Record<string, Record<string, number>>;
  /** Number of duplicate events that were replayed after a reconnect and dropped. */
  duplicatesDropped: number;
  /** Number of frames that could not be read and were skipped. */
  malformed: number;
  /** Number of failed transactions that the server reported (`simulationError`). */
  simulationErrors: number;
  /** Number of buffered events: received, but not delivered yet. */
  queueLength: number;
  /** Total size of the buffered events, in bytes. */
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
    // The code does not use structuredClone, because jsdom does not have it.
    const losses = Object.fromEntries(Object.entries(this.losses).map(([channel, reasons]) => [channel, { ...reasons }]));
    return { ...this, reconnects: { ...this.reconnects }, losses, ...rest };
  }
}

/**
 * The maximum number of reasons with their own counter. Without a limit, a server that sends a different reason each time would
 * make the counters grow without end.
 */
const MAX_REASONS = 100;

function count(counts: Record<string, number>, name: string): void {
  const known = name in counts || Object.keys(counts).length < MAX_REASONS ? name : "other";
  counts[known] = (counts[known] ?? 0) + 1;
}
