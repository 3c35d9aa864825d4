import { parseJson } from "../../codec/json.js";
import { accountModifications } from "../../protocol/account-modifications.js";
import { findProblem } from "../../protocol/message.js";
import type { AccountData } from "../../protocol/shapes.js";
import type { AccountState } from "../engine/engine.js";
import { type AccountEncoder, accountEncoder } from "../notifications/account-encoding.js";
import { accountFilter } from "../notifications/account-filter.js";
import type { Session } from "../session/local-session.js";
import { invalidRpcParams, RPC_CODES, RpcFailure } from "../wire/json-rpc.js";
import {
  ACCOUNT_CONFIG,
  COMMITMENT_CONFIG,
  checkContext,
  PROGRAM_ACCOUNTS_CONFIG,
  readConfig,
  readContext,
} from "./rpc-config.js";
import { inContext, type RpcMethods, readAddress, readAddresses, readCount } from "./rpc-method.js";

/** The maximum number of addresses per call, as in Solana's RPC. */
const MAX_ADDRESSES = 100;
const MAX_ACCOUNT_BYTES = 10n * 1024n * 1024n;

/** The minimum balance of a rent-exempt account, in lamports per byte: 3,480 lamports a year, for two years. */
const LAMPORTS_PER_BYTE = 3_480n * 2n;
/** The number of bytes that are added to the data size of each account. */
const ACCOUNT_OVERHEAD = 128n;

/** Methods that read and change accounts. */
export const ACCOUNT_METHODS: RpcMethods = {
  getBalance: async (session, [given, config]) => {
    const address = readAddress(given);
    readContext(session, config);
    const account = await session.account(address);
    return inContext(session, account?.lamports ?? 0n);
  },
  getAccountInfo: async (session, [given, config]) => {
    const address = readAddress(given);
    const encode = encoderOf(session, config);
    return inContext(session, encodeState(await session.account(address), encode));
  },
  getMultipleAccounts: async (session, [given, config]) => {
    const addresses = readAddresses(given, MAX_ADDRESSES);
    const encode = encoderOf(session, config);
    const accounts = await Promise.all(addresses.map((address) => session.account(address)));
    return inContext(
      session,
      accounts.map((account) => encodeState(account, encode)),
    );
  },
  getProgramAccounts: async (session, [given, config]) => {
    const program = readAddress(given);
    const { filters, withContext } = readConfig(PROGRAM_ACCOUNTS_CONFIG, config);
    const encode = encoderOf(session, config);
    const isWanted = accountFilter(filters);
    const accounts = [...(await ownedBy(session, program))]
      .filter(([, state]) => isWanted(state))
      .map(([pubkey, state]) => ({ pubkey, account: encodeState(state, encode) }));
    return withContext === true ? inContext(session, accounts) : accounts;
  },
  getMinimumBalanceForRentExemption: (_, [space, config]) => {
    const bytes = readCount(space, "a number of bytes");
    readConfig(COMMITMENT_CONFIG, config);
    if (bytes > MAX_ACCOUNT_BYTES) throw invalidRpcParams(`an account has at most ${MAX_ACCOUNT_BYTES} bytes`);
    return (bytes + ACCOUNT_OVERHEAD) * LAMPORTS_PER_BYTE;
  },
  /**
   * A method of the backtest service, not of Solana. Its params are `[{ address: AccountData }]`. Returns the number of changed
   * accounts.
   */
  modifyAccounts: async (session, [states]) => {
    const problem = findProblem(accountModifications, states);
    if (problem !== undefined) throw invalidRpcParams(problem);
    await session.withEngine((engine) => engine.applyAccounts(states as Record<string, AccountData>));
    return Object.keys(states as object).length;
  },
};

function encoderOf(session: Session, given: unknown): AccountEncoder {
  const config = readConfig(ACCOUNT_CONFIG, given);
  checkContext(session, config);
  return accountEncoder(config.encoding, config.dataSlice, "refuse");
}

function encodeState(state: AccountState | undefined, encode: AccountEncoder): unknown {
  return state === undefined ? null : parseJson(encode(state));
}

async function ownedBy(session: Session, program: string): Promise<ReadonlyMap<string, AccountState>> {
  if (session.engine.programAccounts === undefined) {
    throw new RpcFailure(RPC_CODES.methodNotFound, "this engine does not support getProgramAccounts");
  }
  const owned = new Map(await session.withEngine((engine) => engine.programAccounts?.(program) ?? []));
  for (const [address, state] of session.overrides) {
    if (state.owner === program && state.lamports > 0n) owned.set(address, state);
    else owned.delete(address);
  }
  return owned;
}
