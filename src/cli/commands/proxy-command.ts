import { Command, Option } from "commander";
import { stringifyJson } from "../../codec/json.js";
import { validApiKey } from "../api-key.js";
import type { CommandContext } from "../command-context.js";
import { UsageError } from "../command-failure.js";
import { jsonOption, portOption, urlOption } from "../common-options.js";
import { EXIT } from "../exit-codes.js";
import { whenInterrupted } from "../interrupts.js";
import { serviceUrl } from "../local-serve.js";
import { LOOPBACK } from "../loopback.js";
import { outgoingProxy } from "../outgoing-proxy.js";
import { openProxy } from "../proxy/proxy-server.js";
import { type Io, writeLines } from "../terminal/io.js";
import { factLines } from "../terminal/table.js";
import { origin, repeated } from "../values.js";

interface ProxyCommandOptions {
  url?: string;
  origin?: string[];
  port: number;
  json?: true;
}

const HELP = `
The WebSocket of a web page cannot send the header X-API-Key, which the service requires. The proxy adds it: pages connect to the
proxy instead of the service. A page may also send its own key, as a subprotocol, in the query or, with HTTP, as a header.
The proxy accepts only requests of web pages with one of the given origins. It also relays the RPC endpoint of a session on
another host, without a key.

Examples:
  SIMULATOR_API_KEY=… simulator-client proxy --url wss://HOST --origin http://localhost:5173
  SIMULATOR_API_KEY=… simulator-client proxy --url wss://HOST --origin https://app.example --port 8080

Exit codes: 0 after Ctrl-C, 1 could not start, 2 invalid command line.`;

export function proxyCommand({ io, exit }: CommandContext): Command {
  return new Command("proxy")
    .summary("let web pages reach a service")
    .description(
      "Relays the WebSockets and HTTP calls of web pages to a service, with the API key. Listens on this machine only.",
    )
    .addOption(urlOption())
    .addOption(
      new Option("--origin <origin>", "accept pages of this origin; required, can be repeated").argParser(repeated(origin)),
    )
    .addOption(portOption(4200))
    .addOption(jsonOption("one line with the addresses"))
    .addHelpText("after", HELP)
    .action(async (options: ProxyCommandOptions) => {
      await serve(options, io);
      exit(EXIT.ok);
    });
}

async function serve({ url: chosen, origin: origins = [], port, json }: ProxyCommandOptions, io: Io): Promise<void> {
  const { out, err, env, interrupt } = io;
  const url = await serviceUrl(chosen, io);
  if (origins.length === 0) {
    throw new UsageError("--origin is missing: give the origin of your pages, such as http://localhost:5173");
  }
  const apiKey = validApiKey(env);
  const proxy = await openProxy({
    controlUrl: url,
    apiKey,
    origins,
    port,
    agent: outgoingProxy(env)?.agent,
    report: (line) => writeLines(err, [line]),
  });
  try {
    const address = { url: `ws://${LOOPBACK}:${proxy.port}/backtest`, httpUrl: `http://${LOOPBACK}:${proxy.port}` };
    const service = new URL(url).host;
    if (json) {
      writeLines(out, [stringifyJson({ ...address, service, origins, addsKey: apiKey !== undefined })]);
    } else {
      const { style } = out;
      const facts: [string, string][] = [
        ["WebSocket", style("bold", address.url)],
        ["HTTP", address.httpUrl],
        ["service", service],
        ["origins", origins.join(", ")],
        [
          "API key",
          apiKey === undefined ? "SIMULATOR_API_KEY is not set; pages must send a key" : "added from SIMULATOR_API_KEY",
        ],
      ];
      const snippet = `  const client = new BacktestClient({ url: ${JSON.stringify(address.url)} });`;
      writeLines(out, [...factLines(facts, style), "", snippet, "", style("dim", "Press Ctrl-C to stop.")]);
    }
    await whenInterrupted(interrupt);
  } finally {
    await proxy.close();
  }
  if (!json) err.write("stopped\n");
}
