import { Command } from "commander";
import { stringifyJson } from "../../codec/json.js";
import type { CommandContext } from "../command-context.js";
import { jsonOption, urlOption } from "../common-options.js";
import { resultLines, verdict } from "../doctor/doctor-report.js";
import { examine } from "../doctor/examine.js";
import { EXIT } from "../exit-codes.js";
import { writeLines } from "../terminal/io.js";

interface DoctorOptions {
  url?: string;
  json?: true;
}

const HELP = `
Examples:
  simulator-client doctor
  SIMULATOR_API_KEY=… simulator-client doctor --url wss://HOST
  simulator-client doctor --url wss://HOST --json | jq '.checks[] | select(.status == "failed")'

Exit codes: 0 no check failed, 1 a check failed, 2 invalid command line.`;

export function doctorCommand({ io, exit }: CommandContext): Command {
  return new Command("doctor")
    .summary("find problems in a setup")
    .description("Checks this machine and, with --url, the connection to a service. Prints what to do about each problem.")
    .addOption(urlOption())
    .addOption(jsonOption("the results"))
    .addHelpText("after", HELP)
    .action(async ({ url, json }: DoctorOptions) => {
      const { style } = io.out;
      const results = await examine(url, io, (result) => {
        if (!json) writeLines(io.out, resultLines(result, style));
      });
      const isOk = results.every(({ status }) => status !== "failed");
      writeLines(io.out, json ? [stringifyJson({ ok: isOk, checks: results })] : ["", verdict(results, style)]);
      exit(isOk ? EXIT.ok : EXIT.failed);
    });
}
