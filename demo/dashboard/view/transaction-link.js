// @ts-check
// Links to a transaction: `#tx=SIGNATURE` in the address of the page.
import { h, setText, show } from "./dom.js";
import { shorten } from "./number-format.js";
import { isOver } from "./phase.js";

/** @typedef {import("../contract.d.ts").Snapshot} Snapshot */
/** @typedef {ReturnType<typeof createTransactionLink>} TransactionLink */

const SIGNATURE = /^#tx=([1-9A-HJ-NP-Za-km-z]{64,88})$/;

/**
 * Opens the transaction whose signature is in the URL of the page. Shows a notice while the transaction is not in memory.
 *
 * @param {HTMLElement} root
 * @param {import("../worker-link.js").WorkerLink} link
 */
export function createTransactionLink(root, link) {
  const text = h("p", {});
  root.append(text, h("button", { type: "button", onclick: dismiss }, "Dismiss"));
  show(root, false);
  /** The signature from the URL. `undefined` after the page has shown the transaction. */
  let wanted = readHash();
  let run = 0;
  /** @type {Snapshot | undefined} */
  let latest;
  addEventListener("hashchange", () => {
    wanted = readHash();
    if (wanted === undefined) return;
    if (run > 0) link.send({ type: "selectTransaction", signature: wanted });
    update();
  });

  function dismiss() {
    wanted = undefined;
    link.send({ type: "selectTransaction", signature: undefined });
    setHash("");
    update();
  }

  function update() {
    if (latest === undefined) return;
    const signature = wanted ?? latest.awaited;
    show(root, signature !== undefined);
    if (signature !== undefined) setText(text, describe(signature, latest));
  }

  return {
    /** @param {string} signature of the transaction that the detail shows */
    noteOpened(signature) {
      wanted = undefined;
      setHash(`#tx=${signature}`);
      update();
    },
    /** Called when the detail is closed, or when it shows a row that is not a transaction. */
    noteClosed() {
      if (wanted === undefined && readHash() !== undefined) setHash("");
    },
    async copy() {
      try {
        await navigator.clipboard.writeText(location.href);
        return "Copied";
      } catch {
        return "Not allowed";
      }
    },
    /** @param {Snapshot} snapshot */
    paint(snapshot) {
      latest = snapshot;
      if (snapshot.run !== run) {
        run = snapshot.run;
        if (wanted !== undefined) link.send({ type: "selectTransaction", signature: wanted });
      }
      update();
    },
  };
}

const readHash = () => SIGNATURE.exec(location.hash)?.[1];

/** Replaces the history entry instead of adding one, so that the browser's Back button leaves the page. @param {string} hash */
const setHash = (hash) => history.replaceState(history.state, "", `${location.pathname}${location.search}${hash}`);

/** @param {string} signature @param {Pick<Snapshot, "phase" | "session">} snapshot @returns {string} */
export function describe(signature, { phase, session }) {
  const name = `Transaction ${shorten(signature, 6)}`;
  if (phase === "idle") return `${name} is not in memory. Start its run again: the transaction opens when it arrives.`;
  if (isOver(phase))
    return `${name} is not in memory: this run did not receive it, or has dropped it. “Rows per table” sets the limit.`;
  const earlier = session?.isResumed === true ? " Rows from before the reload are no longer in memory." : "";
  return `${name} is not in memory yet. It opens when it arrives.${earlier}`;
}
