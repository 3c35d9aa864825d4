// The instructions of the Token and Token-2022 programs, in the notation of native-instruction.ts. Instructions of an extension
// have a discriminator of two bytes. Instructions of the metadata and group interfaces have a discriminator of eight bytes.

const AUTHORITY_TYPES =
  "enum(mintTokens,freezeAccount,accountOwner,closeAccount,transferFeeConfig,withheldWithdraw,closeMint,interestRate," +
  "permanentDelegate,confidentialTransferMint,transferHookProgramId,confidentialTransferFeeConfig,metadataPointer,groupPointer," +
  "groupMemberPointer,scaledUiAmount,pause,permissionedBurn)";
const ACCOUNT_STATES = "enum(uninitialized,initialized,frozen)";
/** Sizes in the layouts below: 64 bytes for an ElGamal ciphertext, 36 for an authenticated ciphertext, 32 for an ElGamal key. */
const PROOF_ACCOUNTS =
  "equalityProofContextStateAccount!equalityProofInstructionOffset " +
  "ciphertextValidityProofContextStateAccount!ciphertextValidityProofInstructionOffset " +
  "rangeProofContextStateAccount!rangeProofInstructionOffset";
const PROOF_OFFSETS =
  "equalityProofInstructionOffset:i8 ciphertextValidityProofInstructionOffset:i8 rangeProofInstructionOffset:i8";
const ONE_PROOF = "instructionsSysvar=instructions proofContextStateAccount!proofInstructionOffset";

export const TOKEN_LAYOUTS = `
0 initializeMint | mint rentSysvar | decimals:u8 mintAuthority:key freezeAuthority:?key
1 initializeAccount | account mint owner rentSysvar
2 initializeMultisig | multisig rentSysvar signers* | m:u8
3 transfer | source destination authority/multisigAuthority | amount:u64
4 approve | source delegate owner/multisigOwner | amount:u64
5 revoke | source owner/multisigOwner
6 setAuthority | owned authority/multisigAuthority | authorityType:${AUTHORITY_TYPES} newAuthority:?key
7 mintTo | mint account mintAuthority/multisigMintAuthority | amount:u64
8 burn | account mint authority/multisigAuthority | amount:u64
9 closeAccount | account destination owner/multisigOwner
10 freezeAccount | account mint freezeAuthority/multisigFreezeAuthority
11 thawAccount | account mint freezeAuthority/multisigFreezeAuthority
12 transferChecked | source mint destination authority/multisigAuthority | tokenAmount:amount
13 approveChecked | source mint delegate owner/multisigOwner | tokenAmount:amount
14 mintToChecked | mint account mintAuthority/multisigMintAuthority | tokenAmount:amount
15 burnChecked | account mint authority/multisigAuthority | tokenAmount:amount
16 initializeAccount2 | account mint rentSysvar | owner:key
17 syncNative | account rentSysvar
18 initializeAccount3 | account mint | owner:key
19 initializeMultisig2 | multisig signers* | m:u8
20 initializeMint2 | mint | decimals:u8 mintAuthority:key freezeAuthority:?key
21 getAccountDataSize | mint | extensionTypes:extensions
22 initializeImmutableOwner | account
23 amountToUiAmount | mint | amount:u64
24 uiAmountToAmount | mint | uiAmount:text
25 initializeMintCloseAuthority | mint | newAuthority:?key
26,0 initializeTransferFeeConfig | mint | transferFeeConfigAuthority:?key withdrawWithheldAuthority:?key transferFeeBasisPoints:u16 maximumFee:u64
26,1 transferCheckedWithFee | source mint destination authority/multisigAuthority | tokenAmount:amount feeAmount:fee
26,2 withdrawWithheldTokensFromMint | mint feeRecipient withdrawWithheldAuthority/multisigWithdrawWithheldAuthority
26,3 withdrawWithheldTokensFromAccounts | mint feeRecipient withdrawWithheldAuthority/multisigWithdrawWithheldAuthority sourceAccounts#numTokenAccounts | numTokenAccounts:u8
26,4 harvestWithheldTokensToMint | mint sourceAccounts*
26,5 setTransferFee | mint transferFeeConfigAuthority/multisigtransferFeeConfigAuthority | transferFeeBasisPoints:u16 maximumFee:u64
27,0 initializeConfidentialTransferMint | mint | authority:zkey autoApproveNewAccounts:bool auditorElGamalPubkey:zbytes(32)
27,1 updateConfidentialTransferMint | mint confidentialTransferMintAuthority | autoApproveNewAccounts:bool auditorElGamalPubkey:zbytes(32)
27,2 configureConfidentialTransferAccount | account mint ${ONE_PROOF} owner/multisigOwner | decryptableZeroBalance:bytes(36) maximumPendingBalanceCreditCounter:u64 proofInstructionOffset:i8
27,3 approveConfidentialTransferAccount | account mint confidentialTransferAuditorAuthority
27,4 emptyConfidentialTransferAccount | account ${ONE_PROOF} owner/multisigOwner | proofInstructionOffset:i8
27,5 depositConfidentialTransfer | account mint owner/multisigOwner | amount:u64 decimals:u8
27,6 withdrawConfidentialTransfer | account mint instructionsSysvar=instructions equalityProofContextStateAccount!equalityProofInstructionOffset rangeProofContextStateAccount!rangeProofInstructionOffset owner/multisigOwner | amount:u64 decimals:u8 newDecryptableAvailableBalance:bytes(36) equalityProofInstructionOffset:i8 rangeProofInstructionOffset:i8
27,7 confidentialTransfer | source mint destination instructionsSysvar=instructions ${PROOF_ACCOUNTS} owner/multisigOwner | newSourceDecryptableAvailableBalance:bytes(36) transferAmountAuditorCiphertextLo:bytes(64) transferAmountAuditorCiphertextHi:bytes(64) ${PROOF_OFFSETS}
27,8 applyPendingConfidentialTransferBalance | account owner/multisigOwner | expectedPendingBalanceCreditCounter:u64 newDecryptableAvailableBalance:bytes(36)
27,9 enableConfidentialTransferConfidentialCredits | account owner/multisigOwner
27,10 disableConfidentialTransferConfidentialCredits | account owner/multisigOwner
27,11 enableConfidentialTransferNonConfidentialCredits | account owner/multisigOwner
27,12 disableConfidentialTransferNonConfidentialCredits | account owner/multisigOwner
27,13 confidentialTransferWithFee | source mint destination instructionsSysvar=instructions equalityProofContextStateAccount!equalityProofInstructionOffset transferAmountCiphertextValidityProofContextStateAccount!transferAmountCiphertextValidityProofInstructionOffset feeSigmaProofContextStateAccount!feeSigmaProofInstructionOffset feeCiphertextValidityProofContextStateAccount!feeCiphertextValidityProofInstructionOffset rangeProofContextStateAccount!rangeProofInstructionOffset owner/multisigOwner | newSourceDecryptableAvailableBalance:bytes(36) transferAmountAuditorCiphertextLo:bytes(64) transferAmountAuditorCiphertextHi:bytes(64) equalityProofInstructionOffset:i8 transferAmountCiphertextValidityProofInstructionOffset:i8 feeSigmaProofInstructionOffset:i8 feeCiphertextValidityProofInstructionOffset:i8 rangeProofInstructionOffset:i8
27,14 configureConfidentialAccountWithRegistry | account mint registry
28,0 initializeDefaultAccountState | mint | accountState:${ACCOUNT_STATES}
28,1 updateDefaultAccountState | mint freezeAuthority/multisigFreezeAuthority | accountState:${ACCOUNT_STATES}
29 reallocate | account payer systemProgram owner/multisigOwner | extensionTypes:extensions
30,0 enableRequiredMemoTransfers | account owner/multisigOwner
30,1 disableRequiredMemoTransfers | account owner/multisigOwner
31 createNativeMint | payer nativeMint systemProgram
32 initializeNonTransferableMint | mint
33,0 initializeInterestBearingConfig | mint | rateAuthority:zkey rate:i16
33,1 updateInterestBearingConfigRate | mint rateAuthority/multisigRateAuthority | newRate:i16
34,0 enableCpiGuard | account owner/multisigOwner
34,1 disableCpiGuard | account owner/multisigOwner
35 initializePermanentDelegate | mint | delegate:key
36,0 initializeTransferHook | mint | authority:zkey programId:zkey
36,1 updateTransferHook | mint authority/multisigAuthority | programId:zkey
37,0 initializeConfidentialTransferFeeConfig | mint | authority:zkey withdrawWithheldAuthorityElGamalPubkey:zbytes(32)
37,1 withdrawWithheldConfidentialTransferTokensFromMint | mint feeRecipient ${ONE_PROOF} withdrawWithheldAuthority/multisigWithdrawWithheldAuthority | proofInstructionOffset:i8 newDecryptableAvailableBalance:bytes(36)
37,2 withdrawWithheldConfidentialTransferTokensFromAccounts | mint feeRecipient ${ONE_PROOF} withdrawWithheldAuthority/multisigWithdrawWithheldAuthority sourceAccounts#numTokenAccounts | numTokenAccounts:u8 proofInstructionOffset:i8 newDecryptableAvailableBalance:bytes(36)
37,3 harvestWithheldConfidentialTransferTokensToMint | mint sourceAccounts*
37,4 enableConfidentialTransferFeeHarvestToMint | account owner/multisigOwner
37,5 disableConfidentialTransferFeeHarvestToMint | account owner/multisigOwner
38 withdrawExcessLamports | source destination authority/multisigAuthority
39,0 initializeMetadataPointer | mint | authority:zkey metadataAddress:zkey
39,1 updateMetadataPointer | mint authority/multisigAuthority | metadataAddress:zkey
40,0 initializeGroupPointer | mint | authority:zkey groupAddress:zkey
40,1 updateGroupPointer | mint authority/multisigAuthority | groupAddress:zkey
41,0 initializeGroupMemberPointer | mint | authority:zkey memberAddress:zkey
41,1 updateGroupMemberPointer | mint authority/multisigAuthority | memberAddress:zkey
42,0 initializeConfidentialMintBurnMint | mint | supplyElGamalPubkey:bytes(32) decryptableSupply:bytes(36)
42,1 rotateConfidentialMintBurnSupplyElGamalPubkey | mint ${ONE_PROOF} owner/multisigOwner | newSupplyElGamalPubkey:bytes(32) proofInstructionOffset:i8
42,2 updateConfidentialMintBurnDecryptableSupply | mint owner/multisigOwner | newDecryptableSupply:bytes(36)
42,3 confidentialMint | destination mint instructionsSysvar=instructions ${PROOF_ACCOUNTS} owner/multisigOwner | newDecryptableSupply:bytes(36) mintAmountAuditorCiphertextLo:bytes(64) mintAmountAuditorCiphertextHi:bytes(64) ${PROOF_OFFSETS}
42,4 confidentialBurn | destination mint instructionsSysvar=instructions ${PROOF_ACCOUNTS} owner/multisigOwner | newDecryptableAvailableBalance:bytes(36) burnAmountAuditorCiphertextLo:bytes(64) burnAmountAuditorCiphertextHi:bytes(64) ${PROOF_OFFSETS}
42,5 applyPendingBurn | mint owner/multisigOwner
43,0 initializeScaledUiAmountConfig | mint | authority:zkey multiplier:f64
43,1 updateMultiplier | mint authority/multisigAuthority | newMultiplier:f64 newMultiplierTimestamp:i64
44,0 initializePausableConfig | mint | authority:zkey
44,1 pause | mint authority/multisigAuthority
44,2 resume | mint authority/multisigAuthority
45 unwrapLamports | source destination authority/multisigAuthority | amount:?u64
46,0 initializePermissionedBurnConfig | mint | authority:key
46,1 permissionedBurn | account mint permissionedBurnAuthority authority/multisigAuthority | amount:u64
46,2 permissionedBurnChecked | account mint permissionedBurnAuthority authority/multisigAuthority | tokenAmount:amount
46,3 permissionedConfidentialBurn | account mint instructionsSysvar=instructions ${PROOF_ACCOUNTS} permissionedBurnAuthority authority/multisigAuthority | newDecryptableAvailableBalance:bytes(36) burnAmountAuditorCiphertextLo:bytes(64) burnAmountAuditorCiphertextHi:bytes(64) ${PROOF_OFFSETS}
255 batch
210,225,30,162,88,184,77,141 initializeTokenMetadata | metadata updateAuthority mint mintAuthority | name:string32 symbol:string32 uri:string32
221,233,49,45,181,202,220,200 updateTokenMetadataField | metadata updateAuthority | field:metadataField value:string32
234,18,32,56,89,141,37,181 removeTokenMetadataKey | metadata updateAuthority | idempotent:bool key:string32
215,228,166,228,84,100,86,123 updateTokenMetadataAuthority | metadata updateAuthority | newAuthority:zkey
250,166,180,250,13,12,184,70 emitTokenMetadata | metadata | start:?u64 end:?u64
121,113,108,39,54,51,0,4 initializeTokenGroup | group mint mintAuthority | updateAuthority:zkey maxSize:u64
108,37,171,143,248,30,18,110 updateTokenGroupMaxSize | group updateAuthority | maxSize:u64
161,105,88,1,237,221,216,203 updateTokenGroupAuthority | group updateAuthority | newAuthority:zkey
152,32,222,176,223,237,116,134 initializeTokenGroupMember | member memberMint memberMintAuthority group groupUpdateAuthority
`;
