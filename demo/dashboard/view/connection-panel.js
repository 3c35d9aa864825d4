// @ts-check
import { h, setAttribute, setText, show } from "./dom.js";
import { formatBytes, formatClock, formatCount, formatNumber } from "./number-format.js";
import { isOver } from "./phase.js";

/** @typedef {import("../contract.d.ts").Snapshot} Snapshot */
/** @typedef {import("../contract.d.ts").ChannelState} ChannelState */
/** @typedef {import("../contract.d.ts").LogEntry} LogEntry */
/** @typedef {"good" | "bad" | "busy" | "still"} Tone */

const LINES = 60;
/** A parallel run of 256 sessions has hundreds: those that are up say little each. */
const ROWS = 24;
const TICK_MS = 200;

/** @type {Record<string, string>} */
const CHANNELS = { control: "Control", transaction: "Transactions", accountDiff: "Account diffs" };

/** @type {Record<NonNullable<ChannelState["phase"]>, string>} */
const PHASES = {
  connecting: "connecting",
  handshaking: "attaching",
  backingOff: "lost",
  parked: "waits for the others",
  suspended: "suspended",
};

/**
 * What each connection does, what was made good, and what happened.
 *
 * @param {HTMLElement} root
 * @param {import("../worker-link.js").WorkerLink} _link
 */
export function createConnectionPanel(root, _link) {
  const offline = h(
    "p",
    { class: "hint", id: "offline", role: "status", hidden: true },
    "This browser is offline. The run goes on by itself once it is online again: nothing is lost.",
  );
  const channels = h("ul", { class: "channels", "aria-label": "Channels" });
  const more = h("p", { class: "hint", hidden: true });
  const empty = h("p", { class: "hint" }, "No connection yet: they are opened when a run starts.");
  const totals = {
    reconnects: total("reconnects", "Reconnects"),
    gaps: total("gaps", "Gaps"),
    duplicates: total("duplicates", "Duplicates dropped"),
    frames: total("frames", "Frames"),
    bytes: total("bytes", "Received"),
    queued: total("queued", "Queued"),
  };
  const log = h("ol", {
    class: "log",
    id: "connection-log",
    reversed: true,
    tabindex: "0",
    "aria-labelledby": "connection-log-title",
  });
  root.append(
    offline,
    empty,
    channels,
    more,
    h("dl", { class: "totals" }, ...Object.values(totals).map(({ element }) => element)),
    h("h3", { id: "connection-log-title" }, "What happened"),
    log,
  );
  const nothing = h(
    "li",
    { class: "hint" },
    "Nothing yet. Break the connection while a run plays, and see here how it comes back.",
  );
  log.append(nothing);

  /** @type {Map<string, ReturnType<typeof createRow>>} */
  const rows = new Map();
  /** @type {Snapshot | undefined} */
  let latest;
  let told = "";
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;

  // Connections that are open may be found dead seconds later: who looks at the page is told at once.
  function paintOffline() {
    const isFar = latest?.settings?.source.kind === "url" && !isOver(latest.phase);
    show(offline, isFar && !navigator.onLine);
  }
  addEventListener("online", paintOffline);
  addEventListener("offline", paintOffline);

  /** @param {Snapshot} snapshot */
  function paintChannels({ channels: states }) {
    // Those that need a look come first where not all can be shown.
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
    setText(more, `${formatNumber(states.length)} channels, ${formatNumber(up)} of them up; ${ROWS} are shown.`);
    // The countdown goes on while nothing comes that could be painted.
    clearTimeout(timer);
    if (states.some(({ retryAt }) => retryAt !== undefined)) timer = setTimeout(() => latest && paintChannels(latest), TICK_MS);
  }

  /** @param {LogEntry[]} entries */
  function paintLog(entries) {
    const last = entries.at(-1);
    const key = `${entries.length} ${last?.at} ${last?.channel} ${last?.text}`;
    if (key === told) return;
    told = key;
    const lines = entries.slice(-LINES).reverse().map(describeEntry);
    log.replaceChildren(...(lines.length === 0 ? [nothing] : lines));
  }

  return {
    /** @param {Snapshot} snapshot */
    paint(snapshot) {
      const { counters } = snapshot;
      latest = snapshot;
      paintOffline();
      paintChannels(snapshot);
      totals.reconnects.set(formatNumber(counters.reconnects));
      totals.gaps.set(...describeGaps(snapshot));
      totals.duplicates.set(formatNumber(counters.duplicatesDropped));
      const damaged = counters.malformed === 0 ? "" : `, ${formatNumber(counters.malformed)} damaged`;
      totals.frames.set(formatNumber(counters.frames) + damaged);
      totals.bytes.set(formatBytes(counters.bytes));
      totals.queued.set(formatNumber(counters.queued));
      paintLog(snapshot.connectionLog);
    },
  };
}

/** @param {string} name */
function createRow(name) {
  const [, channel = name, lane] = /^(\S+)(?: (\d+))?$/.exec(name) ?? [];
  const title = (CHANNELS[channel] ?? channel) + (lane === undefined ? "" : `, lane ${lane}`);
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
      const times = state.reconnects === 1 ? "once" : formatCount(state.reconnects, "time");
      const line = detail || (state.reconnects === 0 ? "" : `came back ${times}`);
      setText(more, line);
      // A long reason is cut on the screen: its end is a pointer away, and in the list below.
      setAttribute(more, "title", detail || undefined);
    },
  };
}

/**
 * A channel's state: in a word, and what there is to tell beside it.
 *
 * @param {ChannelState} channel
 * @param {number} now ms since 1970
 * @returns {{ tone: Tone, text: string, detail: string }}
 */
export function describeChannel({ state, phase, attempt = 0, reason, retryAt }, now) {
  if (state === "up") return { tone: "good", text: "up", detail: "" };
  if (state === "closed") return { tone: "still", text: "closed", detail: "" };
  if (state === "failed") return { tone: "bad", text: "given up", detail: reason ?? "" };
  const text = phase === undefined ? "down" : PHASES[phase];
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
 * Whether something is missing: said of nothing where nothing came, and of a failed run no more than holds.
 *
 * @param {Pick<Snapshot, "counters" | "phase">} snapshot
 * @returns {[text: string, tone: string | undefined]}
 */
export function describeGaps({ counters: { gaps, frames }, phase }) {
  if (gaps > 0) return [`${formatNumber(gaps)}: something is missing`, "bad"];
  if (frames === 0) return ["–", undefined];
  return phase === "failed" ? ["none until it failed", undefined] : ["none: nothing was lost", "good"];
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
