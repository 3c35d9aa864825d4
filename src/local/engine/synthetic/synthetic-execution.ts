import { encodeBase58 } from "../../../codec/base58.js";
import { U64_MAX } from "../../../protocol/scalars.js";
import { isWritable, type WireTransaction } from "../../wire/wire-transaction.js";
import { isSameState } from "../account-state.js";
import type {
  AccountDiff,
  AccountState,
  ExecutedTransaction,
  InnerInstructions,
  TokenBalance,
  TransactionMeta,
} from "../engine.js";
import { type Call, InstructionFailure, type Program, withLamports } from "./call.js";
import { SYSTEM_PROGRAM, TOKEN_PROGRAM, VAULT_PROGRAM } from "./synthetic-addresses.js";
import { systemProgram } from "./system-program.js";
import { tokenBalances } from "./token.js";
import { tokenProgram } from "./token-program.js";
import { vaultProgram } from "./vault-program.js";

const LAMPORTS_PER_SIGNATURE = 5_000n;
const UNITS_PER_INSTRUCTION = 200_000;

const PROGRAMS = new Map<string, Program>([
  [SYSTEM_PROGRAM.text, systemProgram],
  [TOKEN_PROGRAM.text, tokenProgram],
  [VAULT_PROGRAM.text, vaultProgram],
]);

/**
 * Runs in place of each program that the synthetic engine does not implement. Each call succeeds, so that a client can add
 * instructions for any program.
 */
const UNKNOWN_PROGRAM: Program = {
  units: 150,
  run: (call) => call.log("not executed: the synthetic engine runs the system, token and vault programs"),
};

/** Returns the fee of a transaction in lamports: 5,000 per signature, plus the priority fee of a version 1 transaction. */
export function feeOf({ header, config }: Pick<WireTransaction, "header" | "config">): bigint {
  return LAMPORTS_PER_SIGNATURE * BigInt(header.numRequiredSignatures) + (config?.priorityFee ?? 0n);
}

/** The position in the ledger at which a transaction is executed. */
export interface Position {
  slot: bigint;
  index: number;
  blockTime: bigint | null;
}

/** Executes a transaction and applies its changes to the accounts. */
export function execute(
  transaction: WireTransaction,
  wire: { base64: string; signatures: readonly string[] },
  position: Position,
  accounts: Map<string, AccountState>,
): ExecutedTransaction {
  return new Execution(transaction, position, accounts).run(wire);
}

class Execution {
  readonly #transaction: WireTransaction;
  readonly #position: Position;
  readonly #accounts: Map<string, AccountState>;
  /** The changed accounts. `undefined` means that the account was deleted. */
  readonly #changed = new Map<string, AccountState | undefined>();
  readonly #logs: string[] = [];
  readonly #programs: string[] = [];
  readonly #inner: InnerInstructions[] = [];
  #unitsUsed = 0;

  constructor(transaction: WireTransaction, position: Position, accounts: Map<string, AccountState>) {
    this.#transaction = transaction;
    this.#position = position;
    this.#accounts = accounts;
  }

  run(wire: { base64: string; signatures: readonly string[] }): ExecutedTransaction {
    const { keys, version } = this.#transaction;
    const before = keys.map((key) => this.#accounts.get(key));
    const { err, fee } = this.#execute();
    const diffs = this.#commit();
    const after = keys.map((key) => this.#accounts.get(key));
    const { slot, index, blockTime } = this.#position;
    return {
      slot,
      index,
      blockTime,
      signatures: wire.signatures,
      wire: wire.base64,
      version,
      meta: new Meta(err, fee, before, after, this.#logs, this.#inner, this.#unitsUsed),
      accounts: keys,
      programs: this.#programs,
      diffs,
    };
  }

  #execute(): { err: unknown; fee: bigint } {
    const { keys, header, instructions } = this.#transaction;
    const payer = keys[0] as string;
    const signers = keys.slice(0, header.numRequiredSignatures);
    const fee = feeOf(this.#transaction);
    const purse = this.#accounts.get(payer);
    if (purse === undefined || purse.lamports < fee) return { err: "InsufficientFundsForFee", fee: 0n };
    const paid = withLamports(purse, purse.lamports - fee);
    this.#write(payer, paid);
    for (const [index, { programIdIndex, accounts, data }] of instructions.entries()) {
      const inner: InnerInstructions["instructions"] = [];
      const addresses = accounts.map((account) => keys[account] as string);
      try {
        this.#invoke(keys[programIdIndex] as string, addresses, data, signers, 1, inner);
      } catch (error) {
        if (!(error instanceof InstructionFailure)) throw error;
        // A failed transaction only pays its fee, so its changes are dropped.
        this.#changed.clear();
        this.#write(payer, paid);
        return { err: { InstructionError: [index, error.reason] }, fee };
      } finally {
        if (inner.length > 0) this.#inner.push({ index, instructions: inner });
      }
    }
    return { err: null, fee };
  }

  #invoke(
    program: string,
    accounts: readonly string[],
    data: Uint8Array,
    signers: readonly string[],
    depth: number,
    inner: InnerInstructions["instructions"],
  ): void {
    if (!this.#programs.includes(program)) this.#programs.push(program);
    this.#log(`Program ${program} invoke [${depth}]`);
    const { units, run } = PROGRAMS.get(program) ?? UNKNOWN_PROGRAM;
    const call: Call = {
      slot: this.#position.slot,
      accounts,
      data,
      account: (address) => this.#read(address),
      put: (address, state) => {
        if (!isWritable(this.#transaction, this.#transaction.keys.indexOf(address)))
          throw new InstructionFailure("ReadonlyLamportChange");
        if (state.lamports > U64_MAX) throw new InstructionFailure("ArithmeticOverflow");
        this.#write(address, state);
      },
      needSigner: (address) => {
        if (!signers.includes(address)) throw new InstructionFailure("MissingRequiredSignature");
      },
      log: (text) => this.#log(`Program log: ${text}`),
      invoke: (callee, calleeAccounts, calleeData, derived = []) => {
        const position = (address: string): number => this.#transaction.keys.indexOf(address);
        inner.push({
          programIdIndex: position(callee),
          accounts: calleeAccounts.map(position),
          data: encodeBase58(calleeData),
          stackHeight: depth + 1,
        });
        this.#invoke(callee, calleeAccounts, calleeData, [...signers, ...derived], depth + 1, inner);
      },
    };
    const budget = UNITS_PER_INSTRUCTION * this.#transaction.instructions.length - this.#unitsUsed;
    const usedBefore = this.#unitsUsed;
    try {
      run(call);
      this.#unitsUsed += units;
      this.#logConsumption(program, this.#unitsUsed - usedBefore, budget);
      this.#log(`Program ${program} success`);
    } catch (error) {
      if (!(error instanceof InstructionFailure)) throw error;
      this.#unitsUsed += units;
      if (error.log !== undefined) this.#log(`Program log: ${error.log}`);
      this.#logConsumption(program, this.#unitsUsed - usedBefore, budget);
      this.#log(`Program ${program} failed: ${describe(error.reason)}`);
      throw new InstructionFailure(error.reason);
    }
  }

  /** Logs the compute units of a program. Builtin programs log none, as on Solana. */
  #logConsumption(program: string, units: number, budget: number): void {
    if (program !== SYSTEM_PROGRAM.text) this.#log(`Program ${program} consumed ${units} of ${budget} compute units`);
  }

  #log(line: string): void {
    this.#logs.push(shared(line));
  }

  #read(address: string): AccountState | undefined {
    return this.#changed.has(address) ? this.#changed.get(address) : this.#accounts.get(address);
  }

  #write(address: string, state: AccountState): void {
    this.#changed.set(address, state.lamports === 0n ? undefined : state);
  }

  /** Applies the changes to the accounts. Returns them in the order of the accounts in the message. */
  #commit(): AccountDiff[] {
    const diffs: AccountDiff[] = [];
    for (const address of this.#transaction.keys) {
      if (!this.#changed.has(address)) continue;
      const pre = this.#accounts.get(address);
      const post = this.#changed.get(address);
      if (isSameState(pre, post)) continue;
      if (post === undefined) this.#accounts.delete(address);
      else this.#accounts.set(address, post);
      diffs.push(diffOf(address, pre, post));
    }
    return diffs;
  }
}

function diffOf(address: string, pre: AccountState | undefined, post: AccountState | undefined): AccountDiff {
  if (pre === undefined) return { address, ...(post !== undefined && { post }) };
  return post === undefined ? { address, pre } : { address, pre, post };
}

/** The metadata of a transaction. Most members are computed on demand, because sessions store all executed transactions. */
class Meta implements TransactionMeta {
  readonly rewards: readonly unknown[] = [];
  readonly loadedAddresses = NO_ADDRESSES;
  /** The account states before the transaction, in the order of the accounts in the message. */
  readonly #before: readonly (AccountState | undefined)[];
  readonly #after: readonly (AccountState | undefined)[];

  constructor(
    readonly err: unknown,
    readonly fee: bigint,
    before: readonly (AccountState | undefined)[],
    after: readonly (AccountState | undefined)[],
    readonly logMessages: readonly string[],
    readonly innerInstructions: readonly InnerInstructions[],
    readonly computeUnitsConsumed: number,
  ) {
    this.#before = before;
    this.#after = after;
  }

  get status(): TransactionMeta["status"] {
    return this.err === null ? { Ok: null } : { Err: this.err };
  }

  get preBalances(): bigint[] {
    return this.#before.map(lamportsOf);
  }

  get postBalances(): bigint[] {
    return this.#after.map(lamportsOf);
  }

  get preTokenBalances(): TokenBalance[] {
    return tokenBalances(this.#before);
  }

  get postTokenBalances(): TokenBalance[] {
    return tokenBalances(this.#after);
  }
}

const NO_ADDRESSES = { writable: [], readonly: [] };

function lamportsOf(state: AccountState | undefined): bigint {
  return state?.lamports ?? 0n;
}

const MAX_LINES = 10_000;
const lines = new Map<string, string>();

/** Returns the stored copy of a log line. Each line is stored once, because most lines occur often. */
function shared(line: string): string {
  const known = lines.get(line);
  if (known !== undefined) return known;
  if (lines.size >= MAX_LINES) lines.clear();
  lines.set(line, line);
  return line;
}

function describe(reason: string | { Custom: number }): string {
  return typeof reason === "string" ? reason : `custom program error: 0x${reason.Custom.toString(16)}`;
}
