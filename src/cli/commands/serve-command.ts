import { Command, Option } from "commander";
import { type LocalSimulator, startLocalSimulator } from "../../local/node/node-server.js";
import { SimulatorError } from "../../protocol/simulator-error.js";
import type { CommandContext } from "../command-context.js";
import { Failure, UsageError } from "../command-failure.js";
import { jsonOption } from "../common-options.js";
import { EXIT } from "../exit-codes.js";
import { whenInterrupted } from "../interrupts.js";
import { type Io, readApiKey } from "../io.js";
import { LOOPBACK } from "../loopback.js";
import { type Served, servedJson, servedLines } from "../serve/banner.js";
import { openControlServer } from "../serve/control-server.js";
import { ENGINES, type Execution, type ExecutionOptions, openExecution } from "../serve/engine-choice.js";
import { describeForms, type FaultOrder, parseFirstFault } from "../serve/fault-spec.js";
import { between, origin, repeated, slot, whole } from "../values.js";

interface ServeOptions extends ExecutionOptions {
  pace: number;
  port: number;
  host: string;
  origin?: string[];
  allowHost?: string[];
  fault?: FaultOrder[];
  faultsPort?: number;
  json?: true;
}

const DEFAULT_PORT = 4100;

const HELP = `
Faults:
${describeForms()
  .map((line) => `  ${line}`)
  .join("\n")}
  Behind it: @slot:N, once a session has executed that slot; @frames:N, when so many more frames were sent;
  and :control or :subscription, to strike these connections alone.

Examples:
  simulator-client serve
  simulator-client serve --engine synthetic --slots 100000 --transactions 20 --pace 5
  simulator-client serve --ledger captured
  simulator-client serve --fault drop@slot:300000100 --fault delay=50 --fault close=1012@frames:500:control
  curl -d '{"fault":"drop"}' -H 'content-type: application/json' http://127.0.0.1:4101/faults
  SIMULATOR_API_KEY=… simulator-client serve --port 0 --json

The control page next to it (--faults-port) has a button for each of the usual ones. Both listen on this machine alone, unless
--host says otherwise for the simulator, and let no page of another origin in, unless --origin names it.
If SIMULATOR_API_KEY is set, clients have to send that key.

Exit codes: 0 after Ctrl-C, 1 it could not be started, 2 the command line can't be meant.`;

export function serveCommand({ io, exit }: CommandContext): Command {
  return new Command("serve")
    .summary("start a simulator on this machine")
    .description("Starts a simulator on this machine, to write, debug and test against without an account.")
    .addOption(
      new Option("--engine <engine>", "what executes: a real Solana VM (needs the package litesvm), or one made up in TypeScript")
        .choices(ENGINES)
        .default("litesvm"),
    )
    .addOption(new Option("--fallback", "take the engine synthetic where litesvm isn't there"))
    .addOption(
      new Option("--ledger <folder>", "replay a ledger that `capture` has written, in place of one that is made up").conflicts([
        "seed",
        "startSlot",
        "slots",
        "transactions",
        "skipRate",
      ]),
    )
    .addOption(new Option("--seed <text>", "names the ledger that is made up: the same seed, the same ledger").default("0"))
    .addOption(new Option("--start-slot <slot>", "its first slot").argParser(slot).default(300_000_000n, "300000000"))
    .addOption(new Option("--slots <count>", "slots after the first one").argParser(slot).default(10_000n, "10000"))
    .addOption(new Option("--transactions <count>", "transactions a slot").argParser(whole(1, 10_000)).default(4, "4"))
    .addOption(new Option("--skip-rate <share>", "share of slots without a block").argParser(between(0, 1)).default(0, "0"))
    .addOption(new Option("--pace <ms>", "pause after each block").argParser(whole(0, 2 ** 31 - 1)).default(0, "0"))
    .addOption(
      new Option("--port <port>", "0: any that is free").argParser(whole(0, 65_535)).default(DEFAULT_PORT, `${DEFAULT_PORT}`),
    )
    .addOption(new Option("--host <address>", "address to listen on").default(LOOPBACK))
    .addOption(
      new Option("--origin <origin>", "let a site's pages in, besides this machine's; can be given more than once").argParser(
        repeated(origin),
      ),
    )
    .addOption(
      new Option(
        "--allow-host <host>",
        "serve requests to this host name or address, besides loopback ones and --host; can be given more than once",
      ).argParser(repeated(String)),
    )
    .addOption(
      new Option("--fault <fault>", "a fault, see below; can be given more than once").argParser(repeated(parseFirstFault)),
    )
    .addOption(
      new Option("--faults-port <port>", "where faults are ordered; by default the one above --port").argParser(whole(0, 65_535)),
    )
    .addOption(jsonOption("one line, once it listens,"))
    .addHelpText("after", HELP)
    .action(async (options: ServeOptions) => {
      await serve(options, io);
      exit(EXIT.ok);
    });
}

async function serve(options: ServeOptions, io: Io): Promise<void> {
  const { fault: orders = [], json } = options;
  const apiKey = readApiKey(io.env);
  const execution = await openExecution(options, io.err);
  checkFaults(execution, orders);
  const simulator = await start(options, execution, apiKey);
  try {
    const control = await openControlServer(simulator, controlPort(options));
    try {
      for (const { fault, trigger } of orders) {
        if (trigger === undefined) simulator.faults.apply(fault);
        else simulator.faults.schedule(trigger, fault);
      }
      const served = describe(execution, simulator, `http://${LOOPBACK}:${control.port}/faults`, apiKey !== undefined);
      io.out.write(json ? `${servedJson(served)}\n` : `${servedLines(served, io.out.style).join("\n")}\n`);
      if (options.host !== LOOPBACK) {
        const who = apiKey === undefined ? "everybody who can reach it may use it" : "whoever has the key may use it";
        io.err.write(`it listens on ${options.host}: ${who}\n`);
      }
      await whenInterrupted(io.interrupt);
    } finally {
      await control.close();
    }
  } finally {
    await simulator.close();
  }
  if (!json) io.err.write("stopped\n");
}

/** @throws UsageError for one that would never strike */
function checkFaults({ startSlot, endSlot }: Execution, orders: readonly FaultOrder[]): void {
  for (const { trigger } of orders) {
    if (trigger === undefined || !("atSlot" in trigger)) continue;
    const at = BigInt(trigger.atSlot);
    if (at >= startSlot && at <= endSlot) continue;
    throw new UsageError(`--fault @slot:${at} would never strike: the ledger has slots ${startSlot} to ${endSlot}`);
  }
}

async function start(
  { pace, port, host, origin: origins, allowHost: allowedHosts }: ServeOptions,
  { engine }: Execution,
  apiKey: string | undefined,
): Promise<LocalSimulator> {
  const starting = startLocalSimulator({
    engine,
    slotDelayMs: pace,
    port,
    host,
    // Nobody here compares; what is kept for that would grow.
    record: false,
    ...(origins !== undefined && { allowedOrigins: origins }),
    ...(allowedHosts !== undefined && { allowedHosts }),
    ...(apiKey !== undefined && { apiKey }),
  });
  return starting.catch((error: unknown) => {
    // It is our own port that can't be had, and its message says all.
    throw error instanceof SimulatorError && error.code === "unreachable" ? new Failure(error.message) : error;
  });
}

function controlPort({ port, faultsPort }: ServeOptions): number {
  if (faultsPort !== undefined) return faultsPort;
  return port === 0 || port === 65_535 ? 0 : port + 1;
}

function describe(
  { name, folder, startSlot, endSlot }: Execution,
  simulator: LocalSimulator,
  controlUrl: string,
  needsKey: boolean,
): Served {
  const { url, httpUrl, programs } = simulator;
  return { engine: name, ledger: folder, url, httpUrl, controlUrl, programs, startSlot, endSlot, needsKey };
}
