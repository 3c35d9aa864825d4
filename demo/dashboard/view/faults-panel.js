// @ts-check
import { closeLikeMenu } from "./disclosure.js";
import { h, setAttribute, setText, show, uniqueId } from "./dom.js";

/** @typedef {import("../../../dist/browser-local.js").Fault} Fault */
/** @typedef {import("../contract.d.ts").Snapshot} Snapshot */

const SLOW_BYTES = 20_000;
const DELAY_MS = 400;

/**
 * Faults of the simulator in the page. A fault with `undo` lasts until the user undoes the fault.
 *
 * @type {readonly { id: string, title: string, description: string, faults: Fault[], undo?: Fault }[]}
 */
const FAULTS = [
  {
    id: "redeploy",
    title: "Redeploy",
    description: "Closes all connections with code 1012.",
    faults: [{ type: "close", code: 1012 }],
  },
  {
    id: "drop",
    title: "Drop connections",
    description: "Resets all connections without a close frame.",
    faults: [{ type: "drop" }],
  },
  {
    id: "half-open",
    title: "Half-open connections",
    description: "Connections stay open but silent. Detected within seconds.",
    faults: [{ type: "halfOpen" }],
  },
  {
    id: "half-open-streams",
    title: "Half-open streams",
    description: "Subscriptions stay open but silent. The run waits for them.",
    faults: [{ type: "halfOpen", target: { channel: "subscription" } }],
  },
  {
    id: "cut-frame",
    title: "Truncated frame",
    description: "Drops the connections in the middle of a frame.",
    faults: [{ type: "cutFrame" }],
  },
  {
    id: "corrupt-frame",
    title: "Corrupt frame",
    description: "Damages a frame of each subscription. The client requests it again.",
    faults: [{ type: "corruptFrame", target: { channel: "subscription" } }],
  },
  {
    id: "slow",
    title: "Throttle",
    description: "Limits each connection to 20 kB/s until undone.",
    faults: [{ type: "slow", bytesPerSecond: SLOW_BYTES }],
    undo: { type: "slow", bytesPerSecond: 0 },
  },
  {
    id: "delay",
    title: "Latency",
    description: "Delays every frame by 400 ms until undone.",
    faults: [{ type: "delay", ms: DELAY_MS }],
    undo: { type: "delay", ms: 0 },
  },
  {
    id: "session-busy",
    title: "Session busy",
    description: "Closes the control connection and refuses three attaches.",
    faults: [
      { type: "busyOwner", times: 3 },
      { type: "close", code: 1012, target: { channel: "control" } },
    ],
  },
  {
    id: "overload",
    title: "Overload",
    description: "Drops all connections and refuses five upgrades with 503.",
    faults: [{ type: "refuseUpgrade", status: 503, times: 5 }, { type: "drop" }],
  },
];

const CLOSE_ALL = {
  id: "close-all",
  title: "Close all connections",
  description: "The client reconnects and resumes within seconds.",
  faults: /** @type {Fault[]} */ ([{ type: "close", code: 1012 }]),
};

/**
 * A menu of faults to inject into the connections of a run.
 *
 * @param {HTMLDetailsElement} root
 * @param {import("../worker-link.js").WorkerLink} link
 */
export function createFaultsPanel(root, link) {
  const hint = h("p", { class: "hint", id: "faults-hint" });
  const all = FAULTS.map((fault) => createFault(fault, link));
  const closeAll = createFault(CLOSE_ALL, link);
  const remoteHint = h(
    "p",
    { class: "hint" },
    h("code", {}, "npx simulator-client serve"),
    " has a page with all faults. It prints the URL of that page, such as ",
    h("a", { href: "http://127.0.0.1:4101/", target: "_blank", rel: "noreferrer" }, "127.0.0.1:4101"),
    ".",
  );
  const list = h("ul", { class: "faults" }, ...all.map(({ element }) => element));
  const one = h("ul", { class: "faults" }, closeAll.element);
  root.append(h("div", { class: "menu-items" }, hint, list, one, remoteHint));
  closeLikeMenu(root);
  let run = 0;

  return {
    /** @param {Snapshot} snapshot */
    paint({ faults, phase, run: current, settings }) {
      const isRemote = settings?.source.kind === "url" && phase !== "idle";
      show(list, !isRemote);
      show(one, isRemote);
      show(remoteHint, isRemote);
      if (current !== run) for (const { reset } of all) reset();
      run = current;
      const canInject = faults !== "none";
      setText(
        hint,
        canInject
          ? "Inject a fault while the run plays, and watch the connections recover without losing events."
          : "Available while a run is open.",
      );
      for (const { setEnabled } of [...all, closeAll]) setEnabled(canInject);
    },
  };
}

/** @param {(typeof FAULTS)[number]} fault @param {import("../worker-link.js").WorkerLink} link */
function createFault({ id, title, description, faults, undo }, link) {
  const descriptionId = uniqueId("fault");
  const button = h(
    "button",
    { type: "button", id: `fault-${id}`, "aria-describedby": descriptionId, "aria-disabled": "true" },
    title,
  );
  const element = h("li", {}, button, h("p", { id: descriptionId }, description));
  let isActive = false;

  button.addEventListener("click", () => {
    if (button.getAttribute("aria-disabled") === "true") return;
    for (const fault of isActive && undo ? [undo] : faults) link.send({ type: "fault", fault });
    if (undo) setActive(!isActive);
  });

  /** @param {boolean} active */
  function setActive(active) {
    isActive = active;
    setText(button, active ? `Undo: ${title.toLowerCase()}` : title);
    setAttribute(button, "data-active", active ? "" : undefined);
  }

  return {
    element,
    reset: () => undo && setActive(false),
    /** @param {boolean} isEnabled */
    setEnabled(isEnabled) {
      setAttribute(button, "aria-disabled", isEnabled ? undefined : "true");
      setAttribute(button, "title", isEnabled ? undefined : "Start a run first.");
    },
  };
}
