import type { IncomingMessage, ServerResponse } from "node:http";
import { parseJson, stringifyJson } from "../../codec/json.js";
import type { FaultType } from "../../local/link/faults.js";
import type { LocalSimulator } from "../../local/node/node-server.js";
import { members } from "../../protocol/message.js";
import { explain, UsageError } from "../command-failure.js";
import { answerText, isForLoopback, LOOPBACK, listen, type OpenServer, readBody } from "../loopback.js";
import { plural } from "../units.js";
import { controlPage, PAGE_POLICY, PAGE_SCRIPT, PAGE_STYLE } from "./control-page.js";
import { parseFault } from "./fault-spec.js";

/** What is controlled. */
type Controlled = Pick<LocalSimulator, "url" | "faults">;

/** They strike who connects or attaches next. */
const REFUSALS: ReadonlySet<string> = new Set<FaultType>(["busyOwner", "refuseAuth", "refuseUpgrade"]);
/** An order is a line of text. */
const MAX_BODY_BYTES = 16 * 1024;

/**
 * Opens the page and the endpoint by which faults are ordered while a simulator serves. Loopback only, whatever the simulator
 * listens on, and for no page but its own.
 *
 * - `GET /faults`: the page, or with `Accept: application/json` what took effect so far.
 * - `POST /faults`: `{ "fault": "drop@slot:300000100" }` or `{ "clear": true }`.
 *
 * @throws Failure if the port can't be had
 */
export async function openControlServer(simulator: Controlled, port: number): Promise<OpenServer> {
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
  simulator: Controlled,
  ownOrigins: readonly string[],
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { origin, accept = "", "content-type": type = "" } = request.headers;
  // Without an Origin it is no page, or this one: what a page elsewhere posts has one.
  const isOwn = origin === undefined || ownOrigins.includes(origin);
  if (!isForLoopback(request) || !isOwn) return answerText(response, 403, "this page may not order faults");
  const [path] = (request.url ?? "/").split("?");
  switch (`${request.method} ${path}`) {
    case "GET /":
      return answerText(response, 302, "", { location: "/faults" });
    case "GET /faults":
      if (accept.includes("application/json")) return answerJson(response, 200, { counts: simulator.faults.counts });
      return answerText(response, 200, controlPage(simulator.url), {
        "content-type": "text/html; charset=utf-8",
        "content-security-policy": PAGE_POLICY,
        "referrer-policy": "no-referrer",
      });
    case "GET /faults.js":
      return answerText(response, 200, PAGE_SCRIPT, { "content-type": "text/javascript; charset=utf-8" });
    case "GET /faults.css":
      return answerText(response, 200, PAGE_STYLE, { "content-type": "text/css; charset=utf-8" });
    case "POST /faults": {
      // A form of another page can't send this type without asking first, and is not let in.
      if (!/^application\/json\b/i.test(type)) return answerJson(response, 415, { error: "send application/json" });
      const body = await readBody(request, MAX_BODY_BYTES);
      if (body === undefined) return answerJson(response, 413, { error: `an order has at most ${MAX_BODY_BYTES} bytes` });
      return order(simulator, body, response);
    }
    default:
      return answerText(response, 404, "there are GET /faults and POST /faults");
  }
}

function order({ faults }: Controlled, body: string, response: ServerResponse): void {
  try {
    const obeyed = obey(faults, members(parseJson(body)));
    answerJson(response, 200, { ...obeyed, counts: faults.counts });
  } catch (error) {
    answerJson(response, 400, { error: explain(error) });
  }
}

/** What became of an order. */
interface Obeyed {
  /** Open connections that were struck. */
  struck: number;
  /** The same for people. */
  told: string;
}

/** @throws UsageError for what is no order */
function obey(faults: Controlled["faults"], { fault: text, clear }: Record<string, unknown>): Obeyed {
  if (clear === true) {
    faults.clear();
    return { struck: 0, told: "nothing stands any more, and nothing is to come" };
  }
  if (typeof text !== "string") throw new UsageError('expected { "fault": "drop" } or { "clear": true }');
  const { fault, trigger } = parseFault(text);
  if (trigger !== undefined) {
    faults.schedule(trigger, fault);
    return { struck: 0, told: `${text} waits for its moment` };
  }
  const struck = faults.apply(fault);
  return { struck, told: `${text}${REFUSALS.has(fault.type) ? " is to come" : `: ${plural(struck, "open connection")} struck`}` };
}

function answerJson(response: ServerResponse, status: number, value: object): void {
  answerText(response, status, stringifyJson(value), { "content-type": "application/json" });
}
