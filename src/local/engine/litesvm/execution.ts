import { encodeBase58 } from "../../../codec/base58.js";
import { readEnvelope } from "../../../protocol/transaction-envelope.js";
import type {
  AccountDiff,
  AccountState,
  ExecutedTransaction,
  InnerInstructions,
  TokenBalance,
  TransactionMeta,
} from "../engine.js";
import { addressText } from "./address-text.js";
import type { NativeMeta } from "./native-litesvm.js";
import { tokenBalances } from "./token-balances.js";

/** Logs, calls and return data of a transaction. */
export type Calls = Required<Pick<TransactionMeta, "logMessages" | "innerInstructions" | "returnData" | "computeUnitsConsumed">>;

/** The stored data of an executed transaction. All members of `Execution` are computed from it. */
export interface ExecutionParts {
  slot: bigint;
  /** The index of the transaction in its slot. */
  index: number;
  blockTime: bigint | null;
  wire: Uint8Array;
  version: ExecutedTransaction["version"];
  /** All accounts of the message, in order. */
  addresses: readonly string[];
  /** The accounts from lookup tables. */
  loaded: TransactionMeta["loadedAddresses"];
  /** For each instruction, the index of its program in `addresses`. */
  programs: readonly number[];
  /** A Solana TransactionError in JSON, or null if the transaction succeeded. */
  err: unknown;
  fee: bigint;
  /** The account states before the transaction. If an account did not change, `after` contains the same object. */
  before: readonly (AccountState | undefined)[];
  after: readonly (AccountState | undefined)[];
  /** The decimals of the mints of all token accounts in the transaction, by the address of the mint. */
  decimals: ReadonlyMap<string, number>;
  included: boolean;
}

/**
 * An executed transaction. Sessions store all transactions, but most are read at most once. Logs and calls are therefore read from
 * the VM on demand, and signatures are encoded on demand. Members that can be derived from other members are computed on each
 * read.
 */
export class Execution implements ExecutedTransaction {
  readonly parts: ExecutionParts;
  #calls: Calls | undefined;
  #signatures: readonly string[] | undefined;
  /** The result that the VM returned. Released after the first read, because it is large. */
  #native: NativeMeta | undefined;

  /**
   * @param source `calls`: the logs and calls. `native`: the result from the VM, or `undefined` if the VM did not run the
   * transaction
   */
  constructor(parts: ExecutionParts, source: { calls: Calls } | { native: NativeMeta | undefined }) {
    this.parts = parts;
    if ("calls" in source) this.#calls = source.calls;
    else this.#native = source.native;
  }

  get slot(): bigint {
    return this.parts.slot;
  }

  get index(): number {
    return this.parts.index;
  }

  get blockTime(): bigint | null {
    return this.parts.blockTime;
  }

  get signatures(): readonly string[] {
    this.#signatures ??= readEnvelope(this.parts.wire).signatures.map(encodeBase58);
    return this.#signatures;
  }

  get version(): ExecutedTransaction["version"] {
    return this.parts.version;
  }

  get accounts(): readonly string[] {
    return this.parts.addresses;
  }

  get included(): boolean {
    return this.parts.included;
  }

  get wire(): string {
    const { buffer, byteOffset, byteLength } = this.parts.wire;
    return Buffer.from(buffer, byteOffset, byteLength).toString("base64");
  }

  get programs(): string[] {
    const inner = this.calls.innerInstructions.flatMap(({ instructions }) => instructions);
    const positions = new Set([...this.parts.programs, ...inner.map(({ programIdIndex }) => programIdIndex)]);
    return [...positions].map((position) => this.parts.addresses[position] as string);
  }

  get diffs(): AccountDiff[] {
    const { addresses, before, after } = this.parts;
    const diffs: AccountDiff[] = [];
    for (const [index, address] of addresses.entries()) {
      const pre = before[index];
      const post = after[index];
      if (pre !== post) diffs.push({ address, ...(pre !== undefined && { pre }), ...(post !== undefined && { post }) });
    }
    return diffs;
  }

  get meta(): TransactionMeta {
    const { err, fee, before, after, loaded } = this.parts;
    return {
      err,
      status: err === null ? { Ok: null } : { Err: err },
      fee,
      preBalances: before.map(lamportsOf),
      postBalances: after.map(lamportsOf),
      preTokenBalances: this.#tokenBalances(before),
      postTokenBalances: this.#tokenBalances(after),
      rewards: [],
      loadedAddresses: loaded,
      ...this.calls,
    };
  }

  get calls(): Calls {
    this.#calls ??= readCalls(this.#native);
    this.#native = undefined;
    return this.#calls;
  }

  #tokenBalances(states: ExecutionParts["before"]): TokenBalance[] {
    return tokenBalances(states, this.parts.decimals);
  }
}

function lamportsOf(state: AccountState | undefined): bigint {
  return state?.lamports ?? 0n;
}

const NO_CALLS: Calls = { logMessages: [], innerInstructions: [], returnData: null, computeUnitsConsumed: 0 };

function readCalls(native: NativeMeta | undefined): Calls {
  if (native === undefined) return NO_CALLS;
  const returned = native.returnData();
  const data = returned.data();
  return {
    logMessages: native.logs(),
    innerInstructions: native.innerInstructions().flatMap((list, index): InnerInstructions[] => {
      if (list.length === 0) return [];
      const instructions = list.map((inner) => {
        const called = inner.instruction();
        return {
          programIdIndex: called.programIdIndex(),
          accounts: Array.from(called.accounts()),
          data: encodeBase58(called.data()),
          stackHeight: inner.stackHeight(),
        };
      });
      return [{ index, instructions }];
    }),
    returnData:
      data.length === 0
        ? null
        : { programId: addressText(returned.programId()), data: [Buffer.from(data).toString("base64"), "base64"] },
    computeUnitsConsumed: Number(native.computeUnitsConsumed()),
  };
}
