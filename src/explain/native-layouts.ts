// The instructions of the native programs, one per line: `discriminator name | accounts | arguments`. `layoutTable` describes this
// notation. If the RPC encoding `jsonParsed` supports a program, the layouts use the names of this encoding.

export const SYSTEM_LAYOUTS = `
0 createAccount | source newAccount | lamports:u64 space:u64 owner:key
1 assign | account | owner:key
2 transfer | source destination | lamports:u64
3 createAccountWithSeed | source newAccount baseAccount | base:key seed:string64 lamports:u64 space:u64 owner:key
4 advanceNonce | nonceAccount recentBlockhashesSysvar nonceAuthority
5 withdrawFromNonce | nonceAccount destination recentBlockhashesSysvar rentSysvar nonceAuthority | lamports:u64
6 initializeNonce | nonceAccount recentBlockhashesSysvar rentSysvar | nonceAuthority:key
7 authorizeNonce | nonceAccount nonceAuthority | newAuthorized:key
8 allocate | account | space:u64
9 allocateWithSeed | account baseAccount | base:key seed:string64 space:u64 owner:key
10 assignWithSeed | account baseAccount | base:key seed:string64 owner:key
11 transferWithSeed | source sourceBase destination | lamports:u64 sourceSeed:string64 sourceOwner:key
12 upgradeNonce | nonceAccount
13 createAccountAllowPrefund | newAccount source | lamports:u64 space:u64 owner:key
`;

export const ASSOCIATED_TOKEN_LAYOUTS = `
0 create | source account wallet mint systemProgram tokenProgram
1 createIdempotent | source account wallet mint systemProgram tokenProgram
2 recoverNested | nestedSource nestedMint destination nestedOwner ownerMint wallet tokenProgram
`;

/** The RPC encoding jsonParsed does not decode the instructions of the Compute Budget program. */
export const COMPUTE_BUDGET_LAYOUTS = `
0 requestUnits | | units:u32 additionalFee:u32
1 requestHeapFrame | | bytes:u32
2 setComputeUnitLimit | | units:u32
3 setComputeUnitPrice | | microLamports:u64
4 setLoadedAccountsDataSizeLimit | | bytes:u32
`;

export const STAKE_LAYOUTS = `
0 initialize | stakeAccount rentSysvar=rent | authorized:authorized lockup:lockup
1 authorize | stakeAccount clockSysvar=clock authority custodian | newAuthority:key authorityType:enum32(Staker,Withdrawer)
2 delegate | stakeAccount voteAccount clockSysvar=clock stakeHistorySysvar=stakeHistory stakeConfigAccount=stakeConfig stakeAuthority
3 split | stakeAccount newSplitAccount stakeAuthority | lamports:u64
4 withdraw | stakeAccount destination clockSysvar=clock stakeHistorySysvar=stakeHistory withdrawAuthority custodian | lamports:u64
5 deactivate | stakeAccount clockSysvar=clock stakeAuthority
6 setLockup | stakeAccount custodian | lockup:lockupChange
7 merge | destination source clockSysvar=clock stakeHistorySysvar=stakeHistory stakeAuthority
8 authorizeWithSeed | stakeAccount authorityBase clockSysvar=clock custodian | newAuthorized:key authorityType:enum32(Staker,Withdrawer) authoritySeed:string64 authorityOwner:key
9 initializeChecked | stakeAccount rentSysvar=rent staker withdrawer
10 authorizeChecked | stakeAccount clockSysvar=clock authority newAuthority custodian | authorityType:enum32(Staker,Withdrawer)
11 authorizeCheckedWithSeed | stakeAccount authorityBase clockSysvar=clock newAuthorized custodian | authorityType:enum32(Staker,Withdrawer) authoritySeed:string64 authorityOwner:key
12 setLockupChecked | stakeAccount custodian newCustodian | lockup:lockupTimes
13 getMinimumDelegation
14 deactivateDelinquent | stakeAccount voteAccount referenceVoteAccount
15 redelegate | stakeAccount newStakeAccount voteAccount stakeConfigAccount stakeAuthority
16 moveStake | source destination stakeAuthority | lamports:u64
17 moveLamports | source destination stakeAuthority | lamports:u64
`;

export const LOADER_V2_LAYOUTS = `
0 write | account | offset:u32 bytes:bytes64
1 finalize | account rentSysvar
`;

export const UPGRADEABLE_LOADER_LAYOUTS = `
0 initializeBuffer | account authority
1 write | account authority | offset:u32 bytes:bytes64
2 deployWithMaxDataLen | payerAccount programDataAccount programAccount bufferAccount rentSysvar clockSysvar systemProgram authority | maxDataLen:u64
3 upgrade | programDataAccount programAccount bufferAccount spillAccount rentSysvar clockSysvar authority
4 setAuthority | account authority newAuthority
5 close | account recipient authority programAccount
6 extendProgram | programDataAccount programAccount systemProgram payerAccount | additionalBytes:u32
7 setAuthorityChecked | account authority newAuthority
8 migrate | programDataAccount programAccount authority
9 extendProgramChecked | programDataAccount programAccount authority systemProgram payerAccount | additionalBytes:u32
`;

export const LOADER_V4_LAYOUTS = `
0 write | account authority | offset:u32 bytes:bytes64
1 copy | account authority sourceAccount | destinationOffset:u32 sourceOffset:u32 length:u32
2 setProgramLength | account authority recipient | newSize:u32
3 deploy | account authority sourceAccount
4 retract | account authority
5 transferAuthority | account authority newAuthority
6 finalize | account authority nextVersionAccount
`;

export const LOOKUP_TABLE_LAYOUTS = `
0 createLookupTable | lookupTableAccount lookupTableAuthority payerAccount systemProgram | recentSlot:u64 bumpSeed:u8
1 freezeLookupTable | lookupTableAccount lookupTableAuthority
2 extendLookupTable | lookupTableAccount lookupTableAuthority payerAccount systemProgram | newAddresses:keys64
3 deactivateLookupTable | lookupTableAccount lookupTableAuthority
4 closeLookupTable | lookupTableAccount lookupTableAuthority recipient
`;

export const VOTE_LAYOUTS = `
0 initialize | voteAccount rentSysvar clockSysvar node | nodePubkey:key authorizedVoter:key authorizedWithdrawer:key commission:u8
1 authorize | voteAccount clockSysvar authority | newAuthority:key authorityType:enum32(Voter,Withdrawer)
2 vote | voteAccount slotHashesSysvar clockSysvar voteAuthority
3 withdraw | voteAccount destination withdrawAuthority | lamports:u64
4 updateValidatorIdentity | voteAccount newValidatorIdentity withdrawAuthority
5 updateCommission | voteAccount withdrawAuthority | commission:u8
6 voteSwitch | voteAccount slotHashesSysvar clockSysvar voteAuthority
7 authorizeChecked | voteAccount clockSysvar authority newAuthority | authorityType:enum32(Voter,Withdrawer)
8 updatevotestate | voteAccount voteAuthority
9 updatevotestateswitch | voteAccount voteAuthority
10 authorizeWithSeed | voteAccount clockSysvar authorityBaseKey | authorityType:enum32(Voter,Withdrawer) authorityOwner:key authoritySeed:string64 newAuthority:key
11 authorizeCheckedWithSeed | voteAccount clockSysvar authorityBaseKey newAuthority | authorityType:enum32(Voter,Withdrawer) authorityOwner:key authoritySeed:string64
12 compactupdatevotestate | voteAccount voteAuthority
13 compactupdatevotestateswitch | voteAccount voteAuthority
14 towersync | voteAccount voteAuthority
15 towersyncswitch | voteAccount voteAuthority
`;
