// @ts-check
import { setAttribute, setText } from "./dom.js";
import { isOver, PHASES } from "./phase.js";

/** @typedef {import("../contract.d.ts").Snapshot} Snapshot */
/** @typedef {import("../contract.d.ts").ChannelState} ChannelState */
/** @typedef {import("./phase.js").Tone} Tone */

/** Interval at which the countdown is repainted between snapshots, in ms. */
const TICK_MS = 200;

/**
 * Shows the state of the run next to the page title. While connections are lost, shows the state of the connections instead.
 *
 * @param {HTMLElement} root
 */
export function createMasthead(root) {
  /** @type {Snapshot | undefined} */
  let latest;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  addEventListener("online", update);
  addEventListener("offline", update);

  function update() {
    if (latest === undefined) return;
    const { text, tone } = describeRun(latest, Date.now(), navigator.onLine);
    setText(root, text);
    setAttribute(root, "data-tone", tone);
    clearTimeout(timer);
    if (isReconnecting(latest.channels) && !isOver(latest.phase)) timer = setTimeout(update, TICK_MS);
  }

  return {
    /** @param {Snapshot} snapshot */
    paint(snapshot) {
      latest = snapshot;
      update();
    },
  };
}

/**
 * Describes the phase of a run, or the reconnect if a connection is lost.
 *
 * @param {Pick<Snapshot, "phase" | "channels" | "error" | "settings">} snapshot
 * @param {number} now ms since 1970
 * @param {boolean} isOnline
 * @returns {{ text: string, tone: Tone }}
 */
export function describeRun({ phase, channels, error, settings }, now, isOnline) {
  const { word: text, tone } = PHASES[phase];
  if (phase === "failed" && error?.code === "unreachable") return { text: "Server unreachable", tone };
  if (isOver(phase) || phase === "stopping") return { text, tone };
  if (!isOnline && settings?.source.kind === "url") return { text: "Offline", tone: "bad" };
  const lost = channels.filter(isLost);
  const [worst] = lost.toSorted((a, b) => (b.attempt ?? 0) - (a.attempt ?? 0));
  if (worst === undefined) return { text, tone };
  const verb = phase === "starting" ? "Server unreachable" : "Reconnecting";
  return { text: `${verb}${describeAttempt(worst, now)}`, tone: "bad" };
}

/** @param {readonly ChannelState[]} channels */
export const isReconnecting = (channels) => channels.some(isLost);

/**
 * Whether a connection was lost. A channel in its first attempt does not count as lost: it has no `reason`.
 *
 * @param {ChannelState} channel
 */
const isLost = ({ state, reason }) => state === "down" && reason !== undefined;

/** @param {ChannelState} channel @param {number} now ms since 1970 */
function describeAttempt({ attempt = 0, retryAt }, now) {
  if (attempt === 0) return "";
  if (retryAt === undefined || retryAt <= now) return ` (attempt ${attempt})`;
  return ` (attempt ${attempt}, next in ${Math.ceil((retryAt - now) / 1000)} s)`;
}
