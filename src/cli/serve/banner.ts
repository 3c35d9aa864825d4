import { stringifyJson } from "../../codec/json.js";
import { defaultServePort } from "../local-serve.js";
import { LOOPBACK } from "../loopback.js";
import type { Env } from "../terminal/io.js";
import type { Style } from "../terminal/style.js";
import { factLines } from "../terminal/table.js";

/** A running simulator and its ledger. */
export interface Served {
  engine: string;
  /** The folder of the replayed ledger. `undefined` for a generated ledger. */
  ledger: string | undefined;
  url: string;
  httpUrl: string;
  /** The URL of the Yellowstone stream. `undefined` without `--geyser-port`. */
  geyserUrl: string | undefined;
  /** The URL of the dashboard. `undefined` if the dashboard is not built. */
  dashboardUrl: string | undefined;
  faultsUrl: string;
  programs: readonly string[];
  /** The first slot of the ledger. */
  startSlot: bigint;
  /** The last slot of the ledger, inclusive. */
  endSlot: bigint;
  needsKey: boolean;
}

/** Formats the addresses as one line of JSON, for programs that start the server. */
export function servedJson(served: Served): string {
  const { url, httpUrl, geyserUrl, dashboardUrl, faultsUrl, engine, ledger, startSlot, endSlot, programs, needsKey } = served;
  return stringifyJson({
    url,
    httpUrl,
    geyserUrl,
    dashboardUrl,
    faultsUrl,
    engine,
    ledger,
    startSlot,
    endSlot,
    programs,
    needsKey,
  });
}

/** The maximum number of programs in the output for people. A captured ledger can have hundreds of programs. */
const MAX_LISTED = 4;

function listOf(programs: readonly string[]): string {
  const more = programs.length - MAX_LISTED;
  return `${programs.slice(0, MAX_LISTED).join(", ")}${more > 0 ? `, and ${more} more (--json prints all)` : ""}`;
}

/** Formats the addresses as readable text, followed by commands to try next and an example script. */
export function servedLines(served: Served, style: Style, env: Env): string[] {
  const { engine, ledger, url, httpUrl, geyserUrl, dashboardUrl, faultsUrl, programs, startSlot, endSlot, needsKey } = served;
  const facts: [string, string][] = [
    ["WebSocket", style("bold", url)],
    ["HTTP", httpUrl],
    ...(geyserUrl === undefined ? [] : [["Geyser", geyserUrl] as [string, string]]),
    // Shows the short root URL, which redirects to the long URL of the dashboard.
    ...(dashboardUrl === undefined ? [] : [["dashboard", new URL("/", dashboardUrl).href] as [string, string]]),
    ["faults", faultsUrl],
    ["ledger", `${engine}, ${ledger === undefined ? "" : `${ledger}, `}slots ${startSlot} to ${endSlot}`],
    ...(programs.length === 0 ? [] : [["programs", listOf(programs)] as [string, string]]),
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
    "Try in another terminal:",
    ...nextCommands(served, env).map((line) => `  ${line}`),
    "",
    "Or as a script:",
    ...snippet.map((line) => `  ${line}`.trimEnd()),
    "",
    style("dim", "Press Ctrl-C to stop."),
  ];
}

/** Returns commands that work with the running simulator. On the default port, they need no `--url`. */
function nextCommands({ url, programs: [program], startSlot, endSlot, needsKey }: Served, env: Env): string[] {
  const isDefault = new URL(url).hostname === LOOPBACK && Number(new URL(url).port) === defaultServePort(env);
  const target = isDefault ? "" : ` --url ${url.replace(/\/backtest$/, "")}`;
  const slots = endSlot - startSlot < 100n ? endSlot - startSlot + 1n : 100n;
  const range = `--start-slot ${startSlot} --slots ${slots}`;
  const key = needsKey ? "SIMULATOR_API_KEY=… " : "";
  const command = (words: string): string => `${key}npx simulator-client ${words}`;
  return [
    command(`run${target} ${range}${program === undefined ? "" : ` --program ${program}`} --out run.ndjson`),
    `npx simulator-client summarize run.ndjson`,
    command(`ab${target} ${range}${program === undefined ? "" : ` --program ${program}`} --extra-compute-units 1000 --plan`),
  ];
}
