import type { Replacement } from "../../protocol/replacement-notification.js";
import { isSimulatorError } from "../../protocol/simulator-error.js";
import { benchmarkReport, pricesOf, probeReport, type VenueTarget, venueReport } from "../../reroute/index.js";

/** The reroute reports of a run, as text and as JSON. */
export interface RerouteReports {
  readonly text: string;
  readonly json: object;
}

/** Builds the reroute reports: the flow of a venue if a venue is given, the direct-fill templates, and the benchmark. */
export function rerouteReports(
  replacements: readonly Replacement[],
  venue: VenueTarget | undefined,
  range: string,
): RerouteReports {
  const prices = pricesOf(replacements);
  const probes = probeReport(replacements, { prices });
  const benchmark = prices && benchmarkReport(replacements, { prices, population: "landed" });
  const flow = venue && venueFlowOrReason(replacements, venue, range);
  const texts = [
    flow?.text,
    probes.isEmpty ? undefined : probes.render(range),
    benchmark?.render(range) ?? `### ${range}: no benchmark, because no swap shows the price of SOL\n`,
  ];
  return {
    text: texts.filter((text) => text !== undefined).join("\n"),
    json: {
      replacements: replacements.length,
      solUsd: prices?.solUsd,
      venue: flow?.json,
      probes: probes.figures,
      benchmark: benchmark && finiteOnly(benchmark.figures),
    },
  };
}

/** Returns the flow of a venue. If the venue has no swap, returns a message instead of throwing an error. */
function venueFlowOrReason(replacements: readonly Replacement[], venue: VenueTarget, range: string): RerouteReports {
  try {
    const report = venueReport(replacements, venue);
    return { text: report.render(range), json: report.toJSON() };
  } catch (error) {
    if (!isSimulatorError(error, "nothingMatched")) throw error;
    return { text: `${error.message}\n`, json: { nothingMatched: error.message } };
  }
}

/** Replaces NaN and infinite figures with null, because JSON cannot represent them. */
function finiteOnly(figures: object): object {
  return JSON.parse(JSON.stringify(figures)) as object;
}
