// @ts-check
import { byId, h, setAttribute, setText, show, uniqueId } from "./dom.js";
import { formatNumber } from "./number-format.js";
import { isOver } from "./phase.js";
import { readSlot } from "./settings.js";
import { createShortcuts } from "./shortcuts.js";

/** @typedef {import("../contract.d.ts").Snapshot} Snapshot */

const STEPS = [1, 10, 100];

/**
 * The buttons that control a run. An unavailable button has `aria-disabled`, stays focusable, and describes why it is unavailable.
 *
 * @param {HTMLElement} root
 * @param {import("../worker-link.js").WorkerLink} link
 * @param {{ stepNewer: () => void, stepOlder: () => void }} detail
 */
export function createControls(root, link, detail) {
  /** @type {Snapshot | undefined} */
  let latest;
  const stopDialog = /** @type {HTMLDialogElement} */ (byId("stop-dialog"));

  const playPause = createButton("Play", () => link.send({ type: latest?.phase === "playing" ? "pause" : "play" }), {
    id: "play-pause",
    class: "primary",
  });
  const steps = STEPS.map((slots) =>
    createButton(slots === 1 ? "Step 1" : `${slots}`, () => link.send({ type: "step", slots }), {
      "aria-label": `Step ${slots}`,
    }),
  );
  const slotField = h("input", {
    id: "continue-slot",
    inputmode: "numeric",
    spellcheck: "false",
    autocomplete: "off",
    class: "slot-field",
    "aria-describedby": "continue-error",
  });
  const slotError = h("p", { id: "continue-error", class: "field-error", hidden: true });
  const go = createButton("Go", continueTo, { type: "submit" });
  const toSlot = h("form", { class: "continue", novalidate: true }, h("label", { for: "continue-slot" }, "To slot"), slotField);
  toSlot.append(go.element);
  // Prevents a page load. The click handler of the button has already sent the command.
  toSlot.addEventListener("submit", (event) => event.preventDefault());
  const discovery = createButton("Next discovery", () => link.send({ type: "nextDiscovery" }), { id: "next-discovery" });
  const stop = createButton("Stop…", () => stopDialog.showModal(), {
    id: "stop-button",
    class: "danger",
    "aria-haspopup": "dialog",
  });

  root.append(
    playPause.element,
    h("div", { class: "joined", role: "group", "aria-label": "Step" }, ...steps.map(({ element }) => element)),
    toSlot,
    discovery.element,
    stop.element,
    slotError,
  );
  stopDialog.addEventListener("close", () => {
    if (stopDialog.returnValue === "stop") link.send({ type: "stop" });
    stopDialog.returnValue = "";
  });
  slotField.addEventListener("input", () => showSlotError(""));

  createShortcuts([
    { keys: ["Space", "k"], name: "Play or pause", run: playPause.press },
    { keys: ["1"], name: "Step 1 slot", run: steps[0]?.press },
    { keys: ["2"], name: "Step 10 slots", run: steps[1]?.press },
    { keys: ["3"], name: "Step 100 slots", run: steps[2]?.press },
    { keys: ["g"], name: "Enter a slot to continue to", run: () => root.hidden || slotField.focus() },
    { keys: ["n"], name: "Continue to the next discovery", run: discovery.press },
    { keys: [","], name: "Open the previous row, newer", run: detail.stepNewer },
    { keys: ["."], name: "Open the next row, older", run: detail.stepOlder },
    { keys: ["x"], name: "Stop the run (asks for confirmation)", run: stop.press },
  ]);

  function continueTo() {
    if (latest === undefined) return;
    const slot = readSlot(slotField.value);
    const { session, progress } = latest;
    const least = (progress.slot ?? (session?.startSlot ?? 0n) - 1n) + 1n;
    const most = session?.endSlot ?? least;
    if (slot === undefined || slot < least || slot > most) {
      showSlotError(`Enter a slot from ${formatNumber(least)} to ${formatNumber(most)}.`);
      slotField.focus();
      return;
    }
    showSlotError("");
    link.send({ type: "continueTo", slot });
  }

  /** @param {string} problem */
  function showSlotError(problem) {
    setText(slotError, problem);
    show(slotError, problem !== "");
    setAttribute(slotField, "aria-invalid", problem === "" ? undefined : "true");
  }

  return {
    /** @param {Snapshot} snapshot */
    paint(snapshot) {
      const { phase } = snapshot;
      const isOpen = !isOver(phase);
      if (isOpen && root.hidden) {
        // The Start button is hidden now, so the keyboard focus moves to the controls.
        show(root, true);
        if (byId("start").contains(document.activeElement)) playPause.element.focus();
      } else if (!isOpen && !root.hidden) {
        // Focuses the main area instead of the Start button. A late key press (meant for Pause) must not press Start.
        if (root.contains(document.activeElement)) byId("main").focus({ preventScroll: true });
        show(root, false);
        if (stopDialog.open) stopDialog.close();
      }
      latest = snapshot;
      if (!isOpen) return;

      const isPlaying = phase === "playing";
      setText(playPause.label, isPlaying ? "Pause" : "Play");
      setAttribute(playPause.element, "data-icon", isPlaying ? "pause" : "play");
      const wait = WAITS[phase];
      playPause.setReason(wait);
      const moving = wait ?? (isPlaying ? "Pause the run first." : undefined);
      for (const step of steps) step.setReason(moving);
      go.setReason(moving);
      show(discovery.element, (snapshot.settings?.discoverPrograms.length ?? 0) > 0);
      discovery.setReason(moving);
      stop.setReason(phase === "stopping" ? WAITS.stopping : undefined);
    },
  };
}

/** The reason why the controls are unavailable, by phase. @type {Partial<Record<import("../contract.d.ts").Phase, string>>} */
const WAITS = {
  starting: "The session is being created.",
  pausing: "The server is finishing the current step.",
  stepping: "The previous step is still running.",
  stopping: "The session is being closed.",
};

/**
 * @param {string} text
 * @param {() => void} act
 * @param {Record<string, string>} props
 */
function createButton(text, act, props) {
  const label = h("span", {}, text);
  const reason = h("span", { class: "visually-hidden", id: uniqueId("reason") });
  const element = h("button", { type: "button", ...props, onclick: press }, label);

  function press() {
    if (!element.hidden && element.getAttribute("aria-disabled") !== "true" && element.closest("[hidden]") === null) act();
  }

  return {
    element,
    label,
    press,
    /** @param {string | undefined} why the button is unavailable; `undefined` enables it */
    setReason(why) {
      setAttribute(element, "aria-disabled", why === undefined ? undefined : "true");
      setAttribute(element, "title", why);
      setText(reason, why ?? "");
      // `reason` follows the button, because text inside the button would become part of the accessible name.
      if (!reason.isConnected) element.after(reason);
      setAttribute(element, "aria-describedby", why === undefined ? undefined : reason.id);
    },
  };
}
