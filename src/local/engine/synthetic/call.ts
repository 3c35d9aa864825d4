import type { AccountState } from "../engine.js";

/**
 * The failure of an instruction: a Solana InstructionError and its log line. It is not an `Error`, because creating a stack trace
 * takes longer than executing a transaction.
 */
export class InstructionFailure {
  readonly reason: string | { Custom: number };
  readonly log: string | undefined;

  constructor(reason: string | { Custom: number }, log?: string) {
    this.reason = reason;
    this.log = log;
  }
}

/** One invocation of a program. */
export interface Call {
  /** The slot in which the transaction is executed. */
  readonly slot: bigint;
  /** The addresses of the accounts, in the order of the instruction. */
  readonly accounts: readonly string[];
  readonly data: Uint8Array;
  account(address: string): AccountState | undefined;
  /**
   * Sets the state of an account, or deletes it if the state has no lamports. @throws InstructionFailure if the account is not
   * writable in the message
   */
  put(address: string, state: AccountState): void;
  /** Checks that an account has signed. @throws InstructionFailure if the account has not signed */
  needSigner(address: string): void;
  log(text: string): void;
  /** Calls another program. The calling program signs for the `derived` addresses. */
  invoke(program: string, accounts: readonly string[], data: Uint8Array, derived?: readonly string[]): void;
}

/** A program of the synthetic engine, and the compute units that it costs. */
export interface Program {
  units: number;
  /** Executes an instruction. @throws InstructionFailure */
  run(call: Call): void;
}

/** Returns the account at an index of the instruction. @throws InstructionFailure if there is none */
export function accountAt(call: Call, index: number): string {
  const address = call.accounts[index];
  if (address === undefined) throw new InstructionFailure("NotEnoughAccountKeys");
  return address;
}

/** Reads a little-endian u64 from instruction data. @throws InstructionFailure if the data is too short */
export function u64At(data: Uint8Array, at: number): bigint {
  if (data.length < at + 8) throw new InstructionFailure("InvalidInstructionData");
  return new DataView(data.buffer, data.byteOffset).getBigUint64(at, true);
}

/** Returns a copy of an account with the given balance. */
export function withLamports(state: AccountState, lamports: bigint): AccountState {
  return { ...state, lamports };
}
