import { stringifyJson } from "../../codec/json.js";
import type { Style } from "../terminal/style.js";
import { factLines } from "../terminal/table.js";

/** A running simulator and its ledger. */
export interface Served {
  engine: string;
  /** The folder of the replayed ledger. `undefined` for a generated ledger. */
  ledger: string | undefined;
  url: string;
  httpUrl: string;
  /** `undefined` if the dashboard is not built. */
  dashboardUrl: string | undefined;
  faultsUrl: string;
  programs: readonly string[];
  /** First and last slot, inclusive. */
  startSlot: bigint;
  endSlot: bigint;
  needsKey: boolean;
}

/** Formats the addresses as one line of JSON, for programs that start the server. */
export function servedJson(served: Served): string {
  const { url, httpUrl, dashboardUrl, faultsUrl, engine, ledger, startSlot, endSlot, programs, needsKey } = served;
  return stringifyJson({ url, httpUrl, dashboardUrl, faultsUrl, engine, ledger, startSlot, endSlot, programs, needsKey });
}

/** Formats the addresses for people, with a complete example script. */
export function servedLines(served: Served, style: Style): string[] {
  const { engine, ledger, url, httpUrl, dashboardUrl, faultsUrl, programs, startSlot, endSlot, needsKey } = served;
  const facts: [string, string][] = [
    ["WebSocket", style("bold", url)],
    ["HTTP", httpUrl],
    ...(dashboardUrl === undefined ? [] : [["dashboard", dashboardUrl.replace(/\?.*/, "")] as [string, string]]),
    ["faults", faultsUrl],
    ["ledger", `${engine}, ${ledger === undefined ? "" : `${ledger}, `}slots ${startSlot} to ${endSlot}`],
    ["API key", needsKey ? "required: the one in SIMULATOR_API_KEY" : "not required"],
  ];
  const [program] = programs;
  const lastSlot = endSlot - startSlot < 100n ? endSlot : startSlot + 99n;
  const snippet = [
    'import { BacktestClient } from "simulator-client";',
    "",
    `const client = new BacktestClient({ url: ${JSON.stringify(url)}${needsKey ? ", apiKey: process.env.SIMULATOR_API_KEY" : ""} });`,
    `const session = await client.startSession({ startSlot: ${startSlot}n, endSlot: ${lastSlot}n });`,
    ...(program === undefined ? [] : [`session.subscribeTransactions([${JSON.stringify(program)}]);`]),
    "for await (const event of session.run()) console.log(event.type);",
  ];
  return [
    ...factLines(facts, style),
    "",
    ...snippet.map((line) => `  ${line}`.trimEnd()),
    "",
    style("dim", "Press Ctrl-C to stop."),
  ];
}
