import { requireList, requireOptions, requireText } from "../../../protocol/arguments.js";
import { invalidParams } from "../../../protocol/error-helpers.js";
import { toAddress, toU64 } from "../../../protocol/scalars.js";
import { isSimulatorError } from "../../../protocol/simulator-error.js";
import { AccountFetcher } from "./account-fetcher.js";
import { BlockFetcher, type CaptureProgress } from "./block-fetcher.js";
import type { CapturePlatform } from "./capture-clock.js";
import { openLedgerDraft } from "./ledger-draft.js";
import { type RpcAttempt, RpcClient, type RpcRetry, type RpcWait } from "./rpc-client.js";

export type { CaptureProgress } from "./block-fetcher.js";

/** Options of `captureLedger`. */
export interface CaptureLedgerOptions {
  /**
   * The URL of a Solana RPC node. The URL may contain an API key, so errors name only the host. If the URL contains
   * `user:password@`, these credentials are sent as an Authorization header.
   */
  rpcUrl: string;
  /** The first slot. */
  startSlot: bigint | number;
  /** The last slot of the capture, inclusive. */
  endSlot: bigint | number;
  /**
   * Addresses of the accounts that the transactions use: programs, pools, wallets, token accounts. The capture adds the code of
   * upgradeable programs and the lookup tables of the transactions.
   */
  accounts: readonly string[];
  /** The folder to write. It must be absent or empty. Until the capture is complete, its files are in `FOLDER.partial`. */
  folder: string;
  /** Makes the HTTP requests. @default the `fetch` of the platform */
  fetch?: typeof fetch;
  /** How failed requests are retried. @default see `RpcRetry` */
  retry?: RpcRetry;
  /** The maximum number of calls per second. @default no limit */
  requestsPerSecond?: number;
  /** Cancels the capture. @default none */
  signal?: AbortSignal;
  /** Called after each slot. @default none */
  onProgress?: (progress: CaptureProgress) => void;
  /** Called before each retry of an RPC call. @default none */
  onRetry?: (next: RpcAttempt) => void;
  /**
   * Called every 5 s while an RPC call receives no data. A node may accept the connection and then send nothing.
   *
   * @default none
   */
  onWait?: (wait: RpcWait) => void;
  /** The clock and the timers of the capture. Intended for tests. @default the runtime's own */
  platform?: CapturePlatform;
}

/** The result of a capture. */
export interface CapturedLedger {
  /** The slot of the first block. */
  startSlot: bigint;
  /** The slot of the last block. */
  endSlot: bigint;
  /** Number of blocks. */
  blocks: number;
  /** Number of transactions. */
  transactions: number;
  /** Slots without a block. */
  skippedSlots: readonly bigint[];
  /** Number of captured accounts. */
  accounts: number;
  /** Requested addresses without an account. */
  absentAccounts: readonly string[];
  /**
   * The slot at which the node read the account states. If the range starts at or before this slot, the states are too new, and a
   * replay produces different results.
   */
  accountsSlot: bigint;
  /** Size of the block files, in bytes. */
  bytes: number;
}

const MAX_SLOTS = 100_000n;

/**
 * Captures a ledger from any RPC node and writes it to a folder: first the accounts, then the block of each slot. Waits for blocks
 * that have not been produced yet, as long as `retry` permits. If the capture fails after the first block, call the function again
 * with the same options to resume the capture.
 *
 * @throws SimulatorError `invalidParams` for an invalid parameter or folder, `unreachable` if the node never answers, `http` if the
 * node fails or does not have the range, `cancelled`
 * @example
 * const accounts = [pool, vaultA, vaultB];
 * await captureLedger({ rpcUrl, startSlot: 300_000_000, endSlot: 300_000_050, accounts, folder: "captured" });
 */
export async function captureLedger(options: CaptureLedgerOptions): Promise<CapturedLedger> {
  const { startSlot, endSlot, addresses, client } = readOptions(options);
  const draft = await openLedgerDraft(options.folder, { startSlot, endSlot });
  const blocks = new BlockFetcher(client, draft, options.onProgress);
  let areAccountsSaved = false;
  try {
    const accounts = new AccountFetcher(client, draft);
    await accounts.load();
    await accounts.fetch(addresses);
    await accounts.fetchCode();
    // Saves the accounts before the blocks. A resumed capture reads these accounts from the file, not newer states from the node.
    await accounts.save();
    areAccountsSaved = true;
    await blocks.fetchAll(startSlot, endSlot);
    await accounts.fetch(blocks.lookupTables);
    await accounts.save();
    await draft.complete();
    return {
      startSlot: blocks.slots[0] as bigint,
      endSlot: blocks.slots.at(-1) as bigint,
      blocks: blocks.slots.length,
      transactions: blocks.transactions,
      skippedSlots: blocks.skippedSlots,
      accounts: accounts.accounts.size,
      absentAccounts: [...accounts.absent],
      accountsSlot: accounts.slot,
      bytes: blocks.bytes,
    };
  } catch (error) {
    // Keeps the draft if a later call can resume the capture.
    const isKept = blocks.slots.length > 0 || draft.isResumed || (areAccountsSaved && isSimulatorError(error, "cancelled"));
    if (!isKept) await draft.discard();
    throw error;
  }
}

const KNOWN: readonly (keyof CaptureLedgerOptions)[] = [
  ...(["rpcUrl", "startSlot", "endSlot", "accounts", "folder", "fetch", "retry", "requestsPerSecond", "signal"] as const),
  ...(["onProgress", "onRetry", "onWait", "platform"] as const),
];
const KNOWN_OF_RETRY: readonly (keyof RpcRetry)[] = ["attempts", "delayMs", "timeoutMs", "connectMs"];

function readOptions(options: CaptureLedgerOptions) {
  requireOptions(options, KNOWN);
  const {
    rpcUrl,
    accounts,
    retry = {},
    signal,
    onRetry,
    onWait,
    platform,
    fetch = globalThis.fetch,
    requestsPerSecond,
  } = options;
  requireOptions(retry, KNOWN_OF_RETRY, "retry");
  for (const name of KNOWN_OF_RETRY) {
    if (retry[name] !== undefined && !(retry[name] >= 0)) throw invalidParams(`retry.${name}`, "expected a number of at least 0");
  }
  if (typeof fetch !== "function") throw invalidParams("fetch", "expected a function");
  requireText(options.folder, "folder", "the path of a folder");
  requireList(accounts, "accounts", "a list of addresses");
  const startSlot = toU64(options.startSlot, "startSlot");
  const endSlot = toU64(options.endSlot, "endSlot");
  if (startSlot > endSlot) throw invalidParams("endSlot", `${endSlot} is before startSlot ${startSlot}`);
  if (endSlot - startSlot >= MAX_SLOTS)
    throw invalidParams("endSlot", `the range has ${endSlot - startSlot + 1n} slots; capture at most ${MAX_SLOTS} slots at once`);
  const addresses = accounts.map((address, index) => toAddress(address, `accounts.${index}`));
  if (!URL.canParse(rpcUrl) || !/^https?:$/.test(new URL(rpcUrl).protocol)) {
    throw invalidParams("rpcUrl", "expected an http or https URL");
  }
  if (requestsPerSecond !== undefined && !(requestsPerSecond > 0)) {
    throw invalidParams("requestsPerSecond", "expected a number greater than 0");
  }
  return {
    startSlot,
    endSlot,
    addresses,
    client: new RpcClient({ url: rpcUrl, fetch, retry, requestsPerSecond, signal, onRetry, onWait, platform }),
  };
}
