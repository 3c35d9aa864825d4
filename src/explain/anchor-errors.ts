import type { ProgramError } from "./program-errors.js";

// The error codes below 6000, which all Anchor programs share.
const ANCHOR_ERRORS: Readonly<Record<number, readonly [name: string, message: string]>> = {
  100: ["InstructionMissing", "the instruction has no discriminator"],
  101: ["InstructionFallbackNotFound", "the program has no such instruction"],
  102: ["InstructionDidNotDeserialize", "the arguments of the instruction cannot be read"],
  103: ["InstructionDidNotSerialize", "the instruction cannot be written"],
  1000: ["IdlInstructionStub", "the program has no IDL instructions"],
  1001: ["IdlInstructionInvalidProgram", "the IDL account belongs to another program"],
  1002: ["IdlAccountNotEmpty", "the IDL account is not empty"],
  1500: ["EventInstructionStub", "the program has no event instructions"],
  2000: ["ConstraintMut", "the account must be writable"],
  2001: ["ConstraintHasOne", "a has_one constraint is violated"],
  2002: ["ConstraintSigner", "the account must be a signer"],
  2003: ["ConstraintRaw", "a raw constraint is violated"],
  2004: ["ConstraintOwner", "the account has the wrong owner"],
  2005: ["ConstraintRentExempt", "the account must be rent-exempt"],
  2006: ["ConstraintSeeds", "the address does not match its seeds"],
  2007: ["ConstraintExecutable", "the account must be executable"],
  2008: ["ConstraintState", "the state constraint is violated"],
  2009: ["ConstraintAssociated", "the associated constraint is violated"],
  2010: ["ConstraintAssociatedInit", "the associated init constraint is violated"],
  2011: ["ConstraintClose", "the close constraint is violated"],
  2012: ["ConstraintAddress", "the account has the wrong address"],
  2013: ["ConstraintZero", "the account must be empty"],
  2014: ["ConstraintTokenMint", "the token account belongs to another mint"],
  2015: ["ConstraintTokenOwner", "the token account has the wrong owner"],
  2016: ["ConstraintMintMintAuthority", "the mint has the wrong mint authority"],
  2017: ["ConstraintMintFreezeAuthority", "the mint has the wrong freeze authority"],
  2018: ["ConstraintMintDecimals", "the mint has different decimals"],
  2019: ["ConstraintSpace", "the account has the wrong size"],
  2020: ["ConstraintAccountIsNone", "a required account is missing"],
  2021: ["ConstraintTokenTokenProgram", "the token account belongs to another token program"],
  2022: ["ConstraintMintTokenProgram", "the mint belongs to another token program"],
  2023: ["ConstraintAssociatedTokenTokenProgram", "the associated token account belongs to another token program"],
  2500: ["RequireViolated", "a condition is not met"],
  2501: ["RequireEqViolated", "two values must be equal"],
  2502: ["RequireKeysEqViolated", "two addresses must be equal"],
  2503: ["RequireNeqViolated", "two values must differ"],
  2504: ["RequireKeysNeqViolated", "two addresses must differ"],
  2505: ["RequireGtViolated", "a value is not greater than its limit"],
  2506: ["RequireGteViolated", "a value is less than its limit"],
  3000: ["AccountDiscriminatorAlreadySet", "the account is already initialized"],
  3001: ["AccountDiscriminatorNotFound", "the account has no discriminator"],
  3002: ["AccountDiscriminatorMismatch", "the account is of another type"],
  3003: ["AccountDidNotDeserialize", "the account cannot be read"],
  3004: ["AccountDidNotSerialize", "the account cannot be written"],
  3005: ["AccountNotEnoughKeys", "the instruction has too few accounts"],
  3006: ["AccountNotMutable", "the account is not writable"],
  3007: ["AccountOwnedByWrongProgram", "the account is owned by another program"],
  3008: ["InvalidProgramId", "the program has the wrong address"],
  3009: ["InvalidProgramExecutable", "the program account is not executable"],
  3010: ["AccountNotSigner", "the account did not sign"],
  3011: ["AccountNotSystemOwned", "the account is not owned by the System program"],
  3012: ["AccountNotInitialized", "the account is not initialized"],
  3013: ["AccountNotProgramData", "the account is not a program data account"],
  3014: ["AccountNotAssociatedTokenAccount", "the account is not the associated token account"],
  3015: ["AccountSysvarMismatch", "the account is a different sysvar"],
  3016: ["AccountReallocExceedsLimit", "the account grows by too much"],
  3017: ["AccountDuplicateReallocs", "the account is resized twice"],
  4100: ["DeclaredProgramIdMismatch", "the program runs at an address that it does not declare"],
  4101: ["TryingToInitPayerAsProgramAccount", "the payer cannot be initialized as an account of the program"],
  4102: ["InvalidNumericConversion", "a number cannot be converted"],
  5000: ["Deprecated", "the instruction is no longer supported"],
};

/** Returns the meaning of an error code that all Anchor programs share. */
export function anchorError(code: number): ProgramError | undefined {
  const [name, message] = ANCHOR_ERRORS[code] ?? [];
  return name === undefined || message === undefined ? undefined : { name, message };
}

/** Matches the line that an Anchor program logs when it fails. It contains the name, the number and the message of the error. */
const ANCHOR_LOG = /Error Code: (\w+)\. Error Number: (\d+)\. Error Message: (.*?)\.?$/s;

/** Returns the error with this code that an Anchor program logged. */
export function loggedAnchorError(logs: readonly string[], code: number): ProgramError | undefined {
  for (const line of logs) {
    const [, name, number, message] = ANCHOR_LOG.exec(line) ?? [];
    if (name !== undefined && message !== undefined && Number(number) === code) return { name, message };
  }
  return undefined;
}

/** Whether the logs have the format of an Anchor program: each instruction logs its name, and errors have a fixed format. */
export function logsAsAnchor(logs: readonly string[]): boolean {
  return logs.some((line) => line.startsWith("Program log: Instruction: ") || line.includes("AnchorError"));
}
