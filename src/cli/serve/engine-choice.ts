import type { Engine } from "../../local/engine/engine.js";
import { generateLedger } from "../../local/engine/ledger/generate-ledger.js";
import type { Ledger } from "../../local/engine/ledger/ledger.js";
import { readLedger } from "../../local/engine/ledger/read-ledger.js";
import type { SkippedTransaction } from "../../local/engine/litesvm/ledger-comparison.js";
import { litesvmEngine } from "../../local/engine/litesvm/litesvm-engine.js";
import { syntheticEngine } from "../../local/engine/synthetic/synthetic-engine.js";
import { U64_MAX } from "../../protocol/scalars.js";
import { SimulatorError } from "../../protocol/simulator-error.js";
import { Failure, UsageError } from "../command-failure.js";
import { checkRange, lastOf } from "../slot-range-options.js";
import { type Output, writeLines } from "../terminal/io.js";

export const ENGINES = ["litesvm", "synthetic"] as const;
export const ISOLATIONS = ["process", "none"] as const;

export interface ExecutionOptions {
  engine: (typeof ENGINES)[number];
  /** Whether to use the engine `synthetic` if litesvm is not installed. */
  fallback?: true;
  /** The folder of a ledger to replay. If it is absent, a ledger is generated from the options below. */
  ledger?: string;
  /** In which processes the VMs of litesvm run. */
  isolation: (typeof ISOLATIONS)[number];
  seed: string;
  startSlot: bigint;
  /** Number of slots in the generated ledger. @default 10,000, or fewer if the range would end after the largest u64 */
  slots?: bigint;
  transactions: number;
  skipRate: number;
}

/** The engine of a simulator, and its ledger. */
export interface Execution {
  engine: Engine;
  name: (typeof ENGINES)[number];
  /** The folder of the replayed ledger. `undefined` for a generated ledger. */
  folder: string | undefined;
  /** The first slot of the ledger. */
  startSlot: bigint;
  /** The last slot of the ledger, inclusive. */
  endSlot: bigint;
}

/** Number of slots in a generated ledger if `--slots` is not set. */
export const DEFAULT_SLOTS = 10_000n;
const SLOTS_IN_BUNDLE = 1_000n;
/**
 * Maximum number of messages about transactions that cannot be replayed. The summary of a session counts all these transactions.
 */
const MAX_MESSAGES = 10;

/** @throws Failure if litesvm is not installed or the ledger cannot be read; UsageError for options that cannot be combined */
export async function openExecution(options: ExecutionOptions, err: Output): Promise<Execution> {
  const { engine, ledger: folder, fallback, isolation } = options;
  if (folder !== undefined && (engine === "synthetic" || fallback)) {
    throw new UsageError("--ledger needs the engine litesvm: the engine synthetic cannot execute real transactions");
  }
  if (engine === "synthetic") return synthetic(options);
  const ledger = folder === undefined ? generateLedger(span(options)) : await read(folder);
  try {
    const opened = await litesvmEngine(ledger, { isolation, onSkipped: skipReporter(err) });
    return { engine: opened, name: engine, folder, ...boundsOf(ledger) };
  } catch (error) {
    if (!(error instanceof SimulatorError) || error.code !== "unsupported") throw error;
    const message = error.message.replace(/use the engine "synthetic"$/, "pass --engine synthetic");
    if (!fallback) throw new Failure(message, { cause: error });
    writeLines(err, [`${err.style("yellow", "note:")} using the engine synthetic because of --fallback: ${message}`]);
    return synthetic(options);
  }
}

function synthetic(options: ExecutionOptions): Execution {
  const made = span(options);
  return {
    engine: syntheticEngine({ ...made, bundleSlots: SLOTS_IN_BUNDLE }),
    name: "synthetic",
    folder: undefined,
    ...boundsOf(made),
  };
}

/** Returns the parameters for a generated ledger. @throws UsageError if the range ends after the largest u64 */
function span({ seed, startSlot, slots, transactions, skipRate }: ExecutionOptions) {
  const last = lastOf(startSlot, slots ?? DEFAULT_SLOTS);
  const endSlot = slots === undefined && last > U64_MAX ? U64_MAX : last;
  checkRange(startSlot, endSlot);
  return { seed, startSlot, endSlot, skipRate, transactionsPerSlot: transactions };
}

function boundsOf({ startSlot, endSlot }: Pick<Ledger, "startSlot" | "endSlot">) {
  return { startSlot, endSlot };
}

async function read(folder: string): Promise<Ledger> {
  return readLedger(folder).catch((error: unknown) => {
    // The message starts with the name of the field, `ledger`. The prefix `--` turns this name into the option `--ledger`.
    throw error instanceof SimulatorError ? new Failure(`--${error.message}`, { cause: error }) : error;
  });
}

function skipReporter(err: Output): (skipped: SkippedTransaction) => void {
  let reported = 0;
  return ({ slot, index, detail }) => {
    reported++;
    if (reported <= MAX_MESSAGES) writeLines(err, [`not replayed: transaction ${index} of slot ${slot}: ${detail}`]);
    if (reported === MAX_MESSAGES + 1) {
      writeLines(err, ["more transactions cannot be replayed; the summary of each session counts them by reason"]);
    }
  };
}
