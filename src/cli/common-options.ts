import { Option } from "commander";
import { BacktestClient } from "../client/backtest-client.js";
import { type Io, readApiKey } from "./terminal/io.js";
import { integer, simulatorUrl } from "./values.js";

export const MISSING_URL = "--url is missing: give the address of the simulator, or set SIMULATOR_URL";

/** The option `--url`. Its default is the environment variable SIMULATOR_URL. */
export function urlOption(): Option {
  return new Option("--url <url>", "address of the simulator: wss://HOST, ws://HOST:PORT, or a host name")
    .env("SIMULATOR_URL")
    .argParser(simulatorUrl);
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

/**
 * Creates a client with the API key from the environment. The client logs nothing, because the commands report errors themselves,
 * escaped and redacted.
 */
export function makeClient(url: string, { env }: Io, options: Partial<ConstructorParameters<typeof BacktestClient>[0]> = {}) {
  const apiKey = readApiKey(env);
  return new BacktestClient({ url, logger: false, ...(apiKey !== undefined && { apiKey }), ...options });
}
