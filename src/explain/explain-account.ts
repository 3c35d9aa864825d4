import { decodeBase58 } from "../codec/base58.js";
import { decodeBase64 } from "../codec/base64.js";
import { decodeAccount } from "./account-states.js";
import { DecodeWork } from "./decode-work.js";
import { describeProgram, type ExplainedProgram } from "./explain-instruction.js";
import type { ExplainOptions } from "./explain-transaction.js";
import { type IdlPrograms, idlsOf } from "./idls.js";
import { asBigInt, asList, asObject, asText, attempt, type Members } from "./unknown-values.js";

/** The state of an account at one point in time. */
export interface ExplainedAccountState {
  /** The balance in lamports. */
  readonly lamports: bigint;
  /** The program that owns the account. */
  readonly owner: ExplainedProgram;
  /** `tokenAccount`, `mint`, `stake`, …, or the name of the account type in an IDL. Absent if the content is unknown. */
  readonly kind?: string;
  /** The decoded content. Integers of 64 bits and more are `bigint`, addresses are base58, other bytes are base64. */
  readonly fields?: Readonly<Record<string, unknown>>;
  /** Size of the data in bytes. */
  readonly space: number;
}

/** A field whose value changed. */
export interface FieldChange {
  /** The path of the field, such as `delegate` or `lockup.epoch`. */
  readonly field: string;
  /** The value before the change. `undefined` if the field did not exist. */
  readonly before: unknown;
  /** The value after the change. `undefined` if the field no longer exists. */
  readonly after: unknown;
}

/** A change to an account, in readable form. */
export interface ExplainedAccount {
  /** The address of the account. Absent if the input does not contain the address. */
  readonly address?: string;
  /** The slot of the change. Absent if the input does not contain the slot. */
  readonly slot?: bigint;
  /** The signature of the transaction that changed the account. */
  readonly signature?: string;
  /** The state before the change. Absent if the account did not exist, or if the input does not contain the state. */
  readonly before?: ExplainedAccountState;
  /** The state after the change. Absent if the account was closed. */
  readonly after?: ExplainedAccountState;
  /** The changes in lamports, owner and decoded fields, each with the path of the field. */
  readonly changes: readonly FieldChange[];
  /** Descriptions of the parts of the input that could not be read. */
  readonly problems: readonly string[];
}

/**
 * Explains a change to an account: its content before and after, and what changed. Decodes token accounts, mints, stake accounts,
 * lookup tables, upgradeable programs, nonces, and accounts of programs whose IDL you pass. Never throws.
 *
 * @param diff an `accountDiff` or `account` event, the `diff` of such an event, a line of a record, or a single account
 * @example
 * const { after, changes } = explainAccount(event.diff, { idls: [ammIdl] });
 */
export function explainAccount(diff: unknown, options?: ExplainOptions): ExplainedAccount {
  return attempt(() => explain(diff, options)) ?? { changes: [], problems: ["the account cannot be read"] };
}

function explain(given: unknown, options: ExplainOptions | undefined): ExplainedAccount {
  const problems: string[] = [];
  const idls = idlsOf(options, problems);
  const outer = asObject(given);
  const diff = asObject(outer?.diff) ?? outer ?? {};
  const address = asText(diff.account) ?? asText(diff.address) ?? asText(diff.pubkey);
  const slot = asBigInt(asObject(diff.context)?.slot) ?? asBigInt(diff.slot);
  const signature = asText(diff.signature);
  const pre = asObject(diff.pre);
  const post = asObject(diff.post) ?? asObject(diff.account) ?? ("lamports" in diff ? diff : undefined);
  const before = pre && describe(pre, address, idls, problems);
  const after = post && describe(post, address, idls, problems);
  if (pre === undefined && post === undefined) problems.push("the input contains no state of an account");
  return {
    ...(address !== undefined && { address }),
    ...(slot !== undefined && { slot }),
    ...(signature !== undefined && { signature }),
    ...(before !== undefined && { before }),
    ...(after !== undefined && { after }),
    changes: pre === undefined && !("pre" in diff || "post" in diff) ? [] : compareStates(before, after),
    problems,
  };
}

function describe(account: Members, address: string | undefined, idls: IdlPrograms, problems: string[]): ExplainedAccountState {
  const work = new DecodeWork();
  const owner = asText(account.owner) ?? "unknown";
  const bytes = readData(account.data);
  const decoded = bytes && decodeAccount(owner, address, bytes, idls, work);
  work.report(problems);
  const space = Number(asBigInt(account.space) ?? bytes?.length ?? 0);
  return {
    lamports: asBigInt(account.lamports) ?? 0n,
    owner: describeProgram(owner, idls),
    ...(decoded !== undefined && { kind: decoded.kind, fields: decoded.fields }),
    space,
  };
}

/** Maximum length of a base58 text. Longer texts are not decoded, because base58 takes quadratic time. */
const MAX_BASE58 = 6_000;

function readData(data: unknown): Uint8Array | undefined {
  const list = asList(data);
  const text = asText(list?.[0]) ?? asText(asObject(data)?.data) ?? asText(data);
  if (text === undefined) return undefined;
  const encoding = asText(list?.[1]) ?? asText(asObject(data)?.encoding) ?? "base58";
  return encoding === "base58" ? decodeBase58(text, MAX_BASE58) : attempt(() => decodeBase64(text));
}

function compareStates(before: ExplainedAccountState | undefined, after: ExplainedAccountState | undefined): FieldChange[] {
  const [old, now] = [flatten(before), flatten(after)];
  return [...new Set([...old.keys(), ...now.keys()])]
    .filter((field) => old.get(field) !== now.get(field))
    .map((field) => ({ field, before: old.get(field), after: now.get(field) }));
}

/** Returns all scalar values of a state. The keys are paths, such as `lockup.epoch`. */
function flatten(state: ExplainedAccountState | undefined): Map<string, unknown> {
  const leaves = new Map<string, unknown>();
  if (state === undefined) return leaves;
  leaves.set("lamports", state.lamports);
  leaves.set("owner", state.owner.address);
  leaves.set("space", state.space);
  const walk = (value: unknown, path: string, depth: number): void => {
    if (typeof value === "object" && value !== null && depth < 16) {
      for (const [key, member] of Object.entries(value)) walk(member, path === "" ? key : `${path}.${key}`, depth + 1);
    } else leaves.set(path, value);
  };
  walk(state.fields ?? {}, "", 0);
  return leaves;
}
