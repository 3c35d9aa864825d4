import { Command, Option } from "commander";
import type { SessionUsage } from "../../client/http/answers.js";
import { stringifyJson } from "../../codec/json.js";
import type { CommandContext } from "../command-context.js";
import { jsonOption, urlOption } from "../common-options.js";
import { serviceClient } from "../local-serve.js";
import { usageLines } from "../service/usage-text.js";
import { writeLines } from "../terminal/io.js";
import { utcTime } from "../values.js";

interface UsageOptions {
  url?: string;
  since?: Date;
  until?: Date;
  sessionDetails?: true;
  json?: true;
}

const HELP = `
Examples:
  simulator-client usage --url wss://HOST
  simulator-client usage --url wss://HOST --since 2026-01-01 --until 2026-01-31 --session-details
  simulator-client usage --url wss://HOST --json

Exit codes: 0 printed, 1 failed, 2 invalid command line.`;

export function usageCommand({ io }: CommandContext): Command {
  return new Command("usage")
    .summary("show the usage of the API key")
    .description("Shows the sessions, the executed slots and the costs of the API key, for each day.")
    .addOption(urlOption())
    .addOption(
      new Option("--since <time>", "start of the time window: 2026-01-01 or RFC 3339 (default: set by the service)").argParser(
        utcTime,
      ),
    )
    .addOption(new Option("--until <time>", "end of the time window (default: now)").argParser(utcTime))
    .addOption(new Option("--session-details", "also list the sessions that ended in the window"))
    .addOption(jsonOption("the report"))
    .addHelpText("after", HELP)
    .action(async ({ url, since, until, sessionDetails, json }: UsageOptions) => {
      const client = await serviceClient(url, io);
      const window = { ...(since !== undefined && { since }), ...(until !== undefined && { until }), signal: io.interrupt };
      const report = await client.usage(window);
      let sessions: SessionUsage[] | undefined;
      if (sessionDetails) {
        sessions = [];
        for await (const session of client.usageSessions(window)) sessions.push(session);
        // The service returns the sessions in no particular order.
        sessions.sort((a, b) => Date.parse(a.startedAt) - Date.parse(b.startedAt) || (a.sessionId < b.sessionId ? -1 : 1));
      }
      if (json)
        return writeLines(io.out, [stringifyJson({ ...report, ...(sessions !== undefined && { sessionDetails: sessions }) })]);
      writeLines(io.out, usageLines(report, sessions, io.out.style));
    });
}
