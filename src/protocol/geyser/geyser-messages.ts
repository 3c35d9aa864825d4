/**
 * Selects the updates of accounts. An account must match all members that are set. If no member is set, every account matches.
 */
export interface GeyserAccountFilter {
  /** The account must have one of these addresses. @default all accounts */
  account?: string[];
  /** One of these programs must own the account. @default all owners */
  owner?: string[];
  /** The account must match all of these conditions. @default none */
  filters?: GeyserAccountCondition[];
  /**
   * `true` selects updates that a transaction caused. `false` selects updates that no transaction caused.
   *
   * @default all updates
   */
  nonemptyTxnSignature?: boolean;
}

/** A condition for an account. Has exactly one member. */
export type GeyserAccountCondition =
  /** The data must contain the given bytes at the given offset. The bytes can be given in one of three forms. */
  | {
      /** The offset in the data, and the expected bytes. */
      memcmp: { offset: bigint | number } & ({ bytes: Uint8Array } | { base58: string } | { base64: string });
    }
  /** The data must have the given size. */
  | {
      /** The size of the data, in bytes. */
      datasize: bigint | number;
    }
  /** Selects token accounts. */
  | {
      /** `true` for token accounts only. */
      tokenAccountState: boolean;
    }
  /** Compares the lamports. Has exactly one member. */
  | {
      /** The comparison: equal, not equal, less than, greater than. */
      lamports: { eq: bigint | number } | { ne: bigint | number } | { lt: bigint | number } | { gt: bigint | number };
    };

/** Selects the updates of slots. */
export interface GeyserSlotFilter {
  /** `true` selects slot updates with the commitment of the request. `false` selects all slot updates. @default false */
  filterByCommitment?: boolean;
  /** Whether statuses before `processed` are sent too. @default false */
  interslotUpdates?: boolean;
}

/** Selects transactions. A transaction must match all given members. Without members, every transaction matches. */
export interface GeyserTransactionFilter {
  /** `true` selects votes. `false` selects all other transactions. @default both */
  vote?: boolean;
  /** `true` selects failed transactions. `false` selects successful transactions. @default both */
  failed?: boolean;
  /** Selects the transaction with this first signature. @default all transactions */
  signature?: string;
  /** The transaction must mention at least one of these addresses. @default none */
  accountInclude?: string[];
  /** The transaction must mention none of these addresses. @default none */
  accountExclude?: string[];
  /** The transaction must mention all of these addresses. @default none */
  accountRequired?: string[];
}

/** The filters of a Yellowstone stream. Each update contains the names of the filters that it matches. */
export interface GeyserFilters {
  /** The account filters. Each key is the name of a filter. @default none */
  accounts?: Record<string, GeyserAccountFilter>;
  /** Filters of slots, by name. @default none */
  slots?: Record<string, GeyserSlotFilter>;
  /** Filters of transactions, by name. @default none */
  transactions?: Record<string, GeyserTransactionFilter>;
  /**
   * Filters of transactions, by name. The updates for these filters contain only the signature, the position and the error.
   *
   * @default none
   */
  transactionsStatus?: Record<string, GeyserTransactionFilter>;
  /** Requests the metadata of all blocks. Each key is the name of a filter without conditions. @default none */
  blocksMeta?: Record<string, Record<string, never>>;
  /** Requests the entries of all blocks. Each key is the name of a filter without conditions. @default none */
  entry?: Record<string, Record<string, never>>;
}

/** An instruction. `accounts` are indices of the message's accounts. */
export interface GeyserInstruction {
  /** The index of the program in the message's accounts. */
  programIdIndex: number;
  /** One byte for each account: its index in the message's accounts. */
  accounts: Uint8Array;
  /** The data of the instruction. */
  data: Uint8Array;
}

/** An instruction that a program has invoked. */
export interface GeyserInnerInstruction extends GeyserInstruction {
  /** The depth of the call. 1 is an instruction of the transaction itself. */
  stackHeight?: number;
}

/** A transaction's message. Keys and the blockhash are in base58. */
export interface GeyserMessage {
  /** How many accounts sign, and how many of them are read-only. */
  header?: { numRequiredSignatures: number; numReadonlySignedAccounts: number; numReadonlyUnsignedAccounts: number };
  /** The addresses of the accounts, without those from lookup tables. */
  accountKeys: string[];
  /** The blockhash of the message. */
  recentBlockhash: string;
  /** The instructions, in order. */
  instructions: GeyserInstruction[];
  /** Whether the message has a version. `false` for a legacy message. */
  versioned: boolean;
  /** The lookup tables, and the indices of the used addresses. */
  addressTableLookups: { accountKey: string; writableIndexes: Uint8Array; readonlyIndexes: Uint8Array }[];
}

/** The token balance of an account. */
export interface GeyserTokenBalance {
  /** The index of the token account in the message. */
  accountIndex: number;
  /** The address of the mint. */
  mint: string;
  /** The amount, as an integer and as a decimal number. */
  uiTokenAmount?: { uiAmount: number; decimals: number; amount: string; uiAmountString: string };
  /** The owner of the token account. */
  owner: string;
  /** The token program. */
  programId: string;
}

/** A reward of a block or a transaction. */
export interface GeyserReward {
  /** The address of the rewarded account. */
  pubkey: string;
  /** The reward in lamports. Negative for a debit. */
  lamports: bigint;
  /** The balance after the reward, in lamports. */
  postBalance: bigint;
  /** The type of the reward: 0 unspecified, 1 fee, 2 rent, 3 staking, 4 voting. */
  rewardType: number;
  /** The commission of a vote account, in percent. Empty for other rewards. */
  commission: string;
}

/** The outcome of a transaction. */
export interface GeyserTransactionMeta {
  /** The error as in JSON-RPC. `null` if the transaction succeeded. */
  err: unknown;
  /** In lamports. */
  fee: bigint;
  /** Balances before the transaction, in lamports. */
  preBalances: bigint[];
  /** Balances after the transaction, in lamports. */
  postBalances: bigint[];
  /** The instructions that programs invoked, by the index of the caller. */
  innerInstructions: { index: number; instructions: GeyserInnerInstruction[] }[];
  /** The log lines. */
  logMessages: string[];
  /** The token balances before the transaction. */
  preTokenBalances: GeyserTokenBalance[];
  /** The token balances after the transaction. */
  postTokenBalances: GeyserTokenBalance[];
  /** The rewards of the transaction. */
  rewards: GeyserReward[];
  /** The writable addresses from lookup tables. */
  loadedWritableAddresses: string[];
  /** The read-only addresses from lookup tables. */
  loadedReadonlyAddresses: string[];
  /** The data that a program returned last. */
  returnData?: { programId: string; data: Uint8Array };
  /** Number of consumed compute units. */
  computeUnitsConsumed?: bigint;
}

/** A subscribe request, with the members that the protobuf encoder expects. */
export interface SubscribeRequestMessage extends GeyserFilters {
  blocks?: Record<string, object>;
  commitment?: number;
  accountsDataSlice?: readonly { offset: bigint; length: bigint }[];
  ping?: { id: number };
  fromSlot?: bigint;
}

/** A transaction in the form that the protobuf encoder expects. `meta.err` contains the error in bincode. */
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

/** An update, with the members that the protobuf encoder expects. Exactly one of the optional members is present. */
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
