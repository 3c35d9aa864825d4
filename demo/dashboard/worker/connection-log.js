// @ts-check

/** @typedef {import("../../../dist/browser.js").ConnectionStatus} ConnectionStatus */
/** @typedef {import("../../../dist/browser.js").ContinuityEvent} ContinuityEvent */
/** @typedef {import("../contract.js").LogEntry} LogEntry */
/** @typedef {import("../contract.js").ChannelState} ChannelState */

const ENTRIES = 200;
/** Maximum length of an entry, because servers may send text of any length. */
const CHARACTERS = 500;
/** Maximum number of channels, sufficient for 256 sub-ranges. */
const CHANNELS = 800;

/** The state of each connection of a run, and a log of state changes. */
export class ConnectionLog {
  /** @type {LogEntry[]} */
  entries = [];
  /** @type {Map<string, ChannelState>} */
  #channels = new Map();
  gaps = 0;
  /** Number of reconnects before the page was reloaded. */
  #earlierReconnects = 0;

  /** @returns {ChannelState[]} */
  get channels() {
    return [...this.#channels.values()];
  }

  get reconnects() {
    return this.channels.reduce((sum, { reconnects }) => sum + reconnects, this.#earlierReconnects);
  }

  /** The totals that a reloaded page restores. */
  totals() {
    return { gaps: this.gaps, reconnects: this.reconnects };
  }

  /** @param {{ gaps: number, reconnects: number }} totals */
  restore({ gaps, reconnects }) {
    this.gaps = gaps;
    this.#earlierReconnects = reconnects;
  }

  /** @param {string} channel @param {ConnectionStatus} status */
  noteStatus(channel, status) {
    const before = this.#channels.get(channel);
    if (before === undefined && this.#channels.size >= CHANNELS) return;
    const { state } = status;
    const isBack = state === "up" && before?.state === "down" && before.reason !== undefined;
    const reconnects = (before?.reconnects ?? 0) + (isBack ? 1 : 0);
    this.#channels.set(channel, { name: channel, ...status, reconnects });
    if (state === "down" && status.phase === "backingOff") {
      const wait = Math.max(0, (status.retryAt ?? Date.now()) - Date.now());
      this.note(channel, "bad", `${status.reason ?? "lost"}; attempt ${status.attempt} in ${(wait / 1000).toFixed(1)} s`);
    } else if (state === "down" && status.phase === "suspended") this.note(channel, "neutral", "suspended with the page");
    else if (state === "failed") this.note(channel, "bad", `failed: ${status.reason}`);
    else if (state === "up" && before?.state !== "up")
      this.note(channel, isBack ? "good" : "neutral", isBack ? "reconnected" : "connected");
  }

  /** @param {ContinuityEvent} event @param {string} suffix identifies the sub-range */
  noteContinuity(event, suffix) {
    switch (event.kind) {
      case "resumed": {
        const after = event.after === undefined ? "from the beginning" : `after ${unitOf(event.channel)} ${event.after}`;
        this.note(event.channel + suffix, "good", `resumed ${after}, no events lost`);
        break;
      }
      case "gap":
        this.gaps++;
        this.note(event.channel + suffix, "bad", `gap: expected ${event.expected}, got ${event.got}`);
        break;
      case "continueUncertain":
        this.note(
          `control${suffix}`,
          "neutral",
          "a continue may be lost: it is resent while the run plays, but not for a single step",
        );
        break;
    }
  }

  /** @param {string} channel @param {LogEntry["tone"]} tone @param {string} text */
  note(channel, tone, text) {
    this.entries.push({ at: Date.now(), channel, tone, text: text.slice(0, CHARACTERS) });
    if (this.entries.length > ENTRIES) this.entries.shift();
  }
}

/** Returns the unit of a channel's position: events or slots. @param {string} channel */
const unitOf = (channel) => (channel === "control" ? "event" : "slot");
