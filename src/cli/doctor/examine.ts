import { httpBaseUrl } from "../../protocol/urls.js";
import { readApiKey } from "../api-key.js";
import { makeClient } from "../common-options.js";
import { describeProxy, outgoingProxy, proxyFor } from "../outgoing-proxy.js";
import type { Io } from "../terminal/io.js";
import { type CheckResult, type NamedResult, skipped } from "./check.js";
import { checkBacktest, checkEnvironment, checkKey, checkLitesvm, checkNode } from "./local-checks.js";
import {
  checkControl,
  checkDns,
  checkHealth,
  checkRanges,
  checkTcp,
  checkTls,
  checkUrl,
  type Service,
} from "./service-checks.js";

async function checkProxy(proxy: string, service: Service): Promise<CheckResult> {
  const result = await checkTcp({ ...service, url: new URL(proxy) });
  return { ...result, detail: `${describeProxy(proxy, service.url.href)}: ${result.detail}` };
}

/** Runs all checks in order. @param report called with each result when it is available */
export async function examine(url: string | undefined, io: Io, report: (result: NamedResult) => void): Promise<NamedResult[]> {
  const results: NamedResult[] = [];
  const note = async (name: string, result: CheckResult | Promise<CheckResult>): Promise<boolean> => {
    io.interrupt.throwIfAborted();
    const named = { ...(await result), name };
    results.push(named);
    report(named);
    return named.status !== "failed";
  };
  await note("node", checkNode(process.version));
  await note("environment", checkEnvironment(io.env));
  const isKeyUsable = await note("key", checkKey(io.env, url !== undefined));
  await note("litesvm", checkLitesvm());
  await note("local backtest", checkBacktest(io.interrupt));
  if (url === undefined) {
    await note("service", skipped("not checked; add --url to check one"));
    return results;
  }
  if (!isKeyUsable) {
    await note("service", skipped("not checked, because it cannot receive the key"));
    return results;
  }
  const service: Service = {
    url: new URL(url),
    httpBase: httpBaseUrl(url),
    client: makeClient(url, io),
    fetch: outgoingProxy(io.env)?.fetch ?? fetch,
    hasKey: readApiKey(io.env) !== undefined,
    interrupt: io.interrupt,
  };
  await note("address", checkUrl(service));
  const proxy = proxyFor(url);
  // With a proxy, only the connection to the proxy is checked. The proxy itself connects to the service.
  const isReachable =
    proxy === undefined
      ? (await note("DNS", checkDns(service))) &&
        (await note("connection", checkTcp(service))) &&
        (service.url.protocol !== "wss:" || (await note("TLS", checkTls(service))))
      : await note("proxy", checkProxy(proxy, service));
  if (!isReachable) {
    await note("service", skipped("not reachable"));
    return results;
  }
  const { health, clock } = await checkHealth(service);
  await note("service", health);
  await note("clock", clock);
  if (await note("control channel", checkControl(service))) await note("ranges", checkRanges(service));
  return results;
}
