import { Command } from "commander";
import { stringifyJson } from "../../codec/json.js";
import type { CommandContext } from "../command-context.js";
import { jsonOption, urlOption } from "../common-options.js";
import { resultLines, verdict } from "../doctor/doctor-report.js";
import { examine } from "../doctor/examine.js";
import { EXIT } from "../exit-codes.js";

interface DoctorOptions {
  url?: string;
  json?: true;
}

const HELP = `
Examples:
  simulator-client doctor
  SIMULATOR_API_KEY=… simulator-client doctor --url wss://HOST
  simulator-client doctor --url wss://HOST --json | jq '.checks[] | select(.status == "failed")'

Exit codes: 0 nothing is in the way, 1 something is, 2 the command line can't be meant.`;

export function doctorCommand({ io, exit }: CommandContext): Command {
  return new Command("doctor")
    .summary("find out what is wrong with a setup")
    .description("Looks at this machine, and with --url at the way to a service, and tells what to do about what is wrong.")
    .addOption(urlOption())
    .addOption(jsonOption("the results"))
    .addHelpText("after", HELP)
    .action(async ({ url, json }: DoctorOptions) => {
      const { style } = io.out;
      const results = await examine(url, io, (result) => {
        if (!json) io.out.write(`${resultLines(result, style).join("\n")}\n`);
      });
      const isWell = results.every(({ status }) => status !== "failed");
      io.out.write(json ? `${stringifyJson({ ok: isWell, checks: results })}\n` : `\n${verdict(results, style)}\n`);
      exit(isWell ? EXIT.ok : EXIT.failed);
    });
}
