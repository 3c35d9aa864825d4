import { resolve } from "node:path";
import { Command, Option } from "commander";
import { stringifyJson } from "../../codec/json.js";
import { FileLock } from "../../files/file-lock.js";
import { fileProblem } from "../../files/file-problem.js";
import { readInputFile } from "../../files/input-file.js";
import { type CapturedLedger, captureLedger } from "../../local/engine/ledger/capture-ledger.js";
import { isAddress } from "../../protocol/scalars.js";
import { SimulatorError } from "../../protocol/simulator-error.js";
import { CaptureLine } from "../capture/capture-line.js";
import { capturedLines } from "../capture/capture-report.js";
import type { CommandContext } from "../command-context.js";
import { Failure, UsageError } from "../command-failure.js";
import { jsonOption } from "../common-options.js";
import { describeProxy, fetchWithin, proxyFor } from "../outgoing-proxy.js";
import { type RangeOptions, toRange } from "../slot-range-options.js";
import { type Io, writeLines } from "../terminal/io.js";
import { address, between, repeated, rpcUrl, slot, slotCount } from "../values.js";

interface CaptureOptions extends RangeOptions {
  rpcUrl?: string;
  account?: string[];
  accountsFile?: string;
  rps?: number;
  out?: string;
  wait?: true;
  json?: true;
}

/**
 * Time limits for the first response of the node, in ms. `CONNECT_MS` applies without `--wait`, and `WAIT_MS` applies with
 * `--wait`.
 */
const CONNECT_MS = 5_000;
const WAIT_MS = 60_000;

const HELP = `
A ledger is a folder with accounts.json (a result of getMultipleAccounts) and blocks/SLOT.json (results of getBlock). Until it is
complete its name is FOLDER.partial; the same command resumes an interrupted capture. Calls that fail because of a limit or a
temporary error are retried after the delay in Retry-After. A block that is missing between two others is an error.
RPC nodes have only the newest state of accounts. For a replay that agrees with the chain, capture slots that are not produced yet:
the command waits for their blocks.

Examples:
  SOLANA_RPC_URL=https://… simulator-client capture --start-slot 300000000 --slots 50 --account ADDRESS --out captured
  simulator-client capture --rpc-url http://127.0.0.1:8899 --start-slot 100 --end-slot 200 --accounts-file accounts.txt --out captured
  simulator-client serve --ledger captured

Exit codes: 0 captured, 1 failed, 2 invalid command line, 130 after Ctrl-C.`;

export function captureCommand({ io }: CommandContext): Command {
  return new Command("capture")
    .summary("write a ledger from any Solana RPC node")
    .description("Writes a folder with blocks and accounts of any Solana RPC node. `serve --ledger` replays it.")
    .addOption(
      new Option("--rpc-url <url>", "URL of the RPC node; not printed, it may contain a key (env: SOLANA_RPC_URL)").argParser(
        rpcUrl,
      ),
    )
    .addOption(new Option("--start-slot <slot>", "first slot").argParser(slot))
    .addOption(new Option("--end-slot <slot>", "last slot, inclusive").argParser(slot))
    .addOption(new Option("--slots <count>", "number of slots, instead of --end-slot").argParser(slotCount))
    .addOption(
      new Option("-a, --account <address>", "an account that the transactions use; can be repeated").argParser(repeated(address)),
    )
    .addOption(new Option("--accounts-file <file>", "a file with one address on each line; # starts a comment"))
    .addOption(new Option("--rps <count>", "limit of calls per second").argParser(between(0.1, 100_000)))
    .addOption(new Option("-o, --out <folder>", "folder to write; it must be empty or not exist"))
    .addOption(new Option("--wait", "keep trying for up to 60 s if the node cannot be reached; otherwise 5 s"))
    .addOption(jsonOption("what was captured"))
    .addHelpText("after", HELP)
    .action(async (options: CaptureOptions) => {
      const captured = await capture(options, io);
      const folder = options.out ?? "";
      const lines = options.json
        ? [stringifyJson({ folder: resolve(folder), ...captured })]
        : capturedLines(captured, folder, io.out.style);
      writeLines(io.out, lines);
    });
}

async function capture(options: CaptureOptions, { err, interrupt }: Io): Promise<CapturedLedger> {
  const { rpcUrl: url, out, account = [], accountsFile } = options;
  if (url === undefined) throw new UsageError("--rpc-url is missing: give the URL of a Solana RPC node, or set SOLANA_RPC_URL");
  const { startSlot, endSlot } = toRange(options);
  if (out === undefined) throw new UsageError("--out is missing: give the folder to write");
  const accounts = [...account, ...(accountsFile === undefined ? [] : await readAddresses(accountsFile))];
  if (accounts.length === 0) throw new UsageError("--account is missing: give the accounts that the transactions use");
  const line = new CaptureLine(err, startSlot, endSlot);
  const lock = await FileLock.acquire(resolve(out));
  try {
    return await captureLedger({
      rpcUrl: url,
      startSlot,
      endSlot,
      accounts: [...new Set(accounts)],
      folder: out,
      ...(options.rps !== undefined && { requestsPerSecond: options.rps }),
      fetch: fetchWithin(CONNECT_MS),
      retry: { connectMs: options.wait ? WAIT_MS : CONNECT_MS },
      signal: interrupt,
      onProgress: (progress) => line.draw(progress),
      onRetry: (next) => line.reportRetry(next),
      onWait: (wait) => line.reportWait(wait),
    });
  } catch (error) {
    if (!(error instanceof SimulatorError) || error.code === "cancelled") throw error;
    throw new Failure(`${error.message.replace(/^folder: /, "")}${remedyFor(error, url, options, line)}`, { cause: error });
  } finally {
    line.end();
    await lock.release();
  }
}

/** Returns the remedy after a failed capture. If the connection failed, the remedy names the proxy. */
function remedyFor({ code, status }: SimulatorError, url: string, { wait }: CaptureOptions, { blocks }: CaptureLine): string {
  const proxy = status === undefined && code !== "invalidParams" ? proxyFor(url) : undefined;
  const through = proxy === undefined ? "" : ` (through ${describeProxy(proxy, url)})`;
  if (blocks > 0) return `${through}. The same command resumes the capture`;
  if (code !== "unreachable") return through;
  return `${through}. Check --rpc-url and whether the node is running${wait ? "" : "; --wait keeps trying for up to 60 s"}`;
}

async function readAddresses(file: string): Promise<string[]> {
  let text: string;
  try {
    text = (await readInputFile(file)).toString("utf8");
  } catch (cause) {
    throw fileProblem(`cannot read ${file}`, cause, "no such file");
  }
  const lines = text.split(/\r?\n/).map((line) => line.replace(/#.*/, "").trim());
  return lines.flatMap((line, index) => {
    if (line === "") return [];
    if (isAddress(line)) return [line];
    throw new Failure(`${file}: line ${index + 1} is not a base58 address of 32 bytes`);
  });
}
