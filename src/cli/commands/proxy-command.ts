import { Command, Option } from "commander";
import { stringifyJson } from "../../codec/json.js";
import type { CommandContext } from "../command-context.js";
import { UsageError } from "../command-failure.js";
import { jsonOption, urlOption } from "../common-options.js";
import { EXIT } from "../exit-codes.js";
import { whenInterrupted } from "../interrupts.js";
import { type Io, readApiKey } from "../io.js";
import { LOOPBACK } from "../loopback.js";
import { openProxy } from "../proxy/proxy-server.js";
import { origin, repeated, whole } from "../values.js";

interface ProxyCommandOptions {
  url?: string;
  origin?: string[];
  port: number;
  json?: true;
}

const DEFAULT_PORT = 4200;

const HELP = `
A page's WebSocket can't send the header that the service knows the key by. The proxy adds it: pages connect to it in place of the
service, and send no key, or one of their own, as a subprotocol, in the query or, with HTTP, as the header.
Only pages of the given origins are let in, and nothing that isn't a page. A session's RPC endpoint on another host is led through
the proxy too; no key goes there.

Examples:
  SIMULATOR_API_KEY=… simulator-client proxy --url wss://HOST --origin http://localhost:5173
  SIMULATOR_API_KEY=… simulator-client proxy --url wss://HOST --origin https://app.example --port 8080

Exit codes: 0 after Ctrl-C, 1 it could not be started, 2 the command line can't be meant.`;

export function proxyCommand({ io, exit }: CommandContext): Command {
  return new Command("proxy")
    .summary("let pages of yours reach a service")
    .description(
      "Relays pages' WebSockets and HTTP calls to a service, and adds the API key of SIMULATOR_API_KEY. On this machine alone.",
    )
    .addOption(urlOption())
    .addOption(new Option("--origin <origin>", "let a site's pages in; can be given more than once").argParser(repeated(origin)))
    .addOption(
      new Option("--port <port>", "0: any that is free").argParser(whole(0, 65_535)).default(DEFAULT_PORT, `${DEFAULT_PORT}`),
    )
    .addOption(jsonOption("one line, once it listens,"))
    .addHelpText("after", HELP)
    .action(async (options: ProxyCommandOptions) => {
      await serve(options, io);
      exit(EXIT.ok);
    });
}

async function serve(
  { url, origin: origins = [], port, json }: ProxyCommandOptions,
  { out, err, env, interrupt }: Io,
): Promise<void> {
  if (url === undefined) throw new UsageError("--url is missing: give the service's address, or set SIMULATOR_URL");
  if (origins.length === 0)
    throw new UsageError("--origin is missing: of which site are the pages, such as http://localhost:5173?");
  const apiKey = readApiKey(env);
  const proxy = await openProxy({ controlUrl: url, apiKey, origins, port, tell: (line) => err.write(`${line}\n`) });
  try {
    const address = { url: `ws://${LOOPBACK}:${proxy.port}/backtest`, httpUrl: `http://${LOOPBACK}:${proxy.port}` };
    if (json) {
      out.write(`${stringifyJson({ ...address, service: new URL(url).host, origins, addsKey: apiKey !== undefined })}\n`);
    } else {
      const { style } = out;
      const facts: [string, string][] = [
        ["WebSocket", style("bold", address.url)],
        ["HTTP", address.httpUrl],
        ["service", new URL(url).host],
        ["pages of", origins.join(", ")],
        [
          "API key",
          apiKey === undefined ? "SIMULATOR_API_KEY is not set: pages have to send one" : "added, from SIMULATOR_API_KEY",
        ],
      ];
      const lines = facts.map(([name, value]) => `  ${style("dim", name.padEnd(10))} ${value}`);
      const snippet = `  const client = new BacktestClient({ url: ${JSON.stringify(address.url)} });`;
      out.write(`${[...lines, "", snippet, "", style("dim", "Ctrl-C stops it.")].join("\n")}\n`);
    }
    await whenInterrupted(interrupt);
  } finally {
    await proxy.close();
  }
  if (!json) err.write("stopped\n");
}
