import { Writable } from "node:stream";
import { Command } from "commander";
import { readApiKey } from "../api-key.js";
import type { CommandContext } from "../command-context.js";
import { oneLine } from "../command-failure.js";
import { urlOption } from "../common-options.js";
import { EXIT } from "../exit-codes.js";
import { whenInterrupted } from "../interrupts.js";
import { serviceClient } from "../local-serve.js";
import { loadMcpSdk } from "../mcp/mcp-sdk.js";
import { startMcpServer } from "../mcp/mcp-server.js";
import { outgoingProxy } from "../outgoing-proxy.js";
import { type Io, type Output, writeLines } from "../terminal/io.js";

interface McpOptions {
  url?: string;
}

const HELP = `
An MCP client, such as a coding agent, starts this command. The standard output carries only messages of the protocol.
All sessions are closed when the client disconnects. The package @modelcontextprotocol/sdk must be installed.

Examples:
  npm install simulator-client @modelcontextprotocol/sdk
  simulator-client mcp --url ws://127.0.0.1:4100
  SIMULATOR_API_KEY=… simulator-client mcp --url wss://HOST

Exit codes: 0 the client has disconnected, or Ctrl-C, 2 invalid command line, or the package is missing.`;

export function mcpCommand({ io, exit }: CommandContext): Command {
  return new Command("mcp")
    .summary("let AI agents run backtests, as an MCP server")
    .description("Serves tools for backtests to an MCP client, over the standard input and output.")
    .addOption(urlOption())
    .addHelpText("after", HELP)
    .action(async ({ url }: McpOptions) => {
      await serve(url, io);
      exit(EXIT.ok);
    });
}

async function serve(url: string | undefined, io: Io): Promise<void> {
  const client = await serviceClient(url, io);
  const sdk = await loadMcpSdk();
  const { stdin } = process;
  const transport = new sdk.StdioServerTransport(stdin, toStream(io.out));
  const report = (line: string): void => writeLines(io.err, [oneLine(line)]);
  const server = await startMcpServer(transport, {
    ...{ sdk, client, report, fetch: outgoingProxy(io.env)?.fetch ?? fetch },
    apiKey: readApiKey(io.env),
  });
  // The transport does not close itself at the end of the standard input.
  const handleEnd = (): void => void transport.close();
  stdin.once("end", handleEnd);
  report("serving MCP on the standard input and output");
  await Promise.race([server.disconnected, whenInterrupted(io.interrupt)]);
  stdin.off("end", handleEnd);
  await server.close();
  // An open standard input would keep the process alive.
  stdin.unref?.();
}

/**
 * Returns a stream for the transport. The stream writes each message to `out`, because `out` removes the API key from the message.
 */
function toStream(out: Output): Writable {
  return new Writable({
    decodeStrings: false,
    write: (text: string | Buffer, _encoding, done) => {
      out.writeData(text.toString());
      void out.drained().then(() => done());
    },
  });
}
