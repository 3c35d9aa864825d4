import { type CompareOptions, compareRuns } from "../compare/compare-runs.js";
import type { Comparison } from "../compare/comparison.js";
import { SimulatorError } from "../protocol/simulator-error.js";
import { ManifestStore } from "./jobs/manifest-store.js";
import { type FleetDefinition, type FleetJob, jobsOf } from "./plan/fleet-definition.js";
import { recordOf } from "./records.js";
import type { SinkStore } from "./sink/sink-store.js";

/** The comparison of one variant with the first variant. */
export interface VariantComparison {
  /** The name of the variant. */
  readonly variant: string;
  /** The ranges that both variants have completed. Only these are compared. */
  readonly ranges: readonly { readonly startSlot: bigint; readonly endSlot: bigint }[];
  /** The comparison. A is the first variant, and B is this variant. `undefined` if there are no transactions to compare. */
  readonly comparison: Comparison | undefined;
}

/** The comparison of the variants of a fleet. */
export interface FleetReport {
  /** The name of the first variant. All other variants are compared with it. */
  readonly baseline: string;
  /** Number of jobs that have not completed. The report does not include them. */
  readonly incomplete: number;
  /** One comparison with `baseline` for each other variant. */
  readonly variants: readonly VariantComparison[];
}

/**
 * Compares each variant with the first variant.
 *
 * @throws SimulatorError any error of `compareRuns`; `unsupported` for records that are not NDJSON
 */
export async function reportFleet(
  definition: FleetDefinition,
  store: SinkStore,
  options: Pick<CompareOptions, "limit" | "ignore" | "signal" | "pnlLimit">,
): Promise<FleetReport> {
  const completed: FleetJob[] = [];
  const jobs = jobsOf(definition);
  for (const job of jobs) {
    const { state } = await new ManifestStore(store, job, definition.format).load();
    if (state === "completed") completed.push(job);
  }
  const [baseline, ...others] = definition.variants.map(({ name }) => name) as [string, ...string[]];
  const isOf = (variant: string) => (job: FleetJob) => job.variant === variant;
  const before = completed.filter(isOf(baseline)).sort(bySlot);
  const variants: VariantComparison[] = [];
  for (const variant of others) {
    const after = completed.filter(isOf(variant));
    const pairs = before.flatMap((job) => {
      const other = after.find(({ startSlot, endSlot }) => startSlot === job.startSlot && endSlot === job.endSlot);
      return other === undefined ? [] : [[job, other] as const];
    });
    const a = await recordOf(
      definition,
      store,
      pairs.map(([job]) => job),
    );
    const b = await recordOf(
      definition,
      store,
      pairs.map(([, job]) => job),
    );
    variants.push({
      variant,
      ranges: pairs.map(([{ startSlot, endSlot }]) => ({ startSlot, endSlot })),
      comparison: pairs.length === 0 ? undefined : await compare(a, b, { ...options, names: { a: baseline, b: variant } }),
    });
  }
  return { baseline, incomplete: jobs.length - completed.length, variants };
}

/** Returns `undefined` instead of an error if the two variants have no transactions to compare. */
async function compare(...args: Parameters<typeof compareRuns>): Promise<Comparison | undefined> {
  try {
    return await compareRuns(...args);
  } catch (error) {
    if (error instanceof SimulatorError && error.code === "nothingMatched") return undefined;
    throw error;
  }
}

function bySlot(a: FleetJob, b: FleetJob): number {
  return a.startSlot < b.startSlot ? -1 : 1;
}
