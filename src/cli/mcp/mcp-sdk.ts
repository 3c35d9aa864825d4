import type * as ServerModule from "@modelcontextprotocol/sdk/server/index.js";
import type * as StdioModule from "@modelcontextprotocol/sdk/server/stdio.js";
import type * as TypesModule from "@modelcontextprotocol/sdk/types.js";
import { importOptionalPeer } from "../../local/engine/litesvm/import-optional-peer.js";
import { UsageError } from "../command-failure.js";

/** The part of the MCP SDK that the command uses. */
export type McpSdk = Pick<typeof ServerModule, "Server"> &
  Pick<typeof StdioModule, "StdioServerTransport"> &
  Pick<typeof TypesModule, "ListToolsRequestSchema" | "CallToolRequestSchema">;

const INSTALL = "npm install @modelcontextprotocol/sdk@1";

/** Loads the MCP SDK, which is an optional peer dependency. @throws UsageError if it is not installed, or is not supported */
export async function loadMcpSdk(load: (name: string) => Promise<unknown> = importOptionalPeer): Promise<McpSdk> {
  const names = ["server/index.js", "server/stdio.js", "types.js"];
  let modules: object[];
  try {
    modules = (await Promise.all(names.map((name) => load(`@modelcontextprotocol/sdk/${name}`)))) as object[];
  } catch (cause) {
    throw Object.assign(new UsageError(`mcp needs one more package: ${INSTALL}`), { cause });
  }
  const sdk: Partial<McpSdk> = Object.assign({}, ...modules);
  const { Server, StdioServerTransport, ListToolsRequestSchema, CallToolRequestSchema } = sdk;
  if (!Server || !StdioServerTransport || !ListToolsRequestSchema || !CallToolRequestSchema) {
    throw new UsageError(`this version of @modelcontextprotocol/sdk is not supported: ${INSTALL}`);
  }
  return { Server, StdioServerTransport, ListToolsRequestSchema, CallToolRequestSchema };
}
