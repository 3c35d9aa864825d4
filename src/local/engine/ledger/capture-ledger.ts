import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { parseJson } from "../../../codec/json.js";
import { invalidParams } from "../../../protocol/error-helpers.js";
import { toAddress, toU64 } from "../../../protocol/scalars.js";
import { SimulatorError } from "../../../protocol/simulator-error.js";
import { readTransaction } from "../../../protocol/transaction-message.js";
import type { AccountState } from "../engine.js";
import { addressText } from "../litesvm/address-text.js";
import { programDataAddress } from "../litesvm/programs.js";
import { readAccountsFile, writeAccountsFile } from "./accounts-file.js";
import { readBlockFile, writeBlockFile } from "./block-file.js";
import type { LedgerBlock } from "./ledger.js";
import { ACCOUNTS_FILE, blockFile, type LedgerDraft, openLedgerDraft } from "./ledger-files.js";
import { RpcClient, type RpcRetry } from "./rpc-client.js";
import { accountLimit, BLOCK_CLEANED_UP, describeRpcError, isSkippedSlot, type RpcError } from "./rpc-error.js";

/** Options of `captureLedger`. */
export interface CaptureLedgerOptions {
  /** The URL of a Solana RPC node. It may contain a key: errors name only the host. `user:password@` is sent as a header. */
  rpcUrl: string;
  startSlot: bigint | number;
  /** Inclusive. Skipped slots have no block. */
  endSlot: bigint | number;
  /**
   * Addresses of the accounts that the transactions use: programs, pools, wallets, token accounts. The code of upgradeable programs
   * and the lookup tables that the blocks name are added.
   */
  accounts: readonly string[];
  /** It must be absent or empty. Until the capture is complete, its files are in `FOLDER.partial`. */
  folder: string;
  /** @default the platform's own */
  fetch?: typeof fetch;
  retry?: RpcRetry;
  /** Limits the calls per second. @default no limit */
  requestsPerSecond?: number;
  signal?: AbortSignal;
  /** Called after each slot. */
  onProgress?: (progress: CaptureProgress) => void;
}

export interface CaptureProgress {
  /** The last processed slot. */
  slot: bigint;
  /** Blocks so far. */
  blocks: number;
  /** Skipped slots so far. */
  skippedSlots: number;
  /** Size of the block files so far. */
  bytes: number;
}

/** The result of a capture. */
export interface CapturedLedger {
  /** Slots of the first and the last block. */
  startSlot: bigint;
  endSlot: bigint;
  blocks: number;
  transactions: number;
  /** Slots without a block. */
  skippedSlots: readonly bigint[];
  accounts: number;
  /** Requested addresses without an account. */
  absentAccounts: readonly string[];
  /**
   * The slot of the state of the accounts. RPC nodes have only the newest state: unless the range follows it, the state
   * includes the
   * effects of the range's own transactions, and a replay differs.
   */
  accountsSlot: bigint;
  /** Size of the block files. */
  bytes: number;
}

const MAX_SLOTS = 100_000n;
const ACCOUNTS_PER_CALL = 100;
const CONCURRENT_CALLS = 4;

/**
 * Writes the folder of a ledger from any RPC node: first the accounts, then `getBlock` slot by slot. The command waits for
 * slots that
 * are not produced yet, as long as `retry` permits. If it fails after the first block, the same call resumes it.
 *
 * @throws SimulatorError `invalidParams` for an invalid parameter or folder, `http` if the node fails or does not have the range,
 * `cancelled`
 * @example
 * await captureLedger({ rpcUrl, startSlot: 300_000_000, endSlot: 300_000_050, accounts: [pool, vaultA, vaultB], folder:
 * "captured" });
 */
export async function captureLedger(options: CaptureLedgerOptions): Promise<CapturedLedger> {
  const { startSlot, endSlot, addresses, client } = readOptions(options);
  const draft = await openLedgerDraft(options.folder);
  const blocks = new BlockFetcher(client, draft, options.onProgress);
  try {
    const accounts = new AccountFetcher(client, draft);
    await accounts.load();
    await accounts.fetch(addresses);
    await accounts.fetchCode();
    // Saved at once: when the capture is resumed, a newer state must not replace it.
    await accounts.save();
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
    if (blocks.slots.length === 0 && !draft.isResumed) await draft.discard();
    throw error;
  }
}

function readOptions({ rpcUrl, accounts, retry, signal, fetch = globalThis.fetch, ...options }: CaptureLedgerOptions) {
  const { requestsPerSecond } = options;
  const startSlot = toU64(options.startSlot, "startSlot");
  const endSlot = toU64(options.endSlot, "endSlot");
  if (startSlot > endSlot) throw invalidParams("endSlot", `expected no less than startSlot, ${startSlot}`);
  if (endSlot - startSlot >= MAX_SLOTS) throw invalidParams("endSlot", `at most ${MAX_SLOTS} slots are captured at once`);
  const addresses = accounts.map((address, index) => toAddress(address, `accounts.${index}`));
  if (!URL.canParse(rpcUrl) || !/^https?:$/.test(new URL(rpcUrl).protocol)) {
    throw invalidParams("rpcUrl", "expected an http or https URL");
  }
  if (requestsPerSecond !== undefined && !(requestsPerSecond > 0)) {
    throw invalidParams("requestsPerSecond", "expected a number greater than 0");
  }
  return { startSlot, endSlot, addresses, client: new RpcClient({ url: rpcUrl, fetch, retry, requestsPerSecond, signal }) };
}

/** Fetches accounts, each once. */
class AccountFetcher {
  readonly accounts = new Map<string, AccountState>();
  readonly absent = new Set<string>();
  /** The slot of the first response. */
  slot = 0n;
  readonly #client: RpcClient;
  readonly #draft: LedgerDraft;
  /** Some providers permit fewer accounts in a call. */
  #accountsPerCall = ACCOUNTS_PER_CALL;

  constructor(client: RpcClient, draft: LedgerDraft) {
    this.#client = client;
    this.#draft = draft;
  }

  /** Loads the accounts of an interrupted capture. */
  async load(): Promise<void> {
    const json = await readDraftFile(this.#draft, ACCOUNTS_FILE);
    if (json === undefined) return;
    this.#add(json, ACCOUNTS_FILE);
    const { context } = json as { context?: { slot?: number | bigint } };
    this.slot = BigInt(context?.slot ?? 0);
  }

  async save(): Promise<void> {
    await this.#draft.write(ACCOUNTS_FILE, writeAccountsFile(this, this.slot));
  }

  async fetch(addresses: Iterable<string>): Promise<void> {
    const wanted = [...new Set(addresses)].filter((address) => !this.accounts.has(address) && !this.absent.has(address));
    while (wanted.length > 0) await this.#fetchSome(wanted.splice(0, this.#accountsPerCall));
  }

  /** Fetches the code of upgradeable programs. */
  async fetchCode(): Promise<void> {
    const code = [...this.accounts.values()].map(programDataAddress);
    await this.fetch(code.flatMap((address) => (address === undefined ? [] : addressText(address))));
  }

  async #fetchSome(addresses: readonly string[]): Promise<void> {
    const params = [addresses, { encoding: "base64", commitment: "confirmed" }];
    const answer = await this.#client.call("getMultipleAccounts", params);
    if ("error" in answer) {
      const limit = accountLimit(answer.error, addresses.length);
      if (limit === undefined) throw this.#client.failure("getMultipleAccounts", answer.error);
      this.#accountsPerCall = limit;
      await this.fetch(addresses);
      return;
    }
    const { context, value } = (answer.result ?? {}) as { context?: { slot?: number | bigint }; value?: unknown };
    this.#add({ addresses, value }, "the response of getMultipleAccounts");
    if (this.slot === 0n) this.slot = BigInt(context?.slot ?? 0);
  }

  #add(json: unknown, source: string): void {
    const { accounts, absent } = readAccountsFile(json, source);
    for (const [address, state] of accounts) this.accounts.set(address, state);
    for (const address of absent) this.absent.add(address);
  }
}

/** Fetches the blocks of a range and writes their files. */
class BlockFetcher {
  readonly slots: bigint[] = [];
  readonly skippedSlots: bigint[] = [];
  readonly lookupTables = new Set<string>();
  transactions = 0;
  bytes = 0;
  readonly #client: RpcClient;
  readonly #draft: LedgerDraft;
  readonly #onProgress: CaptureLedgerOptions["onProgress"];

  constructor(client: RpcClient, draft: LedgerDraft, onProgress: CaptureLedgerOptions["onProgress"]) {
    this.#client = client;
    this.#draft = draft;
    this.#onProgress = onProgress;
  }

  /** @throws SimulatorError `http` if the node does not have the blocks */
  async fetchAll(startSlot: bigint, endSlot: bigint): Promise<void> {
    const lastOf = (from: bigint): bigint => {
      const last = from + BigInt(CONCURRENT_CALLS) - 1n;
      return last > endSlot ? endSlot : last;
    };
    for (let from = startSlot; from <= endSlot; from = lastOf(from) + 1n) {
      const slots = Array.from({ length: Number(lastOf(from) - from) + 1 }, (_, index) => from + BigInt(index));
      const blocks = await Promise.all(slots.map((slot) => this.#load(slot)));
      for (const [index, block] of blocks.entries()) await this.#add(slots[index] as bigint, block);
    }
    if (this.slots.length === 0) {
      throw new SimulatorError(
        "http",
        `the node has no block from slot ${startSlot} to ${endSlot}; use another node or another range`,
      );
    }
  }

  async #add(slot: bigint, block: FetchedBlock | undefined): Promise<void> {
    if (block === undefined) {
      this.skippedSlots.push(slot);
    } else {
      this.#checkParent(block.block);
      this.slots.push(slot);
      this.transactions += block.block.transactions.length;
      for (const table of lookupTablesOf(block.block)) this.lookupTables.add(table);
      if (!block.isSaved) await this.#draft.write(blockFile(slot), block.text);
      this.bytes += Buffer.byteLength(block.text);
    }
    const { length: blocks } = this.slots;
    this.#onProgress?.({ slot, blocks, skippedSlots: this.skippedSlots.length, bytes: this.bytes });
  }

  /** A block names its parent: the slots between the two really have no block. */
  #checkParent({ slot, parentSlot }: LedgerBlock): void {
    const before = this.slots.at(-1);
    if (before === undefined || before === parentSlot) return;
    throw new SimulatorError(
      "http",
      `the block of slot ${parentSlot} is missing: the node has none, but the block of slot ${slot} names it as its parent; try again, or use another node`,
    );
  }

  /** The block of a slot, from an interrupted capture or from the node; `undefined` if the slot was skipped. */
  async #load(slot: bigint): Promise<FetchedBlock | undefined> {
    const saved = await readDraftFile(this.#draft, blockFile(slot));
    if (saved !== undefined) {
      const block = readBlockFile(saved, slot, blockFile(slot));
      return { block, text: writeBlockFile(block), isSaved: true };
    }
    const block = await this.#fetch(slot);
    return block === undefined ? undefined : { block, text: writeBlockFile(block), isSaved: false };
  }

  async #fetch(slot: bigint): Promise<LedgerBlock | undefined> {
    const config = {
      encoding: "base64",
      transactionDetails: "full",
      maxSupportedTransactionVersion: 1,
      rewards: false,
      commitment: "confirmed",
    };
    const answer = await this.#client.call("getBlock", [slot, config]);
    if ("error" in answer) {
      if (isSkippedSlot(answer.error)) return undefined;
      throw this.#refusal(slot, answer.error);
    }
    const { result } = answer;
    return result === null ? undefined : readBlockFile(result, slot, `the response of getBlock for slot ${slot}`);
  }

  #refusal(slot: bigint, error: RpcError): SimulatorError {
    if (error.code !== BLOCK_CLEANED_UP) return this.#client.failure(`getBlock of slot ${slot}`, error);
    return new SimulatorError(
      "http",
      `the node no longer has the block of slot ${slot} (${describeRpcError(error)}); use one with history, or a newer range`,
    );
  }
}

interface FetchedBlock {
  block: LedgerBlock;
  text: string;
  isSaved: boolean;
}

/** The JSON of a file of an interrupted capture; `undefined` if it is missing or incomplete. */
async function readDraftFile(draft: LedgerDraft, file: string): Promise<unknown> {
  if (!draft.isResumed) return undefined;
  const path = join(draft.folder, file);
  if ((await stat(path).catch(() => undefined)) === undefined) return undefined;
  try {
    return parseJson(await readFile(path, "utf8"));
  } catch {
    return undefined;
  }
}

function lookupTablesOf({ transactions }: LedgerBlock): string[] {
  return transactions.flatMap(({ wire }) => {
    try {
      return readTransaction(wire).message.lookups.map(({ table }) => addressText(table));
    } catch {
      // The session that executes it reports it.
      return [];
    }
  });
}
