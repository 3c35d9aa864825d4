/** Selects the updates of accounts. An account must match all given members. Without members, every account matches. */
export interface GeyserAccountFilter {
  /** The account must have one of these addresses. */
  account?: string[];
  /** One of these programs must own the account. */
  owner?: string[];
  /** The account must match all of these conditions. */
  filters?: GeyserAccountCondition[];
  /** `true`: only updates that a transaction has caused. `false`: only the others. */
  nonemptyTxnSignature?: boolean;
}

/** A condition for an account. Has exactly one member. */
export type GeyserAccountCondition =
  /** Compares bytes of the data with these bytes, given in one of three forms. */
  | { memcmp: { offset: bigint | number } & ({ bytes: Uint8Array } | { base58: string } | { base64: string }) }
  /** The size of the data, in bytes. */
  | { datasize: bigint | number }
  /** Whether the account is a token account. */
  | { tokenAccountState: boolean }
  /** Compares the lamports. Has exactly one member. */
  | {
      lamports: { eq: bigint | number } | { ne: bigint | number } | { lt: bigint | number } | { gt: bigint | number };
    };

/** Selects the updates of slots. */
export interface GeyserSlotFilter {
  /** Whether only the status of `commitment` is sent. @default false, all statuses */
  filterByCommitment?: boolean;
  /** Whether statuses before `processed` are sent too. @default false */
  interslotUpdates?: boolean;
}

/** Selects transactions. A transaction must match all given members. Without members, every transaction matches. */
export interface GeyserTransactionFilter {
  /** Whether the transaction is a vote. */
  vote?: boolean;
  /** Whether the transaction has failed. */
  failed?: boolean;
  /** The first signature of the transaction. */
  signature?: string;
  /** The transaction must mention at least one of these addresses. */
  accountInclude?: string[];
  /** The transaction must mention none of these addresses. */
  accountExclude?: string[];
  /** The transaction must mention all of these addresses. */
  accountRequired?: string[];
}

/** What a Yellowstone stream sends. Each update contains the names of the filters that it matches. */
export interface GeyserFilters {
  accounts?: Record<string, GeyserAccountFilter>;
  slots?: Record<string, GeyserSlotFilter>;
  transactions?: Record<string, GeyserTransactionFilter>;
  /** Only signature, position and error of transactions. */
  transactionsStatus?: Record<string, GeyserTransactionFilter>;
  blocksMeta?: Record<string, Record<string, never>>;
  entry?: Record<string, Record<string, never>>;
}

/** An instruction. `accounts` are indices of the message's accounts. */
export interface GeyserInstruction {
  programIdIndex: number;
  accounts: Uint8Array;
  data: Uint8Array;
}

/** An instruction that a program has called. */
export interface GeyserInnerInstruction extends GeyserInstruction {
  stackHeight?: number;
}

/** A transaction's message. Keys and the blockhash are in base58. */
export interface GeyserMessage {
  header?: { numRequiredSignatures: number; numReadonlySignedAccounts: number; numReadonlyUnsignedAccounts: number };
  accountKeys: string[];
  recentBlockhash: string;
  instructions: GeyserInstruction[];
  versioned: boolean;
  addressTableLookups: { accountKey: string; writableIndexes: Uint8Array; readonlyIndexes: Uint8Array }[];
}

export interface GeyserTokenBalance {
  accountIndex: number;
  mint: string;
  uiTokenAmount?: { uiAmount: number; decimals: number; amount: string; uiAmountString: string };
  owner: string;
  programId: string;
}

export interface GeyserReward {
  pubkey: string;
  lamports: bigint;
  postBalance: bigint;
  /** 0 unspecified, 1 fee, 2 rent, 3 staking, 4 voting. */
  rewardType: number;
  commission: string;
}

/** The outcome of a transaction. */
export interface GeyserTransactionMeta {
  /** The error as in JSON-RPC. `null` if the transaction succeeded. */
  err: unknown;
  /** In lamports. */
  fee: bigint;
  preBalances: bigint[];
  postBalances: bigint[];
  innerInstructions: { index: number; instructions: GeyserInnerInstruction[] }[];
  logMessages: string[];
  preTokenBalances: GeyserTokenBalance[];
  postTokenBalances: GeyserTokenBalance[];
  rewards: GeyserReward[];
  loadedWritableAddresses: string[];
  loadedReadonlyAddresses: string[];
  returnData?: { programId: string; data: Uint8Array };
  computeUnitsConsumed?: bigint;
}

/** A request, as it is encoded. */
export interface SubscribeRequestMessage extends GeyserFilters {
  blocks?: Record<string, object>;
  commitment?: number;
  accountsDataSlice?: readonly { offset: bigint; length: bigint }[];
  ping?: { id: number };
  fromSlot?: bigint;
}

/** A transaction, as it is encoded: its error is in bincode. */
export interface TransactionInfoMessage {
  signature: string;
  isVote: boolean;
  transaction?: { signatures: string[]; message?: GeyserMessage };
  meta?: Omit<GeyserTransactionMeta, "err"> & { err?: { err: Uint8Array } };
  index: bigint;
}

export interface AccountInfoMessage {
  pubkey: string;
  lamports: bigint;
  owner: string;
  executable: boolean;
  rentEpoch: bigint;
  data: Uint8Array;
  writeVersion: bigint;
  txnSignature?: string;
}

/** An update, as it is encoded. Has one of the optional members. */
export interface SubscribeUpdateMessage {
  filters: string[];
  account?: { account?: AccountInfoMessage; slot: bigint; isStartup: boolean };
  slot?: { slot: bigint; parent?: bigint; status: number; deadError?: string };
  transaction?: { transaction?: TransactionInfoMessage; slot: bigint };
  transactionStatus?: { slot: bigint; signature: string; isVote: boolean; index: bigint; err?: { err: Uint8Array } };
  ping?: object;
  pong?: { id: number };
  blockMeta?: {
    slot: bigint;
    blockhash: string;
    rewards?: { rewards: GeyserReward[] };
    blockTime?: { timestamp: bigint };
    blockHeight?: { blockHeight: bigint };
    parentSlot: bigint;
    parentBlockhash: string;
    executedTransactionCount: bigint;
    entriesCount: bigint;
  };
  entry?: {
    slot: bigint;
    index: bigint;
    numHashes: bigint;
    hash: string;
    executedTransactionCount: bigint;
    startingTransactionIndex: bigint;
  };
  createdAt?: { seconds: bigint; nanos: number };
}
