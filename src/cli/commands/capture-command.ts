import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { Command, Option } from "commander";
import { stringifyJson } from "../../codec/json.js";
import { type CapturedLedger, captureLedger } from "../../local/engine/ledger/capture-ledger.js";
import { isAddress } from "../../protocol/scalars.js";
import { SimulatorError } from "../../protocol/simulator-error.js";
import { redactor } from "../../transport/redact.js";
import { CaptureLine } from "../capture/capture-line.js";
import { capturedLines } from "../capture/capture-report.js";
import type { CommandContext } from "../command-context.js";
import { Failure, UsageError } from "../command-failure.js";
import { jsonOption } from "../common-options.js";
import { fileProblem } from "../file-problem.js";
import type { Io } from "../io.js";
import { address, repeated, rpcUrl, slot } from "../values.js";

interface CaptureOptions {
  rpcUrl?: string;
  startSlot?: bigint;
  endSlot?: bigint;
  slots?: bigint;
  account?: string[];
  accountsFile?: string;
  out?: string;
  json?: true;
}

/** What is shorter is a word of the path, such as `rpc` or `solana`. */
const MIN_KEY_LENGTH = 8;

const HELP = `
A ledger is a folder: accounts.json (as getMultipleAccounts answers) and blocks/SLOT.json (as getBlock answers). It is there when all
of it is, or not at all. RPC nodes know the newest state of accounts alone: name a range that lies just ahead, which is waited for,
and a replay can agree with what happened.

Examples:
  SOLANA_RPC_URL=https://… simulator-client capture --start-slot 300000000 --slots 50 --account ADDRESS --out captured
  simulator-client capture --rpc-url http://127.0.0.1:8899 --start-slot 100 --end-slot 200 --accounts-file accounts.txt --out captured
  simulator-client serve --ledger captured

Exit codes: 0 captured, 1 it failed and nothing was written, 2 the command line can't be meant, 130 after Ctrl-C.`;

export function captureCommand({ io }: CommandContext): Command {
  return new Command("capture")
    .summary("write a ledger to replay from any RPC node")
    .description("Writes a folder with blocks and accounts of any Solana RPC node, which `serve --ledger` replays.")
    .addOption(
      new Option("--rpc-url <url>", "Solana's JSON-RPC; it is never printed, for it may hold a key")
        .env("SOLANA_RPC_URL")
        .argParser(rpcUrl),
    )
    .addOption(new Option("--start-slot <slot>", "first slot").argParser(slot))
    .addOption(new Option("--end-slot <slot>", "last slot").argParser(slot))
    .addOption(new Option("--slots <count>", "slots after the first one, in place of --end-slot").argParser(slot))
    .addOption(
      new Option("-a, --account <address>", "an account that the transactions need; can be given more than once").argParser(
        repeated(address),
      ),
    )
    .addOption(new Option("--accounts-file <file>", "a file with an address on each line"))
    .addOption(new Option("-o, --out <folder>", "the folder to write; must not be there yet, or be empty"))
    .addOption(jsonOption("what was captured"))
    .addHelpText("after", HELP)
    .action(async (options: CaptureOptions) => {
      const captured = await capture(options, io);
      const folder = options.out ?? "";
      io.out.write(
        options.json
          ? `${stringifyJson({ folder: resolve(folder), ...captured })}\n`
          : `${capturedLines(captured, folder, io.out.style).join("\n")}\n`,
      );
    });
}

async function capture(options: CaptureOptions, { err, interrupt }: Io): Promise<CapturedLedger> {
  const { rpcUrl: url, startSlot, out, account = [], accountsFile } = options;
  if (url === undefined) throw new UsageError("--rpc-url is missing: give a node's address, or set SOLANA_RPC_URL");
  if (startSlot === undefined) throw new UsageError("--start-slot is missing: where does it begin?");
  const endSlot = toEndSlot(startSlot, options);
  if (out === undefined) throw new UsageError("--out is missing: into which folder?");
  const accounts = [...account, ...(accountsFile === undefined ? [] : await readAddresses(accountsFile))];
  if (accounts.length === 0) throw new UsageError("--account is missing: the transactions need the accounts that they are about");
  const line = new CaptureLine(err, startSlot, endSlot);
  try {
    return await captureLedger({
      rpcUrl: url,
      startSlot,
      endSlot,
      accounts: [...new Set(accounts)],
      folder: out,
      signal: interrupt,
      onProgress: (progress) => line.draw(progress),
    });
  } catch (error) {
    if (!(error instanceof SimulatorError) || error.code === "cancelled") throw error;
    // What it is about are a file and a folder here, not parameters. A node's own words may hold what it was asked with.
    const redact = redactor(secretsOf(url));
    throw new Failure(redact(error.message.replace(/^folder: /, "")));
  } finally {
    line.end();
  }
}

/** The parts of a node's URL that providers put keys into, as they stand there and as they are meant. */
function secretsOf(text: string): string[] {
  const { username, password, pathname, searchParams } = new URL(text);
  const parts = [username, password, ...pathname.split("/"), ...searchParams.values()];
  return [...parts, ...parts.map(decoded)].filter((part) => part.length >= MIN_KEY_LENGTH);
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

function toEndSlot(startSlot: bigint, { endSlot, slots }: CaptureOptions): bigint {
  if ((endSlot === undefined) === (slots === undefined))
    throw new UsageError("give --end-slot or --slots, one of them: where does it end?");
  const end = endSlot ?? startSlot + (slots ?? 0n);
  if (end < startSlot) throw new UsageError(`--end-slot ${end} lies before --start-slot ${startSlot}`);
  return end;
}

async function readAddresses(file: string): Promise<string[]> {
  let text: string;
  try {
    text = await readFile(file, "utf8");
  } catch (cause) {
    throw fileProblem(`cannot read ${file}`, cause, "there is no such file");
  }
  const lines = text.split(/\r?\n/).map((line) => line.replace(/#.*/, "").trim());
  return lines.flatMap((line, index) => {
    if (line === "") return [];
    if (isAddress(line)) return [line];
    throw new Failure(`${file}: line ${index + 1} is no base58 address of 32 bytes`);
  });
}
