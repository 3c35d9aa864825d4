// @ts-check
import { h, setAttribute, setText, show, uniqueId } from "./dom.js";

/** @typedef {import("../../../dist/browser-local.js").Fault} Fault */
/** @typedef {import("../contract.d.ts").Snapshot} Snapshot */

const SLOW_BYTES = 20_000;
const DELAY_MS = 400;

/**
 * What can be done to the connections. `undo`: it stands until it is taken back.
 *
 * @type {readonly { id: string, title: string, tells: string, faults: Fault[], undo?: Fault }[]}
 */
const FAULTS = [
  {
    id: "redeploy",
    title: "Redeploy",
    tells: "Closed with 1012: back in a second or two.",
    faults: [{ type: "close", code: 1012 }],
  },
  {
    id: "cut-link",
    title: "Cut link",
    tells: "Ended without a word: back the same way.",
    faults: [{ type: "drop" }],
  },
  {
    id: "dead-link",
    title: "Dead link",
    tells: "Silent but open: replaced within seconds.",
    faults: [{ type: "halfOpen" }],
  },
  {
    id: "dead-stream",
    title: "Dead stream",
    tells: "The streams fall silent: the slot waits for them.",
    faults: [{ type: "halfOpen", target: { channel: "subscription" } }],
  },
  {
    id: "cut-frame",
    title: "Cut frame",
    tells: "Cut within a frame: it comes again, whole.",
    faults: [{ type: "cutFrame" }],
  },
  {
    id: "damaged-frame",
    title: "Damaged frame",
    tells: "A stream’s can’t be read: counted, and asked for again.",
    faults: [{ type: "corruptFrame", target: { channel: "subscription" } }],
  },
  {
    id: "slow-reader",
    title: "Slow reader",
    tells: "20 kB/s a connection, until undone: the pace falls.",
    faults: [{ type: "slow", bytesPerSecond: SLOW_BYTES }],
    undo: { type: "slow", bytesPerSecond: 0 },
  },
  {
    id: "long-way",
    title: "Long way",
    tells: "Frames come 400 ms later, until undone.",
    faults: [{ type: "delay", ms: DELAY_MS }],
    undo: { type: "delay", ms: 0 },
  },
  {
    id: "busy-owner",
    title: "Busy owner",
    tells: "Redeployed, three attaches refused: then back.",
    faults: [
      { type: "busyOwner", times: 3 },
      { type: "close", code: 1012, target: { channel: "control" } },
    ],
  },
  {
    id: "overload",
    title: "Overload",
    tells: "Cut, five attempts refused: the waits grow.",
    faults: [{ type: "refuseUpgrade", status: 503, times: 5 }, { type: "drop" }],
  },
];

const CLOSE_ALL = {
  id: "close-all",
  title: "Close all connections",
  tells: "Back in a second or two, with nothing lost.",
  faults: /** @type {Fault[]} */ ([{ type: "close", code: 1012 }]),
};

/**
 * The best demonstration of what the package does.
 *
 * @param {HTMLElement} root
 * @param {import("../worker-link.js").WorkerLink} link
 */
export function createFaultsPanel(root, link) {
  const hint = h("p", { class: "hint", id: "faults-hint" });
  const all = FAULTS.map((fault) => createFault(fault, link));
  const closeAll = createFault(CLOSE_ALL, link);
  const far = h(
    "p",
    { class: "hint" },
    "Is it ",
    h("code", {}, "npx simulator-client serve"),
    "? It prints the address of a page of its own, with a button for each other fault: the port above its own, such as ",
    h("a", { href: "http://127.0.0.1:4101/", target: "_blank", rel: "noreferrer" }, "127.0.0.1:4101"),
    ".",
  );
  const list = h("ul", { class: "faults" }, ...all.map(({ element }) => element));
  const one = h("ul", { class: "faults" }, closeAll.element);
  root.append(hint, list, one, far);
  let run = 0;

  return {
    /** @param {Snapshot} snapshot */
    paint({ faults, phase, run: current, settings }) {
      const isFar = settings?.source.kind === "url" && phase !== "idle";
      show(list, !isFar);
      show(one, isFar);
      show(far, isFar);
      if (current !== run) for (const { reset } of all) reset();
      run = current;
      const canStrike = faults !== "none";
      setText(
        hint,
        canStrike
          ? "Press one while it plays, and watch the channels come back with nothing lost."
          : "They work while a run is open.",
      );
      for (const { setEnabled } of [...all, closeAll]) setEnabled(canStrike);
    },
  };
}

/** @param {(typeof FAULTS)[number]} fault @param {import("../worker-link.js").WorkerLink} link */
function createFault({ id, title, tells, faults, undo }, link) {
  const tellsId = uniqueId("fault");
  const button = h("button", { type: "button", id: `fault-${id}`, "aria-describedby": tellsId, "aria-disabled": "true" }, title);
  const element = h("li", {}, button, h("p", { id: tellsId }, tells));
  let isStanding = false;

  button.addEventListener("click", () => {
    if (button.getAttribute("aria-disabled") === "true") return;
    for (const fault of isStanding && undo ? [undo] : faults) link.send({ type: "fault", fault });
    if (undo) stand(!isStanding);
  });

  /** @param {boolean} stands */
  function stand(stands) {
    isStanding = stands;
    setText(button, stands ? `Undo: ${title.toLowerCase()}` : title);
    setAttribute(button, "data-standing", stands ? "" : undefined);
  }

  return {
    element,
    reset: () => undo && stand(false),
    /** @param {boolean} isEnabled */
    setEnabled(isEnabled) {
      setAttribute(button, "aria-disabled", isEnabled ? undefined : "true");
      setAttribute(button, "title", isEnabled ? undefined : "Start a run first.");
    },
  };
}
