/*
 * The types of litesvm's native module that the engine uses. The declarations of litesvm cannot be imported, because users without
 * litesvm (an optional peer dependency) must be able to compile.
 */

/** An account in the VM. Each method is a native call. */
export interface NativeAccount {
  lamports(): bigint;
  data(): Uint8Array;
  owner(): Uint8Array;
  executable(): boolean;
}

export interface NativeInnerInstruction {
  instruction(): { programIdIndex(): number; accounts(): Uint8Array; data(): Uint8Array };
  stackHeight(): number;
}

/** The result of a transaction. Its members are read from the VM on demand. */
export interface NativeMeta {
  logs(): string[];
  innerInstructions(): NativeInnerInstruction[][];
  computeUnitsConsumed(): bigint;
  returnData(): { programId(): Uint8Array; data(): Uint8Array };
}

export interface NativeFailure {
  /** A number for an error without fields, otherwise an object whose class depends on the kind of error. */
  err(): unknown;
  meta(): NativeMeta;
}

/** The native VM. Parse a transaction before you send it, because the VM aborts the process if the bytes are not a transaction. */
export interface NativeVm {
  setBlockhashCheck(check: boolean): void;
  setSigverify(verify: boolean): void;
  /** Sets how many transactions the VM remembers. With 0, it does not refuse duplicate transactions. */
  setTransactionHistory(capacity: bigint): void;
  withNativeMints(): void;
  getAccount(address: Uint8Array): NativeAccount | null;
  getProgramAccounts(program: Uint8Array): { address: Uint8Array; account(): NativeAccount }[];
  /** Sets an account. Deletes it if it has no lamports. @throws Error for a program or a sysvar that cannot be loaded */
  setAccount(address: Uint8Array, account: NativeAccount): void;
  sendVersionedTransaction(transaction: Uint8Array): NativeMeta | NativeFailure;
}

export interface NativeModule {
  createVm(): NativeVm;
  createAccount(lamports: bigint, data: Uint8Array, owner: Uint8Array, executable: boolean): NativeAccount;
}
