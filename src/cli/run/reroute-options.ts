import { type Command, InvalidArgumentError, Option } from "commander";
import { readInputFileSync } from "../../files/input-file.js";
import { messageOf } from "../../protocol/error-helpers.js";
import type { RerouteParams } from "../../protocol/reroute.js";
import { isAddress } from "../../protocol/scalars.js";
import { readTemplates, type VenueTarget } from "../../reroute/index.js";
import { UsageError } from "../command-failure.js";
import { address } from "../values.js";

/** The options of `run` that re-quote historical swaps. They have the same names as in sim-cli. */
export interface RerouteOptions {
  rerouteOrderFlow?: readonly string[];
  detectFailedL1Swaps?: boolean;
  rerouteAggregators?: RerouteParams["aggregators"];
  rerouteCircularArbs?: true;
  rerouteExtraMarkets?: string[];
  venueTemplates?: RerouteParams["directFill"];
  /** The venue that is given with `--reroute-report`. `true` if the flag is set without a venue. */
  rerouteReport?: true | string;
}

const MODES = ["router", "venue"];
const AGGREGATORS = ["jupiter", "okx", "titan", "dflow"];

export function addRerouteOptions(command: Command): Command {
  return command
    .addOption(
      new Option("--reroute-order-flow [modes]", "re-quote historical swaps: router (default), venue, or router,venue")
        .preset("router")
        .argParser(words(MODES)),
    )
    .addOption(
      new Option("--detect-failed-l1-swaps <bool>", "also re-quote swaps that failed on L1 (default: false)").argParser(
        trueOrFalse,
      ),
    )
    .addOption(
      new Option(
        "--reroute-aggregators <names>",
        "whose swaps to re-quote: jupiter (default), okx, titan, dflow, separated by commas",
      ).argParser(words(AGGREGATORS)),
    )
    .addOption(new Option("--reroute-circular-arbs", "also re-quote swaps from a mint to itself"))
    .addOption(
      new Option("--reroute-extra-markets <pools>", "more pools for the router, separated by commas").argParser((text) =>
        text.split(",").map(address),
      ),
    )
    .addOption(
      new Option("--venue-templates <file>", "a JSON list of direct-fill templates, for --reroute-order-flow venue").argParser(
        readTemplatesFile,
      ),
    )
    .addOption(
      new Option("--reroute-report [venue]", "print the reroute reports; with a label or a program, also the flow of that venue"),
    );
}

function words(allowed: readonly string[]): (text: string) => string[] {
  return (text) => {
    const list = text.split(",");
    const unknown = list.find((word) => !allowed.includes(word));
    if (unknown === undefined) return list;
    throw new InvalidArgumentError(`Allowed choices are ${allowed.join(", ")}.`);
  };
}

function trueOrFalse(text: string): boolean {
  if (text === "true" || text === "false") return text === "true";
  throw new InvalidArgumentError("Expected true or false.");
}

/** @throws UsageError */
function readTemplatesFile(file: string): RerouteParams["directFill"] {
  try {
    return readTemplates(readInputFileSync(file).toString("utf8"));
  } catch (error) {
    throw new UsageError(`--venue-templates ${file}: ${messageOf(error)}`);
  }
}

/**
 * Returns the reroute parameters of the session. `undefined` if neither `--reroute-order-flow` nor `--reroute-report` is set.
 *
 * @throws UsageError
 */
export function toRerouteParams(options: RerouteOptions): RerouteParams | undefined {
  const { rerouteOrderFlow, rerouteReport, venueTemplates } = options;
  const modes = rerouteOrderFlow ?? (rerouteReport === undefined ? undefined : ["router"]);
  if (modes === undefined) {
    const dependent = DEPENDENT.find(([name]) => options[name] !== undefined);
    if (dependent !== undefined) throw new UsageError(`${dependent[1]} needs --reroute-order-flow`);
    return undefined;
  }
  if (modes.includes("venue") !== (venueTemplates !== undefined)) {
    throw new UsageError("--reroute-order-flow venue and --venue-templates FILE need each other");
  }
  if (options.rerouteExtraMarkets !== undefined && !modes.includes("router")) {
    throw new UsageError("--reroute-extra-markets needs --reroute-order-flow router: only the router considers the pools");
  }
  return {
    requote: modes.includes("router"),
    ...(options.rerouteAggregators !== undefined && { aggregators: options.rerouteAggregators }),
    ...(options.detectFailedL1Swaps !== undefined && { detectFailedL1Swaps: options.detectFailedL1Swaps }),
    ...(options.rerouteCircularArbs !== undefined && { circularArbs: true }),
    ...(options.rerouteExtraMarkets !== undefined && { extraMarkets: options.rerouteExtraMarkets }),
    ...(venueTemplates !== undefined && { directFill: venueTemplates }),
  };
}

const DEPENDENT = [
  ["detectFailedL1Swaps", "--detect-failed-l1-swaps"],
  ["rerouteAggregators", "--reroute-aggregators"],
  ["rerouteCircularArbs", "--reroute-circular-arbs"],
  ["rerouteExtraMarkets", "--reroute-extra-markets"],
  ["venueTemplates", "--venue-templates"],
] as const;

/** Reads the venue of `--reroute-report`. An address is a program; any other text is a label. */
export function toVenue({ rerouteReport }: Pick<RerouteOptions, "rerouteReport">): VenueTarget | undefined {
  if (typeof rerouteReport !== "string") return undefined;
  return isAddress(rerouteReport) ? { program: rerouteReport } : { label: rerouteReport };
}
