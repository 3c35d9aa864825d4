// @ts-check
// The state of a session's connections in one line.

/** @typedef {import("../../dist/index.js").ConnectionStatus} ConnectionStatus */

/** The last status of each connection, and a summary. */
export class Connections {
  /** @type {Map<string, ConnectionStatus>} */
  #statuses = new Map();

  /** @param {{ channel: string, status: ConnectionStatus }} change */
  note({ channel, status }) {
    this.#statuses.set(channel, status);
  }

  get isHealthy() {
    return this.#troubled.length === 0;
  }

  /** Describes the connections in a few words, for the progress bar. @returns {string} */
  describe() {
    const [first] = this.#troubled;
    if (first === undefined) return "connected";
    const { length } = this.#troubled;
    return `${length === 1 ? first[0] : `${length} connections`} ${describeStatus(first[1])}`;
  }

  get #troubled() {
    return [...this.#statuses].filter(([, { state }]) => state === "down" || state === "failed");
  }
}

/** @param {ConnectionStatus} status @returns {string} */
function describeStatus(status) {
  if (status.state !== "down") return status.state;
  if (status.phase !== "backingOff") return status.phase;
  return `lost, retry in ${(Math.max(0, (status.retryAt ?? 0) - Date.now()) / 1000).toFixed(1)} s`;
}
