import { Command, Option } from "commander";
import { readRecord } from "../../compare/read-record.js";
import type { CommandContext } from "../command-context.js";
import { jsonOption } from "../common-options.js";
import { EXIT } from "../exit-codes.js";
import { readIdlFile } from "../files/idl-file.js";
import { readRecordFile } from "../files/record-file.js";
import { toVenue } from "../run/reroute-options.js";
import { RecordSummary } from "../summarize/record-summary.js";
import { recordJson, recordLines, recordReroute } from "../summarize/summary-report.js";
import { writeLines } from "../terminal/io.js";
import { address, repeated } from "../values.js";

interface SummarizeOptions {
  accounts?: string[];
  idl?: object[];
  rerouteReport?: true | string;
  json?: true;
}

const HELP = `
Examples:
  simulator-client summarize run.ndjson
  simulator-client summarize run.ndjson --accounts WALLET,WALLET
  simulator-client summarize run.ndjson --reroute-report "Raydium CLMM"

It reads records of \`run --out FILE.ndjson\` and of \`sim run\`. A record of \`sim\` has no replacements.
Exit codes: 0 summarized, 1 failed, 2 invalid command line, 4 the record has no transaction and no replacement.`;

export function summarizeCommand({ io, exit }: CommandContext): Command {
  return new Command("summarize")
    .summary("show the figures of a recorded run")
    .description("Shows the figures of a record: transactions, why some failed, balances of wallets, the reroute reports.")
    .argument("<record>", "a record of `run --out FILE.ndjson` or of `sim run`; - is the standard input")
    .addOption(
      new Option("--accounts <wallets>", "show the balances of these wallets, separated by commas").argParser((text) =>
        text.split(",").map(address),
      ),
    )
    .addOption(
      new Option("--idl <file>", "an IDL of Anchor or Codama, for the reasons of failures; can be repeated").argParser(
        repeated(readIdlFile),
      ),
    )
    .addOption(
      new Option("--reroute-report [venue]", "print the reroute reports; with a label or a program, also the flow of that venue"),
    )
    .addOption(jsonOption("the summary"))
    .addHelpText("after", HELP)
    .action(async (file: string, options: SummarizeOptions) => {
      const summary = new RecordSummary({ idls: options.idl ?? [], wallets: options.accounts ?? [] });
      for await (const entry of readRecord(() => readRecordFile(file), { name: file })) summary.add(entry);
      const reroute = options.rerouteReport === undefined ? undefined : recordReroute(summary, toVenue(options));
      exit(summary.transactions === 0 && summary.replacements.length === 0 ? EXIT.nothing : EXIT.ok);
      if (options.json) return io.out.write(`${recordJson(summary, reroute)}\n`);
      writeLines(io.out, recordLines(summary, io.out.style));
      if (reroute !== undefined) io.out.write(reroute.text);
    });
}
