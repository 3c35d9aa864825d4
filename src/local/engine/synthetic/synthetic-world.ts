import { encodeUtf8 } from "../../../codec/utf8.js";
import type { Address } from "../../wire/build-transaction.js";
import type { AccountState } from "../engine.js";
import { walletAccounts } from "../local-wallets.js";
import { Prng } from "./prng.js";
import { SYSTEM_PROGRAM, syntheticAddress, TOKEN_PROGRAM, VAULT_PROGRAM } from "./synthetic-addresses.js";
import { mintData, TOKEN_ACCOUNT_LAMPORTS, tokenAccountData } from "./token.js";
import { VAULT_BYTES } from "./vault-program.js";

const WALLETS = 16;
const MINTS = 2;
const VAULTS = 4;
const POSITIONS = 16;

/** 2^53 + 1: a double cannot represent this number. All balances are above this number, so that tests detect rounding. */
const WIDE = 9_007_199_254_740_993n;

const NATIVE_LOADER = "NativeLoader1111111111111111111111111111111";
const BPF_LOADER = "BPFLoader2111111111111111111111111111111111";

/** The accounts of a generated ledger at the start of every session. */
export interface World {
  wallets: readonly Address[];
  /** `tokens[i]` belongs to `wallets[i]` and has the mint `i % mints.length`. */
  tokens: readonly Address[];
  mints: readonly Address[];
  vaults: readonly Address[];
  /** Addresses of positions, which the vault program opens and closes. No position is open at the start. */
  positions: readonly Address[];
  genesis: ReadonlyMap<string, AccountState>;
}

export function makeWorld(seed: string): World {
  const prng = new Prng(`${seed}/balances`);
  const make = (kind: string, count: number): Address[] =>
    Array.from({ length: count }, (_, index) => syntheticAddress(`${seed}/${kind}/${index}`));
  const balance = (): bigint => WIDE + BigInt(prng.u32()) * 2n;

  const wallets = make("wallet", WALLETS);
  const tokens = make("token", WALLETS);
  const mints = make("mint", MINTS);
  const vaults = make("vault", VAULTS);
  const positions = make("position", POSITIONS);

  const genesis = new Map<string, AccountState>();
  const put = (address: Address, owner: string, lamports: bigint, data: Uint8Array, executable = false): void => {
    genesis.set(address.text, { lamports, owner, executable, data });
  };
  const supplies = mints.map(() => 0n);
  for (const [index, wallet] of wallets.entries()) {
    put(wallet, SYSTEM_PROGRAM.text, balance(), new Uint8Array(0));
    const amount = balance();
    const mint = index % MINTS;
    supplies[mint] = (supplies[mint] as bigint) + amount;
    put(
      tokens[index] as Address,
      TOKEN_PROGRAM.text,
      TOKEN_ACCOUNT_LAMPORTS,
      tokenAccountData((mints[mint] as Address).bytes, wallet.bytes, amount),
    );
  }
  for (const [index, mint] of mints.entries()) {
    put(mint, TOKEN_PROGRAM.text, 1_461_600n, mintData(supplies[index] as bigint));
  }
  for (const vault of vaults) put(vault, VAULT_PROGRAM.text, balance(), new Uint8Array(VAULT_BYTES));
  for (const [address, state] of walletAccounts()) genesis.set(address, state);
  put(SYSTEM_PROGRAM, NATIVE_LOADER, 1n, encodeUtf8("system_program"), true);
  put(TOKEN_PROGRAM, BPF_LOADER, 1n, new Uint8Array(0), true);
  put(VAULT_PROGRAM, BPF_LOADER, 1n, new Uint8Array(0), true);

  return { wallets, tokens, mints, vaults, positions, genesis };
}
