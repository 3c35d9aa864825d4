// @ts-check
import { h, setText, show } from "./dom.js";
import { formatCount, formatNumber } from "./number-format.js";
import { isOver } from "./phase.js";
import { programName } from "./program-names.js";

/** @typedef {import("../contract.d.ts").Snapshot} Snapshot */
/** @typedef {import("../contract.d.ts").Settings} Settings */

/** If no notification was received in this number of slots, the programs of the run are probably wrong. */
const SILENT_SLOTS = 50n;

/**
 * A notice that explains why a run failed, why it receives nothing, or why a command was refused. Its buttons open the fields that the
 * user can correct.
 *
 * @param {HTMLElement} root
 * @param {import("../worker-link.js").WorkerLink} link
 * @param {Pick<import("./start-form.js").StartForm, "edit" | "setRange">} startForm
 */
export function createProblemNotice(root, link, startForm) {
  const title = h("h3", { id: "problem-title" });
  const message = h("p", { class: "problem-message" });
  const ranges = h("ul", { class: "problem-ranges", "aria-label": "Ranges of the server" });
  const advice = h("ul", { class: "advice" });
  const edits = h("span", { class: "notice-row" });
  const dismiss = h("button", { type: "button", onclick: () => show(root, false) }, "Dismiss");
  root.append(title, message, ranges, advice, h("div", { class: "notice-row" }, edits, dismiss));
  let shownKey = "";
  let isRunOver = true;

  /** @param {{ heading: string, text: string, lines?: Advice[], corrections?: readonly Correction[], found?: readonly SlotRange[] }} notice */
  function showNotice({ heading, text, lines = [], corrections = [], found = [] }) {
    setText(title, heading);
    setText(message, text);
    advice.replaceChildren(
      ...lines.map((line) => h("li", {}, ...line.map((part) => (typeof part === "string" ? part : h("code", {}, part[0]))))),
    );
    edits.replaceChildren(...corrections.map(editButton));
    ranges.replaceChildren(...found.map(rangeItem));
    show(advice, lines.length > 0);
    show(ranges, found.length > 0);
    show(root, true);
  }

  /** @param {Correction} correction */
  function editButton({ field, name, problem }) {
    const press = () => {
      // A run hides the form. To show the form, the page stops the run.
      if (!isRunOver) link.send({ type: "stop" });
      startForm.edit(field, problem);
    };
    return h("button", { type: "button", onclick: press }, isRunOver ? `Edit the ${name}` : `Stop and edit the ${name}`);
  }

  /** @param {SlotRange} range */
  function rangeItem(range) {
    const { first, last } = range;
    const text = `${formatNumber(first)} to ${formatNumber(last)} (${formatCount(last - first + 1n, "slot")})`;
    return h("li", {}, h("button", { type: "button", onclick: () => startForm.setRange(range) }, `Use ${text}`));
  }

  link.on("refused", ({ command, message: text }) => showNotice({ heading: `“${COMMANDS[command] ?? command}” failed`, text }));

  return {
    /** @param {Snapshot} snapshot */
    paint(snapshot) {
      const { run, phase, error, settings, channels } = snapshot;
      isRunOver = isOver(phase);
      // Shows advice after the first failed attempt to connect, because the client retries for a minute before the run fails.
      const isWaiting = phase === "starting" && channels.some(({ state, reason }) => state === "down" && reason !== undefined);
      const isEmpty = isSilent(snapshot);
      const key = `${run} ${error?.code ?? isWaiting} ${error?.ranges?.length} ${isEmpty && isRunOver} ${isEmpty}`;
      if (key === shownKey) return;
      shownKey = key;
      const advise = (/** @type {string} */ code) => ({
        lines: adviseOn(code, settings?.source, location.origin),
        corrections: correctionsFor(code, settings?.source),
      });
      if (error !== undefined) {
        const { code, ranges: found } = error;
        const text = `${code}: ${error.message}`;
        if (found === undefined || found.length === 0) showNotice({ heading: "The run failed", text, ...advise(code) });
        else showNotice({ heading: "The server does not have these slots", text, ...advise(code), lines: [], found });
      } else if (isWaiting) {
        showNotice({
          heading: "No response yet",
          text: "The client retries for a minute. Meanwhile, check:",
          ...advise("unreachable"),
        });
      } else if (isEmpty) {
        showNotice({
          heading: "Nothing received for these programs",
          text: `No transaction in ${formatCount(snapshot.progress.done, "slot")} used ${(settings?.programs ?? []).map(programName).join(", ")}. Check the addresses.`,
          corrections: [PROGRAMS],
        });
      } else show(root, false);
    },
  };
}

/** Whether a run has received nothing for the programs that the user entered. @param {Snapshot} snapshot */
function isSilent({ settings, phase, progress, counters, error }) {
  if (settings === undefined || error !== undefined || settings.programs.length === 0) return false;
  if (counters.transactions + counters.accountDiffs > 0) return false;
  if (!settings.streams.transactions && !settings.streams.accountDiffs) return false;
  return progress.done >= SILENT_SLOTS || (phase === "completed" && progress.done > 0n);
}

/** A field of the form that the user can correct. @typedef {{ field: string, name: string, problem: string }} Correction */
/** @typedef {import("../contract.d.ts").SlotRange} SlotRange */

const PROGRAMS = {
  field: "programs",
  name: "programs",
  problem:
    "The server sent nothing for these programs. Enter the addresses of programs that are used in the range, one per line.",
};

/**
 * Returns the fields that may be wrong, each with the text that asks the user to correct it.
 *
 * @param {string} code
 * @param {Settings["source"] | undefined} source
 * @returns {readonly Correction[]}
 */
export function correctionsFor(code, source) {
  const startSlot = {
    field: "startSlot",
    name: "range",
    problem: "The server does not have this range. Enter the first slot of a range that it lists.",
  };
  if (code === "create" || code === "invalidParams") return [startSlot];
  if (source?.kind !== "url") return [];
  const url = {
    field: "url",
    name: "URL",
    problem: "No simulator responds at this URL. Enter the URL that “serve” or “proxy” prints.",
  };
  const apiKey = { field: "apiKey", name: "API key", problem: "The server refused the key. Enter the key again." };
  if (code === "unauthorized") return [apiKey];
  return code === "unreachable" ? [url, { ...apiKey, problem: "If the server needs a key, enter it here." }] : [];
}

/** @type {Record<string, string>} */
const COMMANDS = {
  step: "Step",
  continueTo: "To slot",
  nextDiscovery: "Next discovery",
  fault: "Inject faults",
  start: "Start",
  resume: "Resume",
  stop: "Stop",
};

/** A sentence in parts. A part in a nested array is shown as code. @typedef {(string | [code: string])[]} Advice */

/**
 * Returns advice for an error code.
 *
 * @param {string} code
 * @param {Settings["source"] | undefined} source
 * @param {string} origin the origin of this page
 * @returns {Advice[]}
 */
export function adviseOn(code, source, origin) {
  const url = source?.kind === "url" ? source.url : undefined;
  const isHere = url !== undefined && /^wss?:\/\/(localhost|127\.|\[::1\])/i.test(url);
  switch (code) {
    case "unreachable": {
      /** @type {Advice[]} */
      const lines = [];
      if (origin.startsWith("https:") && url?.startsWith("ws:") && !isHere) {
        lines.push(["A page served over https can only open ", ["wss://"], " URLs."]);
      }
      if (isHere) lines.push(["Is the simulator running? ", ["npx simulator-client serve"], " starts one and prints its URL."]);
      lines.push([
        "The simulator may refuse this origin. To allow it: ",
        [isHere ? `serve --origin ${origin}` : `npx simulator-client proxy --url wss://HOST --origin ${origin}`],
        ".",
      ]);
      lines.push(["In a browser, a refused key looks like an unreachable server. Check the key, and how it is sent."]);
      if (!isHere) lines.push([["npx simulator-client doctor --url …"], " finds the cause."]);
      return lines;
    }
    case "unauthorized":
      return [
        [
          "Enter the key again, under Options. The hosted service reads it from a header only: ",
          [`npx simulator-client proxy --url wss://HOST --origin ${origin}`],
          " adds it.",
        ],
      ];
    case "create":
    case "invalidParams":
      return [["Choose a range that the server has. ", [`npx simulator-client ranges --url ${url ?? "…"}`], " lists them."]];
    case "controlFailed":
    case "subscriptionFailed":
      return [
        ["The connection could not be restored. Received data stays here. Start another run when the server is reachable."],
        ["If the server was restarted, it no longer has the session, and the remaining slots were not run."],
      ];
    case "sessionBusy":
      return [["Another tab or program uses this session. Close it there, then resume."]];
    case "remote":
      return [["The server ended the session. Its message is above. Another range may work."]];
    case "protocol":
    case "unsupported":
      return [["The server and this page are incompatible. Update both."]];
    default:
      return [["Start another run. If the error persists, see the connection log and the browser console."]];
  }
}
