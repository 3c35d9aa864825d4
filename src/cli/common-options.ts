import { Option } from "commander";
import { BacktestClient } from "../client/backtest-client.js";
import { type Io, readApiKey } from "./io.js";
import { simulatorUrl } from "./values.js";

/** Where the service is: an argument, or in the environment for those who use one all day. */
export function urlOption(): Option {
  return new Option("--url <url>", "the simulator's address, such as wss://HOST, or a host name")
    .env("SIMULATOR_URL")
    .argParser(simulatorUrl);
}

export function jsonOption(what: string): Option {
  return new Option("--json", `print ${what} as JSON`);
}

/** A client of a service, with the key of the environment. */
export function makeClient(url: string, { env }: Io, options: Partial<ConstructorParameters<typeof BacktestClient>[0]> = {}) {
  const apiKey = readApiKey(env);
  return new BacktestClient({ url, ...(apiKey !== undefined && { apiKey }), ...options });
}
