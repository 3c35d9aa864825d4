import type { Address } from "../../wire/build-transaction.js";
import type { AccountState } from "../engine.js";
import { SYSTEM_PROGRAM } from "../litesvm/programs.js";
import { TOKEN_2022 } from "./instructions.js";
import type { RecordedTokenBalance } from "./ledger.js";

/** An account of a generated ledger. Immutable, because states are shared. */
export type ModelAccount =
  | { kind: "wallet"; lamports: bigint }
  | { kind: "mint"; program: Address; authority: Address; decimals: number; supply: bigint; lamports: bigint }
  | {
      kind: "tokens";
      program: Address;
      mint: Address;
      owner: Address;
      amount: bigint;
      lamports: bigint;
      /**
       * Whether this is an associated token account. In Token-2022, such an account has an extension that makes its owner
       * immutable.
       */
      isAssociated: boolean;
    };

export const MINT_BYTES = 82;
export const TOKENS_BYTES = 165;
const FIXED_OWNER_BYTES = 170;

const RENT_OVERHEAD_BYTES = 128n;
const LAMPORTS_PER_BYTE = 6_960n;

/** Returns the rent-exempt balance of an account of this size. */
export function rentOf(bytes: number): bigint {
  return (RENT_OVERHEAD_BYTES + BigInt(bytes)) * LAMPORTS_PER_BYTE;
}

/** Returns the size of a token account in bytes. */
export function tokensBytes(program: Address, isAssociated: boolean): number {
  return program === TOKEN_2022 && isAssociated ? FIXED_OWNER_BYTES : TOKENS_BYTES;
}

/** The balances of a generated ledger, computed without a VM, so that each outcome is known in advance. */
export class Model {
  readonly #accounts: Map<string, ModelAccount>;
  /** The accounts before the current transaction. */
  #before = new Map<string, ModelAccount | undefined>();

  constructor(accounts: Iterable<readonly [string, ModelAccount]> = []) {
    this.#accounts = new Map(accounts);
  }

  copy(): Model {
    return new Model(this.#accounts);
  }

  get(address: Address): ModelAccount | undefined {
    return this.#accounts.get(address.text);
  }

  put(address: Address, account: ModelAccount): void {
    this.#remember(address);
    this.#accounts.set(address.text, account);
  }

  /** Starts the next transaction. */
  beginTransaction(): void {
    this.#before = new Map();
  }

  /** Adds lamports to a wallet. A negative number is subtracted. Creates the wallet if it does not exist. */
  addLamports(wallet: Address, lamports: bigint): void {
    const account = this.get(wallet) ?? { kind: "wallet", lamports: 0n };
    this.put(wallet, { ...account, lamports: account.lamports + lamports });
  }

  addTokens(address: Address, amount: bigint): void {
    const account = this.get(address);
    if (account?.kind === "tokens") this.put(address, { ...account, amount: account.amount + amount });
  }

  addSupply(mint: Address, amount: bigint): void {
    const account = this.get(mint);
    if (account?.kind === "mint") this.put(mint, { ...account, supply: account.supply + amount });
  }

  /** Closes an account: deletes it and moves its lamports to a wallet. */
  close(address: Address, to: Address): void {
    const account = this.get(address);
    if (account === undefined) return;
    this.#remember(address);
    this.#accounts.delete(address.text);
    this.addLamports(to, account.lamports);
  }

  amountOf(address: Address): bigint {
    const account = this.get(address);
    return account?.kind === "tokens" ? account.amount : 0n;
  }

  lamportsOf(address: string): bigint {
    return this.#accounts.get(address)?.lamports ?? 0n;
  }

  /** Returns the lamports of an account before the current transaction. */
  lamportsBefore(address: string): bigint {
    return (this.#before.has(address) ? this.#before.get(address) : this.#accounts.get(address))?.lamports ?? 0n;
  }

  /** Returns the token balances of the accounts of a message. */
  tokenBalances(addresses: readonly string[]): RecordedTokenBalance[] {
    return addresses.flatMap((address, accountIndex) => {
      const account = this.#accounts.get(address);
      if (account?.kind !== "tokens") return [];
      return { accountIndex, mint: account.mint.text, uiTokenAmount: { amount: account.amount.toString() } };
    });
  }

  /** The states of all accounts. */
  *states(): Iterable<readonly [string, AccountState]> {
    for (const [address, account] of this.#accounts) yield [address, stateOf(account)];
  }

  #remember({ text }: Address): void {
    if (!this.#before.has(text)) this.#before.set(text, this.#accounts.get(text));
  }
}

function stateOf(account: ModelAccount): AccountState {
  const { lamports } = account;
  if (account.kind === "wallet") return { lamports, owner: SYSTEM_PROGRAM, executable: false, data: new Uint8Array(0) };
  const data = account.kind === "mint" ? mintData(account) : tokensData(account);
  return { lamports, owner: account.program.text, executable: false, data };
}

const PRESENT = 1;
const INITIALIZED = 1;

/**
 * Layout: an optional authority, supply, decimals, a flag, an optional freeze authority (https://github.com/solana-program/token).
 */
function mintData({ authority, supply, decimals }: Extract<ModelAccount, { kind: "mint" }>): Uint8Array {
  const data = new Uint8Array(MINT_BYTES);
  const view = new DataView(data.buffer);
  view.setUint32(0, PRESENT, true);
  data.set(authority.bytes, 4);
  view.setBigUint64(36, supply, true);
  view.setUint8(44, decimals);
  view.setUint8(45, INITIALIZED);
  return data;
}

const KIND_ACCOUNT = 2;
const FIXED_OWNER = 7;

/** Layout: mint, owner, amount, an optional delegate, the state, and optional fields, which are empty here. */
function tokensData({ program, mint, owner, amount, isAssociated }: Extract<ModelAccount, { kind: "tokens" }>): Uint8Array {
  const data = new Uint8Array(tokensBytes(program, isAssociated));
  const view = new DataView(data.buffer);
  data.set(mint.bytes, 0);
  data.set(owner.bytes, 32);
  view.setBigUint64(64, amount, true);
  view.setUint8(108, INITIALIZED);
  if (data.length > TOKENS_BYTES) {
    view.setUint8(TOKENS_BYTES, KIND_ACCOUNT);
    view.setUint16(TOKENS_BYTES + 1, FIXED_OWNER, true);
  }
  return data;
}
