import type { SessionSummary } from "../protocol/session-summary.js";

type RerouteStats = NonNullable<SessionSummary["rerouteStats"]>;
type TemplateStats = RerouteStats["directFillTemplates"][string];

/** Adds the reroute figures of two sessions. The `datasetUri` values are joined with a space. */
export function addRerouteStats(a: RerouteStats | undefined, b: RerouteStats | undefined): RerouteStats | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  const uris = [a.datasetUri, b.datasetUri].filter((uri) => uri !== undefined);
  return {
    swapsDetected: a.swapsDetected + b.swapsDetected,
    swapsFiltered: a.swapsFiltered + b.swapsFiltered,
    swapsRerouted: a.swapsRerouted + b.swapsRerouted,
    swapsSimulated: a.swapsSimulated + b.swapsSimulated,
    swapsSucceeded: a.swapsSucceeded + b.swapsSucceeded,
    requoteFailures: a.requoteFailures + b.requoteFailures,
    overrideSetupFailures: a.overrideSetupFailures + b.overrideSetupFailures,
    metisUnavailableBlocks: a.metisUnavailableBlocks + b.metisUnavailableBlocks,
    quoteAttemptsUnavailable: a.quoteAttemptsUnavailable + b.quoteAttemptsUnavailable,
    directFillMatched: a.directFillMatched + b.directFillMatched,
    directFillOutcomes: merge(a.directFillOutcomes, b.directFillOutcomes, (x, y) => x + y),
    directFillScored: a.directFillScored + b.directFillScored,
    directFillBpsTotal: a.directFillBpsTotal + b.directFillBpsTotal,
    directFillTemplates: merge(a.directFillTemplates, b.directFillTemplates, addTemplates),
    originalsScored: a.originalsScored + b.originalsScored,
    originalsBpsTotal: a.originalsBpsTotal + b.originalsBpsTotal,
    originalsReplayed: a.originalsReplayed + b.originalsReplayed,
    datasetUri: uris.length === 0 ? undefined : uris.join(" "),
  };
}

function addTemplates(a: TemplateStats, b: TemplateStats): TemplateStats {
  return {
    matched: a.matched + b.matched,
    outcomes: merge(a.outcomes, b.outcomes, (x, y) => x + y),
    scored: a.scored + b.scored,
    bpsTotal: a.bpsTotal + b.bpsTotal,
  };
}

/** Merges two maps. If both maps contain the same key, `add` combines the two values. */
function merge<T>(a: Readonly<Record<string, T>>, b: Readonly<Record<string, T>>, add: (x: T, y: T) => T): Record<string, T> {
  const merged = new Map(Object.entries(a));
  for (const [key, value] of Object.entries(b)) {
    const before = merged.get(key);
    merged.set(key, before === undefined ? value : add(before, value));
  }
  return Object.fromEntries(merged);
}
