import type { AccountState } from "../../../../../src/local/engine/engine.js";
import { LOOKUP_TABLE_PROGRAM, SYSTEM_PROGRAM, TOKEN_PROGRAM } from "../../../../../src/local/engine/litesvm/programs.js";
import { accountsOf, bytesOf, type JsonTokenBalance, type MainnetTransaction, programsOf } from "./mainnet-transaction.js";

const WRAPPED_SOL = "So11111111111111111111111111111111111111112";
const TOKEN_ACCOUNT_RENT = 2_039_280n;

/** The accounts of a transaction before its execution, except those that cannot be rebuilt. */
export interface Rebuilt {
  /** `undefined` for an account that did not exist. */
  accounts: Map<string, AccountState | undefined>;
  /** Why some accounts are not available. */
  problem?: string;
}

/**
 * Uses the metadata of a transaction to rebuild its accounts in their state before the execution. Only balances, token accounts,
 * mints, nonce accounts and lookup tables can be rebuilt.
 *
 * @param isSupplied returns `true` if a new VM already has an account at an address
 */
export function rebuildAccounts(one: MainnetTransaction, isSupplied: (address: string) => boolean): Rebuilt {
  const programs = programsOf(one);
  const missing = programs.filter((program) => !isSupplied(program));
  const stateful = STATEFUL.find((program) => programs.includes(program));
  let problem = missing.length > 0 ? `no code of ${missing.join(", ")}` : undefined;
  problem ??= stateful === undefined ? undefined : `no data of the accounts of ${stateful}`;
  const { preBalances, preTokenBalances, postTokenBalances } = one.meta;
  const balanceOfMint = new Map([...preTokenBalances, ...postTokenBalances].map((held) => [held.mint, held]));
  const { numRequiredSignatures } = one.transaction.message.header;
  const accounts = new Map<string, AccountState | undefined>();
  for (const [index, address] of accountsOf(one).entries()) {
    if (isSupplied(address) || programs.includes(address)) continue;
    const lamports = BigInt(preBalances?.[index] ?? 0);
    const held = preTokenBalances.find(({ accountIndex }) => accountIndex === index);
    if (lamports === 0n) accounts.set(address, undefined);
    else if (held?.owner !== undefined) accounts.set(address, tokenAccount(held, lamports));
    else if (held !== undefined) problem ??= `no owner of the token account ${address}`;
    else if (balanceOfMint.has(address)) accounts.set(address, mint(balanceOfMint.get(address)!, lamports));
    else if (problem === undefined || index < numRequiredSignatures) {
      accounts.set(address, { lamports, owner: SYSTEM_PROGRAM, executable: false, data: new Uint8Array(0) });
    }
  }
  for (const [address, state] of lookupTables(one)) accounts.set(address, state);
  const nonce = nonceAccount(one);
  if (nonce !== undefined) accounts.set(...nonce);
  return { accounts, ...(problem !== undefined && { problem }) };
}

/** Builtin programs that read the data of accounts. The metadata of a transaction does not contain this data. */
const STATEFUL = [
  "Vote111111111111111111111111111111111111111",
  "Stake11111111111111111111111111111111111111",
  LOOKUP_TABLE_PROGRAM,
];

function tokenAccount({ mint, owner, programId, uiTokenAmount }: JsonTokenBalance, lamports: bigint): AccountState {
  const data = new Uint8Array(165);
  const view = new DataView(data.buffer);
  data.set(bytesOf(mint));
  data.set(bytesOf(owner!), 32);
  view.setBigUint64(64, BigInt(uiTokenAmount.amount), true);
  data[108] = 1;
  if (mint === WRAPPED_SOL) {
    view.setUint32(109, 1, true);
    view.setBigUint64(113, TOKEN_ACCOUNT_RENT, true);
  }
  return { lamports, owner: programId ?? TOKEN_PROGRAM, executable: false, data };
}

/** The instruction AdvanceNonceAccount of the System Program, in hex. Source: https://docs.rs/solana-system-interface. */
const ADVANCE_NONCE = "04000000";

/**
 * Returns the nonce account of a transaction that uses a durable nonce instead of a blockhash. The message of the transaction
 * contains the nonce.
 */
function nonceAccount(one: MainnetTransaction): [string, AccountState] | undefined {
  const keys = accountsOf(one);
  const { instructions, recentBlockhash } = one.transaction.message;
  const first = instructions[0];
  if (first === undefined || keys[first.programIdIndex] !== SYSTEM_PROGRAM) return undefined;
  if (Buffer.from(bytesOf(first.data)).toString("hex") !== ADVANCE_NONCE) return undefined;
  const [index, , authority] = first.accounts as [number, number, number];
  // The layout is: u32 version, u32 state, the authority, the nonce, the fee. See https://docs.rs/solana-nonce
  // (versions::Versions).
  const data = new Uint8Array(80);
  const view = new DataView(data.buffer);
  view.setUint32(0, 1, true);
  view.setUint32(4, 1, true);
  data.set(bytesOf(keys[authority]!), 8);
  data.set(bytesOf(recentBlockhash), 40);
  view.setBigUint64(72, 5_000n, true);
  const lamports = BigInt(one.meta.preBalances?.[index] ?? 0);
  return [keys[index]!, { lamports, owner: SYSTEM_PROGRAM, executable: false, data }];
}

const TABLE_HEADER_BYTES = 56;

/** Returns the lookup tables of a transaction. They contain only the addresses that the transaction loaded. */
function lookupTables({ transaction, meta }: MainnetTransaction): [string, AccountState][] {
  const writable = [...(meta.loadedAddresses?.writable ?? [])];
  const readonly = [...(meta.loadedAddresses?.readonly ?? [])];
  return (transaction.message.addressTableLookups ?? []).map(({ accountKey, writableIndexes, readonlyIndexes }) => {
    const data = new Uint8Array(TABLE_HEADER_BYTES + 32 * 256);
    // The header of an active address lookup table: https://docs.rs/solana-address-lookup-table-interface
    // (ProgramState::LookupTable).
    new DataView(data.buffer).setUint32(0, 1, true);
    data.fill(0xff, 4, 12);
    for (const index of writableIndexes) data.set(bytesOf(writable.shift()!), TABLE_HEADER_BYTES + 32 * index);
    for (const index of readonlyIndexes) data.set(bytesOf(readonly.shift()!), TABLE_HEADER_BYTES + 32 * index);
    return [accountKey, { lamports: 58_000_000n, owner: LOOKUP_TABLE_PROGRAM, executable: false, data }];
  });
}

/** Returns a mint with a large supply. The metadata does not contain the real supply, but any large supply is sufficient. */
function mint({ programId, uiTokenAmount }: JsonTokenBalance, lamports: bigint): AccountState {
  const data = new Uint8Array(82);
  new DataView(data.buffer).setBigUint64(36, 2n ** 63n, true);
  data[44] = uiTokenAmount.decimals;
  data[45] = 1;
  return { lamports, owner: programId ?? TOKEN_PROGRAM, executable: false, data };
}
