import { stringifyJson } from "../../codec/json.js";
import type { Style } from "../style.js";

/** What a server that has come up tells of itself. */
export interface Served {
  engine: string;
  /** The folder that is replayed; undefined for a ledger that is made up. */
  ledger: string | undefined;
  url: string;
  httpUrl: string;
  controlUrl: string | undefined;
  programs: readonly string[];
  /** First and last slot, where the engine tells them. */
  startSlot: bigint;
  endSlot: bigint;
  needsKey: boolean;
}

/** One line, for programs that start the server and wait for it. */
export function servedJson({ url, httpUrl, controlUrl, engine, ledger, startSlot, endSlot, programs, needsKey }: Served): string {
  return stringifyJson({ url, httpUrl, faultsUrl: controlUrl, engine, ledger, startSlot, endSlot, programs, needsKey });
}

/** Where it is, and a script that runs as it stands. */
export function servedLines(served: Served, style: Style): string[] {
  const { engine, ledger, url, httpUrl, controlUrl, programs, startSlot, endSlot, needsKey } = served;
  const facts: [string, string][] = [
    ["WebSocket", style("bold", url)],
    ["HTTP", httpUrl],
    ...(controlUrl === undefined ? [] : ([["faults", controlUrl]] as [string, string][])),
    ["ledger", `${engine}, ${ledger === undefined ? "" : `${ledger}, `}slots ${startSlot} to ${endSlot}`],
    ["API key", needsKey ? "the one in SIMULATOR_API_KEY is asked for" : "none is asked for"],
  ];
  const [program] = programs;
  const slots = endSlot - startSlot < 100n ? endSlot - startSlot : 100n;
  const snippet = [
    'import { BacktestClient } from "simulator-client";',
    "",
    `const client = new BacktestClient({ url: ${JSON.stringify(url)}${needsKey ? ", apiKey: process.env.SIMULATOR_API_KEY" : ""} });`,
    `const session = await client.startSession({ startSlot: ${startSlot}n, slotCount: ${slots} });`,
    ...(program === undefined ? [] : [`session.subscribeTransactions([${JSON.stringify(program)}]);`]),
    "for await (const event of session.run()) console.log(event.type);",
  ];
  return [
    ...facts.map(([name, value]) => `  ${style("dim", name.padEnd(10))} ${value}`),
    "",
    ...snippet.map((line) => `  ${line}`.trimEnd()),
    "",
    style("dim", "Ctrl-C stops it."),
  ];
}
