import { stringifyJson } from "../../codec/json.js";
import type { SimulatorWatcher } from "../../local/server/simulator-watcher.js";
import type { EndReason, Session } from "../../local/session/local-session.js";
import { oneLine } from "../command-failure.js";
import { type Output, writeLines } from "../terminal/io.js";
import { plural } from "../terminal/units.js";

/** Maximum length of a path in the log. A longer path is cut. */
const MAX_PATH = 200;

const REASONS: Record<EndReason, string> = {
  closed: "closed by its client",
  disconnected: "no client attached within its disconnect timeout",
  stopped: "the simulator was stopped",
  failed: "it could not be started",
};

/**
 * Logs the sessions and requests of a simulator as text or NDJSON, one line each. The log contains no queries and no headers, and
 * therefore no API keys.
 */
export function serveLog(
  out: Output,
  { isJson, now = () => new Date() }: { isJson: boolean; now?: () => Date },
): SimulatorWatcher {
  const log = (event: string, fields: object, text: string): void => {
    const at = now();
    const line = isJson
      ? stringifyJson({ time: at.toISOString(), event, ...fields })
      : `${out.style("dim", at.toTimeString().slice(0, 8))} ${oneLine(text)}`;
    writeLines(out, [line]);
  };
  return {
    sessionCreated: (session) => {
      const { startSlot, endSlot } = session.create;
      const range = `slots ${startSlot} to ${endSlot}`;
      log("sessionCreated", { ...identityOf(session), startSlot, endSlot }, `${titleOf(session)} created: ${range}`);
    },
    sessionEnded: (session, reason) => {
      const { executedSlots, outcome } = session;
      const progress = `${outcome === "open" ? "not completed" : outcome} after ${plural(executedSlots, "slot")}`;
      log(
        "sessionEnded",
        { ...identityOf(session), reason, outcome, executedSlots },
        `${titleOf(session)} ended: ${progress}, ${REASONS[reason]}`,
      );
    },
    answered: ({ method, path, status }) => {
      const shown = path.length > MAX_PATH ? `${path.slice(0, MAX_PATH)}…` : path;
      log("request", { method, path: shown, status }, `${status === 101 ? "WebSocket" : method} ${shown} ${status}`);
    },
  };
}

function identityOf({ identity: { sessionId, sessionName, controlSessionId } }: Session) {
  return { sessionId, name: sessionName, controlSessionId };
}

function titleOf({ identity: { sessionId, sessionName } }: Session): string {
  return `session ${sessionId}${sessionName === undefined ? "" : ` (${sessionName})`}`;
}
