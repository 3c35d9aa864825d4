import type { IncomingMessage, ServerResponse } from "node:http";
import { parseJson, stringifyJson } from "../../codec/json.js";
import type { FaultType } from "../../local/link/faults.js";
import type { LocalSimulator } from "../../local/node/node-server.js";
import { members } from "../../protocol/message.js";
import { explain, UsageError } from "../command-failure.js";
import { answerText, isForLoopback, LOOPBACK, listen, type OpenServer, readBody } from "../loopback.js";
import { plural } from "../terminal/units.js";
import { faultPage, PAGE_POLICY, PAGE_SCRIPT, PAGE_STYLE } from "./fault-page.js";
import { parseFault } from "./fault-spec.js";

/** The simulator into which faults are injected. */
type FaultySimulator = Pick<LocalSimulator, "url" | "faults">;

/** Faults that affect only new connections. */
const REFUSALS: ReadonlySet<string> = new Set<FaultType>(["busyOwner", "refuseAuth", "refuseUpgrade"]);
const MAX_BODY_BYTES = 16 * 1024;

/**
 * Opens the page and the HTTP API with which faults can be injected into a simulator. It listens only on this machine, and refuses
 * requests from other web pages.
 *
 * - `GET /faults`: returns the page or, with `Accept: application/json`, how often each fault took effect.
 * - `POST /faults`: accepts `{ "fault": "drop@slot:300000100" }` or `{ "clear": true }`.
 *
 * @throws Failure if the port cannot be opened
 */
export async function openFaultServer(simulator: FaultySimulator, port: number): Promise<OpenServer> {
  const opened = await listen(
    (request, response) => {
      handle(simulator, ownOrigins(opened.port), request, response).catch(() => response.destroy());
    },
    port,
    "--faults-port",
  );
  return opened;
}

function ownOrigins(port: number): string[] {
  return [LOOPBACK, "localhost", "[::1]"].map((host) => `http://${host}:${port}`);
}

async function handle(
  simulator: FaultySimulator,
  ownOrigins: readonly string[],
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { origin, accept = "", "content-type": type = "" } = request.headers;
  // A request without an Origin is allowed. A page of another site cannot omit the Origin of a POST or a CORS request.
  const isOwn = origin === undefined || ownOrigins.includes(origin);
  if (!isForLoopback(request) || !isOwn) return answerText(response, 403, "only the fault page itself may use this server");
  const [path] = (request.url ?? "/").split("?");
  switch (`${request.method} ${path}`) {
    case "GET /":
      return answerText(response, 302, "", { location: "/faults" });
    case "GET /faults":
      if (accept.includes("application/json")) return answerJson(response, 200, { counts: simulator.faults.counts });
      return answerText(response, 200, faultPage(simulator.url), {
        "content-type": "text/html; charset=utf-8",
        "content-security-policy": PAGE_POLICY,
        "referrer-policy": "no-referrer",
      });
    case "GET /faults.js":
      return answerText(response, 200, PAGE_SCRIPT, { "content-type": "text/javascript; charset=utf-8" });
    case "GET /faults.css":
      return answerText(response, 200, PAGE_STYLE, { "content-type": "text/css; charset=utf-8" });
    case "POST /faults": {
      // Accepts only JSON. A page of another origin can send JSON only after a CORS preflight, and this server refuses
      // preflights.
      if (!/^application\/json\b/i.test(type)) return answerJson(response, 415, { error: "send application/json" });
      const body = await readBody(request, MAX_BODY_BYTES);
      if (body === undefined) return answerJson(response, 413, { error: `the body must not exceed ${MAX_BODY_BYTES} bytes` });
      return answerOrder(simulator, body, response);
    }
    default:
      return answerText(response, 404, "not found; use GET /faults or POST /faults");
  }
}

function answerOrder({ faults }: FaultySimulator, body: string, response: ServerResponse): void {
  try {
    const result = inject(faults, members(parseJson(body)));
    answerJson(response, 200, { ...result, counts: faults.counts });
  } catch (error) {
    answerJson(response, 400, { error: explain(error) });
  }
}

/** The result of an injected fault. */
interface InjectionResult {
  /** Number of open connections that the fault affected. */
  struck: number;
  /** The result as text for people. */
  message: string;
}

/** @throws UsageError */
function inject(faults: FaultySimulator["faults"], { fault: text, clear }: Record<string, unknown>): InjectionResult {
  if (clear === true) {
    faults.clear();
    return { struck: 0, message: "all faults were cleared" };
  }
  if (typeof text !== "string") throw new UsageError('expected { "fault": "drop" } or { "clear": true }');
  const { fault, trigger } = parseFault(text);
  if (trigger !== undefined) {
    faults.schedule(trigger, fault);
    return { struck: 0, message: `${text} is scheduled` };
  }
  const struck = faults.apply(fault);
  const effect = REFUSALS.has(fault.type) ? " affects the next connections" : `: ${plural(struck, "open connection")} affected`;
  return { struck, message: `${text}${effect}` };
}

function answerJson(response: ServerResponse, status: number, value: object): void {
  answerText(response, status, stringifyJson(value), { "content-type": "application/json" });
}
