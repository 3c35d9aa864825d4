import { BacktestClient } from "../../client/backtest-client.js";
import { loadLitesvm } from "../../local/engine/litesvm/load-litesvm.js";
import { startLocalSimulator } from "../../local/node/node-server.js";
import { isValidKey, KEY_VARIABLE, readApiKey } from "../api-key.js";
import { explain } from "../command-failure.js";
import { isHttpUrl } from "../outgoing-proxy.js";
import type { Env } from "../terminal/io.js";
import { plural } from "../terminal/units.js";
import { type CheckResult, failed, ok, warning } from "./check.js";

const MIN_NODE = 20;

export function checkNode(version: string): CheckResult {
  const major = Number(/^v?(\d+)/.exec(version)?.[1]);
  return major >= MIN_NODE ? ok(version) : failed(`${version} is too old`, `install Node.js ${MIN_NODE} or newer`);
}

/** @param isNeeded `true`: a missing key causes a warning. `false`: a key is optional */
export function checkKey(env: Env, isNeeded: boolean): CheckResult {
  const key = readApiKey(env);
  if (key === undefined) {
    return isNeeded
      ? warning(`${KEY_VARIABLE} is not set`, "set it, unless the service requires no key")
      : ok(`${KEY_VARIABLE} is not set, and no check needs it`);
  }
  return isValidKey(key)
    ? ok(`${KEY_VARIABLE} is set`)
    : failed(`${KEY_VARIABLE} contains invalid characters`, "set it again without spaces and line breaks");
}

/** Environment variables that name a proxy. Their values may contain a password. */
const PROXY_VARIABLES = ["HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY", "https_proxy", "http_proxy", "all_proxy"];

/** Adds `http://` to the address of a proxy without a scheme, because the commands also accept such an address. */
function withScheme(proxy: string): string {
  return proxy.includes("://") ? proxy : `http://${proxy}`;
}

export function checkEnvironment(env: Env): CheckResult {
  if (env.NODE_TLS_REJECT_UNAUTHORIZED === "0") {
    return failed(
      "NODE_TLS_REJECT_UNAUTHORIZED=0 disables the verification of certificates, so that others can read the key",
      "unset it; use NODE_EXTRA_CA_CERTS for the certificates of your company",
    );
  }
  const set = PROXY_VARIABLES.filter((name) => env[name]);
  const unreadable = set.find((name) => !isHttpUrl(withScheme(env[name] ?? "")));
  if (unreadable !== undefined) return failed(`${unreadable} is not a URL`, "set it to a URL such as http://proxy.example:3128");
  return ok(set.length === 0 ? "no proxy is set" : `the commands use the proxy in ${set.join(", ")}`);
}

export async function checkLitesvm(load: () => Promise<unknown> = loadLitesvm): Promise<CheckResult> {
  try {
    await load();
    return ok("installed, and its native build loads");
  } catch (error) {
    return warning("not available; `serve` has only the engine synthetic", explain(error));
  }
}

const SLOTS = 3;
const LIMIT_MS = 20_000;

/** Runs a short backtest on this machine, to check the package, its sockets and the loopback interface. */
export async function checkBacktest(interrupt: AbortSignal): Promise<CheckResult> {
  const startedAt = performance.now();
  try {
    const simulator = await startLocalSimulator({ startSlot: 1, slots: SLOTS, record: false });
    try {
      const client = new BacktestClient({ url: simulator.url, logger: false, timeouts: { initialConnectMs: LIMIT_MS } });
      const signal = AbortSignal.any([interrupt, AbortSignal.timeout(LIMIT_MS)]);
      const session = await client.startSession({ startSlot: 1, endSlot: SLOTS }, { signal });
      let slots = 0;
      for await (const event of session.run()) if (event.type === "slot") slots++;
      return ok(`${plural(slots, "slot")} in ${Math.round(performance.now() - startedAt)} ms`);
    } finally {
      await simulator.close();
    }
  } catch (error) {
    return failed(explain(error), "check whether a firewall blocks connections to 127.0.0.1");
  }
}
