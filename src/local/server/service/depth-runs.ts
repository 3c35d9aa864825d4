import * as v from "valibot";
import { accountModifications } from "../../../protocol/account-modifications.js";
import { address, u64 } from "../../../protocol/scalars.js";
import { oneOf, opt, text } from "../../../protocol/schema.js";
import type { SlotSpan } from "../../control/sub-ranges.js";
import type { LedgerBundle } from "../../engine/engine.js";
import { Prng } from "../../engine/synthetic/prng.js";
import type { Timing } from "../../link/timing.js";
import { type Job, Jobs, statusOf } from "./jobs.js";

const SOURCES = ["onchain", "router"] as const;
const MARKETS = ["SOL-USDC", "SOL-USDT", "mSOL-SOL"];
const VENUES = ["orca", "raydium-clmm", "meteora-dlmm", "phoenix"];
const SIZE_RUNGS = 8;

/** The body of `POST /generate-depth`. */
export const depthRequest = v.object({
  start_slot: u64,
  end_slot: u64,
  source: opt(oneOf(SOURCES)),
  granularity: opt(oneOf(["slot", "oracle"])),
  markets: v.optional(v.array(text), []),
  program_overrides: v.optional(v.array(v.object({ program_id: address, elf: text })), []),
  account_overrides: v.optional(accountModifications, {}),
});
type DepthRequest = v.InferOutput<typeof depthRequest>;

interface Run {
  /** The request without its overrides, because these can be large. */
  request: Pick<DepthRequest, "start_slot" | "end_slot" | "granularity">;
  source: (typeof SOURCES)[number];
  /** The requested slots, extended to bundle boundaries. */
  capture: SlotSpan;
  digest: string | undefined;
}

/** The depth datasets that clients have requested. The simulator answers the calls, but creates no data. */
export class DepthRuns {
  readonly #ledger: readonly LedgerBundle[];
  readonly #jobs: Jobs<Run>;

  constructor(ledger: readonly LedgerBundle[], timing: Timing) {
    this.#jobs = new Jobs(timing, "depth");
    this.#ledger = ledger;
  }

  /**
   * Starts a job that creates a dataset. An equal request gets the same dataset. Returns an error message if the request is
   * invalid.
   */
  begin(request: DepthRequest): { answer: unknown } | { problem: string } {
    const { source = "onchain", granularity = "slot", program_overrides, account_overrides, markets } = request;
    const modifies = program_overrides.length > 0 || Object.keys(account_overrides).length > 0;
    if (request.end_slot < request.start_slot) return { problem: "end_slot is before start_slot" };
    if (source === "router" && granularity === "oracle") return { problem: "granularity oracle needs source onchain" };
    if (source === "router" && modifies) return { problem: "overrides need source onchain" };
    const unknown = markets.find((market) => !MARKETS.includes(market));
    if (unknown !== undefined)
      return { problem: `unknown market ${unknown}: see GET /generate-depth/coverage for the available markets` };
    if (new Set(markets).size !== markets.length) return { problem: "markets: a market is listed twice" };
    const digest = modifies ? digestOf({ program_overrides, account_overrides }) : undefined;
    const { start_slot, end_slot } = request;
    const key = [start_slot, end_slot, source, granularity, markets, digest].join("/");
    const capture = this.#capture(request);
    const { job } = this.#jobs.begin(key, capture === undefined, {
      request: { start_slot, end_slot, granularity },
      source,
      capture: capture ?? { startSlot: start_slot, endSlot: end_slot },
      digest,
    });
    return { answer: toAnswer(job) };
  }

  find(requestId: string): unknown {
    const job = this.#jobs.find(requestId);
    return job === undefined ? undefined : toAnswer(job);
  }

  coverage(): unknown {
    const done = this.#jobs.all.filter((job) => statusOf(job) === "completed");
    const sources = SOURCES.map((source) => ({
      source,
      revision: 1,
      markets: MARKETS,
      venues: source === "onchain" ? VENUES : ["metis"],
      size_rungs: SIZE_RUNGS,
      completed_ranges: done.filter(({ details }) => details.source === source).map(({ details }) => spanOf(details.capture)),
    }));
    return { sources };
  }

  #capture({ start_slot, end_slot }: DepthRequest): SlotSpan | undefined {
    const covering = (slot: bigint) => this.#ledger.find((bundle) => bundle.startSlot <= slot && slot <= bundle.endSlot);
    const [first, last] = [covering(start_slot), covering(end_slot)];
    return first === undefined || last === undefined ? undefined : { startSlot: first.startSlot, endSlot: last.endSlot };
  }
}

function toAnswer(job: Job<Run>): unknown {
  const { request, source, capture, digest } = job.details;
  return {
    request_id: job.requestId,
    start_slot: request.start_slot,
    end_slot: request.end_slot,
    source,
    // Omits the default granularity, like the responses of the service.
    granularity: request.granularity === "oracle" ? "oracle" : undefined,
    status: statusOf(job),
    capture: spanOf(capture),
    modification_digest: digest,
  };
}

function spanOf({ startSlot, endSlot }: SlotSpan): { start: bigint; end: bigint } {
  return { start: startSlot, end: endSlot };
}

/** Returns the digest of overrides. Equal overrides have equal digests. */
function digestOf(overrides: unknown): string {
  const text = JSON.stringify(overrides, (_, value) => (typeof value === "bigint" ? value.toString() : value));
  return Array.from(new Prng(text).bytes(32), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
