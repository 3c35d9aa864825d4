import { BacktestClient } from "../../client/backtest-client.js";
import { loadLitesvm } from "../../local/engine/litesvm/load-litesvm.js";
import { startLocalSimulator } from "../../local/node/node-server.js";
import { explain } from "../command-failure.js";
import { type Env, KEY_VARIABLE, readApiKey } from "../terminal/io.js";
import { type CheckResult, failed, ok, warning } from "./check.js";

const MIN_NODE = 20;

export function checkNode(version: string): CheckResult {
  const major = Number(/^v?(\d+)/.exec(version)?.[1]);
  return major >= MIN_NODE ? ok(version) : failed(`${version} is too old`, `install Node.js ${MIN_NODE} or newer`);
}

/** What a header's value can be (RFC 9110, 5.5). */
const VISIBLE = /^[\x21-\x7e]+$/;

/** @param isNeeded whether there is a service to send it to */
export function checkKey(env: Env, isNeeded: boolean): CheckResult {
  const key = readApiKey(env);
  if (key === undefined) {
    return isNeeded
      ? warning(`${KEY_VARIABLE} is not set`, "set it, unless the service asks for none")
      : ok(`${KEY_VARIABLE} is not set, and nothing here needs it`);
  }
  return VISIBLE.test(key)
    ? ok(`${KEY_VARIABLE} is set`)
    : failed(
        `${KEY_VARIABLE} holds what no key has`,
        "set it again, without blanks and line breaks: they often come with copying",
      );
}

/** Names of variables that other programs take a proxy from; their values may hold a password. */
const PROXY_VARIABLES = ["HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY", "https_proxy", "http_proxy", "all_proxy"];

export function checkEnvironment(env: Env): CheckResult {
  if (env.NODE_TLS_REJECT_UNAUTHORIZED === "0") {
    return failed(
      "NODE_TLS_REJECT_UNAUTHORIZED=0: no certificate is checked, anybody can read the key",
      "unset it; for a company's own certificates there is NODE_EXTRA_CA_CERTS",
    );
  }
  const set = PROXY_VARIABLES.filter((name) => env[name]);
  return set.length === 0
    ? ok("no proxy is set")
    : warning(
        `${set.join(", ")} set, which Node.js' sockets don't use`,
        "if the checks below fail, the proxy is needed: give BacktestClient an `agent` that goes through it",
      );
}

export async function checkLitesvm(load: () => Promise<unknown> = loadLitesvm): Promise<CheckResult> {
  try {
    await load();
    return ok("there, and its native build loads");
  } catch (error) {
    return warning("not there: `serve` has the engine synthetic alone", explain(error));
  }
}

const SLOTS = 3;
const LIMIT_MS = 20_000;

/** A short backtest on this machine: the package, its sockets, and the loopback work. */
export async function checkBacktest(interrupt: AbortSignal): Promise<CheckResult> {
  const startedAt = performance.now();
  try {
    const simulator = await startLocalSimulator({ startSlot: 1, slots: SLOTS, record: false });
    try {
      const client = new BacktestClient({ url: simulator.url, timeouts: { initialConnectMs: LIMIT_MS } });
      const signal = AbortSignal.any([interrupt, AbortSignal.timeout(LIMIT_MS)]);
      const session = await client.startSession({ startSlot: 1, slotCount: SLOTS }, { signal });
      let slots = 0;
      for await (const event of session.run()) if (event.type === "slot") slots++;
      return ok(`${slots} slots in ${Math.round(performance.now() - startedAt)} ms`);
    } finally {
      await simulator.close();
    }
  } catch (error) {
    return failed(explain(error), "see whether a firewall keeps programs from 127.0.0.1");
  }
}
