import type { Address, Instruction } from "../../wire/build-transaction.js";
import type { Prng } from "../synthetic/prng.js";
import {
  closeTokenAccount,
  createAssociatedAccount,
  createSeededAccount,
  type Holding,
  initializeMint,
  initializeTokenAccount,
  memo,
  mintTokens,
  seededAddress,
  TOKEN,
  transferLamports,
  transferTokens,
} from "./instructions.js";
import type { Keypair } from "./keypair.js";
import { MINT_BYTES, type Model, rentOf, TOKENS_BYTES } from "./ledger-model.js";
import type { Coin, World } from "./ledger-world.js";

/** A transaction before it is compiled and signed. */
export interface Intent {
  payer: Keypair;
  /** Signers in addition to the payer. */
  cosigners: readonly Keypair[];
  instructions: readonly Instruction[];
  /** The compute budget, if the transaction pays a priority fee. */
  budget: Budget | undefined;
  /** The fee in lamports, including the priority fee. */
  fee: bigint;
  /** The expected error of the last instruction: a Solana InstructionError in JSON, or null for success. */
  err: unknown;
}

/** A compute budget. How it is set depends on the version of the message. */
export interface Budget {
  /** Compute units. */
  units: number;
  /** The price of one compute unit, in millionths of a lamport. */
  price: bigint;
  /** Lamports. */
  priorityFee: bigint;
}

/** An open order: tokens that a wallet has moved to a temporary account. */
interface Order {
  wallet: number;
  holding: Holding;
  amount: bigint;
}

const FAILING_SHARE = 0.08;
const PRIORITY_SHARE = 0.3;
const MEMO_SHARE = 0.4;
const MAX_ORDERS = 16;
const FEE_PER_SIGNATURE = 5_000n;
/** Of every 10,000 units, the pool exchanges 9,970. The rest is the fee of the pool. */
const POOL_SHARE = 9_970n;
const POOL_WHOLE = 10_000n;
/** An amount above every balance, so that its transfer fails. */
const TOO_MUCH = 2n ** 63n;
const INSUFFICIENT_FUNDS = { Custom: 1 };
const OWNER_MISMATCH = { Custom: 4 };
/**
 * The amount of a transfer is a random multiple of `AMOUNT_UNIT`, plus the index of the transaction. So all transactions differ.
 */
const AMOUNT_UNIT = 10_000n;

/**
 * Generates the transactions of a ledger. It tracks all balances, so that each outcome is known without a VM.
 */
export class Economy {
  readonly #world: World;
  readonly #model: Model;
  readonly #orders: Order[];
  /** The indices of the visitors (`World.visitors`) whose account is currently open. */
  readonly #present: Set<number>;

  constructor(world: World, model = world.genesis.copy(), orders: readonly Order[] = [], present: Iterable<number> = []) {
    this.#world = world;
    this.#model = model;
    this.#orders = [...orders];
    this.#present = new Set(present);
  }

  copy(): Economy {
    return new Economy(this.#world, this.#model.copy(), this.#orders, this.#present);
  }

  get model(): Model {
    return this.#model;
  }

  /**
   * Generates the next transaction. `label` must be unique. `position` is the transaction's index in the block, at most 9,999.
   */
  next(prng: Prng, label: string, position: number): Intent {
    const amount = BigInt(1 + prng.below(1_000_000)) * AMOUNT_UNIT + BigInt(position);
    const payer = prng.below(this.#world.wallets.length);
    // The first transaction of each block is a successful token transfer. A subscription to the token program then has events in
    // every block.
    if (position === 0) return this.#transferTokens(prng, this.#world.coins[0], payer, amount);
    if (prng.chance(FAILING_SHARE)) return this.#fail(prng, payer, amount);
    const kind = prng.below(100);
    if (kind < 20) return this.#transferTokens(prng, this.#world.coins[prng.below(2)] as Coin, payer, amount);
    if (kind < 32) return this.#transferTokens(prng, this.#world.coins[2], payer, amount);
    if (kind < 47) return this.#transferLamports(prng, payer, amount);
    if (kind < 77) return this.#swap(prng, payer, amount);
    if (kind < 83) return this.#mint(prng, payer, amount);
    if (kind < 91) return this.#visit(prng, amount);
    if (kind < 99) return this.#order(prng, payer, amount, label);
    return this.#issue(prng, payer, amount, label);
  }

  #transferTokens(prng: Prng, { holdings, decimals }: Coin, from: number, amount: bigint): Intent {
    const source = holdings[from] as Holding;
    const { account } = holdings[this.#other(prng, from)] as Holding;
    const payer = this.#wallet(from);
    const intent = this.#intend(prng, payer, [transferTokens(source, account, payer.address, amount, decimals)]);
    this.#move(source.account, account, amount);
    return intent;
  }

  #transferLamports(prng: Prng, from: number, amount: bigint): Intent {
    const payer = this.#wallet(from);
    const to = this.#wallet(this.#other(prng, from)).address;
    const instructions = [transferLamports(payer.address, to, amount)];
    if (prng.chance(MEMO_SHARE)) instructions.push(memo(`payment of ${amount} lamports`, payer.address));
    const intent = this.#intend(prng, payer, instructions);
    this.#model.addLamports(payer.address, -amount);
    this.#model.addLamports(to, amount);
    return intent;
  }

  /** Generates a trade with the pool. The product of the vault balances stays the same, except for the fee. */
  #swap(prng: Prng, trader: number, amount: bigint): Intent {
    const { coins, pool } = this.#world;
    const [inside, outside] = prng.chance(0.5) ? ([0, 1] as const) : ([1, 0] as const);
    const [vaultIn, vaultOut] = [pool.vaults[inside], pool.vaults[outside]];
    const [traderIn, traderOut] = [coins[inside].holdings[trader] as Holding, coins[outside].holdings[trader] as Holding];
    const taken = amount * POOL_SHARE;
    const reserves = this.#model.amountOf(vaultIn.account) * POOL_WHOLE;
    const out = (this.#model.amountOf(vaultOut.account) * taken) / (reserves + taken);
    const payer = this.#wallet(trader);
    const intent = this.#intend(
      prng,
      payer,
      [
        transferTokens(traderIn, vaultIn.account, payer.address, amount, coins[inside].decimals),
        transferTokens(vaultOut, traderOut.account, pool.authority.address, out, coins[outside].decimals),
      ],
      { cosigners: [pool.authority] },
    );
    this.#move(traderIn.account, vaultIn.account, amount);
    this.#move(vaultOut.account, traderOut.account, out);
    return intent;
  }

  #mint(prng: Prng, to: number, amount: bigint): Intent {
    const { coins, issuer } = this.#world;
    const { holdings, decimals } = coins[prng.below(coins.length)] as Coin;
    const holding = holdings[to] as Holding;
    const intent = this.#intend(prng, issuer, [mintTokens(holding, issuer.address, amount, decimals)]);
    this.#model.addTokens(holding.account, amount);
    this.#model.addSupply(holding.mint, amount);
    return intent;
  }

  /** Generates a transaction in which a visitor receives an account and tokens, or returns the tokens and closes the account. */
  #visit(prng: Prng, amount: bigint): Intent {
    const { visitors, coins, wallets } = this.#world;
    const index = prng.below(visitors.length);
    const { keypair, holding } = visitors[index] as World["visitors"][number];
    const { decimals, holdings } = coins[0];
    const sponsor = prng.below(wallets.length);
    const sponsored = holdings[sponsor] as Holding;
    const payer = this.#wallet(sponsor);
    if (this.#present.delete(index)) {
      const held = this.#model.amountOf(holding.account);
      const intent = this.#intend(prng, keypair, [
        transferTokens(holding, sponsored.account, keypair.address, held, decimals),
        closeTokenAccount(holding, payer.address, keypair.address),
      ]);
      this.#move(holding.account, sponsored.account, held);
      this.#model.close(holding.account, payer.address);
      return intent;
    }
    const intent = this.#intend(prng, payer, [
      transferLamports(payer.address, keypair.address, amount),
      createAssociatedAccount(payer.address, holding, keypair.address),
      transferTokens(sponsored, holding.account, payer.address, amount, decimals),
    ]);
    this.#model.addLamports(payer.address, -amount);
    this.#model.addLamports(keypair.address, amount);
    this.#make(payer.address, holding, keypair.address, true);
    this.#move(sponsored.account, holding.account, amount);
    this.#present.add(index);
    return intent;
  }

  /**
   * Generates a transaction in which a wallet moves tokens to a temporary account, or moves back the tokens of the oldest
   * temporary account.
   */
  #order(prng: Prng, wallet: number, amount: bigint, label: string): Intent {
    const { decimals, holdings } = this.#world.coins[0];
    const oldest = this.#orders[0];
    if (oldest !== undefined && (this.#orders.length >= MAX_ORDERS || prng.chance(0.5))) {
      this.#orders.shift();
      const owner = this.#wallet(oldest.wallet);
      const { account } = holdings[oldest.wallet] as Holding;
      const intent = this.#intend(prng, owner, [
        transferTokens(oldest.holding, account, owner.address, oldest.amount, decimals),
        closeTokenAccount(oldest.holding, owner.address, owner.address),
      ]);
      this.#move(oldest.holding.account, account, oldest.amount);
      this.#model.close(oldest.holding.account, owner.address);
      return intent;
    }
    const payer = this.#wallet(wallet);
    const source = holdings[wallet] as Holding;
    const holding = { ...source, account: seededAddress(payer.address, `order ${label}`, TOKEN) };
    const intent = this.#intend(prng, payer, [
      createSeededAccount(payer.address, `order ${label}`, tokensAccount),
      initializeTokenAccount(holding, payer.address),
      transferTokens(source, holding.account, payer.address, amount, decimals),
    ]);
    this.#make(payer.address, holding, payer.address, false);
    this.#move(source.account, holding.account, amount);
    this.#orders.push({ wallet, holding, amount });
    return intent;
  }

  /** Creates a mint, and an account that holds its whole supply. */
  #issue(prng: Prng, wallet: number, amount: bigint, label: string): Intent {
    const decimals = prng.below(10);
    const payer = this.#wallet(wallet);
    const { address } = payer;
    const mint = seededAddress(address, `mint ${label}`, TOKEN);
    const holding = { program: TOKEN, mint, account: seededAddress(address, `hold ${label}`, TOKEN) };
    const lamports = rentOf(MINT_BYTES);
    const intent = this.#intend(prng, payer, [
      createSeededAccount(address, `mint ${label}`, { lamports, space: MINT_BYTES, owner: TOKEN }),
      initializeMint(TOKEN, mint, decimals, address),
      createSeededAccount(address, `hold ${label}`, tokensAccount),
      initializeTokenAccount(holding, address),
      mintTokens(holding, address, amount, decimals),
    ]);
    this.#model.addLamports(address, -lamports);
    this.#model.put(mint, { kind: "mint", program: TOKEN, authority: address, decimals, supply: amount, lamports });
    this.#make(address, holding, address, false);
    this.#model.addTokens(holding.account, amount);
    return intent;
  }

  /** Generates a transaction that fails intentionally. The payer still pays the fee. */
  #fail(prng: Prng, wallet: number, amount: bigint): Intent {
    const { holdings, decimals } = this.#world.coins[0];
    const payer = this.#wallet(wallet);
    const other = this.#other(prng, wallet);
    const [own, theirs] = [holdings[wallet] as Holding, holdings[other] as Holding];
    const pay = transferLamports(payer.address, this.#wallet(other).address, amount);
    switch (prng.below(3)) {
      case 0:
        return this.#intend(prng, payer, [pay, transferTokens(own, theirs.account, payer.address, TOO_MUCH + amount, decimals)], {
          fails: INSUFFICIENT_FUNDS,
        });
      case 1: {
        const tooMuch = transferLamports(payer.address, this.#wallet(other).address, TOO_MUCH + amount);
        return this.#intend(prng, payer, [tooMuch], { fails: INSUFFICIENT_FUNDS });
      }
      default:
        return this.#intend(prng, payer, [pay, transferTokens(theirs, own.account, payer.address, amount, decimals)], {
          fails: OWNER_MISMATCH,
        });
    }
  }

  /**
   * Creates a transaction and subtracts its fee from the payer's balance. Some transactions also pay a random priority fee.
   *
   * `fails` is the error that the last instruction is expected to return.
   */
  #intend(
    prng: Prng,
    payer: Keypair,
    instructions: readonly Instruction[],
    { cosigners = [], fails }: { cosigners?: readonly Keypair[]; fails?: unknown } = {},
  ): Intent {
    let budget: Budget | undefined;
    let fee = FEE_PER_SIGNATURE * BigInt(1 + cosigners.length);
    if (prng.chance(PRIORITY_SHARE)) {
      const units = 100_000 + prng.below(100) * 1_000;
      const price = BigInt(1_000 * (1 + prng.below(50)));
      // The limit and the price are chosen so that the priority fee is a whole number of lamports.
      budget = { units, price, priorityFee: (BigInt(units) * price) / 1_000_000n };
      fee += budget.priorityFee;
    }
    this.#model.addLamports(payer.address, -fee);
    return { payer, cosigners, instructions, budget, fee, err: fails ?? null };
  }

  #make(payer: Address, { program, mint, account }: Holding, owner: Address, isAssociated: boolean): void {
    const lamports = rentOf(TOKENS_BYTES);
    this.#model.addLamports(payer, -lamports);
    this.#model.put(account, { kind: "tokens", program, mint, owner, amount: 0n, lamports, isAssociated });
  }

  #move(from: Address, to: Address, amount: bigint): void {
    this.#model.addTokens(from, -amount);
    this.#model.addTokens(to, amount);
  }

  #wallet(index: number): Keypair {
    return this.#world.wallets[index] as Keypair;
  }

  #other(prng: Prng, wallet: number): number {
    const { length } = this.#world.wallets;
    return (wallet + 1 + prng.below(length - 1)) % length;
  }
}

const tokensAccount = { lamports: rentOf(TOKENS_BYTES), space: TOKENS_BYTES, owner: TOKEN };
