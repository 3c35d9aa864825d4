// @ts-check
import { h, setAttribute, setText } from "./dom.js";
import { isReconnecting } from "./masthead.js";
import { formatCount, formatDuration, formatNumber, formatRate, formatShare, formatSlot, thousandths } from "./number-format.js";
import { describeStage, isOver, PHASES } from "./phase.js";

/** @typedef {import("../contract.d.ts").Snapshot} Snapshot */

/** If nothing was received for this time, in ms, the shown rates are marked as outdated. */
const STALE_MS = 1_500;

/**
 * Progress of the run. Each figure has a fixed width, so that an update does not move the other figures.
 *
 * @param {HTMLElement} root
 * @param {Pick<import("./start-form.js").StartForm, "fields" | "onChange">} startForm
 */
export function createProgressPanel(root, startForm) {
  const fill = h("div", { class: "bar-fill" });
  const bar = h(
    "div",
    {
      class: "bar",
      role: "progressbar",
      "aria-label": "Slots processed",
      "aria-valuemin": "0",
      "aria-valuemax": "100",
      "aria-valuenow": "0",
    },
    fill,
  );
  const slot = readout("slot", "Slot");
  const processed = readout("processed", "Processed");
  const executed = readout("executed", "Executed");
  const skipped = readout("skipped", "Skipped");
  const pace = readout("pace", "Slots/s");
  const rate = readout("rate", "Notifications/s");
  const left = readout("left", "Time left");
  const stage = h("p", { class: "stage-line", id: "stage" });
  root.append(
    h("dl", { class: "readouts" }, ...[slot, processed, executed, skipped, pace, rate, left].map(({ element }) => element)),
    bar,
    stage,
  );

  let isUnstarted = true;
  startForm.onChange(() => {
    if (isUnstarted) setText(stage, invitation(startForm.fields().kind));
  });

  return {
    /** @param {Snapshot} snapshot */
    paint({ phase, progress, stage: at, session, discoveries, channels }) {
      setAttribute(root, "data-tone", PHASES[phase].tone);
      const isStale = !isOver(phase) && (isReconnecting(channels) || (phase === "playing" && progress.idleMs > STALE_MS));
      for (const { element } of [pace, rate, left]) setAttribute(element, "data-stale", isStale ? "" : undefined);

      setText(slot.value, formatSlot(progress.slot));
      setText(processed.value, phase === "idle" ? "–" : `${formatNumber(progress.done)} of ${formatNumber(progress.total)}`);
      const isIdle = phase === "idle";
      isUnstarted = isIdle;
      setText(executed.value, isIdle ? "–" : formatNumber(progress.done - BigInt(progress.skipped)));
      setText(pace.value, isIdle ? "–" : formatRate(progress.slotsPerSecond));
      setText(rate.value, isIdle ? "–" : formatRate(progress.notificationsPerSecond));
      const { secondsLeft } = progress;
      setText(
        left.value,
        secondsLeft === undefined || isStale ? "–" : formatDuration(secondsLeft < 1 ? 1000 : Math.round(secondsLeft) * 1000),
      );
      setText(skipped.value, isIdle ? "–" : formatNumber(progress.skipped));

      const share = thousandths(progress.done, progress.total);
      const transform = `scaleX(${share / 1000})`;
      if (fill.style.transform !== transform) fill.style.transform = transform;
      setAttribute(bar, "aria-valuenow", `${Math.floor(share / 10)}`);
      setAttribute(bar, "aria-valuetext", `${formatShare(progress.done, progress.total)}, slot ${formatSlot(progress.slot)}`);
      const ahead = discoveries.find(({ isAhead }) => isAhead);
      const discovery = ahead === undefined ? "" : ` Next discovery: slot ${formatSlot(ahead.slot)}, batch ${ahead.batchIndex}.`;
      setText(
        stage,
        isIdle
          ? invitation(startForm.fields().kind)
          : sentence(phase, at, session?.isResumed ?? false, progress.skipped) + discovery,
      );
    },
  };
}

/** @param {"inPage" | "url"} kind of the simulator */
const invitation = (kind) =>
  kind === "url"
    ? "Press Start to run a backtest on this simulator."
    : "Press Start to run a backtest in this page. No account or server is needed.";

/**
 * @param {Snapshot["phase"]} phase
 * @param {string | undefined} stage
 * @param {boolean} isResumed
 * @param {number} skipped
 */
function sentence(phase, stage, isResumed, skipped) {
  const skips = skipped === 0 ? "" : ` ${formatCount(skipped, "slot")} had no block.`;
  if (phase === "starting")
    return `Start-up: ${stage === undefined ? "connecting, creating the session" : describeStage(stage)}.`;
  if (phase === "completed") return `All slots processed.${skips}`;
  if (phase === "ended") return `You stopped the run. Received data stays here.${skips}`;
  if (phase === "failed") return `The run ended before its last slot. Received data stays here.${skips}`;
  const resumed = isResumed ? "Resumed after a reload. Rows that were received before it are not stored. " : "";
  if (phase === "stopped") return `${resumed}Paused.${skips}`;
  return `${resumed}${skips.trim()}`;
}

/** @param {string} id @param {string} name */
function readout(id, name) {
  const value = h("dd", { id: `readout-${id}` }, "–");
  return { value, element: h("div", { class: `readout readout-${id}` }, h("dt", {}, name), value) };
}
