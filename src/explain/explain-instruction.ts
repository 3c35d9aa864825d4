import { encodeBase64 } from "../codec/base64.js";
import type { DecodeWork } from "./decode-work.js";
import type { IdlPrograms } from "./idls.js";
import type { Invocation } from "./log-tree.js";
import type { AccountUse } from "./message-view.js";
import type { DecodedInstruction } from "./native-instruction.js";
import { nativeProgram } from "./native-programs.js";
import { type InstructionView, matchInvocations } from "./transaction-view.js";
import { asList, asObject, asText, attempt } from "./unknown-values.js";

/** An account that an instruction uses. */
export interface ExplainedAccountUse {
  /** The name of the account in the instruction, such as `source`. Absent if the layout has no name for it. */
  readonly name?: string;
  /** The address of the account. */
  readonly address: string;
  /** Whether the account signs the transaction. */
  readonly signer: boolean;
  /** Whether the transaction may change the account. */
  readonly writable: boolean;
}

/** The program of an instruction. */
export interface ExplainedProgram {
  /** The address of the program. */
  readonly address: string;
  /** The display name of the program. Absent for an unknown program without an IDL. */
  readonly name?: string;
  /** The name of the program in the RPC encoding `jsonParsed`, such as `spl-token`. */
  readonly rpcName?: string;
}

/** An instruction that has been decoded as far as possible. */
export interface ExplainedInstruction {
  /** The program that executes the instruction. */
  readonly program: ExplainedProgram;
  /**
   * The name of the instruction. For native programs, it is the name in the RPC encoding `jsonParsed`. For other programs, it
   * comes from the IDL or, without an IDL, from the log of an Anchor program. Absent if the name is unknown.
   */
  readonly name?: string;
  /** The accounts, in the order of the instruction. */
  readonly accounts: readonly ExplainedAccountUse[];
  /** The arguments of the instruction. Integers of 64 bits and more are `bigint`, addresses are base58, bytes are base64. */
  readonly args: Readonly<Record<string, unknown>>;
  /** The data of the instruction in base64. Present only if the instruction could not be decoded. */
  readonly data?: string;
  /** The lines that the program logged. Lines of inner instructions are not included. */
  readonly logs: readonly string[];
  /** The compute units of the instruction and its inner instructions. Absent if the logs do not contain them. */
  readonly computeUnits?: { readonly consumed: bigint; readonly limit: bigint };
  /**
   * Whether the instruction succeeded. Absent if the logs have no lines of the instruction.
   */
  readonly outcome?: "succeeded" | "failed";
  /** The instructions that this instruction invoked, in order. */
  readonly inner: readonly ExplainedInstruction[];
}

/** The data that is needed to explain instructions. */
export interface InstructionContext {
  readonly idls: IdlPrograms;
  /** The limit for the work of decoding. All instructions share this limit. */
  readonly work: DecodeWork;
  /** The accounts of the transaction, by address. */
  readonly uses: ReadonlyMap<string, AccountUse>;
}

/** Explains instructions. The log lines, compute units and outcome of each instruction come from the logs of the transaction. */
export function explainInstructions(
  views: readonly InstructionView[],
  invocations: readonly Invocation[],
  context: InstructionContext,
): ExplainedInstruction[] {
  const matched = matchInvocations(views, invocations);
  return views.map((view, index) => explainInstruction(view, matched[index], context));
}

function explainInstruction(
  view: InstructionView,
  invocation: Invocation | undefined,
  context: InstructionContext,
): ExplainedInstruction {
  const decoded = decode(view, context);
  const logs = invocation?.logs ?? [];
  const name = decoded?.name ?? eventName(view.data) ?? loggedName(logs);
  const accounts = decoded?.accounts ?? view.accounts;
  // Some nodes do not record inner instructions. For these nodes, the inner instructions are read from the logs.
  const inner =
    view.inner.length > 0
      ? explainInstructions(view.inner, invocation?.inner ?? [], context)
      : (invocation?.inner ?? []).map((missing) => explainInstruction(fromLogs(missing), missing, context));
  return {
    program: describeProgram(view.program, context.idls),
    ...(name !== undefined && { name }),
    accounts,
    args: decoded?.args ?? {},
    ...(decoded === undefined && view.data !== undefined && { data: encodeBase64(view.data) }),
    logs,
    ...(invocation?.unitsConsumed !== undefined && {
      computeUnits: { consumed: invocation.unitsConsumed, limit: invocation.unitsLimit ?? 0n },
    }),
    ...(invocation?.outcome !== undefined && { outcome: invocation.outcome }),
    inner,
  };
}

function fromLogs({ program }: Invocation): InstructionView {
  return { program, accounts: [], data: undefined, parsed: undefined, inner: [] };
}

export function describeProgram(address: string, idls: IdlPrograms): ExplainedProgram {
  const native = nativeProgram(address);
  const name = native?.name ?? idls.get(address)?.name;
  return {
    address,
    ...(name !== undefined && { name }),
    ...(native?.rpcName !== undefined && { rpcName: native.rpcName }),
  };
}

interface Decoded {
  readonly name: string;
  readonly accounts: readonly ExplainedAccountUse[];
  readonly args: Readonly<Record<string, unknown>>;
}

function decode(view: InstructionView, context: InstructionContext): Decoded | undefined {
  const { program, data, accounts, parsed } = view;
  if (parsed !== undefined && data === undefined) return fromRpc(parsed, view, context);
  if (data === undefined) return undefined;
  // If the user passes an IDL for a native program, the IDL takes precedence.
  const decoded =
    attempt(() => context.idls.get(program)?.decode(data, accounts, context.work)) ??
    attempt(() => nativeProgram(program)?.decode?.(data, accounts));
  return decoded && withNames(decoded, accounts);
}

function withNames({ name, accountNames, args }: DecodedInstruction, accounts: readonly AccountUse[]): Decoded {
  const named = accounts.map((use, index) => {
    const label = accountNames[index];
    return { ...(label !== undefined && { name: label }), ...use };
  });
  return { name, accounts: named, args };
}

/**
 * Reads an instruction that the RPC has decoded. If a value is the address of one of the transaction's accounts, it becomes an
 * account of the instruction. Any other value becomes an argument.
 */
function fromRpc(parsed: unknown, { program }: InstructionView, { idls, uses }: InstructionContext): Decoded | undefined {
  const text = asText(parsed);
  if (text !== undefined) {
    const isMemo = describeProgram(program, idls).rpcName === "spl-memo";
    return isMemo ? { name: "memo", accounts: [], args: { memo: text } } : undefined;
  }
  const members = asObject(parsed);
  const name = asText(members?.type);
  if (name === undefined) return undefined;
  const accounts: ExplainedAccountUse[] = [];
  const args: [string, unknown][] = [];
  for (const [key, value] of Object.entries(asObject(members?.info) ?? {})) {
    const found = (asList(value) ?? [value]).map((address) => uses.get(asText(address) ?? ""));
    if (found.length > 0 && found.every((use) => use !== undefined)) {
      for (const use of found) accounts.push({ name: key, ...use });
    } else args.push([key, value]);
  }
  return { name, accounts, args: Object.fromEntries(args) };
}

/** The first bytes of an instruction that contains an event. An Anchor program emits an event by invoking itself. */
const EVENT_TAG = [0xe4, 0x45, 0xa5, 0x2e, 0x51, 0xcb, 0x9a, 0x1d];

function eventName(data: Uint8Array | undefined): string | undefined {
  return data !== undefined && EVENT_TAG.every((byte, index) => data[index] === byte) ? "emitCpi" : undefined;
}

const INSTRUCTION_LOG = /^Program log: Instruction: (\w{1,64})$/;

/** Returns the instruction name that an Anchor program logs in its first line. */
function loggedName([first = ""]: readonly string[]): string | undefined {
  return INSTRUCTION_LOG.exec(first)?.[1];
}
