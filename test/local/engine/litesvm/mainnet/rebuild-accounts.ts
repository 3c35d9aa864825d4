import type { AccountState } from "../../../../../src/local/engine/engine.js";
import { SYSTEM_PROGRAM, TOKEN_PROGRAM } from "../../../../../src/local/engine/litesvm/programs.js";
import { accountsOf, bytesOf, type JsonTokenBalance, type MainnetTransaction, programsOf } from "./mainnet-transaction.js";

const WRAPPED_SOL = "So11111111111111111111111111111111111111112";
const TOKEN_ACCOUNT_RENT = 2_039_280n;

/** The accounts of a transaction before it ran, or why they are not available. */
export type Rebuilt = { accounts: Map<string, AccountState | undefined> } | { problem: string };

/**
 * Rebuilds the accounts before a transaction from its meta, for it is all that public fixtures have: lamports of all accounts, and mint,
 * owner and amount of token accounts. Accounts with other data cannot be rebuilt. Programs of the VM need no account.
 *
 * @param isSupplied whether the VM has an account of its own
 */
export function rebuildAccounts(one: MainnetTransaction, isSupplied: (address: string) => boolean): Rebuilt {
  const missing = programsOf(one).filter((program) => !isSupplied(program));
  if (missing.length > 0) return { problem: `no code of ${missing.join(", ")}` };
  const { preBalances, preTokenBalances, postTokenBalances } = one.meta;
  const decimals = new Map([...preTokenBalances, ...postTokenBalances].map((one) => [one.mint, one.uiTokenAmount.decimals]));
  const accounts = new Map<string, AccountState | undefined>();
  for (const [index, address] of accountsOf(one).entries()) {
    if (isSupplied(address)) continue;
    const lamports = BigInt(preBalances?.[index] ?? 0);
    const held = preTokenBalances.find(({ accountIndex }) => accountIndex === index);
    if (held !== undefined && held.owner === undefined) return { problem: `no owner of the token account ${address}` };
    if (lamports === 0n) accounts.set(address, undefined);
    else if (held !== undefined) accounts.set(address, tokenAccount(held, lamports));
    else if (decimals.has(address)) accounts.set(address, mint(decimals.get(address)!, lamports));
    else accounts.set(address, { lamports, owner: SYSTEM_PROGRAM, executable: false, data: new Uint8Array(0) });
  }
  const stateful = STATEFUL.find((program) => programsOf(one).includes(program));
  return stateful === undefined ? { accounts } : { problem: `no data of the accounts of ${stateful}` };
}

/** Built-in programs whose instructions read the data of accounts that no meta has. */
const STATEFUL = [
  "Vote111111111111111111111111111111111111111",
  "Stake11111111111111111111111111111111111111",
  "AddressLookupTab1e1111111111111111111111111",
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

/** The supply is not in a meta. It only has to be large enough. */
function mint(decimals: number, lamports: bigint): AccountState {
  const data = new Uint8Array(82);
  new DataView(data.buffer).setBigUint64(36, 2n ** 63n, true);
  data[44] = decimals;
  data[45] = 1;
  return { lamports, owner: TOKEN_PROGRAM, executable: false, data };
}
