// @ts-check
import { h, setText, show } from "./dom.js";

/** @typedef {import("../contract.d.ts").Snapshot} Snapshot */
/** @typedef {import("../contract.d.ts").Settings} Settings */

/**
 * Why a run has failed or a command was refused, and what to do.
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
  let told = "";

  /** @param {string} heading @param {string} text @param {Advice[]} lines */
  function tell(heading, text, lines) {
    setText(title, heading);
    setText(message, text);
    advice.replaceChildren(
      ...lines.map((line) => h("li", {}, ...line.map((part) => (typeof part === "string" ? part : h("code", {}, part[0]))))),
    );
    show(advice, lines.length > 0);
    show(root, true);
  }

  link.on("refused", ({ command, message: text }) => tell(`“${COMMANDS[command] ?? command}” could not be done`, text, []));

  return {
    /** @param {Snapshot} snapshot */
    paint({ run, phase, error, settings, channels }) {
      // An attempt or more was in vain: what will help is told at once, and not when a minute of them is over.
      const isWaiting = phase === "starting" && channels.some(({ state, reason }) => state === "down" && reason !== undefined);
      const key = `${run} ${error?.code ?? isWaiting}`;
      if (key === told) return;
      told = key;
      const advise = (/** @type {string} */ code) => adviseOn(code, settings?.source, location.origin);
      if (error !== undefined) tell("The run has failed", `${error.code}: ${error.message}`, advise(error.code));
      else if (isWaiting) tell("No answer yet", "It is tried again until a minute has passed. Meanwhile:", advise("unreachable"));
      else show(root, false);
    },
  };
}

/** @type {Record<string, string>} */
const COMMANDS = {
  step: "Step",
  continueTo: "To slot",
  nextDiscovery: "To next discovery",
  fault: "Break it",
  start: "Start",
  resume: "Resume",
  stop: "Stop",
};

/** A sentence in parts; a part in brackets is code. @typedef {(string | [code: string])[]} Advice */

/**
 * What to do about an error, by its code.
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
        lines.push(["A page that came by https may open ", ["wss://"], " alone: take such an address."]);
      }
      if (isHere) lines.push(["Does it run? ", ["npx simulator-client serve"], " starts one, and prints its address."]);
      lines.push([
        "It may refuse pages of this origin: ",
        [isHere ? `serve --origin ${origin}` : `npx simulator-client proxy --url wss://HOST --origin ${origin}`],
        " lets this one in.",
      ]);
      lines.push(["A refused key looks the same in a browser: is it right, and sent as the server reads it?"]);
      if (!isHere) lines.push([["npx simulator-client doctor --url …"], " finds out what is in the way."]);
      return lines;
    }
    case "unauthorized":
      return [
        [
          "Write the key again, in Options. The hosted service reads it from a header alone: ",
          [`npx simulator-client proxy --url wss://HOST --origin ${origin}`],
          " adds it.",
        ],
      ];
    case "create":
    case "invalidParams":
      return [["Take a range that the server has: ", [`npx simulator-client ranges --url ${url ?? "…"}`], " lists them."]];
    case "controlFailed":
    case "subscriptionFailed":
      return [["The connection could not be brought back. What was received stays: start another run once the server answers."]];
    case "sessionBusy":
      return [["Another tab or program holds this session: close it there, and resume."]];
    case "remote":
      return [["The server has ended it. Its own words are above; another range may work."]];
    case "protocol":
    case "unsupported":
      return [["Server and page don't fit together: take the newest of both."]];
    default:
      return [["Start another run. If it comes again, the browser's console and the list under Connection say more."]];
  }
}
