// @ts-check
import { h, setAttribute, setText, show } from "./dom.js";
import { formatCount, formatNumber } from "./number-format.js";
import { isOver } from "./phase.js";
import { DEFAULTS, readQuery, readSettings } from "./settings.js";

/** @typedef {import("../contract.d.ts").Snapshot} Snapshot */
/** @typedef {import("./settings.js").Fields} Fields */
/** @typedef {import("../contract.d.ts").Settings} Settings */
/** @typedef {ReturnType<typeof createStartForm>} StartForm */
/** @typedef {HTMLInputElement | HTMLTextAreaElement | HTMLSelectElement} Control */

/**
 * The start form, which is hidden while a run is open.
 *
 * @param {HTMLElement} root
 * @param {import("../worker-link.js").WorkerLink} link
 */
export function createStartForm(root, link) {
  const form = /** @type {HTMLFormElement} */ (root);
  const button = /** @type {HTMLButtonElement} */ (form.querySelector("#start-button"));
  const summary = /** @type {HTMLElement} */ (form.querySelector("#start-summary"));
  const options = /** @type {HTMLDetailsElement} */ (form.querySelector("#options"));
  const groups = /** @type {NodeListOf<HTMLElement>} */ (form.querySelectorAll("[data-kind]"));
  const query = new URLSearchParams(location.search);
  /** Shown error messages by field. @type {Map<Control, { element: HTMLElement, describedBy: string | undefined }>} */
  const shownErrors = new Map();
  /** @type {((settings: Settings) => void)[]} */
  const useListeners = [];

  const origin = location.origin === "null" ? "ORIGIN" : location.origin;
  setText(
    /** @type {HTMLElement} */ (form.querySelector("#proxy-command")),
    `npx simulator-client proxy --url wss://HOST --origin ${origin}`,
  );
  fill(readQuery(query));
  form.addEventListener("input", describe);
  form.addEventListener("change", describe);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    start();
  });

  /** @param {string} name */
  function control(name) {
    return /** @type {Control | RadioNodeList} */ (form.elements.namedItem(name));
  }

  /** @param {Fields} fields */
  function fill(fields) {
    for (const [name, value] of Object.entries(fields)) {
      const target = control(name);
      if (typeof value === "boolean") /** @type {HTMLInputElement} */ (target).checked = value;
      else target.value = value;
    }
    describe();
  }

  /** @returns {Fields} */
  function read() {
    const fields = /** @type {Record<string, string | boolean>} */ ({});
    for (const [name, value] of Object.entries(DEFAULTS)) {
      const target = control(name);
      fields[name] = typeof value === "boolean" ? /** @type {HTMLInputElement} */ (target).checked : target.value;
    }
    return /** @type {Fields} */ (/** @type {unknown} */ (fields));
  }

  /** Shows a summary of the run that the form describes. */
  function describe() {
    const fields = read();
    for (const group of groups) show(group, group.dataset.kind === fields.kind);
    const answer = readSettings(fields);
    if (shownErrors.size > 0) showErrors("problems" in answer ? answer.problems : {});
    if ("problems" in answer) setText(summary, "Some options are invalid.");
    else {
      const { startSlot, slotCount, source, parallel } = answer.settings;
      const where = source.kind === "url" ? new URL(source.url).host : "the simulator in this page";
      const range = `${formatCount(slotCount, "slot")} from ${formatNumber(startSlot)}`;
      setText(summary, `${range}, on ${where}${parallel ? ", in parallel" : ""}.`);
    }
  }

  /** @param {import("./settings.js").Problems} problems @returns {Control[]} the invalid fields */
  function showErrors(problems) {
    for (const [field, { element, describedBy }] of shownErrors) {
      element.remove();
      field.removeAttribute("aria-invalid");
      setAttribute(field, "aria-describedby", describedBy);
    }
    shownErrors.clear();
    for (const [name, text] of Object.entries(problems)) {
      const field = /** @type {Control} */ (control(name));
      const describedBy = field.getAttribute("aria-describedby") ?? undefined;
      const element = h("span", { class: "field-error", id: `${name}-error` }, text);
      field.parentElement?.append(element);
      field.setAttribute("aria-invalid", "true");
      field.setAttribute("aria-describedby", [describedBy, element.id].filter(Boolean).join(" "));
      shownErrors.set(field, { element, describedBy });
    }
    return [...shownErrors.keys()];
  }

  /**
   * Reads the settings. If a field is invalid, shows the errors and returns `undefined`.
   *
   * @param {readonly string[]} [programs] used if the field for programs is empty @returns {Settings | undefined}
   */
  function validSettings(programs = []) {
    const fields = read();
    const answer = readSettings(fields.programs.trim() === "" ? { ...fields, programs: programs.join("\n") } : fields);
    if ("settings" in answer) {
      showErrors({});
      for (const listener of useListeners) listener(answer.settings);
      return answer.settings;
    }
    const wrong = showErrors(answer.problems);
    options.open = true;
    // Focuses the first invalid field in document order.
    wrong.sort((a, b) => (a.compareDocumentPosition(b) & Node.DOCUMENT_POSITION_FOLLOWING ? -1 : 1))[0]?.focus();
    return undefined;
  }

  /** The field to focus when the form is shown, and the message for this field. @type {{ field: string, problem: string } | undefined} */
  let editing;

  /** Opens the options at a field, with a message below the field. @param {string} field @param {string} problem */
  function edit(field, problem) {
    editing = { field, problem };
    if (!form.hidden) showEditing();
  }

  function showEditing() {
    if (editing === undefined) return;
    const { field, problem } = editing;
    editing = undefined;
    options.open = true;
    const [target] = showErrors({ [field]: problem });
    target?.focus();
    target?.scrollIntoView({ block: "nearest" });
  }

  function start() {
    const settings = validSettings();
    if (settings === undefined) return;
    options.open = false;
    link.send({ type: "start", settings });
  }

  return {
    validSettings,
    edit,
    /** Enters a range. @param {import("../contract.d.ts").SlotRange} range */
    setRange({ first, last }) {
      fill({ ...read(), startSlot: String(first), slotCount: String(last - first + 1n) });
      showErrors({});
      button.focus();
    },
    fields: read,
    /** Fills fields as if the user had changed them. @param {Partial<Fields>} fields */
    set(fields) {
      fill(/** @type {Fields} */ (fields));
      form.dispatchEvent(new Event("change"));
    },
    /** @param {(settings: Settings) => void} listener called with valid settings before they are used for a run */
    onUse: (listener) => void useListeners.push(listener),
    /** Returns the summary of the run that the form describes. */
    summary: () => summary.textContent ?? "",
    /** @param {() => void} listener called after the user has changed a field */
    onChange(listener) {
      form.addEventListener("input", listener);
      form.addEventListener("change", listener);
    },
    /** Starts the run if the query has `autostart=1`. */
    open() {
      if (query.get("autostart") === "1") start();
    },
    /** @param {Snapshot} snapshot */
    paint({ phase }) {
      show(form, isOver(phase));
      if (!form.hidden) showEditing();
      setText(button, phase === "idle" ? "Start backtest" : "Start another run");
    },
  };
}
