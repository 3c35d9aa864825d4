import type { ManagedEvent } from "../../channels/managed-events.js";
import type { Replacement } from "../../protocol/replacement.js";
import { transactionSignature } from "../../protocol/transaction.js";
import type { VenueTarget } from "../../reroute/index.js";
import { FailureExplainer } from "./failure-explainer.js";
import { type RerouteReports, rerouteReports } from "./reroute-report.js";

/** The reports that a run prints in addition to its summary. */
export interface ReportPlan {
  /** IDLs for explaining failed transactions; `undefined` if they are not explained. */
  readonly explainWith?: readonly object[] | undefined;
  /** The reroute reports, with the venue whose flow is reported. */
  readonly reroute?: { readonly venue: VenueTarget | undefined } | undefined;
}

/** Collects what the reports need while a run is going on. */
export class RunReports {
  readonly #plan: ReportPlan;
  readonly #failures: FailureExplainer | undefined;
  readonly #replacements: Replacement[] = [];

  constructor(plan: ReportPlan = {}) {
    this.#plan = plan;
    this.#failures = plan.explainWith && new FailureExplainer(plan.explainWith);
  }

  /** @returns a line to print at once */
  add(event: ManagedEvent): string | undefined {
    if (event.type === "replacement" && this.#plan.reroute !== undefined) this.#replacements.push(event.replacement);
    if (event.type !== "transaction" || this.#failures === undefined) return undefined;
    const { transaction } = event;
    // Explaining takes much longer than this.
    if ((transaction.meta?.err ?? null) === null) return undefined;
    return this.#failures.add({ slot: transaction.slot, signature: transactionSignature(transaction), transaction });
  }

  /** @param range names the range in the headings */
  finish(range: string): FinishedReports {
    const reroute = this.#plan.reroute && rerouteReports(this.#replacements, this.#plan.reroute.venue, range);
    return { failureLines: this.#failures?.lines() ?? [], failures: this.#failures?.reasons, reroute };
  }
}

/** The reports of a run that has ended. */
export interface FinishedReports {
  readonly failureLines: readonly string[];
  readonly failures: FailureExplainer["reasons"] | undefined;
  readonly reroute: RerouteReports | undefined;
}
