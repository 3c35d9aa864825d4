import type { AccountState } from "../engine.js";
import { type Calls, Execution, type ExecutionParts } from "../litesvm/execution.js";

/** An account state whose owner is an index of the transferred addresses. */
interface SentState {
  lamports: bigint;
  owner: number;
  executable: boolean;
  data: Uint8Array;
}

/** The position of an account in its transaction, and a state that the receiver does not have. */
type SentChange = readonly [position: number, state: SentState | undefined];

interface SentExecution
  extends Pick<ExecutionParts, "slot" | "index" | "blockTime" | "signatures" | "wire" | "version" | "err" | "fee" | "included"> {
  /** Indices of the transferred addresses. */
  accounts: readonly number[];
  programs: readonly number[];
  /** Absent without lookup tables. */
  loaded?: ExecutionParts["loaded"];
  before: readonly SentChange[];
  after: readonly SentChange[];
  calls: Calls;
}

/** Executed transactions in a message. */
export interface SentExecutions {
  executions: readonly SentExecution[];
  /** Addresses that occur for the first time. They continue the list of all transferred addresses. */
  addresses: readonly string[];
  /** Decimals of mints that occur for the first time. */
  decimals: readonly (readonly [mint: string, decimals: number])[];
}

/**
 * Packs executed transactions of one VM. Each address is sent once. A state is sent if the last sent one of its account is another, so
 * that program code and unchanged accounts are not sent again.
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

  #pack({ parts, calls }: Execution): SentExecution {
    const { addresses, decimals: _, before, after, loaded, ...same } = parts;
    const accounts = addresses.map((address) => this.#indexOf(address));
    const hasLookups = loaded.writable.length + loaded.readonly.length > 0;
    return {
      ...same,
      accounts,
      before: this.#changes(accounts, before),
      after: this.#changes(accounts, after),
      ...(hasLookups && { loaded }),
      calls,
    };
  }

  #changes(accounts: readonly number[], states: ExecutionParts["before"]): SentChange[] {
    const changes: SentChange[] = [];
    for (const [position, account] of accounts.entries()) {
      const state = states[position];
      if (this.#states.get(account) === state && this.#states.has(account)) continue;
      this.#states.set(account, state);
      changes.push([position, state && { ...state, owner: this.#indexOf(state.owner) }]);
    }
    return changes;
  }

  #indexOf(address: string): number {
    const known = this.#indices.get(address);
    if (known !== undefined) return known;
    const index = this.#indices.size;
    this.#indices.set(address, index);
    this.#newAddresses.push(address);
    return index;
  }

  /** All executions of a VM have the same map, which only grows. */
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

  #unpack({ accounts, loaded = NO_LOOKUPS, calls, ...sent }: SentExecution): Execution {
    const before = this.#apply(accounts, sent.before);
    const after = this.#apply(accounts, sent.after);
    const addresses = accounts.map((index) => this.#addresses[index] as string);
    return new Execution({ ...sent, addresses, loaded, before, after, decimals: this.#decimals }, { calls });
  }

  /** The states of the accounts after the changes. */
  #apply(accounts: readonly number[], changes: readonly SentChange[]): (AccountState | undefined)[] {
    for (const [position, state] of changes) {
      const owner = state && (this.#addresses[state.owner] as string);
      this.#states[accounts[position] as number] = state && { ...state, owner: owner as string };
    }
    return accounts.map((index) => this.#states[index]);
  }
}
