import { Command, Option } from "commander";
import { stringifyJson } from "../../codec/json.js";
import type { CommandContext } from "../command-context.js";
import { UsageError } from "../command-failure.js";
import { jsonOption, urlOption } from "../common-options.js";
import { serviceClient } from "../local-serve.js";
import { credentialNotes, credentialProcess, exportLines } from "../service/credentials-text.js";
import { writeLines } from "../terminal/io.js";

interface CredentialsOptions {
  url?: string;
  format?: "env" | "process" | "json";
  json?: true;
}

const HELP = `
Examples:
  eval "$(simulator-client datasets credentials --url wss://HOST)"       (fish: … | source)
  aws s3 sync s3://BUCKET/datasets/DATASET/ ./DATASET/
  simulator-client datasets credentials --url wss://HOST --json

For a profile in ~/.aws/config that renews its credentials:
  credential_process = simulator-client datasets credentials --url wss://HOST --format process

Exit codes: 0 printed, 1 failed, 2 invalid command line.`;

export function datasetsCommand(context: CommandContext): Command {
  return new Command("datasets")
    .summary("print credentials for the published datasets")
    .description("Gives access to the published datasets.")
    .addCommand(credentialsCommand(context))
    .addHelpText("after", HELP);
}

function credentialsCommand({ io }: CommandContext): Command {
  return new Command("credentials")
    .summary("print temporary, read-only S3 credentials")
    .description("Prints temporary, read-only S3 credentials for the shared datasets and those of the API key.")
    .addOption(urlOption())
    .addOption(
      new Option(
        "--format <format>",
        "env: commands for a shell (default); process: for an AWS credential_process; json",
      ).choices(["env", "process", "json"]),
    )
    .addOption(jsonOption("the credentials"))
    .action(async ({ url, format, json }: CredentialsOptions) => {
      if (json && format !== undefined && format !== "json")
        throw new UsageError(`--json and --format ${format} exclude each other; use one of them`);
      const credentials = await (await serviceClient(url, io)).datasetCredentials({ signal: io.interrupt });
      if (json || format === "json") return writeLines(io.out, [stringifyJson(credentials)]);
      if (format === "process") return writeLines(io.out, [credentialProcess(credentials)]);
      writeLines(io.out, exportLines(credentials));
      writeLines(io.err, credentialNotes(credentials));
    });
}
