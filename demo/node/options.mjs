// @ts-check
// The command line of the demo: its options and their errors.
import { parseArgs } from "node:util";

export const HELP = `Runs a backtest and shows its progress. Without --url it starts a local simulator, which executes real
transactions in a Solana VM and cuts its connections once, on purpose.

  npm run demo
  npm run demo -- --slots 1000
  SIMULATOR_API_KEY=… npm run demo -- --url wss://HOST --start-slot 300000000 --program ADDRESS

  --url URL           a backtest service; its API key is read from the environment variable SIMULATOR_API_KEY
  --start-slot SLOT   first slot of the run (default: 300000000; required with --url)
  --slots COUNT       number of slots (default: 400)
  --engine ENGINE     engine of the local simulator: litesvm (default), or synthetic, which needs no native package
  --program ADDRESS   a program to watch; can be given more than once (default: the first program of the local ledger, or none)
  --help              this text

Exit code: 0 if the run completed and no event is missing, 1 otherwise, 2 for an invalid command line, 130 after Ctrl-C.
NO_COLOR turns colours off. If the output is not a terminal, it has no colours and no bar, only plain lines.`;

/** An error in the command line. Its message is one line that says what is wrong and what to do. */
export class UsageError extends Error {}

const U64_MAX = 2n ** 64n - 1n;

/**
 * @typedef {object} DemoOptions
 * @property {boolean} help
 * @property {string | undefined} url undefined: the local simulator
 * @property {"litesvm" | "synthetic"} engine engine of the local simulator
 * @property {bigint} startSlot
 * @property {bigint} slotCount
 * @property {string[]} programs empty: the target's default
 */

/**
 * @param {string[]} args
 * @returns {DemoOptions}
 * @throws {UsageError}
 */
export function readOptions(args) {
  const { help, url, engine = "litesvm", "start-slot": startSlot, slots, program } = parse(args);
  if (url !== undefined && startSlot === undefined && !help) {
    throw new UsageError("--url needs --start-slot SLOT: the first slot of a range that the service has");
  }
  if (engine !== "litesvm" && engine !== "synthetic") {
    throw new UsageError(`--engine must be litesvm or synthetic, not ${JSON.stringify(engine)}`);
  }
  return {
    help,
    url,
    engine,
    startSlot: readCount("start-slot", startSlot ?? "300000000"),
    slotCount: readCount("slots", slots ?? "400", 1n),
    programs: program,
  };
}

/** @param {string[]} args */
function parse(args) {
  try {
    return parseArgs({
      args,
      options: {
        help: { type: "boolean", short: "h", default: false },
        url: { type: "string" },
        engine: { type: "string" },
        "start-slot": { type: "string" },
        slots: { type: "string" },
        program: { type: "string", multiple: true, default: [] },
      },
    }).values;
  } catch (error) {
    const [message] = String(error instanceof Error ? error.message : error).split("\n");
    throw new UsageError(`${message} (--help lists the options)`);
  }
}

/** @param {string} name @param {string} text @param {bigint} [least] */
function readCount(name, text, least = 0n) {
  const value = /^\d{1,20}$/.test(text) ? BigInt(text) : undefined;
  if (value === undefined || value < least || value > U64_MAX)
    throw new UsageError(`--${name} must be a whole number from ${least} to ${U64_MAX}, not ${JSON.stringify(text)}`);
  return value;
}
