import { connect } from "node:net";
import type { BacktestClient } from "../client/backtest-client.js";
import { UsageError } from "./command-failure.js";
import { makeClient } from "./common-options.js";
import { LOOPBACK } from "./loopback.js";
import { type Env, type Io, writeLines } from "./terminal/io.js";
import { fromSetting, integer } from "./values.js";

/** The port of `serve` if neither `--port` nor SIMULATOR_PORT is set. */
export const SERVE_PORT = 4100;
/** Time limit for the connection to a local simulator, in ms. */
const LIMIT_MS = 1_000;

/** Returns the port that `serve` uses if `--port` is not set. @throws UsageError if SIMULATOR_PORT is not a port */
export function defaultServePort({ SIMULATOR_PORT }: Env): number {
  return SIMULATOR_PORT ? fromSetting("SIMULATOR_PORT", SIMULATOR_PORT, integer(0, 65_535)) : SERVE_PORT;
}

/**
 * Returns the value of `--url`. Without it, returns the URL of a local `serve` and prints a note.
 *
 * @throws UsageError if no `serve` is running
 */
export async function serviceUrl(url: string | undefined, io: Io): Promise<string> {
  if (url !== undefined) return url;
  const found = await localServe(io);
  writeLines(io.err, [`note: --url is not set: using the simulator at ${new URL(found).host}`]);
  return found;
}

/** Returns the URL of a local `serve` on its default port. @throws UsageError if no `serve` is running */
export async function localServe({ env }: Io): Promise<string> {
  const port = defaultServePort(env);
  if (await isListening(port)) return `ws://${LOOPBACK}:${port}/backtest`;
  throw new UsageError(
    `--url is missing: no simulator listens on ${LOOPBACK}:${port}; give the address of a simulator, set SIMULATOR_URL, or start \`simulator-client serve\` in another terminal`,
  );
}

/**
 * Creates a client for the service at `--url`. Without `--url`, creates a client for a local `serve`.
 *
 * @throws UsageError if no `serve` is running
 */
export async function serviceClient(url: string | undefined, io: Io): Promise<BacktestClient> {
  return makeClient(await serviceUrl(url, io), io);
}

function isListening(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    if (port === 0) return resolve(false);
    const socket = connect({ host: LOOPBACK, port, timeout: LIMIT_MS });
    const settle = (isOpen: boolean): void => {
      socket.destroy();
      resolve(isOpen);
    };
    socket.once("connect", () => settle(true));
    socket.once("error", () => settle(false));
    socket.once("timeout", () => settle(false));
  });
}
