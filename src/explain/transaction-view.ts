import { decodeBase58 } from "../codec/base58.js";
import { decodeBase64 } from "../codec/base64.js";
import { readJsonInstruction, readJsonMessage } from "./json-message.js";
import { flattenInvocations, type Invocation, type LogTree, MAX_DEPTH, readLogs } from "./log-tree.js";
import { type AccountUse, MAX_BASE58, type MessageView, type RawInstruction } from "./message-view.js";
import { readTransactionBytes } from "./transaction-reader.js";
import { asBigInt, asIndex, asList, asObject, asText, attempt, type Members } from "./unknown-values.js";

/** An instruction before it is decoded. */
export interface InstructionView {
  readonly program: string;
  readonly accounts: readonly AccountUse[];
  /** The data of the instruction. `undefined` if the RPC decoded the instruction and omitted the bytes. */
  readonly data: Uint8Array | undefined;
  /** The decoded form that the RPC returned with the encoding `jsonParsed`. */
  readonly parsed: unknown;
  readonly inner: InstructionView[];
}

/** A transaction in the same form for all forms of input. */
export interface TransactionView {
  readonly signature: string | undefined;
  readonly slot: bigint | undefined;
  readonly version: number | "legacy" | undefined;
  readonly accounts: readonly AccountUse[];
  readonly instructions: readonly InstructionView[];
  /** The compute budget of a version 1 message. */
  readonly config: MessageView["config"];
  /** The outcome of the transaction. `undefined` if the input does not contain it. */
  readonly meta: Members | undefined;
  readonly logs: readonly string[];
  readonly logTree: LogTree;
  /** Descriptions of the parts of the input that could not be read. */
  readonly problems: readonly string[];
}

const NO_MESSAGE: MessageView = { signature: undefined, version: undefined, accounts: [], lookups: [], instructions: [] };

/** Reads a transaction in any supported form. Never throws. Parts that cannot be read are described in `problems`. */
export function viewTransaction(input: unknown): TransactionView {
  const problems: string[] = [];
  const { confirmed, outer } = unwrap(input);
  const members = asObject(confirmed);
  const meta = outcomeOf(members);
  const encoded = members !== undefined && "transaction" in members ? members.transaction : confirmed;
  const message = readMessage(encoded, problems);
  const accounts = [...message.accounts, ...loadedAccounts(message, meta)];
  const instructions = message.instructions.map((raw) => toInstruction(raw, accounts));
  const logs = (asList(meta?.logMessages) ?? asList(meta?.logs) ?? []).filter((line) => typeof line === "string");
  const logTree = readLogs(logs);
  nestInner(instructions, meta, accounts, matchInvocations(instructions, logTree.invocations), problems);
  const declared = asText(members?.version) ?? asIndex(members?.version);
  return {
    signature: message.signature ?? asText(members?.signature) ?? asText(outer?.signature),
    slot: asBigInt(members?.slot) ?? asBigInt(outer?.slot),
    version: message.version ?? (declared === "legacy" || typeof declared === "number" ? declared : undefined),
    accounts,
    instructions,
    config: message.config,
    meta,
    logs,
    logTree,
    problems,
  };
}

/** Finds the confirmed transaction in an event, a line of a record, or an RPC response. */
function unwrap(input: unknown): { confirmed: unknown; outer: Members | undefined } {
  let confirmed = input;
  let outer: Members | undefined;
  for (let depth = 0; depth < 5; depth++) {
    const members = asObject(confirmed);
    const next = members && innerTransaction(members);
    if (next === undefined) break;
    outer = members;
    confirmed = next;
  }
  return { confirmed, outer };
}

/** Finds the outcome in any of its forms: `meta`, a result of `simulateTransaction`, or a record of sim-cli. */
function outcomeOf(members: Members | undefined): Members | undefined {
  const meta = asObject(members?.meta);
  if (meta !== undefined || members === undefined) return meta;
  if ("err" in members) return members;
  const { success, error, logs } = members;
  return typeof success === "boolean" ? { err: success ? null : (error ?? "unknown"), logs } : undefined;
}

function innerTransaction(members: Members): unknown {
  const { transaction, result, params, value, data, type } = members;
  const nested = asObject(transaction);
  if (nested !== undefined && ("transaction" in nested || "encoding" in nested)) return nested;
  if ("transaction" in members || "message" in members) return undefined;
  if (type === "tx") return asObject(data);
  const simulated = asObject(value);
  const isOutcome = simulated !== undefined && ("transaction" in simulated || "logs" in simulated);
  return asObject(result) ?? asObject(params) ?? (isOutcome ? simulated : undefined);
}

function readMessage(encoded: unknown, problems: string[]): MessageView {
  const members = asObject(encoded);
  if (members !== undefined && "message" in members) {
    const message = attempt(() => readJsonMessage(members));
    if (message === undefined) problems.push("the message of the transaction cannot be read");
    return message ?? NO_MESSAGE;
  }
  const bytes = readBytes(encoded);
  if (bytes === undefined) {
    problems.push("the input contains no transaction");
    return NO_MESSAGE;
  }
  try {
    return readTransactionBytes(bytes);
  } catch (error) {
    problems.push(`the bytes are not a transaction: ${error instanceof Error ? error.message : "unknown reason"}`);
    return NO_MESSAGE;
  }
}

/** Decodes `[text, encoding]`, `{ data, encoding }`, or a text in base58 or base64. */
function readBytes(encoded: unknown): Uint8Array | undefined {
  if (encoded instanceof Uint8Array) return encoded;
  const list = asList(encoded);
  const members = asObject(encoded);
  const text = asText(list?.[0]) ?? asText(members?.data) ?? asText(encoded);
  const encoding = asText(list?.[1]) ?? asText(members?.encoding);
  if (text === undefined) return undefined;
  if (encoding === "base64") return attempt(() => decodeBase64(text));
  if (encoding === "base58") return decodeBase58(text, MAX_BASE58);
  // Old nodes return base58 text without the name of the encoding. Text that is not base58 is read as base64.
  return decodeBase58(text, MAX_BASE58) ?? attempt(() => decodeBase64(text));
}

/**
 * Returns the accounts from lookup tables. If the outcome does not contain the addresses, each account is shown as its table and
 * index.
 */
function loadedAccounts({ accounts, lookups }: MessageView, meta: Members | undefined): AccountUse[] {
  const loaded = asObject(meta?.loadedAddresses);
  const use = (list: unknown, writable: boolean): AccountUse[] =>
    (asList(list) ?? []).map((address) => ({ address: asText(address) ?? "unknown", signer: false, writable }));
  const named = [...use(loaded?.writable, true), ...use(loaded?.readonly, false)];
  // With the encoding jsonParsed, the message already lists the accounts from lookup tables. Such accounts are not added twice.
  const listed = new Set(accounts.map(({ address }) => address));
  if (named.length > 0 && named.every(({ address }) => listed.has(address))) return [];
  return named.length > 0 ? named : lookups;
}

const UNKNOWN_ACCOUNT: AccountUse = { address: "unknown", signer: false, writable: false };

function toInstruction(raw: RawInstruction, accounts: readonly AccountUse[]): InstructionView {
  const account = (used: number | string): AccountUse =>
    (typeof used === "number" ? accounts[used] : accounts.find(({ address }) => address === used)) ??
    (typeof used === "string" ? { ...UNKNOWN_ACCOUNT, address: used } : UNKNOWN_ACCOUNT);
  return {
    program: account(raw.program).address,
    accounts: raw.accounts.map(account),
    data: raw.data,
    parsed: raw.parsed,
    inner: [],
  };
}

/**
 * Finds the invocation of each instruction in the logs. Some instructions have no invocation, because precompiles log nothing and
 * logs may be truncated.
 */
export function matchInvocations(
  instructions: readonly InstructionView[],
  invocations: readonly Invocation[],
): (Invocation | undefined)[] {
  let next = 0;
  return instructions.map(({ program }) => (invocations[next]?.program === program ? invocations[next++] : undefined));
}

/**
 * Adds each inner instruction to its parent, which the stack height determines. If an old node returns no stack height, the depth
 * in the logs is used.
 */
function nestInner(
  instructions: readonly InstructionView[],
  meta: Members | undefined,
  accounts: readonly AccountUse[],
  invocations: readonly (Invocation | undefined)[],
  problems: string[],
): void {
  for (const group of asList(meta?.innerInstructions) ?? []) {
    const members = asObject(group);
    const index = asIndex(members?.index) ?? -1;
    const top = instructions[index];
    const invocation = invocations[index];
    const logged = invocation === undefined ? [] : flattenInvocations(invocation);
    if (top === undefined) {
      problems.push("the instruction of some inner instructions does not exist");
      continue;
    }
    // The last instruction at each depth. The parent of an inner instruction is the last instruction one level above.
    const open: InstructionView[] = [top];
    for (const [at, item] of (asList(members?.instructions) ?? []).entries()) {
      const raw = attempt(() => readJsonInstruction(item));
      if (raw === undefined) {
        problems.push("an inner instruction cannot be read");
        continue;
      }
      const inner = toInstruction(raw, accounts);
      const loggedDepth = logged[at]?.program === inner.program ? logged[at]?.depth : undefined;
      // `stackHeight` starts at 1, for top-level instructions. The depth starts at 0, so inner instructions have at least depth 1.
      const depth = Math.min(Math.max((raw.stackHeight ?? loggedDepth ?? 2) - 1, 1), open.length, MAX_DEPTH);
      open[depth - 1]?.inner.push(inner);
      open.length = depth;
      open.push(inner);
    }
  }
}
