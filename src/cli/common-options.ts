import { Option } from "commander";
import { BacktestClient } from "../client/backtest-client.js";
import { withoutQuery } from "../protocol/urls.js";
import { oneLine, UsageError } from "./command-failure.js";
import { outgoingProxy, proxyFor } from "./outgoing-proxy.js";
import { type Env, type Io, readApiKey } from "./terminal/io.js";
import { integer, simulatorUrl } from "./values.js";

export const MISSING_URL = "--url is missing: give the address of the simulator, or set SIMULATOR_URL";

/** The option `--url`. Its default is the environment variable SIMULATOR_URL. */
export function urlOption(): Option {
  return new Option("--url <url>", "address of the simulator: wss://HOST, ws://HOST:PORT, or a host name")
    .env("SIMULATOR_URL")
    .argParser(simulatorUrl);
}

/** The port of `serve` if neither `--port` nor SIMULATOR_PORT is set. */
export const SERVE_PORT = 4100;

/** Returns the port of `serve` without `--port`. `run` and `ab` look for a simulator on the same port. */
export function defaultServePort({ SIMULATOR_PORT }: Env): number {
  return Number(SIMULATOR_PORT || SERVE_PORT);
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

/** Creates a client with the API key from the environment. The commands report errors; the log is printed only with `--verbose`. */
export function makeClient(
  url: string,
  { env, debug }: Io,
  options: Partial<ConstructorParameters<typeof BacktestClient>[0]> = {},
) {
  const apiKey = readApiKey(env);
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

/** Creates a client for the service at `--url`. @throws UsageError if there is no URL */
export function serviceClient(url: string | undefined, io: Io): BacktestClient {
  if (url === undefined) throw new UsageError(MISSING_URL);
  return makeClient(url, io);
}
