/*
 * The used types of litesvm's native part. Its own declarations cannot be imported, because litesvm is an optional peer and users
 * without it must be able to compile.
 */

/** An account of the VM. Each call is a native call. */
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

/** The result of a transaction. Its members are read on demand. */
export interface NativeMeta {
  logs(): string[];
  innerInstructions(): NativeInnerInstruction[][];
  computeUnitsConsumed(): bigint;
  returnData(): { programId(): Uint8Array; data(): Uint8Array };
}

export interface NativeFailure {
  /** A number for an error without fields, otherwise an object of a class per kind. */
  err(): unknown;
  meta(): NativeMeta;
}

/** The VM. Parse a transaction first, because unreadable bytes end the process. */
export interface NativeVm {
  setBlockhashCheck(check: boolean): void;
  setSigverify(verify: boolean): void;
  /** 0 turns it off, and with it the refusal of duplicate transactions. */
  setTransactionHistory(capacity: bigint): void;
  withNativeMints(): void;
  getAccount(address: Uint8Array): NativeAccount | null;
  getProgramAccounts(program: Uint8Array): { address: Uint8Array; account(): NativeAccount }[];
  /** Deletes an account without lamports. @throws Error for a program or a sysvar that cannot be loaded */
  setAccount(address: Uint8Array, account: NativeAccount): void;
  sendVersionedTransaction(transaction: Uint8Array): NativeMeta | NativeFailure;
}

export interface NativeModule {
  createVm(): NativeVm;
  createAccount(lamports: bigint, data: Uint8Array, owner: Uint8Array, executable: boolean): NativeAccount;
}
