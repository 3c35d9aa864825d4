import { Command, Option } from "commander";
import { stringifyJson } from "../../codec/json.js";
import { validApiKey } from "../api-key.js";
import type { CommandContext } from "../command-context.js";
import { Failure } from "../command-failure.js";
import { jsonOption, portOption, urlOption } from "../common-options.js";
import { dashboardPages, NOT_BUILT, pageAddress } from "../dashboard/dashboard-pages.js";
import { showPage } from "../dashboard/open-browser.js";
import { EXIT } from "../exit-codes.js";
import { whenInterrupted } from "../interrupts.js";
import { answerText, isForLoopback, LOOPBACK, listen } from "../loopback.js";
import { outgoingProxy } from "../outgoing-proxy.js";
import { openProxy } from "../proxy/proxy-server.js";
import { type Io, writeLines } from "../terminal/io.js";
import { factLines } from "../terminal/table.js";

interface DashboardOptions {
  url?: string;
  port: number;
  open?: true;
  json?: true;
}

const HELP = `
Without --url, the page runs backtests on a simulator in the page itself. With --url, it connects to that service through a proxy,
which adds the API key of SIMULATOR_API_KEY. Both listen on this machine only.

Examples:
  simulator-client dashboard --open
  SIMULATOR_API_KEY=… simulator-client dashboard --url wss://HOST --open

Exit codes: 0 after Ctrl-C, 1 could not start, 2 invalid command line.`;

export function dashboardCommand({ io, exit }: CommandContext): Command {
  return new Command("dashboard")
    .summary("serve the dashboard")
    .description("Serves the dashboard: a page that runs a backtest and shows its progress, transactions and account changes.")
    .addOption(urlOption())
    .addOption(portOption(4300))
    .addOption(new Option("--open", "open the page in the default browser"))
    .addOption(jsonOption("one line with the addresses"))
    .addHelpText("after", HELP)
    .action(async (options: DashboardOptions) => {
      await serve(options, io);
      exit(EXIT.ok);
    });
}

async function serve({ url, port, open, json }: DashboardOptions, io: Io): Promise<void> {
  const { out, err, env, interrupt } = io;
  const apiKey = validApiKey(env);
  let query = new URLSearchParams();
  const answerPage = dashboardPages(() => query);
  if (answerPage === undefined) throw new Failure(NOT_BUILT);
  const pages = await listen(
    (request, response) => {
      if (!isForLoopback(request)) answerText(response, 403, "this server accepts only loopback hosts, such as 127.0.0.1");
      else if (!answerPage(request, response)) answerText(response, 404, "not found; use GET /dashboard/");
    },
    port,
    "--port",
  );
  const origins = [LOOPBACK, "localhost"].map((host) => `http://${host}:${pages.port}`);
  const report = (line: string): void => writeLines(err, [line]);
  try {
    const agent = outgoingProxy(env)?.agent;
    const proxy = url === undefined ? undefined : await openProxy({ controlUrl: url, apiKey, origins, port: 0, agent, report });
    try {
      if (proxy !== undefined) query = new URLSearchParams({ url: `ws://${LOOPBACK}:${proxy.port}/backtest` });
      const address = pageAddress(`http://${LOOPBACK}:${pages.port}`, query);
      const service = url === undefined ? undefined : new URL(url).host;
      if (json) writeLines(out, [stringifyJson({ dashboardUrl: address, service, addsKey: apiKey !== undefined })]);
      else {
        const facts: [string, string][] = [
          ["dashboard", out.style("bold", address)],
          ["simulator", service === undefined ? "in the page" : `${service}, through the proxy on port ${proxy?.port}`],
        ];
        writeLines(out, [...factLines(facts, out.style), "", out.style("dim", "Press Ctrl-C to stop.")]);
      }
      if (open) await showPage(address, io);
      await whenInterrupted(interrupt);
    } finally {
      await proxy?.close();
    }
  } finally {
    await pages.close();
  }
  if (!json) err.write("stopped\n");
}
