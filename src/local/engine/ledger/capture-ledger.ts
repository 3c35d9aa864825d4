import { toAddress, toU64 } from "../../../protocol/scalars.js";
import { invalidParams, SimulatorError } from "../../../protocol/simulator-error.js";
import type { AccountState } from "../engine.js";
import { addressText } from "../litesvm/address-text.js";
import { programDataAddress } from "../litesvm/programs.js";
import { readTransaction } from "../litesvm/transaction-message.js";
import { readAccountsFile, writeAccountsFile } from "./accounts-file.js";
import { readBlockFile, writeBlockFile } from "./block-file.js";
import type { LedgerBlock } from "./ledger.js";
import { ACCOUNTS_FILE, blockFile, makeLedgerFolder, type WriteFile } from "./ledger-files.js";
import { type RpcAnswer, RpcClient, type RpcRetry } from "./rpc-client.js";

/** What is captured, from where, and into which folder. */
export interface CaptureLedgerOptions {
  /** Solana's JSON-RPC over HTTP. It may hold a key: no error tells more than its host. */
  rpcUrl: string;
  startSlot: bigint | number;
  /** Inclusive. Slots without a block are passed over. */
  endSlot: bigint | number;
  /**
   * Addresses of the accounts that the transactions need: programs, pools, wallets, token accounts. The code of upgradeable
   * programs and the lookup tables that the blocks name are added.
   */
  accounts: readonly string[];
  /** Must not be there yet, or be empty. */
  folder: string;
  /** Default: the platform's own. */
  fetch?: typeof fetch;
  retry?: RpcRetry;
  signal?: AbortSignal;
  /** Called after each slot. */
  onProgress?: (progress: CaptureProgress) => void;
}

export interface CaptureProgress {
  /** The slot that is done. */
  slot: bigint;
  /** Blocks so far. */
  blocks: number;
  /** Slots without a block so far. */
  skippedSlots: number;
}

/** What was captured. */
export interface CapturedLedger {
  /** Slots of the first and the last block. */
  startSlot: bigint;
  endSlot: bigint;
  blocks: number;
  transactions: number;
  /** Slots that have no block. */
  skippedSlots: readonly bigint[];
  accounts: number;
  /** Addresses that were asked for and have no account. */
  absentAccounts: readonly string[];
  /**
   * The slot whose state the accounts are in. RPC nodes know the newest one alone: unless the range lies after it, what the
   * range's own transactions did is in it already, and a replay will differ.
   */
  accountsSlot: bigint;
}

const MAX_SLOTS = 100_000n;
const ACCOUNTS_A_CALL = 100;
const CALLS_AT_ONCE = 4;
/** The slot was skipped, or is not in long-term storage, where skipped ones aren't either. */
const SKIPPED: ReadonlySet<number> = new Set([-32007, -32009]);
const BLOCK_CLEANED_UP = -32001;

/**
 * Writes a ledger's folder from any RPC node: the accounts first, then `getBlock` slot by slot. A range that lies ahead is
 * waited for, as far as `retry` goes. The folder is there when all of it is, or not at all.
 *
 * @throws SimulatorError `invalidParams` for a parameter or a folder that won't do, `http` if the node doesn't answer or hasn't
 * got the range, `cancelled`
 * @example
 * await captureLedger({ rpcUrl, startSlot: 300_000_000, endSlot: 300_000_050, accounts: [pool, vaultA, vaultB], folder: "captured" });
 */
export async function captureLedger(options: CaptureLedgerOptions): Promise<CapturedLedger> {
  const { startSlot, endSlot, addresses, client } = readOptions(options);
  return makeLedgerFolder(options.folder, async (write) => {
    const accounts = new AccountFetcher(client);
    await accounts.fetch(addresses);
    await accounts.fetchCode();
    const captured = await captureBlocks(client, { startSlot, endSlot }, write, options.onProgress);
    await accounts.fetch(captured.lookupTables);
    await write(ACCOUNTS_FILE, writeAccountsFile(accounts, accounts.slot));
    const { slots, skippedSlots, transactions } = captured;
    return {
      startSlot: slots[0] as bigint,
      endSlot: slots.at(-1) as bigint,
      blocks: slots.length,
      transactions,
      skippedSlots,
      accounts: accounts.accounts.size,
      absentAccounts: [...accounts.absent],
      accountsSlot: accounts.slot,
    };
  });
}

function readOptions({ rpcUrl, accounts, retry, signal, fetch = globalThis.fetch, ...range }: CaptureLedgerOptions) {
  const startSlot = toU64(range.startSlot, "startSlot");
  const endSlot = toU64(range.endSlot, "endSlot");
  if (startSlot > endSlot) throw invalidParams("endSlot", `expected no less than startSlot, ${startSlot}`);
  if (endSlot - startSlot >= MAX_SLOTS) throw invalidParams("endSlot", `at most ${MAX_SLOTS} slots are captured at once`);
  const addresses = accounts.map((address, index) => toAddress(address, `accounts.${index}`));
  if (!URL.canParse(rpcUrl) || !/^https?:$/.test(new URL(rpcUrl).protocol)) {
    throw invalidParams("rpcUrl", "expected an http or https URL");
  }
  return { startSlot, endSlot, addresses, client: new RpcClient({ url: rpcUrl, fetch, retry, signal }) };
}

/** Fetches accounts, each once. */
class AccountFetcher {
  readonly accounts = new Map<string, AccountState>();
  readonly absent = new Set<string>();
  /** The slot of the first answer. */
  slot = 0n;
  readonly #client: RpcClient;

  constructor(client: RpcClient) {
    this.#client = client;
  }

  async fetch(addresses: Iterable<string>): Promise<void> {
    const wanted = [...new Set(addresses)].filter((address) => !this.accounts.has(address) && !this.absent.has(address));
    for (let at = 0; at < wanted.length; at += ACCOUNTS_A_CALL) await this.#fetchSome(wanted.slice(at, at + ACCOUNTS_A_CALL));
  }

  /** The code of the programs that are there. */
  async fetchCode(): Promise<void> {
    const code = [...this.accounts.values()].map(programDataAddress);
    await this.fetch(code.flatMap((address) => (address === undefined ? [] : addressText(address))));
  }

  async #fetchSome(addresses: readonly string[]): Promise<void> {
    const params = [addresses, { encoding: "base64", commitment: "confirmed" }];
    const result = expectResult(await this.#client.call("getMultipleAccounts", params), "getMultipleAccounts");
    const { context, value } = (result ?? {}) as { context?: { slot?: number | bigint }; value?: unknown };
    const { accounts, absent } = readAccountsFile({ addresses, value }, "the answer of getMultipleAccounts");
    for (const [address, state] of accounts) this.accounts.set(address, state);
    for (const address of absent) this.absent.add(address);
    if (this.slot === 0n) this.slot = BigInt(context?.slot ?? 0);
  }
}

interface CapturedBlocks {
  slots: bigint[];
  skippedSlots: bigint[];
  transactions: number;
  lookupTables: Set<string>;
}

/** @throws SimulatorError `http` if the node hasn't got them */
async function captureBlocks(
  client: RpcClient,
  { startSlot, endSlot }: { startSlot: bigint; endSlot: bigint },
  write: WriteFile,
  onProgress: CaptureLedgerOptions["onProgress"],
): Promise<CapturedBlocks> {
  const captured: CapturedBlocks = { slots: [], skippedSlots: [], transactions: 0, lookupTables: new Set() };
  const last = (slot: bigint): bigint => (slot + BigInt(CALLS_AT_ONCE) > endSlot ? endSlot : slot + BigInt(CALLS_AT_ONCE) - 1n);
  for (let from = startSlot; from <= endSlot; from = last(from) + 1n) {
    const slots = Array.from({ length: Number(last(from) - from) + 1 }, (_, index) => from + BigInt(index));
    const blocks = await Promise.all(slots.map((slot) => fetchBlock(client, slot)));
    for (const [index, block] of blocks.entries()) {
      const slot = slots[index] as bigint;
      if (block === undefined) {
        captured.skippedSlots.push(slot);
      } else {
        captured.slots.push(slot);
        captured.transactions += block.transactions.length;
        for (const table of lookupTablesOf(block)) captured.lookupTables.add(table);
        await write(blockFile(slot), writeBlockFile(block));
      }
      onProgress?.({ slot, blocks: captured.slots.length, skippedSlots: captured.skippedSlots.length });
    }
  }
  if (captured.slots.length === 0) {
    throw new SimulatorError(
      "http",
      `no slot from ${startSlot} to ${endSlot} has a block there: ask another node, or for another range`,
    );
  }
  return captured;
}

async function fetchBlock(client: RpcClient, slot: bigint): Promise<LedgerBlock | undefined> {
  const config = {
    encoding: "base64",
    transactionDetails: "full",
    maxSupportedTransactionVersion: 0,
    rewards: false,
    commitment: "confirmed",
  };
  const answer = await client.call("getBlock", [slot, config]);
  if ("error" in answer && SKIPPED.has(answer.error.code)) return undefined;
  if ("error" in answer && answer.error.code === BLOCK_CLEANED_UP) {
    throw new SimulatorError(
      "http",
      `the node no longer has the block of slot ${slot}: ask one that keeps its history, or for a newer range`,
    );
  }
  const result = expectResult(answer, `getBlock of slot ${slot}`);
  return result === null ? undefined : readBlockFile(result, slot, `the answer of getBlock for slot ${slot}`);
}

function expectResult(answer: RpcAnswer, what: string): unknown {
  if ("result" in answer) return answer.result;
  const { code, message } = answer.error;
  throw new SimulatorError("http", `${what} was refused: ${message} (${code})`);
}

function lookupTablesOf({ transactions }: LedgerBlock): string[] {
  return transactions.flatMap(({ wire }) => {
    try {
      return readTransaction(wire).message.lookups.map(({ table }) => addressText(table));
    } catch {
      // A session names and counts it.
      return [];
    }
  });
}
