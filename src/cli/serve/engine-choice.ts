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
import type { Output } from "../io.js";

export const ENGINES = ["litesvm", "synthetic"] as const;

export interface ExecutionOptions {
  engine: (typeof ENGINES)[number];
  /** Take the engine synthetic where litesvm isn't there. */
  fallback?: true;
  /** A folder to replay, in place of what the options below make up. */
  ledger?: string;
  seed: string;
  startSlot: bigint;
  slots: bigint;
  transactions: number;
  skipRate: number;
}

/** What a simulator executes. */
export interface Execution {
  engine: Engine;
  name: (typeof ENGINES)[number];
  /** The folder that is replayed; undefined for a ledger that is made up. */
  folder: string | undefined;
  /** First and last slot. */
  startSlot: bigint;
  endSlot: bigint;
}

const SLOTS_IN_BUNDLE = 1_000n;
/** Lines on what can't be replayed: a session's summary counts all of it. */
const MAX_TOLD = 10;

/** @throws UsageError, Failure if litesvm isn't there, or the ledger can't be read */
export async function openExecution(options: ExecutionOptions, err: Output): Promise<Execution> {
  const { engine, ledger: folder, fallback } = options;
  if (folder !== undefined && (engine === "synthetic" || fallback)) {
    throw new UsageError("--ledger needs the engine litesvm: the synthetic one executes no real transactions");
  }
  if (engine === "synthetic") return synthetic(options);
  const ledger = folder === undefined ? generateLedger(span(options)) : await read(folder);
  try {
    const opened = await litesvmEngine(ledger, { onSkipped: skipTeller(err) });
    return { engine: opened, name: engine, folder, ...boundsOf(ledger) };
  } catch (error) {
    if (!(error instanceof SimulatorError) || error.code !== "unsupported") throw error;
    const message = error.message.replace(/the engine "synthetic"$/, "--engine synthetic");
    if (!fallback) throw new Failure(message, { cause: error });
    err.write(`${err.style("yellow", "note:")} the engine is synthetic, as --fallback says: ${message}\n`);
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

/** What a ledger is made up from. */
function span({ seed, startSlot, slots, transactions, skipRate }: ExecutionOptions) {
  let endSlot = startSlot + slots;
  if (endSlot > U64_MAX) endSlot = U64_MAX;
  return { seed, startSlot, endSlot, skipRate, transactionsPerSlot: transactions };
}

function boundsOf({ startSlot, endSlot }: Pick<Ledger, "startSlot" | "endSlot">) {
  return { startSlot, endSlot };
}

async function read(folder: string): Promise<Ledger> {
  return readLedger(folder).catch((error: unknown) => {
    // Its message names the file and what to do; the field is the option.
    throw error instanceof SimulatorError ? new Failure(`--${error.message}`, { cause: error }) : error;
  });
}

function skipTeller({ write }: Output): (skipped: SkippedTransaction) => void {
  let told = 0;
  return ({ slot, index, detail }) => {
    told++;
    if (told <= MAX_TOLD) write(`not replayed: transaction ${index} of slot ${slot}: ${detail}\n`);
    if (told === MAX_TOLD + 1) write("more could not be replayed: the session's summary counts them, by reason\n");
  };
}
