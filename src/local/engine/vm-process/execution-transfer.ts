import type { AccountState } from "../engine.js";
import { type Calls, Execution, type ExecutionParts } from "../litesvm/execution.js";

/** An account state whose owner is an index into the list of transferred addresses. */
interface SentState {
  lamports: bigint;
  owner: number;
  executable: boolean;
  data: Uint8Array;
}

/** An account state that differs from the last sent state of the account. `position`: the account's index in its transaction. */
type SentChange = readonly [position: number, state: SentState | undefined];

interface SentExecution
  extends Pick<ExecutionParts, "slot" | "index" | "blockTime" | "wire" | "version" | "err" | "fee" | "included"> {
  /** Indices into the list of transferred addresses. */
  accounts: readonly number[];
  programs: readonly number[];
  /** `undefined` if the transaction has no accounts from lookup tables. */
  loaded: ExecutionParts["loaded"] | undefined;
  before: readonly SentChange[];
  after: readonly SentChange[];
  calls: Calls;
}

/** A message with executed transactions. */
export interface SentExecutions {
  executions: readonly SentExecution[];
  /** Addresses that occur for the first time. The receiver appends them to the list of transferred addresses. */
  addresses: readonly string[];
  /** Decimals of mints that occur for the first time. */
  decimals: readonly (readonly [mint: string, decimals: number])[];
}

/**
 * Packs the executed transactions of one VM. Sends each address once, and an account state only if it differs from the last sent
 * state of the account. Program code and unchanged accounts are therefore not sent again.
 */
export class ExecutionSender {
  readonly #indices = new Map<string, number>();
  readonly #states = new Map<number, AccountState | undefined>();
  #newAddresses: string[] = [];
  #sentDecimals = 0;

  pack(executions: readonly Execution[]): SentExecutions {
    const packed = executions.map((execution) => this.#pack(execution));
    const addresses = this.#newAddresses;
    this.#newAddresses = [];
    return { executions: packed, addresses, decimals: this.#newDecimals(executions.at(-1)?.parts.decimals) };
  }

  // Copies each member by its name, because object spreads are slower.
  #pack({ parts, calls }: Execution): SentExecution {
    const accounts = parts.addresses.map((address) => this.#indexOf(address));
    const { writable, readonly } = parts.loaded;
    return {
      slot: parts.slot,
      index: parts.index,
      blockTime: parts.blockTime,
      wire: parts.wire,
      version: parts.version,
      programs: parts.programs,
      err: parts.err,
      fee: parts.fee,
      included: parts.included,
      accounts,
      loaded: writable.length + readonly.length === 0 ? undefined : parts.loaded,
      before: this.#changes(accounts, parts.before),
      after: this.#changes(accounts, parts.after),
      calls,
    };
  }

  #changes(accounts: readonly number[], states: ExecutionParts["before"]): SentChange[] {
    const changes: SentChange[] = [];
    for (let position = 0; position < accounts.length; position++) {
      const account = accounts[position] as number;
      const state = states[position];
      if (this.#states.get(account) === state && this.#states.has(account)) continue;
      this.#states.set(account, state);
      changes.push([position, state && this.#packState(state)]);
    }
    return changes;
  }

  #packState({ lamports, owner, executable, data }: AccountState): SentState {
    return { lamports, owner: this.#indexOf(owner), executable, data };
  }

  #indexOf(address: string): number {
    const known = this.#indices.get(address);
    if (known !== undefined) return known;
    const index = this.#indices.size;
    this.#indices.set(address, index);
    this.#newAddresses.push(address);
    return index;
  }

  /**
   * Returns the entries of `decimals` that were added since the last call of this method. All executions of a VM share one map, and
   * entries are never removed from it.
   */
  #newDecimals(decimals: ReadonlyMap<string, number> | undefined): [string, number][] {
    if (decimals === undefined || decimals.size === this.#sentDecimals) return [];
    const added = [...decimals].slice(this.#sentDecimals);
    this.#sentDecimals = decimals.size;
    return added;
  }
}

const NO_LOOKUPS: ExecutionParts["loaded"] = { writable: [], readonly: [] };

/** Unpacks the messages of one `ExecutionSender`, in order. */
export class ExecutionReceiver {
  readonly #addresses: string[] = [];
  readonly #states: (AccountState | undefined)[] = [];
  readonly #decimals = new Map<string, number>();

  unpack({ executions, addresses, decimals }: SentExecutions): Execution[] {
    this.#addresses.push(...addresses);
    for (const [mint, places] of decimals) this.#decimals.set(mint, places);
    return executions.map((execution) => this.#unpack(execution));
  }

  #unpack(sent: SentExecution): Execution {
    const { accounts, loaded = NO_LOOKUPS, calls } = sent;
    const parts: ExecutionParts = {
      slot: sent.slot,
      index: sent.index,
      blockTime: sent.blockTime,
      wire: sent.wire,
      version: sent.version,
      addresses: accounts.map((index) => this.#addresses[index] as string),
      loaded,
      programs: sent.programs,
      err: sent.err,
      fee: sent.fee,
      before: this.#apply(accounts, sent.before),
      after: this.#apply(accounts, sent.after),
      decimals: this.#decimals,
      included: sent.included,
    };
    return new Execution(parts, { calls });
  }

  /** The states of the accounts after the changes. */
  #apply(accounts: readonly number[], changes: readonly SentChange[]): (AccountState | undefined)[] {
    for (const [position, state] of changes) {
      this.#states[accounts[position] as number] = state && this.#unpackState(state);
    }
    return accounts.map((index) => this.#states[index]);
  }

  #unpackState({ lamports, owner, executable, data }: SentState): AccountState {
    return { lamports, owner: this.#addresses[owner] as string, executable, data };
  }
}
