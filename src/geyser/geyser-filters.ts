import { invalidParams } from "../protocol/error-helpers.js";
import type {
  GeyserAccountCondition,
  GeyserAccountFilter,
  GeyserFilters,
  GeyserSlotFilter,
  GeyserTransactionFilter,
  SubscribeRequestMessage,
} from "../protocol/geyser/geyser-messages.js";
import { refuseUnknownNames } from "../protocol/known-names.js";
import { toAddress, toSignature, toU64 } from "../protocol/scalars.js";

/** The commitment of a Geyser stream. */
export type GeyserCommitment = keyof typeof COMMITMENTS;

const COMMITMENTS = { processed: 0, confirmed: 1, finalized: 2 } as const;

/** Selects a part of the account data. The server sends only the selected parts. */
export interface GeyserDataSlice {
  /** The position of the first byte. */
  offset: bigint | number;
  /** Number of bytes. */
  length: bigint | number;
}

const FILTER_KINDS = ["accounts", "slots", "transactions", "transactionsStatus", "blocksMeta", "entry"] as const;

/**
 * Checks the filters of a stream, and returns the subscribe request. Copies the filters, because the request is sent again after
 * each reconnect.
 *
 * @throws SimulatorError `invalidParams`
 */
export function toSubscribeRequest(
  filters: GeyserFilters,
  commitment: GeyserCommitment = "processed",
  accountsDataSlice: readonly GeyserDataSlice[] = [],
): SubscribeRequestMessage {
  const given = requireObject(filters, "filters");
  refuseUnknownNames(given, FILTER_KINDS, "kind of filter", "filters");
  const { accounts, slots, transactions, transactionsStatus, blocksMeta, entry } = filters;
  const request = {
    accounts: mapFilters(accounts, "filters.accounts", toAccountFilter),
    slots: mapFilters(slots, "filters.slots", toSlotFilter),
    transactions: mapFilters(transactions, "filters.transactions", toTransactionFilter),
    transactionsStatus: mapFilters(transactionsStatus, "filters.transactionsStatus", toTransactionFilter),
    blocksMeta: mapFilters(blocksMeta, "filters.blocksMeta", toEmptyFilter),
    entry: mapFilters(entry, "filters.entry", toEmptyFilter),
  };
  if (Object.values(request).every((named) => Object.keys(named).length === 0)) {
    throw invalidParams("filters", "expected at least one filter, such as { transactions: { all: {} } }");
  }
  if (!Object.hasOwn(COMMITMENTS, commitment)) {
    throw invalidParams("commitment", `expected one of ${Object.keys(COMMITMENTS).join(", ")}`);
  }
  if (!Array.isArray(accountsDataSlice)) throw invalidParams("accountsDataSlice", "expected a list of { offset, length }");
  const slices = accountsDataSlice.map(({ offset, length }: GeyserDataSlice, index) => ({
    offset: toU64(offset, `accountsDataSlice.${index}.offset`),
    length: toU64(length, `accountsDataSlice.${index}.length`),
  }));
  return { ...request, commitment: COMMITMENTS[commitment], accountsDataSlice: slices };
}

/** The maximum length of a filter's name, as in the default configuration of Yellowstone. */
const MAX_NAME = 128;

function mapFilters<F>(
  filters: Record<string, F> | undefined,
  field: string,
  check: (filter: F, field: string) => F,
): Record<string, F> {
  if (filters === undefined) return {};
  const entries = Object.entries(requireObject(filters, field) as Record<string, F>).map(([name, filter]): [string, F] => {
    if (name.length > MAX_NAME) throw invalidParams(field, `the name of a filter has at most ${MAX_NAME} characters`);
    return [name, check(filter, `${field}.${name}`)];
  });
  return Object.fromEntries(entries);
}

function toAccountFilter(filter: GeyserAccountFilter, field: string): GeyserAccountFilter {
  refuseUnknownNames(requireObject(filter, field), ["account", "owner", "filters", "nonemptyTxnSignature"], "member", field);
  const { account, owner, filters = [], nonemptyTxnSignature } = filter;
  if (!Array.isArray(filters)) throw invalidParams(`${field}.filters`, "expected a list");
  return {
    account: addresses(account, `${field}.account`),
    owner: addresses(owner, `${field}.owner`),
    filters: filters.map((condition, index) => toCondition(condition, `${field}.filters.${index}`)),
    ...optionalFlag({ nonemptyTxnSignature }, field),
  };
}

const COMPARISONS = ["eq", "ne", "lt", "gt"] as const;

function toCondition(condition: GeyserAccountCondition, field: string): GeyserAccountCondition {
  const [name, value] = onlyMember(condition, ["memcmp", "datasize", "tokenAccountState", "lamports"], field);
  switch (name) {
    case "datasize":
      return { datasize: toU64(value, `${field}.datasize`) };
    case "tokenAccountState":
      if (typeof value !== "boolean") throw invalidParams(`${field}.tokenAccountState`, "expected a boolean");
      return { tokenAccountState: value };
    case "lamports": {
      const [comparison, amount] = onlyMember(value, COMPARISONS, `${field}.lamports`);
      return { lamports: { [comparison]: toU64(amount, `${field}.lamports.${comparison}`) } as { eq: bigint } };
    }
    default: {
      const { offset, ...data } = requireObject(value, `${field}.memcmp`) as { offset?: unknown };
      const [form, bytes] = onlyMember(data, ["bytes", "base58", "base64"], `${field}.memcmp`);
      const isValid = form === "bytes" ? bytes instanceof Uint8Array : typeof bytes === "string";
      if (!isValid) throw invalidParams(`${field}.memcmp.${form}`, `expected ${form === "bytes" ? "a Uint8Array" : "a string"}`);
      const copy = bytes instanceof Uint8Array ? bytes.slice() : bytes;
      return { memcmp: { offset: toU64(offset, `${field}.memcmp.offset`), [form]: copy } as { offset: bigint; base58: string } };
    }
  }
}

function toSlotFilter(filter: GeyserSlotFilter, field: string): GeyserSlotFilter {
  refuseUnknownNames(requireObject(filter, field), ["filterByCommitment", "interslotUpdates"], "member", field);
  const { filterByCommitment, interslotUpdates } = filter;
  return optionalFlag({ filterByCommitment, interslotUpdates }, field);
}

const TRANSACTION_MEMBERS = ["vote", "failed", "signature", "accountInclude", "accountExclude", "accountRequired"];

function toTransactionFilter(filter: GeyserTransactionFilter, field: string): GeyserTransactionFilter {
  refuseUnknownNames(requireObject(filter, field), TRANSACTION_MEMBERS, "member", field);
  const { vote, failed, signature, accountInclude, accountExclude, accountRequired } = filter;
  return {
    ...optionalFlag({ vote, failed }, field),
    ...(signature !== undefined && { signature: toSignature(signature, `${field}.signature`) }),
    accountInclude: addresses(accountInclude, `${field}.accountInclude`),
    accountExclude: addresses(accountExclude, `${field}.accountExclude`),
    accountRequired: addresses(accountRequired, `${field}.accountRequired`),
  };
}

function toEmptyFilter(filter: Record<string, never>, field: string): Record<string, never> {
  if (Object.keys(requireObject(filter, field)).length > 0) throw invalidParams(field, "expected {}: this filter has no members");
  return {};
}

function requireObject(value: unknown, field: string): object {
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value;
  throw invalidParams(field, "expected an object");
}

function addresses(given: unknown, field: string): string[] {
  if (given === undefined) return [];
  if (!Array.isArray(given)) throw invalidParams(field, "expected a list of addresses");
  return given.map((address, index) => toAddress(address, `${field}.${index}`));
}

/** Returns the flags that are set. @throws SimulatorError `invalidParams` for a value that is not a boolean */
function optionalFlag<N extends string>(flags: Record<N, unknown>, field: string): { [M in N]?: boolean } {
  const given = Object.entries(flags).filter(([, value]) => value !== undefined);
  for (const [name, value] of given)
    if (typeof value !== "boolean") throw invalidParams(`${field}.${name}`, "expected a boolean");
  return Object.fromEntries(given) as { [M in N]?: boolean };
}

function onlyMember<N extends string>(value: unknown, names: readonly N[], field: string): [N, unknown] {
  const object = requireObject(value, field);
  refuseUnknownNames(object, names, "member", field);
  const [member, ...others] = Object.entries(object);
  if (member === undefined || others.length > 0) throw invalidParams(field, `expected one of ${names.join(", ")}`);
  return member as [N, unknown];
}
