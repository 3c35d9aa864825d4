import { Command, Option } from "commander";
import { stringifyJson } from "../../codec/json.js";
import type { AvailableRange } from "../../protocol/available-range.js";
import { filterRanges } from "../../protocol/filter-ranges.js";
import { SimulatorError } from "../../protocol/simulator-error.js";
import { splitRange } from "../../protocol/split-range.js";
import type { CommandContext } from "../command-context.js";
import { Failure, UsageError } from "../command-failure.js";
import { jsonOption, urlOption } from "../common-options.js";
import { serviceClient } from "../local-serve.js";
import { rangeLines, subRangeLines } from "../ranges-table.js";
import { writeLines } from "../terminal/io.js";
import { bundleKind, slotCount, slotRange } from "../values.js";

interface RangesOptions {
  url?: string;
  after?: string;
  before?: string;
  kind: "blocks" | "account_state";
  scope?: "global" | "user";
  size?: bigint;
  split?: { startSlot: bigint; endSlot: bigint };
  prefer: "most" | "fewest";
  json?: true;
}

const HELP = `
Examples:
  simulator-client ranges --url wss://HOST
  simulator-client ranges --url wss://HOST --after 2026-01-01 --before 350000000
  simulator-client ranges --url wss://HOST --split 300000000..300009999 --prefer fewest --json

Exit codes: 0 printed, 1 the service did not answer or the range cannot be split, 2 invalid command line.`;

export function rangesCommand({ io }: CommandContext): Command {
  return new Command("ranges")
    .summary("list the slots that can be replayed")
    .description("Lists the slots that a simulator can replay, or splits a range at their boundaries.")
    .addOption(urlOption())
    .addOption(new Option("--after <bound>", "only ranges that start at or after a slot or a time (2026-01-01)"))
    .addOption(new Option("--before <bound>", "only ranges that end at or before a slot or a time"))
    .addOption(
      new Option("--kind <kind>", "kind of the ranges: blocks or account_state")
        .argParser(bundleKind)
        .default("blocks", "blocks"),
    )
    .addOption(
      new Option("--scope <scope>", "only ranges for every API key (global), or only ranges of this API key (user)").choices([
        "global",
        "user",
      ]),
    )
    .addOption(new Option("--size <slots>", "only ranges whose number of slots is within 10% of this one").argParser(slotCount))
    .addOption(new Option("--split <start..end>", "split a range into sub-ranges of one bundle each").argParser(slotRange))
    .addOption(
      new Option("--prefer <parts>", "number of sub-ranges, if there is a choice").choices(["most", "fewest"]).default("most"),
    )
    .addOption(jsonOption("the list"))
    .addHelpText("after", HELP)
    .action(async (options: RangesOptions) => {
      const { url, kind, split, prefer, json } = options;
      // Checks the bounds before a request is sent to the service.
      inTermsOfOptions(() => filterRanges([], options));
      const all = await (await serviceClient(url, io)).availableRanges({
        includeAccountState: kind === "account_state",
        signal: io.interrupt,
      });
      const ranges = filterRanges(all, options).filter((range) => isSelected(range, options));
      const { style } = io.out;
      if (split === undefined) {
        writeLines(io.out, json ? [stringifyJson(ranges)] : rangeLines(ranges, style));
        return;
      }
      const subRanges = inTermsOfOptions(() => splitRange(ranges, split, { kind, prefer }));
      writeLines(io.out, json ? [stringifyJson(subRanges)] : subRangeLines(subRanges, style));
    });
}

/** Maximum difference between the size of a range and `--size`, as a fraction of `--size`. */
const SIZE_TOLERANCE = 0.1;

/**
 * Whether a range has the kind, the scope and the size that the options request. A range of unknown scope matches no `--scope`,
 * and a range of unknown size matches no `--size`.
 */
function isSelected(range: AvailableRange, { kind, scope, size }: RangesOptions): boolean {
  if ((range.kind ?? "blocks") !== kind || (scope !== undefined && range.scope !== scope)) return false;
  if (size === undefined) return true;
  return Math.abs((range.maxBundleSize ?? 0) - Number(size)) <= Number(size) * SIZE_TOLERANCE;
}

/** Runs `work`. Rethrows an error about a parameter as an error about the option that sets the parameter. */
function inTermsOfOptions<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof SimulatorError) || error.field === undefined) throw error;
    if (error.field === "after" || error.field === "before")
      throw new UsageError(`--${error.field}: expected a slot, or a time such as 2026-01-31 or 2026-01-31T12:00:00Z`);
    const problem = error.message.replace(/^\w+: /, "");
    throw new Failure(`--split: ${problem}; \`simulator-client ranges\` lists the available slots`, { cause: error });
  }
}
