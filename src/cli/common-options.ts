import { Option } from "commander";
import { BacktestClient } from "../client/backtest-client.js";
import { withoutQuery } from "../protocol/urls.js";
import { validApiKey } from "./api-key.js";
import { oneLine } from "./command-failure.js";
import { outgoingProxy, proxyFor } from "./outgoing-proxy.js";
import type { Io } from "./terminal/io.js";
import { integer, simulatorUrl } from "./values.js";

/** The option `--url`. */
export function urlOption(): Option {
  const description = "address of the simulator: wss://HOST, ws://HOST:PORT, or a host name (env: SIMULATOR_URL)";
  return new Option("--url <url>", description).argParser(simulatorUrl);
}

export function portOption(port: number): Option {
  return new Option("--port <port>", "port to listen on; 0 is any free port")
    .argParser(integer(0, 65_535))
    .default(port, `${port}`);
}

/** @param what the result that the option prints, such as `the summary` */
export function jsonOption(what: string): Option {
  return new Option("--json", `print ${what} as JSON`);
}

/** Creates a client with the API key from the environment. The log of the client is printed only with `--verbose`. */
export function makeClient(
  url: string,
  { env, debug }: Io,
  options: Partial<ConstructorParameters<typeof BacktestClient>[0]> = {},
) {
  const apiKey = validApiKey(env);
  const log = (message: string): void => debug(oneLine(message));
  const outgoing = outgoingProxy(env);
  const proxy = outgoing && proxyFor(url);
  if (proxy !== undefined) debug(`through the proxy ${new URL(proxy).host}`);
  const logger = { debug: log, info: log, warn: log, error: log };
  debug(
    `simulator ${withoutQuery(url)}, ${apiKey === undefined ? "without an API key" : "with the API key of SIMULATOR_API_KEY"}`,
  );
  return new BacktestClient({ url, logger, ...outgoing, ...(apiKey !== undefined && { apiKey }), ...options });
}
