import type { ConnectionStatus } from "../../connection/status.js";

/** The latest status of each connection of a run. */
export class Connections {
  readonly #statuses = new Map<string, ConnectionStatus>();

  /** Stores the status of a connection. @returns whether an established connection has been lost */
  note(channel: string, status: ConnectionStatus): boolean {
    const before = this.#statuses.get(channel);
    this.#statuses.set(channel, status);
    // A connection without an earlier status counts as up: the control connection is up before the first call of `note`.
    const wasUp = before === undefined || before.state === "up";
    return wasUp && status.state === "down" && status.reason !== undefined;
  }

  get isHealthy(): boolean {
    return this.#troubled.length === 0;
  }

  /** Describes the state of the connections in a few words, for the progress line. @param now ms since 1970 */
  describe(now: number): string {
    const [first, ...others] = this.#troubled;
    if (first === undefined) return "connected";
    return `${others.length === 0 ? first[0] : `${others.length + 1} connections`} ${describeStatus(first[1], now)}`;
  }

  get #troubled(): [string, ConnectionStatus][] {
    return [...this.#statuses].filter(([, { state }]) => state === "down" || state === "failed");
  }
}

function describeStatus(status: ConnectionStatus, now: number): string {
  if (status.state !== "down") return status.state;
  if (status.phase !== "backingOff") return status.phase;
  return `lost, retry in ${(Math.max(0, (status.retryAt ?? 0) - now) / 1000).toFixed(1)} s`;
}
