import { messageType } from "../../codec/protobuf.js";

/*
 * The messages of Yellowstone gRPC (geyser.proto and solana-storage.proto) that the client and the local simulator use. A message
 * of a newer version can have more fields, which are skipped. Full blocks, deshred transactions and cuckoo filters are left out.
 */

const MEMCMP = messageType({
  offset: [1, "uint64"],
  bytes: [2, "bytes", "optional"],
  base58: [3, "string", "optional"],
  base64: [4, "string", "optional"],
});

const LAMPORTS_COMPARISON = messageType({
  eq: [1, "uint64", "optional"],
  ne: [2, "uint64", "optional"],
  lt: [3, "uint64", "optional"],
  gt: [4, "uint64", "optional"],
});

const ACCOUNT_CONDITION = messageType({
  memcmp: [1, MEMCMP, "optional"],
  datasize: [2, "uint64", "optional"],
  tokenAccountState: [3, "bool", "optional"],
  lamports: [4, LAMPORTS_COMPARISON, "optional"],
});

const ACCOUNT_FILTER = messageType({
  account: [2, "string", "repeated"],
  owner: [3, "string", "repeated"],
  filters: [4, ACCOUNT_CONDITION, "repeated"],
  nonemptyTxnSignature: [5, "bool", "optional"],
});

const SLOT_FILTER = messageType({
  filterByCommitment: [1, "bool", "optional"],
  interslotUpdates: [2, "bool", "optional"],
});

const TRANSACTION_FILTER = messageType({
  vote: [1, "bool", "optional"],
  failed: [2, "bool", "optional"],
  signature: [5, "string", "optional"],
  accountInclude: [3, "string", "repeated"],
  accountExclude: [4, "string", "repeated"],
  accountRequired: [6, "string", "repeated"],
});

const NO_CONDITIONS = messageType({});

const PING = messageType({ id: [1, "int32"] });

export const SUBSCRIBE_REQUEST = messageType({
  accounts: [1, ACCOUNT_FILTER, "map"],
  slots: [2, SLOT_FILTER, "map"],
  transactions: [3, TRANSACTION_FILTER, "map"],
  transactionsStatus: [10, TRANSACTION_FILTER, "map"],
  // The local simulator reads this field to refuse requests for full blocks.
  blocks: [4, NO_CONDITIONS, "map"],
  blocksMeta: [5, NO_CONDITIONS, "map"],
  entry: [8, NO_CONDITIONS, "map"],
  commitment: [6, "int32", "optional"],
  accountsDataSlice: [7, messageType({ offset: [1, "uint64"], length: [2, "uint64"] }), "repeated"],
  ping: [9, PING, "optional"],
  fromSlot: [11, "uint64", "optional"],
});

const TRANSACTION_ERROR = messageType({ err: [1, "bytes"] });

const INSTRUCTION = messageType({ programIdIndex: [1, "uint32"], accounts: [2, "bytes"], data: [3, "bytes"] });

const INNER_INSTRUCTION = messageType({
  programIdIndex: [1, "uint32"],
  accounts: [2, "bytes"],
  data: [3, "bytes"],
  stackHeight: [4, "uint32", "optional"],
});

const MESSAGE = messageType({
  header: [
    1,
    messageType({
      numRequiredSignatures: [1, "uint32"],
      numReadonlySignedAccounts: [2, "uint32"],
      numReadonlyUnsignedAccounts: [3, "uint32"],
    }),
  ],
  accountKeys: [2, "key", "repeated"],
  recentBlockhash: [3, "key"],
  instructions: [4, INSTRUCTION, "repeated"],
  versioned: [5, "bool"],
  addressTableLookups: [
    6,
    messageType({ accountKey: [1, "key"], writableIndexes: [2, "bytes"], readonlyIndexes: [3, "bytes"] }),
    "repeated",
  ],
});

const TOKEN_BALANCE = messageType({
  accountIndex: [1, "uint32"],
  mint: [2, "string"],
  uiTokenAmount: [
    3,
    messageType({ uiAmount: [1, "double"], decimals: [2, "uint32"], amount: [3, "string"], uiAmountString: [4, "string"] }),
  ],
  owner: [4, "string"],
  programId: [5, "string"],
});

const REWARD = messageType({
  pubkey: [1, "string"],
  lamports: [2, "int64"],
  postBalance: [3, "uint64"],
  rewardType: [4, "int32"],
  commission: [5, "string"],
});

const META = messageType({
  err: [1, TRANSACTION_ERROR, "optional"],
  fee: [2, "uint64"],
  preBalances: [3, "uint64", "repeated"],
  postBalances: [4, "uint64", "repeated"],
  innerInstructions: [5, messageType({ index: [1, "uint32"], instructions: [2, INNER_INSTRUCTION, "repeated"] }), "repeated"],
  logMessages: [6, "string", "repeated"],
  preTokenBalances: [7, TOKEN_BALANCE, "repeated"],
  postTokenBalances: [8, TOKEN_BALANCE, "repeated"],
  rewards: [9, REWARD, "repeated"],
  loadedWritableAddresses: [12, "key", "repeated"],
  loadedReadonlyAddresses: [13, "key", "repeated"],
  returnData: [14, messageType({ programId: [1, "key"], data: [2, "bytes"] }), "optional"],
  computeUnitsConsumed: [16, "uint64", "optional"],
});

const TRANSACTION_INFO = messageType({
  signature: [1, "key"],
  isVote: [2, "bool"],
  transaction: [3, messageType({ signatures: [1, "key", "repeated"], message: [2, MESSAGE] })],
  meta: [4, META],
  index: [5, "uint64"],
});

const ACCOUNT_INFO = messageType({
  pubkey: [1, "key"],
  lamports: [2, "uint64"],
  owner: [3, "key"],
  executable: [4, "bool"],
  rentEpoch: [5, "uint64"],
  data: [6, "bytes"],
  writeVersion: [7, "uint64"],
  txnSignature: [8, "key", "optional"],
});

export const SUBSCRIBE_UPDATE = messageType({
  filters: [1, "string", "repeated"],
  account: [2, messageType({ account: [1, ACCOUNT_INFO], slot: [2, "uint64"], isStartup: [3, "bool"] }), "optional"],
  slot: [
    3,
    messageType({
      slot: [1, "uint64"],
      parent: [2, "uint64", "optional"],
      status: [3, "int32"],
      deadError: [4, "string", "optional"],
    }),
    "optional",
  ],
  transaction: [4, messageType({ transaction: [1, TRANSACTION_INFO], slot: [2, "uint64"] }), "optional"],
  transactionStatus: [
    10,
    messageType({
      slot: [1, "uint64"],
      signature: [2, "key"],
      isVote: [3, "bool"],
      index: [4, "uint64"],
      err: [5, TRANSACTION_ERROR, "optional"],
    }),
    "optional",
  ],
  ping: [6, NO_CONDITIONS, "optional"],
  pong: [9, PING, "optional"],
  blockMeta: [
    7,
    messageType({
      slot: [1, "uint64"],
      blockhash: [2, "string"],
      rewards: [3, messageType({ rewards: [1, REWARD, "repeated"] }), "optional"],
      blockTime: [4, messageType({ timestamp: [1, "int64"] }), "optional"],
      blockHeight: [5, messageType({ blockHeight: [1, "uint64"] }), "optional"],
      parentSlot: [6, "uint64"],
      parentBlockhash: [7, "string"],
      executedTransactionCount: [8, "uint64"],
      entriesCount: [9, "uint64"],
    }),
    "optional",
  ],
  entry: [
    8,
    messageType({
      slot: [1, "uint64"],
      index: [2, "uint64"],
      numHashes: [3, "uint64"],
      hash: [4, "key"],
      executedTransactionCount: [5, "uint64"],
      startingTransactionIndex: [6, "uint64"],
    }),
    "optional",
  ],
  createdAt: [11, messageType({ seconds: [1, "int64"], nanos: [2, "int32"] }), "optional"],
});

export const VERSION_RESPONSE = messageType({ version: [1, "string"] });
export const REPLAY_INFO_RESPONSE = messageType({ firstAvailable: [1, "uint64", "optional"] });

/** The names of the gRPC service and of its methods, as they occur in the paths of HTTP/2 requests. */
export const GEYSER_METHODS = {
  subscribe: "/geyser.Geyser/Subscribe",
  replayInfo: "/geyser.Geyser/SubscribeReplayInfo",
  version: "/geyser.Geyser/GetVersion",
} as const;

/** The name of the gRPC metadata for the session id, for clients that cannot put the id into the path. */
export const SESSION_HEADER = "x-backtest-session-id";

/** The name of the gRPC metadata in which a Yellowstone client sends its key. */
export const TOKEN_HEADER = "x-token";

/** Returns the HTTP/2 path of a gRPC method for one session. */
export function sessionMethodPath(sessionId: string, method: string): string {
  return `/backtest/${sessionId}${method}`;
}
