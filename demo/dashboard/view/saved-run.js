// @ts-check
import { h, setText, show } from "./dom.js";
import { formatSlot } from "./number-format.js";
import { isOver } from "./phase.js";

/** @typedef {import("../contract.d.ts").SavedRun} SavedRun */

const KEY = "dashboard-run";

/**
 * Offers to resume the run that was open before this tab was reloaded. Each tab saves its own run, in `sessionStorage`.
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
  const field = h("p", { class: "field" }, h("label", { for: "saved-run-key" }, "API key (optional)"), key);
  const form = h("form", { class: "notice-row", autocomplete: "off" }, field, resume, discard);
  root.append(h("h3", {}, "Resume the previous run?"), text, form);
  let isOffered = found !== undefined;
  if (found !== undefined) offer(found);

  /** @param {SavedRun} saved */
  function offer({ settings: { source }, checkpoint }) {
    const where = source.kind === "url" ? new URL(source.url).host : "this page";
    setText(
      text,
      `Slots ${formatSlot(BigInt(checkpoint.startSlot))} to ${formatSlot(BigInt(checkpoint.endSlot))} on ${where}. The server keeps the session for up to 15 minutes.`,
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
    link.send({ type: "resume", saved: { ...found, settings } });
    key.value = "";
  });
  discard.addEventListener("click", () => {
    isOffered = false;
    save(undefined);
    show(root, false);
  });
  link.on("save", ({ saved }) => {
    isOffered = false;
    save(saved);
  });

  return {
    /** Whether the page offers to resume a run. In this case, no other run starts automatically. */
    get isOffered() {
      return isOffered;
    },
    /** @param {import("../contract.d.ts").Snapshot} snapshot */
    paint({ phase }) {
      // Shows the question "Resume the previous run?" only while no run is active.
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
    // Storage is disabled, or the value is from another version of this page.
    return undefined;
  }
}

/** @param {SavedRun | undefined} saved */
function save(saved) {
  try {
    if (saved === undefined) sessionStorage.removeItem(KEY);
    else sessionStorage.setItem(KEY, stringifySavedRun(saved));
  } catch {
    // Storage is disabled or full: the run cannot be resumed after a reload.
  }
}

/** Returns the run as JSON, with bigints as `{"$bigint": "…"}` and without the API key. @param {SavedRun} saved */
export function stringifySavedRun(saved) {
  return JSON.stringify(saved, (name, value) => {
    if (name === "apiKey") return "";
    return typeof value === "bigint" ? { $bigint: `${value}` } : value;
  });
}

/** @param {string} text @returns {SavedRun} @throws {SyntaxError} if it is not a saved run */
export function parseSavedRun(text) {
  const saved = JSON.parse(text, (_name, value) => {
    const digits = value?.$bigint;
    return typeof digits === "string" ? BigInt(digits) : value;
  });
  if (saved?.checkpoint?.version !== 1 || typeof saved.settings?.startSlot !== "bigint") throw new SyntaxError("not a saved run");
  return saved;
}
