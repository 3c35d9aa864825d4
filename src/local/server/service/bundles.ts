import * as v from "valibot";
import { u64 } from "../../../protocol/scalars.js";
import { oneOf, opt, text } from "../../../protocol/schema.js";
import type { SlotSpan } from "../../control/sub-ranges.js";
import type { LedgerBundle } from "../../engine/engine.js";
import type { Timing } from "../../link/timing.js";
import { doneAt, etaOf, type Job, Jobs, statusOf } from "./jobs.js";

const KINDS = ["blocks", "account_state"] as const;
type Kind = (typeof KINDS)[number];

const MAX_KEY = 256;

/** The body of `POST /build-bundle`. */
export const bundleRequest = v.object({
  start_slot: u64,
  end_slot: u64,
  bundle_size: opt(u64),
  idempotency_key: opt(v.pipe(text, v.maxLength(MAX_KEY, `at most ${MAX_KEY} characters`))),
  kind: opt(oneOf(KINDS)),
});
type BundleRequest = v.InferOutput<typeof bundleRequest>;

/** The query of `DELETE /bundles`, which identifies a bundle. */
export interface BundleName extends SlotSpan {
  kind: Kind;
}

interface Build extends SlotSpan {
  kind: Kind;
  bundleSize: bigint | undefined;
}

/** A bundle that a client has built. */
interface OwnBundle extends BundleName {
  completedAt: number;
}

const MAX_BUNDLES = 1_000n;
/** The reported size of a bundle, in bytes per slot. The simulator does not measure the real size. */
const BYTES_PER_SLOT = 65_536n;

/** The requests of clients to build bundles. */
export class Bundles {
  readonly #ledger: readonly LedgerBundle[];
  readonly #jobs: Jobs<Build>;
  readonly #deleted = new Set<string>();

  constructor(ledger: readonly LedgerBundle[], timing: Timing) {
    this.#jobs = new Jobs(timing, "build");
    this.#ledger = ledger;
  }

  /** Starts a build, or returns the build with the same key. A build fails if its slots are outside the ledger. */
  build({ start_slot, end_slot, bundle_size, idempotency_key, kind = "blocks" }: BundleRequest): {
    isNew: boolean;
    answer: unknown;
  } {
    const details = { startSlot: start_slot, endSlot: end_slot, kind, bundleSize: bundle_size };
    const key = idempotency_key === undefined ? undefined : `${kind}/${idempotency_key}`;
    const { job, isNew } = this.#jobs.begin(key, !this.#covers(details), details);
    return { isNew, answer: toAnswer(job) };
  }

  find(requestId: string): unknown {
    const job = this.#jobs.find(requestId);
    return job === undefined ? undefined : toAnswer(job);
  }

  /** Answers `GET /build-bundle`. Lists the newest build first, and bundles in ascending order. */
  list(limit: number): { builds: unknown[]; bundles: unknown[] } {
    return {
      builds: this.#jobs.all.toReversed().slice(0, limit).map(toAnswer),
      bundles: this.own.map(({ startSlot, endSlot, kind, completedAt }) => ({
        start_slot: startSlot,
        end_slot: endSlot,
        kind,
        completed_at_unix_ms: completedAt,
        size_bytes: (endSlot - startSlot + 1n) * BYTES_PER_SLOT,
      })),
    };
  }

  /** The bundles that clients have built and can use. */
  get own(): OwnBundle[] {
    const own = new Map<string, OwnBundle>();
    for (const job of this.#jobs.all) {
      if (statusOf(job) !== "completed") continue;
      for (const bundle of bundlesOf(job)) if (!this.#deleted.has(nameOf(bundle))) own.set(nameOf(bundle), bundle);
    }
    return [...own.values()].sort((a, b) => Number(a.startSlot - b.startSlot || a.endSlot - b.endSlot));
  }

  /** Deletes a bundle. Returns whether it existed. */
  delete(bundle: BundleName): boolean {
    if (!this.own.some((own) => nameOf(own) === nameOf(bundle))) return false;
    this.#deleted.add(nameOf(bundle));
    return true;
  }

  #covers({ startSlot, endSlot }: SlotSpan): boolean {
    const within = (slot: bigint): boolean => this.#ledger.some((bundle) => bundle.startSlot <= slot && slot <= bundle.endSlot);
    return startSlot <= endSlot && within(startSlot) && within(endSlot);
  }
}

function bundlesOf(job: Job<Build>): OwnBundle[] {
  const { startSlot, endSlot, kind, bundleSize } = job.details;
  const slots = endSlot - startSlot + 1n;
  const least = (slots + MAX_BUNDLES - 1n) / MAX_BUNDLES;
  const wanted = bundleSize ?? slots;
  const size = wanted > least ? wanted : least;
  const bundles: OwnBundle[] = [];
  for (let start = startSlot; start <= endSlot; start += size) {
    const last = start + size - 1n;
    bundles.push({ startSlot: start, endSlot: last < endSlot ? last : endSlot, kind, completedAt: doneAt(job) });
  }
  return bundles;
}

function nameOf({ startSlot, endSlot, kind }: BundleName): string {
  return `${kind}/${startSlot}/${endSlot}`;
}

function toAnswer(job: Job<Build>): unknown {
  const { startSlot, endSlot, kind, bundleSize } = job.details;
  return {
    request_id: job.requestId,
    start_slot: startSlot,
    end_slot: endSlot,
    bundle_size: bundleSize ?? null,
    status: statusOf(job),
    created_at_unix_ms: job.createdAt,
    kind,
    eta_secs: etaOf(job),
  };
}

export function isKind(value: string): value is Kind {
  return (KINDS as readonly string[]).includes(value);
}
