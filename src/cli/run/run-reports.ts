import type { ManagedEvent } from "../../channels/managed-events.js";
import type { Replacement } from "../../protocol/replacement-notification.js";
import { transactionSignature } from "../../protocol/transaction-notification.js";
import type { VenueTarget } from "../../reroute/index.js";
import { FailureExplainer } from "./failure-explainer.js";
import { type RerouteReports, rerouteReports } from "./reroute-report.js";

/** The reports that a run prints in addition to its summary. */
export interface ReportPlan {
  /** IDLs that are used to explain failed transactions. `undefined` if failed transactions are not explained. */
  readonly explainWith?: readonly object[] | undefined;
  /** The options of the reroute reports: the venue whose flow is reported. */
  readonly reroute?: { readonly venue: VenueTarget | undefined } | undefined;
}

/** Collects the data for the reports during a run. */
export class RunReports {
  readonly #plan: ReportPlan;
  readonly #failures: FailureExplainer | undefined;
  readonly #replacements: Replacement[] = [];

  constructor(plan: ReportPlan = {}) {
    this.#plan = plan;
    this.#failures = plan.explainWith && new FailureExplainer(plan.explainWith);
  }

  /** @returns a line to print immediately, if any */
  add(event: ManagedEvent): string | undefined {
    if (event.type === "replacement" && this.#plan.reroute !== undefined) this.#replacements.push(event.replacement);
    if (event.type !== "transaction" || this.#failures === undefined) return undefined;
    const { transaction } = event;
    // `FailureExplainer` also skips successful transactions, but this check is much faster.
    if ((transaction.meta?.err ?? null) === null) return undefined;
    return this.#failures.add({ slot: transaction.slot, signature: transactionSignature(transaction), transaction });
  }

  /** @param range the slot range as text, for the headings of the reports */
  finish(range: string): FinishedReports {
    const reroute = this.#plan.reroute && rerouteReports(this.#replacements, this.#plan.reroute.venue, range);
    return { failureLines: this.#failures?.lines() ?? [], failures: this.#failures?.reasons, reroute };
  }
}

/** The reports of a completed run. */
export interface FinishedReports {
  readonly failureLines: readonly string[];
  readonly failures: FailureExplainer["reasons"] | undefined;
  readonly reroute: RerouteReports | undefined;
}
