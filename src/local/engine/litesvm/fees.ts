import {
  MAX_COMPUTE_UNITS,
  MAX_LOADED_ACCOUNTS_DATA_SIZE,
  type MessageConfig,
  withConfig,
} from "../../../protocol/message-config.js";
import type { Message, MessageInstruction } from "../../../protocol/transaction-message.js";
import { addressText } from "./address-text.js";
import { COMPUTE_BUDGET_PROGRAM, SYSTEM_PROGRAM, UPGRADEABLE_LOADER } from "./programs.js";

const LAMPORTS_PER_SIGNATURE = 5_000n;
const MICRO_LAMPORTS = 1_000_000n;
const UNITS_PER_INSTRUCTION = 200_000;
/** The default compute units of an instruction of a builtin program (SIMD-0170). */
const UNITS_PER_BUILTIN = 3_000;

const SET_UNIT_LIMIT = 2;
const SET_UNIT_PRICE = 3;
const SET_LIMIT_BYTES = 5;
const SET_PRICE_BYTES = 9;

const BUILTINS: ReadonlySet<string> = new Set([
  SYSTEM_PROGRAM,
  COMPUTE_BUDGET_PROGRAM,
  UPGRADEABLE_LOADER,
  "Vote111111111111111111111111111111111111111",
  "BPFLoader1111111111111111111111111111111111",
  "BPFLoader2111111111111111111111111111111111",
  "LoaderV411111111111111111111111111111111111",
]);

/** Programs that verify signatures. The first byte of the instruction data is the number of signatures. */
const SIGNATURE_CHECKERS: ReadonlySet<string> = new Set([
  "Ed25519SigVerify111111111111111111111111111",
  "KeccakSecp256k11111111111111111111111111111",
  "Secp256r1SigVerify1111111111111111111111111",
]);

/** Returns the fee of a message in lamports: 5,000 per signature, and the priority fee. */
export function feeOf(message: Message): bigint {
  let signatures = message.numRequiredSignatures;
  for (const instruction of message.instructions) {
    if (SIGNATURE_CHECKERS.has(programOf(message, instruction))) signatures += instruction.data[0] ?? 0;
  }
  return BigInt(signatures) * LAMPORTS_PER_SIGNATURE + priorityFeeOf(message);
}

/**
 * A version 1 message contains its priority fee. In other versions, the fee is the price per unit times the requested compute
 * units.
 */
function priorityFeeOf(message: Message): bigint {
  // Compute budget instructions of a version 1 message have no effect (SIMD-0385).
  if (message.version === 1) return message.config?.priorityFee ?? 0n;
  let limit: number | undefined;
  let price = 0n;
  for (const instruction of message.instructions) {
    const program = programOf(message, instruction);
    if (program !== COMPUTE_BUDGET_PROGRAM) continue;
    const { data } = instruction;
    const view = new DataView(data.buffer, data.byteOffset, data.length);
    if (isUnitLimit(program, data)) limit = view.getUint32(1, true);
    else if (data[0] === SET_UNIT_PRICE && data.length === SET_PRICE_BYTES) price = view.getBigUint64(1, true);
  }
  const units = BigInt(Math.min(limit ?? defaultUnits(message), MAX_COMPUTE_UNITS));
  return (units * price + MICRO_LAMPORTS - 1n) / MICRO_LAMPORTS;
}

/** Returns the compute limit of a legacy or version 0 message that does not set a limit. */
function defaultUnits(message: Message): number {
  const units = message.instructions.map((instruction) =>
    BUILTINS.has(programOf(message, instruction)) ? UNITS_PER_BUILTIN : UNITS_PER_INSTRUCTION,
  );
  return Math.min(
    units.reduce((sum, one) => sum + one, 0),
    MAX_COMPUTE_UNITS,
  );
}

/**
 * Adds the missing limits to a version 1 transaction, with the default values of version 0. The signatures of the result are not
 * valid.
 *
 * @returns `undefined` if the transaction has all limits, or if its version is not 1
 */
export function withDefaultLimits(bytes: Uint8Array, message: Message): Uint8Array | undefined {
  const { version, config = {} } = message;
  if (version !== 1 || (config.computeUnitLimit !== undefined && config.loadedAccountsDataSizeLimit !== undefined)) {
    return undefined;
  }
  const changed: MessageConfig = {
    computeUnitLimit: defaultUnits(message),
    loadedAccountsDataSizeLimit: MAX_LOADED_ACCOUNTS_DATA_SIZE,
    ...config,
  };
  return withConfig(bytes, message, changed);
}

/**
 * Raises the compute limit of a transaction. The signatures of the result are not valid.
 *
 * @returns `undefined` if the transaction has no limit; a version 1 transaction always has one, by default 0
 */
export function withMoreUnits(bytes: Uint8Array, message: Message, extra: number): Uint8Array | undefined {
  const raise = (units: number): number => Math.min(units + extra, MAX_COMPUTE_UNITS);
  if (message.version === 1) {
    const { config = {} } = message;
    return withConfig(bytes, message, { ...config, computeUnitLimit: raise(config.computeUnitLimit ?? 0) });
  }
  const found = message.instructions.find((instruction) => isUnitLimit(programOf(message, instruction), instruction.data));
  if (found === undefined) return undefined;
  const raised = bytes.slice();
  // `found.data` is a part of `bytes`: one byte for the instruction type, then the compute limit.
  const at = found.data.byteOffset - bytes.byteOffset + 1;
  const view = new DataView(raised.buffer, raised.byteOffset);
  view.setUint32(at, raise(view.getUint32(at, true)), true);
  return raised;
}

function isUnitLimit(program: string, data: Uint8Array): boolean {
  return program === COMPUTE_BUDGET_PROGRAM && data[0] === SET_UNIT_LIMIT && data.length === SET_LIMIT_BYTES;
}

function programOf(message: Message, { programIdIndex }: MessageInstruction): string {
  return addressText(message.keys[programIdIndex] as Uint8Array);
}
