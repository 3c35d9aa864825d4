// @ts-check
import { setText } from "./dom.js";
import { PHASES } from "./phase.js";

/** @typedef {import("../contract.d.ts").Snapshot} Snapshot */

/** Who listens is told of the last thing within this time, and not of each one. */
const PACE_MS = 1500;

/**
 * What happens, for those who don't see it: in a live region, politely.
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
  function say(text) {
    waiting = [...waiting, text].slice(-3);
    if (isDue) return;
    isDue = true;
    setTimeout(() => {
      isDue = false;
      setText(root, waiting.join(" "));
      waiting = [];
    }, PACE_MS);
  }

  link.on("refused", ({ message }) => say(message));

  return {
    say,
    /** @param {Snapshot} snapshot */
    paint(snapshot) {
      if (snapshot.phase !== phase && snapshot.phase !== "stepping" && snapshot.phase !== "pausing") {
        say(`${PHASES[snapshot.phase].word}.`);
      }
      phase = snapshot.phase;
      const lost = snapshot.channels.filter((channel) => channel.state === "down" && channel.reason !== undefined).length;
      if (lost > 0 && down === 0) say("The connection is lost, and is being brought back.");
      if (lost === 0 && down > 0 && snapshot.channels.some((channel) => channel.state === "up")) {
        say(`The connection is back. ${snapshot.counters.gaps === 0 ? "Nothing was lost." : "Something is missing."}`);
      }
      down = lost;
    },
  };
}
