// @ts-check
import { h, setText, show } from "./dom.js";

/** @typedef {import("../contract.d.ts").Snapshot} Snapshot */
/** @typedef {import("../contract.d.ts").Settings} Settings */

/**
 * Explains why a run failed or a command was refused, and what to do.
 *
 * @param {HTMLElement} root
 * @param {import("../worker-link.js").WorkerLink} link
 */
export function createProblemNotice(root, link) {
  const title = h("h3", { id: "problem-title" });
  const message = h("p", { class: "problem-message" });
  const advice = h("ul", { class: "advice" });
  const dismiss = h("button", { type: "button", onclick: () => show(root, false) }, "Dismiss");
  root.append(title, message, advice, dismiss);
  let shownKey = "";

  /** @param {string} heading @param {string} text @param {Advice[]} lines */
  function showNotice(heading, text, lines) {
    setText(title, heading);
    setText(message, text);
    advice.replaceChildren(
      ...lines.map((line) => h("li", {}, ...line.map((part) => (typeof part === "string" ? part : h("code", {}, part[0]))))),
    );
    show(advice, lines.length > 0);
    show(root, true);
  }

  link.on("refused", ({ command, message: text }) => showNotice(`“${COMMANDS[command] ?? command}” failed`, text, []));

  return {
    /** @param {Snapshot} snapshot */
    paint({ run, phase, error, settings, channels }) {
      // Show the advice after the first failed attempt, not after a minute of retries.
      const isWaiting = phase === "starting" && channels.some(({ state, reason }) => state === "down" && reason !== undefined);
      const key = `${run} ${error?.code ?? isWaiting}`;
      if (key === shownKey) return;
      shownKey = key;
      const advise = (/** @type {string} */ code) => adviseOn(code, settings?.source, location.origin);
      if (error !== undefined) showNotice("The run failed", `${error.code}: ${error.message}`, advise(error.code));
      else if (isWaiting)
        showNotice("No response yet", "The client retries for a minute. Meanwhile, check:", advise("unreachable"));
      else show(root, false);
    },
  };
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

/** The parts of a sentence. A nested array contains code. @typedef {(string | [code: string])[]} Advice */

/**
 * Returns advice for an error code.
 *
 * @param {string} code
 * @param {Settings["source"] | undefined} source
 * @param {string} origin the page's own
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
