import { encodeBase58 } from "../codec/base58.js";
import { decodeBase64 } from "../codec/base64.js";
import { toText } from "../protocol/error-helpers.js";
import { members } from "../protocol/message.js";
import { readU64 } from "../protocol/scalars.js";
import { type Message, readTransaction } from "../protocol/transaction-message.js";

/**
 * The balance of an account before and after a transaction: lamports, or an amount of a token in the smallest unit of its mint.
 */
export interface RecordedBalance {
  /** The address of the account. */
  readonly account: string;
  /** Absent for lamports. */
  readonly mint?: string;
  /** The owner of a token account, if the record contains it. */
  readonly owner?: string;
  /** The decimals of the mint, if the record contains them. */
  readonly decimals?: number;
  /** The balance before the transaction. `undefined` if the token account did not exist. */
  readonly pre: bigint | undefined;
  /** The balance after the transaction. `undefined` if the token account no longer exists. */
  readonly post: bigint | undefined;
}

/** A transaction in a record. Members that the format of the record does not contain are `undefined`. */
export interface RecordedTransaction {
  /** The first signature, in base58. */
  readonly signature: string;
  /** The slot of the transaction. */
  readonly slot: bigint;
  /** The index of the transaction in its block. */
  readonly index: number | undefined;
  /** The subscribed program for which the transaction was recorded. */
  readonly program: string | undefined;
  /** `null` if the transaction succeeded, otherwise Solana's `TransactionError`. A record of `sim` contains the error as text. */
  readonly err: unknown;
  /** The fee in lamports. */
  readonly fee: bigint | undefined;
  /** Number of consumed compute units. */
  readonly computeUnits: bigint | undefined;
  /** The log lines. */
  readonly logs: readonly string[] | undefined;
  /** The balances of all accounts. A record of the command `sim` has only the balances that the transaction changed. */
  readonly balances: readonly RecordedBalance[];
  /** The recorded result in the form of `getTransaction`. `undefined` in a record of the command `sim`. */
  readonly transaction: unknown;
}

/** A token balance, with the index of its account. */
interface TokenEntry {
  readonly position: number;
  readonly mint: string;
  readonly owner: string | undefined;
  readonly decimals: number | undefined;
  readonly amount: bigint;
}

/** A transaction in a record that `record` or `run` wrote. Its account addresses are decoded only when they are needed. */
export class OwnTransaction implements RecordedTransaction {
  readonly signature: string;
  readonly slot: bigint;
  readonly program: string | undefined;
  readonly transaction: unknown;
  readonly err: unknown;
  readonly #meta: Record<string, unknown>;
  #names: ((position: number) => string) | undefined;
  #message: Message | undefined | "unreadable";

  /** @param line a parsed line with the type `transaction` */
  constructor(line: Record<string, unknown>) {
    const { signature, slot, program, transaction } = line;
    this.signature = toText(signature);
    this.slot = readU64(slot) ?? 0n;
    this.program = typeof program === "string" ? program : undefined;
    this.transaction = transaction;
    this.#meta = members(members(transaction).meta);
    this.err = this.#meta.err ?? null;
  }

  get index(): number | undefined {
    const { transactionIndex } = members(this.transaction);
    return typeof transactionIndex === "number" ? transactionIndex : undefined;
  }

  get fee(): bigint | undefined {
    return readU64(this.#meta.fee);
  }

  get computeUnits(): bigint | undefined {
    return readU64(this.#meta.computeUnitsConsumed);
  }

  get logs(): readonly string[] | undefined {
    const { logMessages } = this.#meta;
    return Array.isArray(logMessages) ? logMessages.map(toText) : undefined;
  }

  get balances(): RecordedBalance[] {
    return this.#balances(() => true);
  }

  /** The balances that the transaction changed. */
  get changedBalances(): RecordedBalance[] {
    return this.#balances((pre, post) => pre !== post);
  }

  /** Whether all balances are equal to those of another transaction with the same message. */
  hasSameBalances(other: OwnTransaction): boolean {
    const [a, b] = [this.#meta, other.#meta];
    return (
      sameList(list(a.postBalances), list(b.postBalances)) &&
      sameList(list(a.preBalances), list(b.preBalances)) &&
      tokenText(a.postTokenBalances) === tokenText(b.postTokenBalances) &&
      tokenText(a.preTokenBalances) === tokenText(b.preTokenBalances) &&
      sameList(loadedOf(a), loadedOf(b))
    );
  }

  /** Returns the program of the instruction at an index of the message. */
  programOf(instruction: number): string | undefined {
    const message = this.#readMessage();
    const position = message?.instructions[instruction]?.programIdIndex;
    return position === undefined ? undefined : this.#nameOf(position);
  }

  #balances(isWanted: (pre: unknown, post: unknown) => boolean): RecordedBalance[] {
    const [pre, post] = [list(this.#meta.preBalances), list(this.#meta.postBalances)];
    const balances: RecordedBalance[] = [];
    for (let position = 0; position < Math.max(pre.length, post.length); position++) {
      if (!isWanted(pre[position], post[position])) continue;
      balances.push({ account: this.#nameOf(position), pre: readU64(pre[position]), post: readU64(post[position]) });
    }
    const tokens = new Map<string, { pre?: TokenEntry; post?: TokenEntry }>();
    for (const [side, key] of [
      ["pre", "preTokenBalances"],
      ["post", "postTokenBalances"],
    ] as const) {
      for (const entry of list(this.#meta[key]).map(readToken)) {
        // If a transaction changes the owner of a token account, each owner has a separate entry.
        const id = `${entry.position} ${entry.mint} ${entry.owner ?? ""}`;
        const both = tokens.get(id) ?? {};
        both[side] = entry;
        tokens.set(id, both);
      }
    }
    for (const { pre: before, post: after } of tokens.values()) {
      const one = (after ?? before) as TokenEntry;
      if (!isWanted(before?.amount, after?.amount)) continue;
      balances.push({
        account: this.#nameOf(one.position),
        mint: one.mint,
        ...(one.owner !== undefined && { owner: one.owner }),
        ...(one.decimals !== undefined && { decimals: one.decimals }),
        pre: before?.amount,
        post: after?.amount,
      });
    }
    return balances;
  }

  #nameOf(position: number): string {
    this.#names ??= this.#findNames();
    return this.#names(position);
  }

  /** Returns a function that maps an account's index to its address, or to `account INDEX` if the address is unknown. */
  #findNames(): (position: number) => string {
    const { transaction } = members(this.transaction);
    const listed = list(members(members(transaction).message).accountKeys);
    const loaded = loadedOf(this.#meta);
    if (listed.length > 0) {
      const names = [...listed.map((key) => toText(members(key).pubkey ?? key)), ...loaded.map(toText)];
      return (position) => names[position] ?? `account ${position}`;
    }
    const keys = this.#readMessage()?.keys;
    if (keys === undefined) return (position) => `account ${position}`;
    return (position) => {
      const key = keys[position];
      return key === undefined ? toText(loaded[position - keys.length] ?? `account ${position}`) : addressText(key);
    };
  }

  #readMessage(): Message | undefined {
    if (this.#message === undefined) {
      const { transaction } = members(this.transaction);
      try {
        this.#message = readTransaction(decodeBase64(toText(list(transaction)[0]))).message;
      } catch {
        this.#message = "unreadable";
      }
    }
    return this.#message === "unreadable" ? undefined : this.#message;
  }
}

/** A transaction in a record that the command `sim` wrote. It contains only the changed balances. */
export class SimTransaction implements RecordedTransaction {
  readonly signature: string;
  readonly slot: bigint;
  readonly index = undefined;
  readonly program = undefined;
  readonly err: unknown;
  readonly fee = undefined;
  readonly computeUnits = undefined;
  readonly logs: readonly string[] | undefined;
  readonly transaction = undefined;
  readonly balances: RecordedBalance[];

  /** @param data the `data` member of a line with the type `tx` */
  constructor(data: Record<string, unknown>) {
    const { signature, slot, success, error, logs } = data;
    this.signature = toText(signature);
    this.slot = readU64(slot) ?? 0n;
    this.err = success === true ? null : (error ?? "failed");
    this.logs = Array.isArray(logs) ? logs.map(toText) : undefined;
    this.balances = [...list(data.sol_changes).map(readSolChange), ...list(data.token_changes).map(readTokenChange)];
  }

  get changedBalances(): RecordedBalance[] {
    return this.balances;
  }
}

export type AnyTransaction = OwnTransaction | SimTransaction;

function readSolChange(change: unknown): RecordedBalance {
  const { pubkey, pre_lamports, post_lamports } = members(change);
  return { account: toText(pubkey), pre: readU64(pre_lamports), post: readU64(post_lamports) };
}

function readTokenChange(change: unknown): RecordedBalance {
  const { pubkey, mint, owner, pre_amount, post_amount, decimals } = members(change);
  return {
    account: toText(pubkey),
    mint: toText(mint),
    // The command `sim` writes an empty string for an unknown owner.
    ...(typeof owner === "string" && owner !== "" && { owner }),
    ...(typeof decimals === "number" && { decimals }),
    pre: readU64(pre_amount),
    post: readU64(post_amount),
  };
}

function readToken(balance: unknown): TokenEntry {
  const { accountIndex, mint, owner, uiTokenAmount } = members(balance);
  const { amount, decimals } = members(uiTokenAmount);
  return {
    position: typeof accountIndex === "number" ? accountIndex : Number.NaN,
    mint: toText(mint),
    owner: typeof owner === "string" ? owner : undefined,
    decimals: typeof decimals === "number" ? decimals : undefined,
    amount: /^\d{1,40}$/.test(toText(amount)) ? BigInt(toText(amount)) : 0n,
  };
}

/** Returns token balances as a text that does not depend on their order. Two lists are equal if their texts are equal. */
function tokenText(balances: unknown): string {
  return list(balances)
    .map((balance) => {
      const { accountIndex, mint, owner, uiTokenAmount } = members(balance);
      return [accountIndex, mint, owner ?? "", members(uiTokenAmount).amount].map(toText).join(" ");
    })
    .sort()
    .join();
}

function loadedOf(meta: Record<string, unknown>): unknown[] {
  const { writable, readonly } = members(meta.loadedAddresses);
  return [...list(writable), ...list(readonly)];
}

function sameList(a: readonly unknown[], b: readonly unknown[]): boolean {
  return a.length === b.length && a.every((value, index) => value === b[index]);
}

function list(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}

/** Cache of encoded addresses, because the transactions of a run use the same few addresses. */
const knownAddresses = new Map<string, string>();
const MAX_KNOWN_ADDRESSES = 10_000;

function addressText(key: Uint8Array): string {
  const bytes = String.fromCharCode.apply(null, key as unknown as number[]);
  const known = knownAddresses.get(bytes);
  if (known !== undefined) return known;
  if (knownAddresses.size >= MAX_KNOWN_ADDRESSES) knownAddresses.clear();
  const text = encodeBase58(key);
  knownAddresses.set(bytes, text);
  return text;
}
