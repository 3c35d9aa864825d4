import { Command, Option } from "commander";
import { type LocalSimulator, startSimulatorServer } from "../../local/node/node-server.js";
import type { LocalServerOptions } from "../../local/server/simulator-options.js";
import type { SimulatorWatcher } from "../../local/server/simulator-watcher.js";
import { SimulatorError } from "../../protocol/simulator-error.js";
import { validApiKey } from "../api-key.js";
import type { CommandContext } from "../command-context.js";
import { Failure, UsageError } from "../command-failure.js";
import { jsonOption, portOption } from "../common-options.js";
import { type DashboardHandler, dashboardPages, NOT_BUILT, pageAddress } from "../dashboard/dashboard-pages.js";
import { showPage } from "../dashboard/open-browser.js";
import { EXIT } from "../exit-codes.js";
import { whenInterrupted } from "../interrupts.js";
import { SERVE_PORT } from "../local-serve.js";
import { LOOPBACK } from "../loopback.js";
import { type Served, servedJson, servedLines } from "../serve/banner.js";
import {
  DEFAULT_SLOTS,
  ENGINES,
  type Execution,
  type ExecutionOptions,
  ISOLATIONS,
  openExecution,
} from "../serve/engine-choice.js";
import { openFaultServer } from "../serve/fault-server.js";
import { describeForms, type FaultOrder, parseFirstFault } from "../serve/fault-spec.js";
import { serveLog } from "../serve/serve-log.js";
import { type Io, writeLines } from "../terminal/io.js";
import { between, integer, origin, repeated, slot, slotCount } from "../values.js";

interface ServeOptions extends ExecutionOptions {
  pace: number;
  port: number;
  host: string;
  origin?: string[];
  allowHost?: string[];
  fault?: FaultOrder[];
  faultsPort?: number;
  geyserPort?: number;
  open?: true;
  json?: true;
}

const HELP = `
Faults:
${describeForms()
  .map((line) => `  ${line}`)
  .join("\n")}
  A fault may be followed by @slot:N (when a session has executed slot N) or @frames:N (after N more frames),
  and by :control or :subscription, to affect only these connections.

Examples:
  simulator-client serve
  simulator-client serve --engine synthetic --slots 100000 --transactions 20 --pace 5
  simulator-client serve --ledger captured
  simulator-client serve --fault drop@slot:300000100 --fault delay=50 --fault close=1012@frames:500:control
  curl -d '{"fault":"drop"}' -H 'content-type: application/json' http://127.0.0.1:4101/faults
  SIMULATOR_API_KEY=… simulator-client serve --port 0 --json

Each session and request is logged as one line on the standard error, with --json as NDJSON. --quiet silences the log.
The dashboard is on the port of the simulator. --open opens it in the default browser, connected to this simulator.
The fault page (--faults-port) has a button for each common fault. Both ports are open to this machine only, unless --host
sets another address for the simulator. Web pages of other origins are refused, unless --origin names them.
If SIMULATOR_API_KEY is set, clients must send that key.

Exit codes: 0 after Ctrl-C, 1 could not start, 2 invalid command line.`;

export function serveCommand({ io, exit }: CommandContext): Command {
  return new Command("serve")
    .summary("start a local simulator")
    .description("Starts a simulator on this machine, for development and tests without an account.")
    .addOption(
      new Option("--engine <engine>", "litesvm: a real Solana VM, needs the package litesvm; synthetic: a generated chain")
        .choices(ENGINES)
        .default("litesvm"),
    )
    .addOption(new Option("--fallback", "use the engine synthetic if litesvm is not installed"))
    .addOption(
      new Option("--ledger <folder>", "replay a ledger written by `capture`, instead of a generated one").conflicts([
        "seed",
        "startSlot",
        "slots",
        "transactions",
        "skipRate",
      ]),
    )
    .addOption(
      new Option("--isolation <kind>", "process: each session of litesvm has a process of its own; none: all run in this one")
        .choices(ISOLATIONS)
        .default("process"),
    )
    .addOption(new Option("--seed <text>", "seed of the generated ledger; the same seed gives the same ledger").default("0"))
    .addOption(new Option("--start-slot <slot>", "first slot").argParser(slot).default(300_000_000n, "300000000"))
    .addOption(new Option("--slots <count>", `number of slots (default: ${DEFAULT_SLOTS})`).argParser(slotCount))
    .addOption(new Option("--transactions <count>", "transactions in each slot").argParser(integer(1, 10_000)).default(4, "4"))
    .addOption(new Option("--skip-rate <share>", "share of slots without a block").argParser(between(0, 1)).default(0, "0"))
    .addOption(new Option("--pace <ms>", "pause after each block").argParser(integer(0, 2 ** 31 - 1)).default(0, "0"))
    .addOption(portOption(SERVE_PORT))
    .addOption(new Option("--host <address>", "address to listen on").default(LOOPBACK))
    .addOption(
      new Option("--origin <origin>", "also accept web pages of this origin; can be repeated").argParser(repeated(origin)),
    )
    .addOption(
      new Option("--allow-host <host>", "also accept requests to this host name or address; can be repeated").argParser(
        repeated(String),
      ),
    )
    .addOption(new Option("--fault <fault>", "inject a fault, see below; can be repeated").argParser(repeated(parseFirstFault)))
    .addOption(
      new Option("--faults-port <port>", "port of the fault page (default: --port plus 1)").argParser(integer(0, 65_535)),
    )
    .addOption(
      new Option(
        "--geyser-port <port>",
        "also serve Yellowstone gRPC (Geyser) on this port, unencrypted; 0 selects any free port",
      ).argParser(integer(0, 65_535)),
    )
    .addOption(new Option("--open", "open the dashboard in the default browser"))
    .addOption(jsonOption("one line with the addresses"))
    .addHelpText("after", HELP)
    .action(async (options: ServeOptions) => {
      await serve(options, io);
      exit(EXIT.ok);
    });
}

async function serve(options: ServeOptions, io: Io): Promise<void> {
  const { fault: orders = [], json } = options;
  const apiKey = validApiKey(io.env);
  const execution = await openExecution(options, io.err);
  checkFaults(execution, orders);
  let query = new URLSearchParams();
  const pages = dashboardPages(() => query);
  if (pages === undefined && options.open) throw new Failure(NOT_BUILT);
  const watcher = serveLog(io.err, { isJson: json ?? false });
  const simulator = await start(options, execution, apiKey, pages, watcher);
  query = dashboardQuery(execution, simulator);
  try {
    const faultServer = await openFaultServer(simulator, faultsPort(options));
    try {
      for (const { fault, trigger } of orders) {
        if (trigger === undefined) simulator.faults.apply(fault);
        else simulator.faults.schedule(trigger, fault);
      }
      const dashboardUrl = pages && pageAddress(simulator.httpUrl, query);
      const faultsUrl = `http://${LOOPBACK}:${faultServer.port}/faults`;
      const served = describe(execution, simulator, { dashboardUrl, faultsUrl }, apiKey !== undefined);
      writeLines(io.out, json ? [servedJson(served)] : servedLines(served, io.out.style, io.env));
      if (options.host !== LOOPBACK) {
        const who = apiKey === undefined ? "everyone who can reach it" : "everyone who has the API key";
        writeLines(io.err, [`note: listening on ${options.host}, open to ${who}`]);
      }
      if (options.open && dashboardUrl !== undefined) await showPage(dashboardUrl, io);
      await whenInterrupted(io.interrupt);
    } finally {
      await faultServer.close();
    }
  } finally {
    await simulator.close();
  }
  if (!json) io.err.write("stopped\n");
}

/** @throws UsageError for a fault that would never take effect */
function checkFaults({ startSlot, endSlot }: Execution, orders: readonly FaultOrder[]): void {
  for (const { trigger } of orders) {
    if (trigger === undefined || !("atSlot" in trigger)) continue;
    const at = BigInt(trigger.atSlot);
    if (at >= startSlot && at <= endSlot) continue;
    throw new UsageError(`--fault @slot:${at} would never take effect: the ledger has the slots ${startSlot} to ${endSlot}`);
  }
}

async function start(
  { pace, port, host, origin: origins, allowHost: allowedHosts, geyserPort }: ServeOptions,
  { engine }: Execution,
  apiKey: string | undefined,
  pages: DashboardHandler | undefined,
  watcher: SimulatorWatcher,
): Promise<LocalSimulator> {
  const options: LocalServerOptions = {
    engine,
    slotDelayMs: pace,
    port,
    host,
    // The server keeps no record of its sessions, because the record would grow without limit.
    record: false,
    ...(origins !== undefined && { allowedOrigins: origins }),
    ...(allowedHosts !== undefined && { allowedHosts }),
    ...(geyserPort !== undefined && { geyserPort }),
    ...(apiKey !== undefined && { apiKey }),
  };
  return startSimulatorServer(options, pages, watcher).catch((error: unknown) => {
    // `unreachable`: the port is not available. `Failure` omits the advice for clients that cannot reach a server.
    const isPort = error instanceof SimulatorError && error.code === "unreachable";
    throw isPort ? new Failure(error.message, { code: "port", cause: error }) : error;
  });
}

function faultsPort({ port, faultsPort: chosen }: ServeOptions): number {
  if (chosen !== undefined) return chosen;
  return port === 0 || port === 65_535 ? 0 : port + 1;
}

function describe(
  { name, folder, startSlot, endSlot }: Execution,
  simulator: LocalSimulator,
  pages: Pick<Served, "dashboardUrl" | "faultsUrl">,
  needsKey: boolean,
): Served {
  const { url, httpUrl, geyserUrl, programs } = simulator;
  return { engine: name, ledger: folder, url, httpUrl, geyserUrl, ...pages, programs, startSlot, endSlot, needsKey };
}

/** Maximum number of programs that the dashboard subscribes to initially. A captured ledger may have hundreds of programs. */
const MAX_PROGRAMS = 8;
const MAX_SLOTS = 2_000n;

/** Returns the query that connects the dashboard page to the simulator. */
function dashboardQuery({ startSlot, endSlot }: Execution, { url, programs }: LocalSimulator): URLSearchParams {
  const slots = endSlot - startSlot + 1n;
  return new URLSearchParams({
    url,
    programs: programs.slice(0, MAX_PROGRAMS).join(","),
    startSlot: `${startSlot}`,
    slotCount: `${slots < MAX_SLOTS ? slots : MAX_SLOTS}`,
  });
}
