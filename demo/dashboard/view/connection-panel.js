// @ts-check
import { rememberOpen } from "./disclosure.js";
import { h, setAttribute, setText, show } from "./dom.js";
import { isReconnecting } from "./masthead.js";
import { formatBytes, formatClock, formatCount, formatNumber } from "./number-format.js";
import { isOver } from "./phase.js";

/** @typedef {import("../contract.d.ts").Snapshot} Snapshot */
/** @typedef {import("../contract.d.ts").ChannelState} ChannelState */
/** @typedef {import("../contract.d.ts").LogEntry} LogEntry */
/** @typedef {"good" | "bad" | "busy" | "still"} Tone */

const LINES = 60;
/** Maximum number of listed channels. A parallel run of 256 sessions has hundreds. */
const ROWS = 24;
const TICK_MS = 200;

/** @type {Record<string, string>} */
const CHANNELS = { control: "Control", transaction: "Transactions", accountDiff: "Account diffs" };

/** @type {Record<NonNullable<ChannelState["phase"]>, string>} */
const PHASES = {
  connecting: "connecting",
  handshaking: "attaching",
  backingOff: "lost",
  parked: "waiting for other channels",
  suspended: "suspended",
};

/**
 * A line with the state of all connections. It opens a panel with the state of each connection, the recovery totals, and a log.
 *
 * @param {HTMLDetailsElement} root
 * @param {import("../worker-link.js").WorkerLink} _link
 */
export function createConnectionPanel(root, _link) {
  const offline = h(
    "p",
    { class: "hint", id: "offline", role: "status", hidden: true },
    "This browser is offline. The run continues when it is online again.",
  );
  const channels = h("ul", { class: "channels", "aria-label": "Channels" });
  const more = h("p", { class: "hint", hidden: true });
  const empty = h("p", { class: "hint" }, "No connections yet. They are opened when a run starts.");
  const totals = {
    reconnects: total("reconnects", "Reconnects"),
    gaps: total("gaps", "Gaps"),
    duplicates: total("duplicates", "Duplicates dropped"),
    frames: total("frames", "Frames"),
    bytes: total("bytes", "Received"),
    queued: total("queued", "Buffered events"),
  };
  const log = h("ol", {
    class: "log",
    id: "connection-log",
    reversed: true,
    tabindex: "0",
    "aria-labelledby": "connection-log-title",
  });
  const state = h("span", { class: "connection-words" });
  const line = h("span", { class: "connection-state" }, h("span", { class: "lamp", "aria-hidden": "true" }), state);
  const facts = h("span", { class: "connection-facts" });
  root.querySelector("summary")?.append(line, facts);
  root.append(
    h(
      "div",
      { class: "connection-panel" },
      h("div", {}, offline, empty, channels, more),
      h("dl", { class: "totals" }, ...Object.values(totals).map(({ element }) => element)),
      h("div", {}, h("h3", { id: "connection-log-title" }, "Connection log"), log),
    ),
  );
  rememberOpen(root);
  const nothing = h("li", { class: "hint" }, "No entries yet. Inject a fault during a run to see how the connections recover.");
  log.append(nothing);

  /** @type {Map<string, ReturnType<typeof createRow>>} */
  const rows = new Map();
  /** @type {Snapshot | undefined} */
  let latest;
  let paintedLog = "";
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;

  // Shows the browser's offline state at once. The client detects a dead connection some seconds later.
  function paintOffline() {
    const isFar = latest?.settings?.source.kind === "url" && !isOver(latest.phase);
    show(offline, isFar && !navigator.onLine);
  }
  addEventListener("online", paintOffline);
  addEventListener("offline", paintOffline);

  /** @param {Snapshot} snapshot */
  function paintChannels({ channels: states }) {
    // If there are too many channels, those with problems are shown first.
    const shown = states.length <= ROWS ? states : states.toSorted((a, b) => rank(a) - rank(b)).slice(0, ROWS);
    const names = new Set(shown.map(({ name }) => name));
    for (const [name, { element }] of rows) {
      if (names.has(name)) continue;
      element.remove();
      rows.delete(name);
    }
    for (const [index, state] of shown.entries()) {
      const row = rows.get(state.name) ?? createRow(state.name);
      rows.set(state.name, row);
      if (channels.children[index] !== row.element) channels.insertBefore(row.element, channels.children[index] ?? null);
      row.paint(state);
    }
    show(empty, states.length === 0);
    show(more, states.length > ROWS);
    const up = states.filter(({ state }) => state === "up").length;
    setText(more, `${formatNumber(states.length)} channels, ${formatNumber(up)} connected. Showing ${ROWS}.`);
    clearTimeout(timer);
    // If no snapshot arrives, the timer repaints the countdown to the next attempt.
    if (states.some(({ retryAt }) => retryAt !== undefined)) timer = setTimeout(() => latest && paintChannels(latest), TICK_MS);
  }

  /** @param {LogEntry[]} entries */
  function paintLog(entries) {
    const last = entries.at(-1);
    const key = `${entries.length} ${last?.at} ${last?.channel} ${last?.text}`;
    if (key === paintedLog) return;
    paintedLog = key;
    const lines = entries.slice(-LINES).reverse().map(describeEntry);
    log.replaceChildren(...(lines.length === 0 ? [nothing] : lines));
  }

  return {
    /** @param {Snapshot} snapshot */
    paint(snapshot) {
      const { counters } = snapshot;
      latest = snapshot;
      const summary = describeConnections(snapshot);
      setAttribute(line, "data-tone", summary.tone);
      setText(state, summary.text);
      setText(facts, summary.facts);
      paintOffline();
      paintChannels(snapshot);
      totals.reconnects.set(formatNumber(counters.reconnects));
      totals.gaps.set(...describeGaps(snapshot));
      totals.duplicates.set(formatNumber(counters.duplicatesDropped));
      const damaged = counters.malformed === 0 ? "" : `, ${formatNumber(counters.malformed)} malformed`;
      totals.frames.set(formatNumber(counters.frames) + damaged);
      totals.bytes.set(formatBytes(counters.bytes));
      totals.queued.set(formatNumber(counters.queued));
      paintLog(snapshot.connectionLog);
    },
  };
}

/** @param {string} name */
function createRow(name) {
  const [, channel = name, subRange] = /^(\S+)(?: (\d+))?$/.exec(name) ?? [];
  const title = (CHANNELS[channel] ?? channel) + (subRange === undefined ? "" : `, sub-range ${subRange}`);
  const word = h("span", { class: "channel-state" });
  const more = h("span", { class: "channel-more" });
  const element = h(
    "li",
    { "data-channel": name },
    h("span", { class: "lamp", "aria-hidden": "true" }),
    h("span", { class: "channel-name" }, title),
    word,
    more,
  );
  return {
    element,
    /** @param {ChannelState} state */
    paint(state) {
      const { tone, text, detail } = describeChannel(state, Date.now());
      setAttribute(element, "data-tone", tone);
      setText(word, text);
      const line = detail || (state.reconnects === 0 ? "" : formatCount(state.reconnects, "reconnect"));
      setText(more, line);
      // The style sheet truncates a long reason, so the tooltip shows the whole text.
      setAttribute(more, "title", detail || undefined);
    },
  };
}

/**
 * Describes the state of a channel in a word, with details.
 *
 * @param {ChannelState} channel
 * @param {number} now ms since 1970
 * @returns {{ tone: Tone, text: string, detail: string }}
 */
export function describeChannel({ state, phase, attempt = 0, reason, retryAt }, now) {
  if (state === "up") return { tone: "good", text: "connected", detail: "" };
  if (state === "closed") return { tone: "still", text: "closed", detail: "" };
  if (state === "failed") return { tone: "bad", text: "failed", detail: reason ?? "" };
  const text = phase === undefined ? "disconnected" : PHASES[phase];
  const isAgain = reason !== undefined || attempt > 1;
  const parts = [];
  if (retryAt !== undefined) {
    const seconds = Math.ceil((retryAt - now) / 1000);
    parts.push(`attempt ${attempt} ${seconds > 0 ? `in ${seconds} s` : "now"}`);
  } else if (isAgain && attempt > 0) parts.push(`attempt ${attempt}`);
  if (reason !== undefined) parts.push(reason);
  const tone = phase === "suspended" || phase === "parked" ? "still" : isAgain || phase === "backingOff" ? "bad" : "busy";
  return { tone, text, detail: parts.join(": ") };
}

/**
 * Describes the state of all connections in one line, with the most important totals.
 *
 * @param {Pick<Snapshot, "counters" | "phase" | "channels">} snapshot
 * @returns {{ tone: Tone, text: string, facts: string }}
 */
export function describeConnections(snapshot) {
  const { channels, counters } = snapshot;
  const count = (/** @type {ChannelState["state"]} */ state) => channels.filter((channel) => channel.state === state).length;
  const [up, open] = [count("up"), channels.length - count("closed")];
  const facts = `${formatCount(counters.reconnects, "reconnect")}, gaps: ${describeGaps(snapshot)[0]}, ${formatBytes(counters.bytes)} received`;
  if (channels.length === 0) return { tone: "still", text: "Not connected", facts: "" };
  if (open === 0) return { tone: "still", text: "Connections closed", facts };
  if (up === open) return { tone: "good", text: `${formatCount(up, "connection")} open`, facts };
  const tone = isReconnecting(channels) || count("failed") > 0 ? "bad" : "busy";
  return { tone, text: `${formatNumber(up)} of ${formatCount(open, "connection")} open`, facts };
}

/**
 * Describes the gaps of a run. While a channel is down, it is not known yet whether events are missing.
 *
 * @param {Pick<Snapshot, "counters" | "phase" | "channels">} snapshot
 * @returns {[text: string, tone: string | undefined]}
 */
export function describeGaps({ counters: { gaps, frames }, phase, channels }) {
  if (gaps > 0) return [`${formatNumber(gaps)}: events were lost`, "bad"];
  if (frames === 0) return ["–", undefined];
  if (phase === "failed") return ["none before the failure", undefined];
  return isReconnecting(channels) ? ["unknown until reconnected", undefined] : ["none", "good"];
}

/** @param {ChannelState} channel */
function rank({ state }) {
  return { failed: 0, down: 1, up: 2, closed: 3 }[state];
}

/** @param {LogEntry} entry */
function describeEntry({ at, channel, tone, text }) {
  return h(
    "li",
    { "data-tone": tone },
    h("time", { datetime: new Date(at).toISOString() }, formatClock(at)),
    h("span", { class: "log-channel" }, channel),
    h("span", { class: "log-text" }, text),
  );
}

/** @param {string} id @param {string} name */
function total(id, name) {
  const value = h("dd", { id: `total-${id}` }, "–");
  return {
    element: h("div", {}, h("dt", {}, name), value),
    /** @param {string} text @param {string} [tone] */
    set(text, tone) {
      setText(value, text);
      setAttribute(value, "data-tone", tone);
    },
  };
}
