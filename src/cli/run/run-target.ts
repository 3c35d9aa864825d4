import { isLoopbackHost } from "../../protocol/host.js";
import { SimulatorError } from "../../protocol/simulator-error.js";
import { UsageError } from "../command-failure.js";
import { makeClient } from "../common-options.js";
import { localServe, serviceUrl } from "../local-serve.js";
import { type RangeOptions, toRange } from "../slot-range-options.js";
import { type Io, writeLines } from "../terminal/io.js";

/** The URL of a run, and the slots that it replays. */
export interface RunTarget {
  url: string;
  startSlot: bigint;
  /** Inclusive. */
  endSlot: bigint;
}

interface TargetOptions extends RangeOptions {
  url?: string;
}

/** Time limit for the request to a local simulator, in ms. */
const LIMIT_MS = 10_000;

/**
 * Returns the URL and the range of a run. If there is no URL, uses the simulator of a local `serve`. If the range is incomplete
 * and the simulator is on this machine, takes the missing slots from the simulator's ledger.
 *
 * @throws UsageError if the URL or the range is missing and there is no local simulator
 */
export async function resolveTarget(options: TargetOptions, io: Io): Promise<RunTarget> {
  const { startSlot, endSlot, slots } = options;
  const isComplete = startSlot !== undefined && (endSlot !== undefined || slots !== undefined);
  // `serviceUrl` prints the address of a local simulator. `localServe` does not, because the note below contains the address.
  const url = isComplete ? await serviceUrl(options.url, io) : (options.url ?? (await localServe(io)));
  if (isComplete || !isLoopbackHost(new URL(url).hostname)) return { url, ...toRange(options) };
  const ledger = await ledgerOf(url, startSlot, io);
  const isBounded = endSlot !== undefined || slots !== undefined;
  const range = toRange({ startSlot: ledger.startSlot, ...(!isBounded && { endSlot: ledger.endSlot }), ...options });
  writeLines(io.err, [`note: using the slots ${range.startSlot} to ${range.endSlot} of the simulator at ${new URL(url).host}`]);
  return { url, ...range };
}

/** Returns the slots of the ledger from `startSlot` to the next gap or the end. The default of `startSlot` is the first slot. */
async function ledgerOf(url: string, startSlot: bigint | undefined, io: Io): Promise<Omit<RunTarget, "url">> {
  const client = makeClient(url, io);
  const ranges = await client.availableRanges({ signal: io.interrupt, timeoutMs: LIMIT_MS }).catch((error: unknown) => {
    if (!(error instanceof SimulatorError) || error.code === "unauthorized" || error.code === "cancelled") throw error;
    throw new UsageError(`--start-slot is missing, and the simulator does not list its slots: ${error.message}`);
  });
  const bundles = ranges
    .filter(({ kind = "blocks" }) => kind === "blocks")
    .map(({ bundleStartSlot, maxBundleEndSlot }) => ({
      startSlot: bundleStartSlot,
      endSlot: maxBundleEndSlot ?? bundleStartSlot,
    }))
    .sort((a, b) => (a.startSlot < b.startSlot ? -1 : 1));
  const first = startSlot ?? bundles[0]?.startSlot;
  const covering = bundles.find((bundle) => first !== undefined && bundle.startSlot <= first && first <= bundle.endSlot);
  if (first === undefined || covering === undefined) {
    throw new UsageError(
      `--start-slot is missing, or not among the slots of ${new URL(url).host}: see \`simulator-client ranges\``,
    );
  }
  let { endSlot } = covering;
  for (const bundle of bundles) if (bundle.startSlot <= endSlot + 1n && bundle.endSlot > endSlot) endSlot = bundle.endSlot;
  return { startSlot: first, endSlot };
}
