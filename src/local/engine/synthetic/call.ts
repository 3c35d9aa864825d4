import type { AccountState } from "../engine.js";

/**
 * Why an instruction failed, as Solana's InstructionError has it, and what the program logged of it. No `Error`: ledgers
 * fail by the thousand, and a stack trace takes longer than all else that a transaction does.
 */
export class InstructionFailure {
  readonly reason: string | { Custom: number };
  readonly log: string | undefined;

  constructor(reason: string | { Custom: number }, log?: string) {
    this.reason = reason;
    this.log = log;
  }
}

/** One invocation of a program: what it sees and may do. */
export interface Call {
  /** The slot it runs in. */
  readonly slot: bigint;
  /** Addresses in the instruction's order. */
  readonly accounts: readonly string[];
  readonly data: Uint8Array;
  account(address: string): AccountState | undefined;
  /** Puts a state in place; one without lamports is deleted. @throws InstructionFailure if the message may not write there */
  put(address: string, state: AccountState): void;
  /** @throws InstructionFailure if the account hasn't signed */
  needSigner(address: string): void;
  log(text: string): void;
  /** Calls another program. `derived` are addresses that the caller signs for. */
  invoke(program: string, accounts: readonly string[], data: Uint8Array, derived?: readonly string[]): void;
}

/** A program that the synthetic engine runs: what it does, and what that costs in compute units. */
export interface Program {
  units: number;
  /** @throws InstructionFailure */
  run(call: Call): void;
}

/** The account at a position of the instruction. @throws InstructionFailure */
export function accountAt(call: Call, index: number): string {
  const address = call.accounts[index];
  if (address === undefined) throw new InstructionFailure("NotEnoughAccountKeys");
  return address;
}

/** A little-endian u64 of an instruction's data. @throws InstructionFailure */
export function u64At(data: Uint8Array, at: number): bigint {
  if (data.length < at + 8) throw new InstructionFailure("InvalidInstructionData");
  return new DataView(data.buffer, data.byteOffset).getBigUint64(at, true);
}

/** The account with another balance. */
export function withLamports(state: AccountState, lamports: bigint): AccountState {
  return { ...state, lamports };
}
