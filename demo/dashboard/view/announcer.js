// @ts-check
import { setText } from "./dom.js";
import { PHASES } from "./phase.js";

/** @typedef {import("../contract.d.ts").Snapshot} Snapshot */

/** Announcements within this time, in ms, are combined into one. */
const PACE_MS = 1500;

/**
 * Announces phases and connection changes to screen readers, in a polite live region.
 *
 * @param {HTMLElement} root
 * @param {import("../worker-link.js").WorkerLink} link
 */
export function createAnnouncer(root, link) {
  /** @type {string[]} */
  let waiting = [];
  let isDue = false;
  let phase = "idle";
  let down = 0;

  /** @param {string} text */
  function announce(text) {
    waiting = [...waiting, text].slice(-3);
    if (isDue) return;
    isDue = true;
    setTimeout(() => {
      isDue = false;
      setText(root, waiting.join(" "));
      waiting = [];
    }, PACE_MS);
  }

  link.on("refused", ({ message }) => announce(message));

  return {
    announce,
    /** @param {Snapshot} snapshot */
    paint(snapshot) {
      if (snapshot.phase !== phase && snapshot.phase !== "stepping" && snapshot.phase !== "pausing") {
        announce(`${PHASES[snapshot.phase].word}.`);
      }
      phase = snapshot.phase;
      const lost = snapshot.channels.filter((channel) => channel.state === "down" && channel.reason !== undefined).length;
      if (lost > 0 && down === 0) announce("Connection lost. Reconnecting.");
      if (lost === 0 && down > 0 && snapshot.channels.some((channel) => channel.state === "up")) {
        announce(`Reconnected. ${snapshot.counters.gaps === 0 ? "No events were lost." : "Some events were lost."}`);
      }
      down = lost;
    },
  };
}
