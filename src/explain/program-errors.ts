import {
  ASSOCIATED_TOKEN_PROGRAM,
  PRECOMPILES,
  STAKE_PROGRAM,
  SYSTEM_PROGRAM,
  TOKEN_2022_PROGRAM,
  TOKEN_PROGRAM,
  VOTE_PROGRAM,
} from "./native-programs.js";
import { toWords } from "./unknown-values.js";

/** A custom error of a program. */
export interface ProgramError {
  /** The name of the error in the program. */
  readonly name: string;
  /** The description of the error. */
  readonly message: string;
}

/** Parses a list of error names in the order of their codes. A name without a description is split into words. */
function errorList(text: string): readonly ProgramError[] {
  return text
    .trim()
    .split("\n")
    .map((line) => {
      const [, name = "", message = ""] = /^\s*(\w+)\s*(.*)$/.exec(line) ?? [];
      return { name, message: message === "" ? toWords(name) : message };
    });
}

const SYSTEM_ERRORS = errorList(`
  AccountAlreadyInUse an account with this address already exists
  ResultWithNegativeLamports insufficient lamports
  InvalidProgramId the account cannot be assigned to this program
  InvalidAccountDataLength the account cannot be allocated with this length
  MaxSeedLengthExceeded the seed is too long
  AddressWithSeedMismatch the address does not match the one that is derived from the seed
  NonceNoRecentBlockhashes the list of recent blockhashes is empty
  NonceBlockhashNotExpired the stored nonce is still a recent blockhash
  NonceUnexpectedBlockhashValue the nonce is not the stored one
`);

const TOKEN_ERRORS = errorList(`
  NotRentExempt the account has too few lamports to be rent-exempt
  InsufficientFunds
  InvalidMint invalid mint
  MintMismatch the account belongs to another mint
  OwnerMismatch the owner does not match
  FixedSupply the supply of this mint is fixed
  AlreadyInUse the account is already in use
  InvalidNumberOfProvidedSigners invalid number of signers
  InvalidNumberOfRequiredSigners invalid number of required signers
  UninitializedState the account is not initialized
  NativeNotSupported native tokens are not supported
  NonNativeHasBalance the account still has tokens, so it cannot be closed
  InvalidInstruction
  InvalidState the state of the account is invalid for this operation
  Overflow an arithmetic operation overflowed
  AuthorityTypeNotSupported the account does not support this type of authority
  MintCannotFreeze this mint cannot freeze accounts
  AccountFrozen the account is frozen
  MintDecimalsMismatch the decimals do not match those of the mint
  NonNativeNotSupported only native tokens are supported
  ExtensionTypeMismatch the extension does not match the existing ones
  ExtensionBaseMismatch the extension does not fit this kind of account
  ExtensionAlreadyInitialized the extension is already initialized
  ConfidentialTransferAccountHasBalance the account still has a confidential balance, so it cannot be closed
  ConfidentialTransferAccountNotApproved the account is not approved for confidential transfers
  ConfidentialTransferDepositsAndTransfersDisabled the account accepts no deposits or transfers
  ConfidentialTransferElGamalPubkeyMismatch the ElGamal public key does not match
  ConfidentialTransferBalanceMismatch the confidential balance does not match
  MintHasSupply the mint still has a supply, so it cannot be closed
  NoAuthorityExists no authority exists for this operation
  TransferFeeExceedsMaximum the transfer fee exceeds 10,000 basis points
  MintRequiredForTransfer the transfer needs the mint: use transferChecked or transferCheckedWithFee
  FeeMismatch the fee does not match the calculated one
  FeeParametersMismatch the fee parameters of the proof do not match those of the mint
  ImmutableOwner the owner of the account cannot be changed
  AccountHasWithheldTransferFees the account still has withheld fees, so it cannot be closed
  NoMemo the recipient requires a memo before the transfer
  NonTransferable tokens of this mint cannot be transferred
  NonTransferableNeedsImmutableOwnership tokens that cannot be transferred need an account with an immutable owner
  MaximumPendingBalanceCreditCounterExceeded the account has too many pending credits
  MaximumDepositAmountExceeded the deposit exceeds the limit
  CpiGuardSettingsLocked the CPI guard cannot be changed by an inner instruction
  CpiGuardTransferBlocked the CPI guard blocks this transfer
  CpiGuardBurnBlocked the CPI guard blocks this burn
  CpiGuardCloseAccountBlocked the CPI guard blocks the closing of the account
  CpiGuardApproveBlocked the CPI guard blocks the approval of a delegate
  CpiGuardSetAuthorityBlocked the CPI guard blocks the change of an authority
  CpiGuardOwnerChangeBlocked the CPI guard blocks the change of the owner
  ExtensionNotFound the account does not have the extension
  NonConfidentialTransfersDisabled the account accepts only confidential transfers
  ConfidentialTransferFeeAccountHasWithheldFee the account still has confidential withheld fees, so it cannot be closed
  InvalidExtensionCombination these extensions cannot be combined
  InvalidLengthForAlloc the extension must keep its length
  AccountDecryption the account could not be decrypted
  ProofGeneration the proof could not be generated
  InvalidProofInstructionOffset invalid offset of the proof instruction
  HarvestToMintDisabled harvesting withheld tokens to the mint is disabled
  SplitProofContextStateAccountsNotSupported split proof accounts are not supported
  NotEnoughProofContextStateAccounts not enough proof accounts
  MalformedCiphertext the ciphertext is malformed
  CiphertextArithmeticFailed the arithmetic on the ciphertext failed
  PedersenCommitmentMismatch the Pedersen commitment does not match
  RangeProofLengthMismatch the length of the range proof does not match
  IllegalBitLength the transfer amount has an invalid bit length
  FeeCalculation the fee could not be calculated
  IllegalMintBurnConversion the mint allows no deposits and withdrawals
  InvalidScale invalid scale of the displayed amount
  MintPaused the mint is paused
  PendingBalanceNonZero the key cannot be rotated while a balance is pending
`);

const STAKE_ERRORS = errorList(`
  NoCreditsToRedeem there are no credits to redeem
  LockupInForce the lockup has not expired
  AlreadyDeactivated the stake is already deactivated
  TooSoonToRedelegate only one redelegation is allowed in an epoch
  InsufficientStake the amount exceeds the stake
  MergeTransientStake stake that is activating or deactivating cannot be merged
  MergeMismatch the stake accounts have different authorities, lockups or states
  CustodianMissing the custodian is missing
  CustodianSignatureMissing the signature of the custodian is missing
  InsufficientReferenceVotes the reference vote account has too few votes
  VoteAddressMismatch the stake is delegated to another vote account
  MinimumDelinquentEpochsForDeactivationNotMet the vote account was not delinquent for long enough
  InsufficientDelegation the delegation is below the minimum
  RedelegateTransientOrInactiveStake stake that is not fully active cannot be redelegated
  RedelegateToSameVoteAccount stake cannot be redelegated to the same vote account
  RedelegatedStakeMustFullyActivateBeforeDeactivationIsPermitted redelegated stake must be fully active before it is deactivated
  EpochRewardsActive stake cannot change while the rewards of an epoch are paid
`);

const VOTE_ERRORS = errorList(`
  VoteTooOld the vote is already recorded, or not in the slot hashes
  SlotsMismatch the slots of the vote do not match the bank history
  SlotHashMismatch the hash of the vote does not match the bank hash
  EmptySlots the vote has no slots
  TimestampTooOld the timestamp is not recent
  TooSoonToReauthorize the authorized voter was already changed in this epoch
  LockoutConflict the old state has a vote that should have been removed by a vote before it
  NewVoteStateLockoutMismatch the lockouts of the new state do not match those of the old state
  SlotsNotOrdered the slots of the vote are not in order
  ConfirmationsNotOrdered the confirmations of the vote are not in order
  ZeroConfirmations a vote has no confirmations
  ConfirmationTooLarge a vote has too many confirmations
  RootRollBack the root of the new state is before that of the old state
  ConfirmationRollBack a vote of the new state has fewer confirmations than before
  SlotSmallerThanRoot a slot of the vote is before the root
  TooManyVotes the vote has too many slots
  VotesTooOldAllFiltered all slots of the vote are too old
  RootOnDifferentFork the root is not on this fork
  ActiveVoteAccountClose a vote account that voted recently cannot be closed
  CommissionUpdateTooLate the commission cannot be changed in the second half of an epoch
  AssertionFailed
`);

const ASSOCIATED_TOKEN_ERRORS = errorList("InvalidOwner the owner of the associated token account does not match");

/** The errors of the precompiles that verify signatures. */
const PRECOMPILE_ERRORS = errorList(`
  InvalidPublicKey the public key is invalid
  InvalidRecoveryId the recovery id is invalid
  InvalidSignature the signature is invalid
  InvalidDataOffsets an offset is outside the data of its instruction
  InvalidInstructionDataSize the data of the instruction has the wrong size
`);

const ERRORS: ReadonlyMap<string, readonly ProgramError[]> = new Map([
  [SYSTEM_PROGRAM, SYSTEM_ERRORS],
  // The first twenty codes are the same in Token and Token-2022.
  [TOKEN_PROGRAM, TOKEN_ERRORS.slice(0, 20)],
  [TOKEN_2022_PROGRAM, TOKEN_ERRORS],
  [STAKE_PROGRAM, STAKE_ERRORS],
  [VOTE_PROGRAM, VOTE_ERRORS],
  [ASSOCIATED_TOKEN_PROGRAM, ASSOCIATED_TOKEN_ERRORS],
  ...PRECOMPILES.map((program) => [program, PRECOMPILE_ERRORS] as const),
]);

/** Returns the meaning of a native program's custom error code. */
export function nativeProgramError(program: string, code: number): ProgramError | undefined {
  return ERRORS.get(program)?.[code];
}
