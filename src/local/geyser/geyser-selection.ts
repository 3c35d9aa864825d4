import { decodeBase58 } from "../../codec/base58.js";
import { decodeBase64 } from "../../codec/base64.js";
import type {
  GeyserAccountCondition,
  GeyserAccountFilter,
  GeyserTransactionFilter,
  SubscribeRequestMessage,
} from "../../protocol/geyser/geyser-messages.js";
import { isAddress } from "../../protocol/scalars.js";
import type { AccountState, ExecutedTransaction } from "../engine/engine.js";
import { LIMITS } from "../wire/simulator-limits.js";
import { GRPC_STATUS, GrpcRefusal } from "./grpc-status.js";

const VOTE_PROGRAM = "Vote111111111111111111111111111111111111111";
const TOKEN_PROGRAMS = new Set(["TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA", "TokenzQdBNbLqP5VEhdkAS6EPFLC1PHnBqCXEpPxuEb"]);

/** A written account, with the data that filters examine. */
export interface WrittenAccount {
  address: string;
  state: AccountState;
  /** The transaction that wrote the account. */
  signature: string | undefined;
}

type Test<T> = (value: T) => boolean;
/** Returns the names of the filters that match. */
type NamesOf<T> = (value: T) => string[];

/** The statuses that the simulator sends for each slot. The simulator sends all statuses at once, because its blocks are final. */
export const COMMITMENTS = [0, 1, 2] as const;

/** The updates that a request selects. Each function returns the names of the filters that match an update. */
export interface GeyserSelection {
  accounts: NamesOf<WrittenAccount>;
  transactions: NamesOf<ExecutedTransaction>;
  transactionsStatus: NamesOf<ExecutedTransaction>;
  /** The argument is the number of a slot status, such as 2 for `finalized`. */
  slots: NamesOf<number>;
  blocksMeta: string[];
  entry: string[];
  /** Cuts the data of an account to the requested slices. */
  slice(data: Uint8Array): Uint8Array;
}

/** Reads the filters of a request. @throws GrpcRefusal */
export function readSelection(request: SubscribeRequestMessage): GeyserSelection {
  const {
    accounts = {},
    slots = {},
    transactions = {},
    transactionsStatus = {},
    blocks = {},
    blocksMeta = {},
    entry = {},
  } = request;
  if (Object.keys(blocks).length > 0) {
    throw new GrpcRefusal(
      GRPC_STATUS.unimplemented,
      "the local simulator sends no full blocks; use blocks_meta and transactions",
    );
  }
  const names = [accounts, slots, transactions, transactionsStatus, blocksMeta, entry].flatMap((named) => Object.keys(named));
  if (names.length > LIMITS.geyserFilters) throw invalid(`a request has at most ${LIMITS.geyserFilters} filters`);
  const room = { left: LIMITS.geyserAddresses };
  const commitment = request.commitment ?? 0;
  if (!COMMITMENTS.some((known) => known === commitment)) throw invalid(`unknown commitment: ${commitment}`);
  return {
    accounts: namesOf(accounts, (filter) => accountTest(filter, room)),
    transactions: namesOf(transactions, (filter) => transactionTest(filter, room)),
    transactionsStatus: namesOf(transactionsStatus, (filter) => transactionTest(filter, room)),
    slots: namesOf(
      slots,
      ({ filterByCommitment }) =>
        (status) =>
          filterByCommitment !== true || status === commitment,
    ),
    blocksMeta: Object.keys(blocksMeta),
    entry: Object.keys(entry),
    slice: dataSlicer(request.accountsDataSlice ?? []),
  };
}

function namesOf<F, T>(filters: Record<string, F>, compile: (filter: F) => Test<T>): NamesOf<T> {
  const tests = Object.entries(filters).map(([name, filter]) => [name, compile(filter)] as const);
  return (value) => tests.filter(([, test]) => test(value)).map(([name]) => name);
}

/** Limits the addresses in a request. `left` is the limit minus the number of addresses that were already read. */
interface Room {
  left: number;
}

function accountTest(filter: GeyserAccountFilter, room: Room): Test<WrittenAccount> {
  const { account = [], owner = [], filters = [], nonemptyTxnSignature } = filter;
  const [addresses, owners] = [addressSet(account, room), addressSet(owner, room)];
  if (filters.length > LIMITS.geyserConditions) throw invalid(`a filter has at most ${LIMITS.geyserConditions} conditions`);
  const conditions = filters.map(conditionTest);
  return ({ address, state, signature }) =>
    (addresses.size === 0 || addresses.has(address)) &&
    (owners.size === 0 || owners.has(state.owner)) &&
    (nonemptyTxnSignature === undefined || nonemptyTxnSignature === (signature !== undefined)) &&
    conditions.every((matches) => matches(state));
}

/** The size of a token account without extensions, and the offset of the field `state` in it. */
const TOKEN_ACCOUNT_BYTES = 165;
const TOKEN_STATE_AT = 108;

function conditionTest(condition: GeyserAccountCondition): Test<AccountState> {
  // A decoded condition can have any number of these members, even none.
  const given: Partial<Record<"memcmp" | "datasize" | "tokenAccountState" | "lamports", unknown>> = condition;
  if (given.datasize !== undefined) return ({ data }) => BigInt(data.length) === given.datasize;
  if (given.tokenAccountState !== undefined) {
    return ({ owner, data }) =>
      TOKEN_PROGRAMS.has(owner) && data.length >= TOKEN_ACCOUNT_BYTES && (data[TOKEN_STATE_AT] !== 0) === given.tokenAccountState;
  }
  if (given.lamports !== undefined) return lamportsTest(given.lamports as Record<string, bigint>);
  if (given.memcmp === undefined)
    throw invalid("a filter condition for accounts is empty: expected memcmp, datasize, token_account_state or lamports");
  const { offset, ...form } = given.memcmp as { offset: bigint; bytes?: Uint8Array; base58?: string; base64?: string };
  const expected = memcmpBytes(form);
  const at = Number(offset);
  return ({ data }) => data.length >= at + expected.length && expected.every((byte, index) => data[at + index] === byte);
}

function lamportsTest({ eq, ne, lt, gt }: Record<string, bigint | undefined>): Test<AccountState> {
  if (eq !== undefined) return ({ lamports }) => lamports === eq;
  if (ne !== undefined) return ({ lamports }) => lamports !== ne;
  if (lt !== undefined) return ({ lamports }) => lamports < lt;
  if (gt !== undefined) return ({ lamports }) => lamports > gt;
  throw invalid("the condition lamports is empty: expected eq, ne, lt or gt");
}

/** The maximum number of bytes in a comparison, as in Yellowstone. */
const MAX_MEMCMP_BYTES = 128;

function memcmpBytes({ bytes, base58, base64 }: { bytes?: Uint8Array; base58?: string; base64?: string }): Uint8Array {
  let expected: Uint8Array | undefined;
  try {
    if (bytes !== undefined) expected = bytes;
    else if (base58 !== undefined) expected = decodeBase58(base58);
    else if (base64 !== undefined) expected = decodeBase64(base64);
  } catch {
    // The text cannot be decoded: `expected` stays undefined, and the check below throws.
  }
  if (expected === undefined) throw invalid("memcmp: expected valid data in bytes, base58 or base64");
  if (expected.length > MAX_MEMCMP_BYTES) throw invalid(`memcmp compares at most ${MAX_MEMCMP_BYTES} bytes`);
  return expected;
}

/** Whether a transaction is a vote. */
export function isVote({ programs }: Pick<ExecutedTransaction, "programs">): boolean {
  return programs.includes(VOTE_PROGRAM);
}

function transactionTest(filter: GeyserTransactionFilter, room: Room): Test<ExecutedTransaction> {
  const { vote, failed, signature } = filter;
  const include = addressSet(filter.accountInclude ?? [], room);
  const exclude = addressSet(filter.accountExclude ?? [], room);
  const required = [...addressSet(filter.accountRequired ?? [], room)];
  return (transaction) => {
    const { accounts, meta, signatures } = transaction;
    return (
      (vote === undefined || vote === isVote(transaction)) &&
      (failed === undefined || failed === (meta.err !== null)) &&
      (signature === undefined || signatures[0] === signature) &&
      (include.size === 0 || accounts.some((address) => include.has(address))) &&
      !accounts.some((address) => exclude.has(address)) &&
      required.every((address) => accounts.includes(address))
    );
  };
}

function addressSet(addresses: readonly string[], room: Room): ReadonlySet<string> {
  room.left -= addresses.length;
  if (room.left < 0) throw invalid(`a request has at most ${LIMITS.geyserAddresses} addresses`);
  for (const address of addresses) if (!isAddress(address)) throw invalid(`not an address: ${String(address).slice(0, 60)}`);
  return new Set(addresses);
}

function dataSlicer(slices: readonly { offset: bigint; length: bigint }[]): (data: Uint8Array) => Uint8Array {
  if (slices.length > LIMITS.geyserConditions) throw invalid(`a request has at most ${LIMITS.geyserConditions} data slices`);
  if (slices.length === 0) return (data) => data;
  return (data) => {
    const parts = slices.map(({ offset, length }) => {
      const at = Number(offset);
      return data.subarray(at, at + Number(length));
    });
    const joined = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
    let at = 0;
    for (const part of parts) {
      joined.set(part, at);
      at += part.length;
    }
    return joined;
  };
}

function invalid(message: string): GrpcRefusal {
  return new GrpcRefusal(GRPC_STATUS.invalidArgument, message);
}
