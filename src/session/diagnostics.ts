/** What a session has seen so far. Counts from its start; a snapshot, not a live object. */
export interface Diagnostics {
  /** Frames that came in, on all channels. */
  frames: number;
  /** Their payload: bytes of binary frames, characters of text ones. */
  bytes: number;
  /** What compressed frames gave, in characters. */
  decodedBytes: number;
  /** Connections that were brought back, by channel ("control", "transaction", …). */
  reconnects: Record<string, number>;
  /** Connections that were lost or could not be opened, by channel and reason. */
  losses: Record<string, Record<string, number>>;
  /** Events that came again after a reconnect, and were dropped. */
  duplicatesDropped: number;
  /** Frames that could not be read, and were skipped. */
  malformed: number;
  /** Transactions' own failures that the server told of (`simulationError`). */
  simulationErrors: number;
  /** Events that were received and not yet taken. */
  queueLength: number;
  /** How long the control connection has been up in all, in ms. */
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

  snapshot(queueLength: number, upMs: number): Diagnostics {
    return structuredClone({ ...this, queueLength, upMs });
  }
}

/** As many reasons are told apart; a server that words each one anew must not make us grow. */
const MAX_REASONS = 100;

function count(counts: Record<string, number>, name: string): void {
  const known = name in counts || Object.keys(counts).length < MAX_REASONS ? name : "other";
  counts[known] = (counts[known] ?? 0) + 1;
}
