import { encodeBase64 } from "../../codec/base64.js";

/*
 * Yellowstone sends the error of a transaction in the bincode format of Solana's `TransactionError`: a little-endian u32 with the
 * index of the variant, and then its fields. JSON-RPC sends the same error as JSON.
 */

/** The variants of `TransactionError`, in the order of their indices (crate solana-transaction-error 3). */
const TRANSACTION_ERRORS = [
  "AccountInUse",
  "AccountLoadedTwice",
  "AccountNotFound",
  "ProgramAccountNotFound",
  "InsufficientFundsForFee",
  "InvalidAccountForFee",
  "AlreadyProcessed",
  "BlockhashNotFound",
  "InstructionError",
  "CallChainTooDeep",
  "MissingSignatureForFee",
  "InvalidAccountIndex",
  "SignatureFailure",
  "InvalidProgramForExecution",
  "SanitizeFailure",
  "ClusterMaintenance",
  "AccountBorrowOutstanding",
  "WouldExceedMaxBlockCostLimit",
  "UnsupportedVersion",
  "InvalidWritableAccount",
  "WouldExceedMaxAccountCostLimit",
  "WouldExceedAccountDataBlockLimit",
  "TooManyAccountLocks",
  "AddressLookupTableNotFound",
  "InvalidAddressLookupTableOwner",
  "InvalidAddressLookupTableData",
  "InvalidAddressLookupTableIndex",
  "InvalidRentPayingAccount",
  "WouldExceedMaxVoteCostLimit",
  "WouldExceedAccountDataTotalLimit",
  "DuplicateInstruction",
  "InsufficientFundsForRent",
  "MaxLoadedAccountsDataSizeExceeded",
  "InvalidLoadedAccountsDataSizeLimit",
  "ResanitizationNeeded",
  "ProgramExecutionTemporarilyRestricted",
  "UnbalancedTransaction",
  "ProgramCacheHitMaxLimit",
  "CommitCancelled",
] as const;

/** The variants of `InstructionError`, in the order of their indices (crate solana-instruction-error 3). */
const INSTRUCTION_ERRORS = [
  "GenericError",
  "InvalidArgument",
  "InvalidInstructionData",
  "InvalidAccountData",
  "AccountDataTooSmall",
  "InsufficientFunds",
  "IncorrectProgramId",
  "MissingRequiredSignature",
  "AccountAlreadyInitialized",
  "UninitializedAccount",
  "UnbalancedInstruction",
  "ModifiedProgramId",
  "ExternalAccountLamportSpend",
  "ExternalAccountDataModified",
  "ReadonlyLamportChange",
  "ReadonlyDataModified",
  "DuplicateAccountIndex",
  "ExecutableModified",
  "RentEpochModified",
  "NotEnoughAccountKeys",
  "AccountDataSizeChanged",
  "AccountNotExecutable",
  "AccountBorrowFailed",
  "AccountBorrowOutstanding",
  "DuplicateAccountOutOfSync",
  "Custom",
  "InvalidError",
  "ExecutableDataModified",
  "ExecutableLamportChange",
  "ExecutableAccountNotRentExempt",
  "UnsupportedProgramId",
  "CallDepth",
  "MissingAccount",
  "ReentrancyNotAllowed",
  "MaxSeedLengthExceeded",
  "InvalidSeeds",
  "InvalidRealloc",
  "ComputationalBudgetExceeded",
  "PrivilegeEscalation",
  "ProgramEnvironmentSetupFailure",
  "ProgramFailedToComplete",
  "ProgramFailedToCompile",
  "Immutable",
  "IncorrectAuthority",
  "BorshIoError",
  "AccountNotRentExempt",
  "InvalidAccountOwner",
  "ArithmeticOverflow",
  "UnsupportedSysvar",
  "IllegalOwner",
  "MaxAccountsDataAllocationsExceeded",
  "MaxAccountsExceeded",
  "MaxInstructionTraceLengthExceeded",
  "BuiltinProgramsMustConsumeComputeUnits",
] as const;

/** The variants whose only field is the index of an account. In JSON, this field has a name. */
const WITH_ACCOUNT: ReadonlySet<string> = new Set(["InsufficientFundsForRent", "ProgramExecutionTemporarilyRestricted"]);

/** Encodes an error as Yellowstone does. @param err a `TransactionError` in JSON @throws Error for an unknown error */
export function encodeTransactionError(err: unknown): Uint8Array {
  const { name, fields } = variantOf(err);
  const index = u32(indexOf(TRANSACTION_ERRORS, name));
  if (name === "InstructionError") {
    const [position, reason] = fields as readonly [number, unknown];
    return Uint8Array.from([...index, position, ...encodeInstructionError(reason)]);
  }
  if (WITH_ACCOUNT.has(name)) return Uint8Array.from([...index, (fields as { account_index: number }).account_index]);
  if (name === "DuplicateInstruction") return Uint8Array.from([...index, fields as number]);
  return Uint8Array.from(index);
}

function encodeInstructionError(reason: unknown): number[] {
  const { name, fields } = variantOf(reason);
  const index = u32(indexOf(INSTRUCTION_ERRORS, name));
  return name === "Custom" ? [...index, ...u32(Number(fields))] : index;
}

function variantOf(err: unknown): { name: string; fields: unknown } {
  if (typeof err === "string") return { name: err, fields: undefined };
  const [[name, fields] = ["", undefined]] = Object.entries(Object(err));
  return { name, fields };
}

function indexOf(names: readonly string[], name: string): number {
  const index = names.indexOf(name);
  if (index < 0) throw new Error(`no such transaction error: ${name.slice(0, 80)}`);
  return index;
}

function u32(value: number): number[] {
  return [value & 0xff, (value >>> 8) & 0xff, (value >>> 16) & 0xff, value >>> 24];
}

/**
 * Decodes an error to the JSON of Solana's RPC. An error of a newer Solana version becomes `{ unrecognized: BYTES }`, with the
 * bytes in base64.
 */
export function decodeTransactionError(bytes: Uint8Array): unknown {
  try {
    return readTransactionError(new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength));
  } catch {
    return { unrecognized: encodeBase64(bytes) };
  }
}

/** @throws RangeError if the bytes end too early or have an unknown variant */
function readTransactionError(view: DataView): unknown {
  const name = nameAt(TRANSACTION_ERRORS, view.getUint32(0, true));
  if (name === "InstructionError") return { InstructionError: [view.getUint8(4), readInstructionError(view)] };
  if (WITH_ACCOUNT.has(name)) return { [name]: { account_index: view.getUint8(4) } };
  return name === "DuplicateInstruction" ? { DuplicateInstruction: view.getUint8(4) } : name;
}

function readInstructionError(view: DataView): unknown {
  const name = nameAt(INSTRUCTION_ERRORS, view.getUint32(5, true));
  return name === "Custom" ? { Custom: view.getUint32(9, true) } : name;
}

function nameAt(names: readonly string[], index: number): string {
  const name = names[index];
  if (name === undefined) throw new RangeError(`no variant ${index}`);
  return name;
}
