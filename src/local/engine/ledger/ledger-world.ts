import type { Address } from "../../wire/build-transaction.js";
import { Prng } from "../synthetic/prng.js";
import { associatedAccount, type Holding, TOKEN, TOKEN_2022 } from "./instructions.js";
import { type Keypair, keypairOf } from "./keypair.js";
import { MINT_BYTES, Model, rentOf, tokensBytes } from "./ledger-model.js";

const WALLETS = 16;
const VISITORS = 16;

/** 2^53 + 1. Balances start above this, so that tests detect rounding to a double. */
const WIDE = 9_007_199_254_740_993n;

/** A token of the generated ledger. */
export interface Coin {
  program: Address;
  mint: Address;
  decimals: number;
  /** The token accounts of the wallets, indexed like the wallets. */
  holdings: readonly Holding[];
}

/** The wallets, mints and accounts of a generated ledger. */
export interface World {
  wallets: readonly Keypair[];
  /** The mint authority. It also pays the fee if a transaction has no other payer. */
  issuer: Keypair;
  /** Wallets whose account for the first token is repeatedly created and closed. */
  visitors: readonly { keypair: Keypair; holding: Holding }[];
  /** Two tokens of SPL Token, which the pool trades, and one token of Token-2022. */
  coins: readonly [Coin, Coin, Coin];
  /** The pool, which exchanges the first token for the second at the ratio of its vaults. */
  pool: { authority: Keypair; vaults: readonly [Holding, Holding] };
  /** The balances at the start of the ledger. */
  genesis: Model;
}

export function makeWorld(seed: string): World {
  const prng = new Prng(`${seed}/balances`);
  const balance = (): bigint => WIDE + BigInt(prng.u32()) * 2n;
  const genesis = new Model();
  const person = (name: string): Keypair => {
    const keypair = keypairOf(`${seed}/${name}`);
    genesis.put(keypair.address, { kind: "wallet", lamports: balance() });
    return keypair;
  };

  const wallets = Array.from({ length: WALLETS }, (_, index) => person(`wallet/${index}`));
  const visitors = Array.from({ length: VISITORS }, (_, index) => person(`visitor/${index}`));
  const issuer = person("issuer");
  const authority = person("pool");

  const holding = (program: Address, mint: Address, owner: Address): Holding => ({
    program,
    mint,
    account: associatedAccount(program, mint, owner),
  });
  const issue = (name: string, program: Address, decimals: number): Coin => {
    const mint = keypairOf(`${seed}/mint/${name}`).address;
    const holdings = wallets.map(({ address }) => holding(program, mint, address));
    const rent = rentOf(MINT_BYTES);
    genesis.put(mint, { kind: "mint", program, authority: issuer.address, decimals, supply: 0n, lamports: rent });
    for (const [index, held] of holdings.entries()) give(held, (wallets[index] as Keypair).address, balance());
    return { program, mint, decimals, holdings };
  };
  const give = ({ program, mint, account }: Holding, owner: Address, amount: bigint): void => {
    const lamports = rentOf(tokensBytes(program, true));
    genesis.put(account, { kind: "tokens", program, mint, owner, amount, lamports, isAssociated: true });
    genesis.addSupply(mint, amount);
  };

  const coins = [issue("base", TOKEN, 9), issue("quote", TOKEN, 6), issue("2022", TOKEN_2022, 6)] as const;
  const vaults = [holding(TOKEN, coins[0].mint, authority.address), holding(TOKEN, coins[1].mint, authority.address)] as const;
  give(vaults[0], authority.address, balance() * 10n);
  give(vaults[1], authority.address, balance());
  return {
    wallets,
    issuer,
    visitors: visitors.map((keypair) => ({ keypair, holding: holding(TOKEN, coins[0].mint, keypair.address) })),
    coins,
    pool: { authority, vaults },
    genesis,
  };
}
