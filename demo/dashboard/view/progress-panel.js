// @ts-check
import { byId, h, setAttribute, setText } from "./dom.js";
import { formatCount, formatDuration, formatNumber, formatRate, formatShare, formatSlot, thousandths } from "./number-format.js";
import { describeStage, PHASES } from "./phase.js";

/** @typedef {import("../contract.d.ts").Snapshot} Snapshot */

/**
 * Where a run stands, in figures of reserved widths: none of them moves another one.
 *
 * @param {HTMLElement} root
 * @param {import("../worker-link.js").WorkerLink} _link
 */
export function createProgressPanel(root, _link) {
  const phaseChip = byId("phase");
  const fill = h("div", { class: "bar-fill" });
  const bar = h(
    "div",
    {
      class: "bar",
      role: "progressbar",
      "aria-label": "Slots executed",
      "aria-valuemin": "0",
      "aria-valuemax": "100",
      "aria-valuenow": "0",
    },
    fill,
  );
  const slot = readout("slot", "Slot");
  const done = readout("done", "Executed");
  const pace = readout("pace", "Slots/s");
  const rate = readout("rate", "Notifications/s");
  const left = readout("left", "Time left");
  const skipped = readout("skipped", "Skipped");
  const stage = h("p", { class: "stage-line", id: "stage" });
  root.append(
    h("dl", { class: "readouts" }, ...[slot, done, pace, rate, left, skipped].map(({ element }) => element)),
    bar,
    stage,
  );

  return {
    /** @param {Snapshot} snapshot */
    paint({ phase, progress, stage: at, session, discoveries }) {
      const { word, tone } = PHASES[phase];
      setText(phaseChip, word);
      setAttribute(phaseChip, "data-tone", tone);
      setAttribute(root, "data-tone", tone);

      setText(slot.value, formatSlot(progress.slot));
      setText(done.value, phase === "idle" ? "–" : `${formatNumber(progress.done)} of ${formatNumber(progress.total)}`);
      setText(pace.value, formatRate(progress.slotsPerSecond));
      setText(rate.value, formatRate(progress.notificationsPerSecond));
      const { secondsLeft } = progress;
      setText(
        left.value,
        secondsLeft === undefined ? "–" : formatDuration(secondsLeft < 1 ? 1000 : Math.round(secondsLeft) * 1000),
      );
      setText(skipped.value, formatNumber(progress.skipped));

      const share = thousandths(progress.done, progress.total);
      const transform = `scaleX(${share / 1000})`;
      if (fill.style.transform !== transform) fill.style.transform = transform;
      setAttribute(bar, "aria-valuenow", `${Math.floor(share / 10)}`);
      setAttribute(bar, "aria-valuetext", `${formatShare(progress.done, progress.total)}, slot ${formatSlot(progress.slot)}`);
      const ahead = discoveries.find(({ isAhead }) => isAhead);
      const discovery = ahead === undefined ? "" : ` Next discovery: slot ${formatSlot(ahead.slot)}, batch ${ahead.batchIndex}.`;
      setText(stage, sentence(phase, at, session?.isResumed ?? false, progress.skipped) + discovery);
    },
  };
}

/**
 * @param {Snapshot["phase"]} phase
 * @param {string | undefined} stage
 * @param {boolean} isResumed
 * @param {number} skipped
 */
function sentence(phase, stage, isResumed, skipped) {
  const skips = skipped === 0 ? "" : ` ${formatCount(skipped, "slot")} had no block.`;
  if (phase === "starting")
    return `Start-up: ${stage === undefined ? "connecting, and asking for a session" : describeStage(stage)}.`;
  if (phase === "completed") return `All slots are executed.${skips}`;
  if (phase === "ended") return `You stopped it. What was received stays.${skips}`;
  if (phase === "failed") return `It ended before its last slot. What was received stays.${skips}`;
  if (phase === "idle") return "Press Start: a backtest runs in this page within seconds, with no account and no server.";
  const resumed = isResumed ? "Resumed after a reload. " : "";
  if (phase === "stopped") return `${resumed}Paused: it waits for you.${skips}`;
  return `${resumed}${skips.trim()}`;
}

/** @param {string} id @param {string} name */
function readout(id, name) {
  const value = h("dd", { id: `readout-${id}` }, "–");
  return { value, element: h("div", { class: `readout readout-${id}` }, h("dt", {}, name), value) };
}
