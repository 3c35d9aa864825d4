import type { BacktestClient } from "../../client/backtest-client.js";
import { readParams } from "../../protocol/message.js";
import { boundedJson } from "./bounded-output.js";
import type { SessionTable } from "./session-table.js";
import { failureOf } from "./tool-failure.js";
import { checkOf, type InputValues, jsonSchemaOf, type ToolInputs } from "./tool-inputs.js";

/** The objects of the server that a tool uses during a call. */
export interface ToolContext {
  readonly client: BacktestClient;
  readonly sessions: SessionTable;
  /** A `fetch` that uses the proxies named in environment variables. */
  readonly fetch: typeof fetch;
  /** Removes the API key from a text. */
  redact(text: string): string;
  /** Aborts when the MCP client cancels the call. */
  readonly signal: AbortSignal;
}

/** The result of a tool, and how the result is shortened. */
export interface ToolResult {
  readonly result: object;
  /** Maximum number of items of each list. */
  readonly rows?: number;
  /** How to request the items that were cut. */
  readonly hint?: string;
}

/** A tool of the MCP server. */
export interface McpTool {
  readonly name: string;
  readonly description: string;
  readonly inputSchema: ReturnType<typeof jsonSchemaOf>;
  /** Whether the tool only reads: it changes nothing in a session or elsewhere. */
  readonly isReadOnly: boolean;
  call(input: unknown, context: ToolContext): Promise<ToolResult>;
}

/** Defines a tool. Its inputs are checked before `call` runs. */
export function defineTool<const I extends ToolInputs>(definition: {
  name: string;
  description: string;
  inputs: I;
  isReadOnly?: boolean;
  call(input: InputValues<I>, context: ToolContext): Promise<ToolResult>;
}): McpTool {
  const { name, description, inputs, isReadOnly = false, call } = definition;
  const check = checkOf(inputs);
  return {
    name,
    description,
    inputSchema: jsonSchemaOf(inputs),
    isReadOnly,
    call: async (input, context) => call(readParams(check, input ?? {}), context),
  };
}

/** The response to a tool call, in the form that MCP defines. */
export interface ToolAnswer {
  content: { type: "text"; text: string }[];
  isError?: true;
}

/** Calls a tool. Never throws: an error becomes an answer with `isError`, a code, a message and a remedy. */
export async function callTool(
  tools: readonly McpTool[],
  { name, input }: { name: string; input: unknown },
  context: ToolContext,
): Promise<ToolAnswer> {
  const { redact } = context;
  try {
    const tool = tools.find((one) => one.name === name);
    if (tool === undefined) {
      throw new Error(`there is no such tool; the tools are ${tools.map((one) => one.name).join(", ")}`);
    }
    const { result, ...options } = await tool.call(input, context);
    return { content: [{ type: "text", text: boundedJson(result, { ...options, redact }) }] };
  } catch (error) {
    return { content: [{ type: "text", text: boundedJson({ error: failureOf(error) }, { redact }) }], isError: true };
  }
}
