// @ts-check
// `npm run demo`: a backtest in the terminal, with a progress bar and a summary. `--help` lists the options.
import { SimulatorError } from "../../dist/index.js";
import { runBacktest } from "./node-demo.mjs";
import { HELP, readOptions, UsageError } from "./options.mjs";
import { isComplete, writeSummary } from "./summary.mjs";
import { openTarget } from "./target.mjs";

/** The exit code that shells report after SIGINT: 128 + 2 (the signal number). */
const INTERRUPTED = 130;

/** The remedy for each error, by code. @type {Record<string, string>} */
const REMEDIES = {
  unauthorized: "set SIMULATOR_API_KEY to a key of this service",
  create: "choose a range that the service has, with --start-slot and --slots",
  unsupported: "`npm ci` installs it; --engine synthetic does not need it",
};

/** Returns a text of one line for an error. @param {unknown} error */
function explain(error) {
  const [message = ""] = (error instanceof Error ? error.message : String(error)).split("\n");
  const remedy = error instanceof SimulatorError ? REMEDIES[error.code] : undefined;
  return remedy === undefined ? message : `${message} (${remedy})`;
}

async function main() {
  const options = readOptions(process.argv.slice(2));
  if (options.help) {
    process.stdout.write(`${HELP}\n`);
    return 0;
  }
  const interrupt = new AbortController();
  // Only the first Ctrl-C is handled. A second one ends the process.
  process.once("SIGINT", () => interrupt.abort());
  const target = await openTarget(options);
  try {
    const { stdout } = process;
    stdout.write(`backtest of slots ${options.startSlot} to ${options.startSlot + options.slotCount - 1n} on ${target.url}\n`);
    if (options.url === undefined) stdout.write(`executed by ${options.engine}\n`);
    if (target.dropAt !== undefined) stdout.write(`all connections will be cut at slot ${target.dropAt}, on purpose\n`);
    const outcome = await runBacktest(options, target, stdout, interrupt.signal);
    writeSummary(outcome, stdout);
    if (interrupt.signal.aborted) return INTERRUPTED;
    return isComplete(outcome) ? 0 : 1;
  } catch (error) {
    if (interrupt.signal.aborted) return INTERRUPTED;
    throw error;
  } finally {
    await target.close();
  }
}

main().then(
  (code) => {
    process.exitCode = code;
  },
  (error) => {
    process.stderr.write(`${explain(error)}\n`);
    process.exitCode = error instanceof UsageError ? 2 : 1;
  },
);
