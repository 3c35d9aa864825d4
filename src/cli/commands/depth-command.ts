import { Command, Option } from "commander";
import { stringifyJson } from "../../codec/json.js";
import type { CommandContext } from "../command-context.js";
import { Failure, UsageError } from "../command-failure.js";
import { jsonOption, urlOption } from "../common-options.js";
import { serviceClient } from "../local-serve.js";
import { followJob, jobExitCode, type PollingOptions, pollingOptions } from "../service/build-polling.js";
import { coverageLines, depthLines } from "../service/depth-text.js";
import { type RangeOptions, toRange } from "../slot-range-options.js";
import { writeLines } from "../terminal/io.js";
import { repeated, slot, slotCount } from "../values.js";

interface MeasureOptions extends RangeOptions, PollingOptions {
  url?: string;
  source?: "onchain" | "router";
  granularity: "slot" | "oracle";
  market?: string[];
  json?: true;
}

const HELP = `
Examples:
  simulator-client depth coverage --url wss://HOST
  simulator-client depth measure --url wss://HOST --start-slot 300000000 --slots 1000 --source onchain --market SOL-USDC --wait
  simulator-client depth status --url wss://HOST REQUEST_ID

Exit codes: 0 done, 1 failed, or the dataset has failed, 2 invalid command line, 130 after Ctrl-C (the measurement continues).`;

export function depthCommand(context: CommandContext): Command {
  return new Command("depth")
    .summary("measure the depth of venues, as a dataset")
    .description("Requests datasets with the depth of venues, and shows what they sample.")
    .addCommand(measureCommand(context))
    .addCommand(statusCommand(context))
    .addCommand(coverageCommand(context))
    .addHelpText("after", HELP);
}

function measureCommand({ io, exit }: CommandContext): Command {
  const command = new Command("measure")
    .summary("request a dataset")
    .description("Requests a dataset with the depth of venues in a range of slots.")
    .addOption(urlOption())
    .addOption(new Option("--start-slot <slot>", "first slot").argParser(slot))
    .addOption(new Option("--end-slot <slot>", "last slot, inclusive").argParser(slot))
    .addOption(new Option("--slots <count>", "number of slots, instead of --end-slot").argParser(slotCount))
    .addOption(new Option("--source <source>", "source of the depth; required").choices(["onchain", "router"]))
    .addOption(
      new Option("--granularity <granularity>", "sample at each slot, or at each oracle update (onchain only)")
        .choices(["slot", "oracle"])
        .default("slot"),
    )
    .addOption(
      new Option("--market <id>", "measure this market, see `depth coverage`; can be repeated (default: all)").argParser(
        repeated(String),
      ),
    );
  for (const option of pollingOptions("the measurement", 30)) command.addOption(option);
  return command.addOption(jsonOption("the dataset")).action(async (options: MeasureOptions) => {
    const { url, source, granularity, market: markets, json } = options;
    const client = await serviceClient(url, io);
    const range = toRange(options);
    // There is no default, because the two sources give separate datasets.
    if (source === undefined) throw new UsageError("--source is missing: onchain or router");
    if (source === "router" && granularity === "oracle") throw new UsageError("--granularity oracle needs --source onchain");
    const read = { signal: io.interrupt };
    const requested = await client.generateDepth(
      { ...range, source, granularity, ...(markets !== undefined && { markets }) },
      read,
    );
    const dataset = await followJob(requested, options, (requestId) => client.depthStatus(requestId, read), io);
    exit(jobExitCode(dataset));
    writeLines(io.out, json ? [stringifyJson(dataset)] : depthLines(dataset, io.out.style));
  });
}

function statusCommand({ io, exit }: CommandContext): Command {
  return new Command("status")
    .summary("show the status of a dataset")
    .description("Shows the status of a dataset.")
    .argument("<request-id>", "the id that `depth measure` prints")
    .addOption(urlOption())
    .addOption(jsonOption("the dataset"))
    .action(async (requestId: string, { url, json }: { url?: string; json?: true }) => {
      const dataset = await (await serviceClient(url, io)).depthStatus(requestId, { signal: io.interrupt });
      exit(jobExitCode(dataset));
      writeLines(io.out, json ? [stringifyJson(dataset)] : depthLines(dataset, io.out.style));
    });
}

function coverageCommand({ io }: CommandContext): Command {
  return new Command("coverage")
    .summary("show what datasets sample")
    .description("Shows the markets, the venues and the sizes that datasets sample, and the datasets of the API key.")
    .addOption(urlOption())
    .addOption(jsonOption("the coverage"))
    .action(async ({ url, json }: { url?: string; json?: true }) => {
      const coverage = await (await serviceClient(url, io)).depthCoverage({ signal: io.interrupt });
      if (json) return writeLines(io.out, [stringifyJson(coverage)]);
      // An empty list means that the service could not read its own configuration.
      if (coverage.sources.length === 0) {
        throw new Failure("the service could not describe what it samples; try again in a few minutes", { code: "http" });
      }
      writeLines(io.out, coverageLines(coverage, io.out.style));
    });
}
