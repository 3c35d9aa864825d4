import { toWords } from "./unknown-values.js";

/** Parses a table. Each line contains a name and its description. */
function table(text: string): ReadonlyMap<string, string> {
  return new Map(
    text
      .trim()
      .split("\n")
      .map((line) => {
        const [, name = "", words = ""] = /^\s*(\w+)\s+(.*)$/.exec(line) ?? [];
        return [name, words];
      }),
  );
}

/** The errors of instructions, by the names that the runtime uses. */
const INSTRUCTION_ERRORS = table(`
  GenericError the program returned an error without a reason
  InvalidArgument invalid argument
  InvalidInstructionData invalid instruction data
  InvalidAccountData invalid account data
  AccountDataTooSmall the data of an account is too small
  InsufficientFunds insufficient funds
  IncorrectProgramId incorrect program id
  MissingRequiredSignature a required signature is missing
  AccountAlreadyInitialized an account is already initialized
  UninitializedAccount an account is not initialized
  UnbalancedInstruction the balances before and after the instruction have different sums
  ModifiedProgramId the owner of an account was changed, which is not allowed
  ExternalAccountLamportSpend lamports were taken from an account that the program does not own
  ExternalAccountDataModified the data of an account that the program does not own was changed
  ReadonlyLamportChange the balance of a read-only account was changed
  ReadonlyDataModified the data of a read-only account was changed
  DuplicateAccountIndex the instruction lists an account twice
  ExecutableModified the executable flag of an account was changed, which is not allowed
  RentEpochModified the rent epoch of an account was changed
  NotEnoughAccountKeys the instruction has too few accounts
  AccountDataSizeChanged the data of an account was resized by a program that does not own it
  AccountNotExecutable an account is not executable
  AccountBorrowFailed an account is already borrowed
  AccountBorrowOutstanding the program left an account borrowed
  DuplicateAccountOutOfSync an account that is listed twice was changed in different ways
  InvalidError the program returned an error code that is not valid
  ExecutableDataModified the data of an executable account was changed
  ExecutableLamportChange the balance of an executable account was changed
  ExecutableAccountNotRentExempt an executable account is not rent-exempt
  UnsupportedProgramId the program cannot be invoked
  CallDepth the programs invoke each other too deeply
  MissingAccount an account that the instruction needs is missing
  ReentrancyNotAllowed a program was invoked again while it was running
  MaxSeedLengthExceeded a seed is too long
  InvalidSeeds the seeds do not give a valid address
  InvalidRealloc the data of an account cannot be resized to this size
  ComputationalBudgetExceeded the compute budget is exhausted
  PrivilegeEscalation an inner instruction uses a signer or a writable account that its caller does not have
  ProgramEnvironmentSetupFailure the program could not be set up
  ProgramFailedToComplete the program did not complete
  ProgramFailedToCompile the program could not be compiled
  Immutable the account cannot be changed
  IncorrectAuthority incorrect authority
  BorshIoError the data of an account could not be read or written
  AccountNotRentExempt an account has too few lamports to be rent-exempt
  InvalidAccountOwner an account has the wrong owner
  ArithmeticOverflow an arithmetic operation overflowed
  UnsupportedSysvar the sysvar is not supported
  IllegalOwner the owner is not allowed
  MaxAccountsDataAllocationsExceeded the transaction allocates too much account data
  MaxAccountsExceeded the transaction has too many accounts
  MaxInstructionTraceLengthExceeded the transaction runs too many instructions
  BuiltinProgramsMustConsumeComputeUnits a builtin program consumed no compute units
`);

/** The errors of transactions, by the names that the runtime uses. */
const TRANSACTION_ERRORS = table(`
  AccountInUse an account is in use by another transaction
  AccountLoadedTwice an account is listed twice
  AccountNotFound the fee payer does not exist
  ProgramAccountNotFound a program does not exist
  InsufficientFundsForFee the fee payer has too few lamports for the fee
  InvalidAccountForFee the account cannot pay fees
  AlreadyProcessed the transaction was already processed
  BlockhashNotFound the blockhash is unknown or has expired
  CallChainTooDeep the loaders invoke each other too deeply
  MissingSignatureForFee the transaction has no signature
  InvalidAccountIndex an instruction names an account that the transaction does not have
  SignatureFailure a signature is invalid
  InvalidProgramForExecution a program cannot be executed
  SanitizeFailure the transaction is malformed
  ClusterMaintenance the cluster accepts no transactions during maintenance
  AccountBorrowOutstanding an account was left borrowed
  WouldExceedMaxBlockCostLimit the block would exceed its cost limit
  UnsupportedVersion the version of the transaction is not supported
  InvalidWritableAccount a writable account cannot be written
  WouldExceedMaxAccountCostLimit an account would exceed its cost limit in the block
  WouldExceedAccountDataBlockLimit the block would exceed its limit of account data
  TooManyAccountLocks the transaction locks too many accounts
  AddressLookupTableNotFound an address lookup table does not exist
  InvalidAddressLookupTableOwner an address lookup table has the wrong owner
  InvalidAddressLookupTableData the data of an address lookup table is invalid
  InvalidAddressLookupTableIndex an index into an address lookup table is invalid
  InvalidRentPayingAccount an account would have too few lamports to be rent-exempt
  WouldExceedMaxVoteCostLimit the block would exceed its cost limit for votes
  WouldExceedAccountDataTotalLimit the limit of account data would be exceeded
  DuplicateInstruction the transaction has a duplicate instruction
  InsufficientFundsForRent an account would have too few lamports to be rent-exempt
  MaxLoadedAccountsDataSizeExceeded the accounts are larger than the limit of the transaction
  InvalidLoadedAccountsDataSizeLimit the limit of loaded account data is 0
  ResanitizationNeeded the transaction must be checked again
  ProgramExecutionTemporarilyRestricted a program is temporarily not executed
  UnbalancedTransaction the balances before and after the transaction have different sums
  ProgramCacheHitMaxLimit the program cache is full
  CommitCancelled the result was not committed
  BailOut the transaction was not executed
`);

/** Describes an error of an instruction by its name. A name without a description is split into words. */
export function instructionErrorWords(name: string): string {
  return INSTRUCTION_ERRORS.get(name) ?? toWords(name);
}

/** Describes an error of a transaction by its name. A name without a description is split into words. */
export function transactionErrorWords(name: string): string {
  return TRANSACTION_ERRORS.get(name) ?? toWords(name);
}
