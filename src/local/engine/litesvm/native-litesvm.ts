/*
 * What is used of litesvm's native part. Its own declarations can't be used here: litesvm is an optional peer, and whoever
 * hasn't got it must be able to compile against this package.
 */

/** An account within the VM. Each call crosses into native code. */
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

/** What a transaction did; read when it is asked for. */
export interface NativeMeta {
  logs(): string[];
  innerInstructions(): NativeInnerInstruction[][];
  computeUnitsConsumed(): bigint;
  returnData(): { programId(): Uint8Array; data(): Uint8Array };
}

export interface NativeFailure {
  /** A number for what has no fields, else an object whose class tells the kind. */
  err(): unknown;
  meta(): NativeMeta;
}

/** The VM itself. Bytes that it can't read as a transaction end the process: parse them before. */
export interface NativeVm {
  setBlockhashCheck(check: boolean): void;
  setSigverify(verify: boolean): void;
  /** 0 switches it off, and with it the refusal of a transaction that was there before. */
  setTransactionHistory(capacity: bigint): void;
  withNativeMints(): void;
  getAccount(address: Uint8Array): NativeAccount | null;
  getProgramAccounts(program: Uint8Array): { address: Uint8Array; account(): NativeAccount }[];
  /** One without lamports is deleted. @throws Error for a program or a sysvar that can't be loaded */
  setAccount(address: Uint8Array, account: NativeAccount): void;
  sendVersionedTransaction(transaction: Uint8Array): NativeMeta | NativeFailure;
}

export interface NativeModule {
  createVm(): NativeVm;
  createAccount(lamports: bigint, data: Uint8Array, owner: Uint8Array, executable: boolean): NativeAccount;
}
