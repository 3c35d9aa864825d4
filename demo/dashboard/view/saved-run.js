// @ts-check
import { h, setText, show } from "./dom.js";
import { formatSlot } from "./number-format.js";
import { isOver } from "./phase.js";

/** @typedef {import("../contract.d.ts").SavedRun} SavedRun */

const KEY = "dashboard-run";

/**
 * What a reload of this tab needs to go on with a run on a server. Another tab has its own.
 *
 * @param {HTMLElement} root
 * @param {import("../worker-link.js").WorkerLink} link
 */
export function createSavedRun(root, link) {
  const found = load();
  const text = h("p", {});
  const key = h("input", { id: "saved-run-key", type: "password", autocomplete: "off" });
  const resume = h("button", { type: "submit", id: "resume-button", class: "primary" }, "Resume");
  const discard = h("button", { type: "button", id: "discard-button" }, "Discard");
  const field = h("p", { class: "field" }, h("label", { for: "saved-run-key" }, "API key, if it wants one"), key);
  const form = h("form", { class: "notice-row", autocomplete: "off" }, field, resume, discard);
  root.append(h("h3", {}, "A run was open in this tab"), text, form);
  let isOffered = found !== undefined;
  if (found !== undefined) offer(found);

  /** @param {SavedRun} kept */
  function offer({ settings: { source }, checkpoint }) {
    const where = source.kind === "url" ? new URL(source.url).host : "this page";
    setText(
      text,
      `Slots ${formatSlot(BigInt(checkpoint.startSlot))} to ${formatSlot(BigInt(checkpoint.endSlot))} on ${where}. The server keeps it for 15 minutes at most; nothing is lost.`,
    );
    show(field, source.kind === "url");
    show(root, true);
  }

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (found === undefined) return;
    const { source } = found.settings;
    const settings =
      source.kind === "url" ? { ...found.settings, source: { ...source, apiKey: key.value.trim() } } : found.settings;
    link.send({ type: "resume", kept: { ...found, settings } });
    key.value = "";
  });
  discard.addEventListener("click", () => {
    isOffered = false;
    save(undefined);
    show(root, false);
  });
  link.on("keep", ({ kept }) => {
    isOffered = false;
    save(kept);
  });

  return {
    /** Whether there is a run to go on with: no other one is to be started unasked. */
    get isOffered() {
      return isOffered;
    },
    /** @param {import("../contract.d.ts").Snapshot} snapshot */
    paint({ phase }) {
      // An attempt that has failed leaves it on offer.
      show(root, isOffered && isOver(phase));
    },
  };
}

/** @returns {SavedRun | undefined} */
function load() {
  try {
    const text = sessionStorage.getItem(KEY);
    return text === null ? undefined : parseSavedRun(text);
  } catch {
    // Shut, or written by another version of this page.
    return undefined;
  }
}

/** @param {SavedRun | undefined} kept */
function save(kept) {
  try {
    if (kept === undefined) sessionStorage.removeItem(KEY);
    else sessionStorage.setItem(KEY, stringifySavedRun(kept));
  } catch {
    // Shut, or full: a reload then can't go on, and all else works.
  }
}

/** JSON, with its bigints as `{"$bigint": "…"}`, and no key of the user's. @param {SavedRun} kept */
export function stringifySavedRun(kept) {
  return JSON.stringify(kept, (name, value) => {
    if (name === "apiKey") return "";
    return typeof value === "bigint" ? { $bigint: `${value}` } : value;
  });
}

/** @param {string} text @returns {SavedRun} @throws {SyntaxError} if it isn't one */
export function parseSavedRun(text) {
  const kept = JSON.parse(text, (_name, value) => {
    const digits = value?.$bigint;
    return typeof digits === "string" ? BigInt(digits) : value;
  });
  if (kept?.checkpoint?.version !== 1 || typeof kept.settings?.startSlot !== "bigint") throw new SyntaxError("not a kept run");
  return kept;
}
