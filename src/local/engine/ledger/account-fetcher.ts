import type { AccountState } from "../engine.js";
import { addressText } from "../litesvm/address-text.js";
import { programDataAddress } from "../litesvm/programs.js";
import { type LedgerAccounts, readAccountsFile, writeAccountsFile } from "./accounts-file.js";
import type { LedgerDraft } from "./ledger-draft.js";
import { ACCOUNTS_FILE } from "./ledger-files.js";
import type { RpcClient } from "./rpc-client.js";
import { accountLimit } from "./rpc-error.js";

const ACCOUNTS_PER_CALL = 100;

/** Fetches accounts from a node, each account once. */
export class AccountFetcher {
  readonly accounts = new Map<string, AccountState>();
  readonly absent = new Set<string>();
  /** The context slot of the node's first response. */
  slot = 0n;
  readonly #client: RpcClient;
  readonly #draft: LedgerDraft;
  /** The number of accounts to request per call. It decreases if the provider permits fewer. */
  #accountsPerCall = ACCOUNTS_PER_CALL;

  constructor(client: RpcClient, draft: LedgerDraft) {
    this.#client = client;
    this.#draft = draft;
  }

  /** Loads the accounts that an interrupted capture has saved. */
  async load(): Promise<void> {
    const json = await this.#draft.read(ACCOUNTS_FILE);
    try {
      if (json === undefined) return;
      this.#add(readAccountsFile(json, ACCOUNTS_FILE));
    } catch {
      // If the file is damaged, the accounts are fetched again, as if the file were missing.
      return;
    }
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
    const unusable = (problem: string) => this.#client.unusable("getMultipleAccounts", problem);
    this.#add(readAccountsFile({ addresses, value }, ACCOUNTS_FILE, unusable));
    if (this.slot === 0n) this.slot = BigInt(context?.slot ?? 0);
  }

  #add({ accounts, absent }: LedgerAccounts): void {
    for (const [address, state] of accounts) this.accounts.set(address, state);
    for (const address of absent) this.absent.add(address);
  }
}
