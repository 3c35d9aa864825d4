import { Command, Option } from "commander";
import { stringifyJson } from "../../codec/json.js";
import { filterRanges } from "../../protocol/filter-ranges.js";
import { SimulatorError } from "../../protocol/simulator-error.js";
import { splitRange } from "../../protocol/split-range.js";
import type { CommandContext } from "../command-context.js";
import { Failure, UsageError } from "../command-failure.js";
import { jsonOption, makeClient, urlOption } from "../common-options.js";
import { partLines, rangeLines } from "../ranges-table.js";
import { slotRange } from "../values.js";

interface RangesOptions {
  url?: string;
  after?: string;
  before?: string;
  kind: "blocks" | "account_state";
  split?: { startSlot: bigint; endSlot: bigint };
  prefer: "most" | "fewest";
  json?: true;
}

const HELP = `
Examples:
  simulator-client ranges --url wss://HOST
  simulator-client ranges --url wss://HOST --after 2026-01-01 --before 350000000
  simulator-client ranges --url wss://HOST --split 300000000..300009999 --prefer fewest --json

Exit codes: 0 printed, 1 the service can't be asked or a range can't be split, 2 the command line can't be meant.`;

export function rangesCommand({ io }: CommandContext): Command {
  return new Command("ranges")
    .summary("list what can be replayed")
    .description("Lists the slots that a simulator can replay, or splits a range along them.")
    .addOption(urlOption())
    .addOption(new Option("--after <bound>", "only ranges that start there or later: a slot, or a moment (2026-01-01)"))
    .addOption(new Option("--before <bound>", "only ranges that end there or earlier"))
    .addOption(new Option("--kind <kind>", "what they can be used for").choices(["blocks", "account_state"]).default("blocks"))
    .addOption(new Option("--split <start..end>", "split these slots into parts that are a bundle each").argParser(slotRange))
    .addOption(new Option("--prefer <parts>", "of the ways to split").choices(["most", "fewest"]).default("most"))
    .addOption(jsonOption("them"))
    .addHelpText("after", HELP)
    .action(async (options: RangesOptions) => {
      const { url, kind, split, prefer, json } = options;
      if (url === undefined) throw new UsageError("--url is missing: give the simulator's address, or set SIMULATOR_URL");
      // Before anything is asked: a bound that is none is no business of the service's.
      told(() => filterRanges([], options));
      const client = makeClient(url, io);
      const all = await client.availableRanges({ includeAccountState: kind === "account_state", signal: io.interrupt });
      const ranges = told(() => filterRanges(all, options)).filter((range) => (range.kind ?? "blocks") === kind);
      const { style } = io.out;
      if (split === undefined) {
        io.out.write(json ? `${stringifyJson(ranges)}\n` : `${rangeLines(ranges, style).join("\n")}\n`);
        return;
      }
      const parts = told(() => splitRange(ranges, split, { kind, prefer }));
      io.out.write(json ? `${stringifyJson(parts)}\n` : `${partLines(parts, style).join("\n")}\n`);
    });
}

/** What a bound or a range is refused for, in the option's own name. */
function told<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof SimulatorError) || error.field === undefined) throw error;
    const isBound = error.field === "after" || error.field === "before";
    throw isBound
      ? new UsageError(`--${error.message}`)
      : new Failure(`--split: ${error.message.replace(/^\w+: /, "")}; \`simulator-client ranges\` tells what there is`);
  }
}
