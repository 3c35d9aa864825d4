import { Command, Option } from "commander";
import { stringifyJson } from "../../codec/json.js";
import type { CommandContext } from "../command-context.js";
import { UsageError } from "../command-failure.js";
import { jsonOption, urlOption } from "../common-options.js";
import { serviceClient } from "../local-serve.js";
import { followJob, jobExitCode, type PollingOptions, pollingOptions } from "../service/build-polling.js";
import { buildLines, buildListLines, deletedLine } from "../service/build-text.js";
import { type RangeOptions, toRange } from "../slot-range-options.js";
import { writeLines } from "../terminal/io.js";
import { bundleKind, integer, slot, slotCount } from "../values.js";

interface BuildOptions extends RangeOptions, PollingOptions {
  url?: string;
  latest?: true;
  bundleSize?: bigint;
  accountState?: true;
  idempotencyKey?: string;
  json?: true;
}

interface DeleteOptions extends RangeOptions {
  url?: string;
  kind: "blocks" | "account_state";
  yes?: true;
  json?: true;
}

const HELP = `
Examples:
  simulator-client bundle build --url wss://HOST --start-slot 300000000 --slots 10000 --wait
  simulator-client bundle build --url wss://HOST --latest --bundle-size 5000 --account-state
  simulator-client bundle list --url wss://HOST
  simulator-client bundle delete --url wss://HOST --start-slot 300000000 --end-slot 300009999 --yes

Exit codes: 0 done, 1 failed, or the build has failed, 2 invalid command line, 130 after Ctrl-C (the build continues).`;

export function bundleCommand(context: CommandContext): Command {
  return new Command("bundle")
    .summary("build, list and delete the bundles of the API key")
    .description("Builds, lists and deletes the bundles of the API key. A session replays the blocks of a bundle.")
    .addCommand(buildCommand(context))
    .addCommand(statusCommand(context))
    .addCommand(listCommand(context))
    .addCommand(deleteCommand(context))
    .addHelpText("after", HELP);
}

function buildCommand({ io, exit }: CommandContext): Command {
  const command = new Command("build")
    .summary("request a build")
    .description("Requests the build of one or more bundles. The service may charge for a build.")
    .addOption(urlOption())
    .addOption(new Option("--start-slot <slot>", "first slot").argParser(slot))
    .addOption(new Option("--end-slot <slot>", "last slot, inclusive").argParser(slot))
    .addOption(new Option("--slots <count>", "number of slots, instead of --end-slot").argParser(slotCount))
    .addOption(
      new Option(
        "--latest",
        "start after the latest snapshot; needs --bundle-size, which is then also the number of slots",
      ).conflicts(["startSlot", "endSlot", "slots"]),
    )
    .addOption(new Option("--bundle-size <slots>", "slots of each bundle (default: one bundle)").argParser(slotCount))
    .addOption(new Option("--account-state", "also record account states, for `run --replay-account-state`"))
    .addOption(new Option("--idempotency-key <key>", "requests with the same key start one build (default: a random key)"));
  for (const option of pollingOptions("the build", 15)) command.addOption(option);
  return command.addOption(jsonOption("the build")).action(async (options: BuildOptions) => {
    const { url, bundleSize, accountState, idempotencyKey, json } = options;
    const client = await serviceClient(url, io);
    const read = { signal: io.interrupt };
    const range = options.latest
      ? await latestRange(options, async () => (await client.snapshotSlot(read)).snapshotSlot)
      : toRange(options);
    const requested = await client.buildBundle(
      {
        ...range,
        kind: accountState ? "account_state" : "blocks",
        ...(bundleSize !== undefined && { bundleSize }),
        ...(idempotencyKey !== undefined && { idempotencyKey }),
      },
      read,
    );
    const build = await followJob(requested, options, (requestId) => client.bundleBuild(requestId, read), io);
    exit(jobExitCode(build));
    writeLines(io.out, json ? [stringifyJson(build)] : buildLines(build, io.out.style));
  });
}

/** Returns the slots of the next bundle after the latest snapshot. @throws UsageError */
async function latestRange({ bundleSize }: BuildOptions, latest: () => Promise<bigint>) {
  if (bundleSize === undefined) throw new UsageError("--latest needs --bundle-size: the number of slots to build");
  return toRange({ startSlot: (await latest()) + 1n, slots: bundleSize });
}

function statusCommand({ io, exit }: CommandContext): Command {
  return new Command("status")
    .summary("show the status of a build")
    .description("Shows the status of a build.")
    .argument("<request-id>", "the id that `bundle build` prints")
    .addOption(urlOption())
    .addOption(jsonOption("the build"))
    .action(async (requestId: string, { url, json }: { url?: string; json?: true }) => {
      const build = await (await serviceClient(url, io)).bundleBuild(requestId, { signal: io.interrupt });
      exit(jobExitCode(build));
      writeLines(io.out, json ? [stringifyJson(build)] : buildLines(build, io.out.style));
    });
}

function listCommand({ io }: CommandContext): Command {
  return new Command("list")
    .summary("list the builds and bundles of the API key")
    .description("Lists the builds of the API key, newest first, and its bundles.")
    .addOption(urlOption())
    .addOption(
      new Option("--limit <count>", "maximum number of builds (default: set by the service)").argParser(integer(1, 1_000_000)),
    )
    .addOption(jsonOption("the list"))
    .action(async ({ url, limit, json }: { url?: string; limit?: number; json?: true }) => {
      const builds = await (await serviceClient(url, io)).bundleBuilds({
        ...(limit !== undefined && { limit }),
        signal: io.interrupt,
      });
      writeLines(io.out, json ? [stringifyJson(builds)] : buildListLines(builds, io.out.style));
    });
}

function deleteCommand({ io }: CommandContext): Command {
  return new Command("delete")
    .summary("delete a bundle of the API key")
    .description("Deletes a bundle of the API key. A session that reads it fails.")
    .addOption(urlOption())
    .addOption(new Option("--start-slot <slot>", "first slot of the bundle").argParser(slot))
    .addOption(new Option("--end-slot <slot>", "last slot of the bundle").argParser(slot))
    .addOption(
      new Option("--kind <kind>", "kind of the bundle: blocks or account_state")
        .argParser(bundleKind)
        .default("blocks", "blocks"),
    )
    .addOption(new Option("--yes", "confirm the deletion; without it, nothing is deleted"))
    .addOption(jsonOption("the deleted bundle"))
    .action(async (options: DeleteOptions) => {
      const { url, kind, yes, json } = options;
      const client = await serviceClient(url, io);
      const range = toRange(options);
      if (!yes) {
        const bundle = `the bundle of kind ${kind} with the slots ${range.startSlot} to ${range.endSlot}`;
        throw new UsageError(`nothing was deleted: add --yes to delete ${bundle}`);
      }
      const deleted = await client.deleteBundle({ ...range, kind }, { signal: io.interrupt });
      writeLines(io.out, json ? [stringifyJson(deleted)] : [deletedLine(deleted)]);
    });
}
