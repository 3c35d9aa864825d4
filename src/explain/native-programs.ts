import { decodeUtf8 } from "../codec/utf8.js";
import type { AccountUse } from "./message-view.js";
import { type DecodedInstruction, decodeByLayout, type LayoutTable, layoutTable } from "./native-instruction.js";
import {
  ASSOCIATED_TOKEN_LAYOUTS,
  COMPUTE_BUDGET_LAYOUTS,
  LOADER_V2_LAYOUTS,
  LOADER_V4_LAYOUTS,
  LOOKUP_TABLE_LAYOUTS,
  STAKE_LAYOUTS,
  SYSTEM_LAYOUTS,
  UPGRADEABLE_LOADER_LAYOUTS,
  VOTE_LAYOUTS,
} from "./native-layouts.js";
import { TOKEN_LAYOUTS } from "./token-layouts.js";

/** A program that can be decoded without an IDL. */
export interface NativeProgram {
  /** The display name of the program. */
  readonly name: string;
  /** The name of the program in the RPC encoding `jsonParsed`. */
  readonly rpcName?: string;
  decode?(data: Uint8Array, accounts: readonly AccountUse[]): DecodedInstruction | undefined;
}

export const SYSTEM_PROGRAM = "11111111111111111111111111111111";
export const TOKEN_PROGRAM = "TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA";
export const TOKEN_2022_PROGRAM = "TokenzQdBNbLqP5VEhdkAS6EPFLC1PHnBqCXEpPxuEb";
export const ASSOCIATED_TOKEN_PROGRAM = "ATokenGPvbdGVxr1b2hvZbsiqW5xWH25efTNsLJA8knL";
export const STAKE_PROGRAM = "Stake11111111111111111111111111111111111111";
export const VOTE_PROGRAM = "Vote111111111111111111111111111111111111111";
export const UPGRADEABLE_LOADER = "BPFLoaderUpgradeab1e11111111111111111111111";
export const LOOKUP_TABLE_PROGRAM = "AddressLookupTab1e1111111111111111111111111";
const ED25519_PRECOMPILE = "Ed25519SigVerify111111111111111111111111111";
const SECP256K1_PRECOMPILE = "KeccakSecp256k11111111111111111111111111111";
const SECP256R1_PRECOMPILE = "Secp256r1SigVerify1111111111111111111111111";
export const PRECOMPILES = [ED25519_PRECOMPILE, SECP256K1_PRECOMPILE, SECP256R1_PRECOMPILE];

/** Returns a decoder for a table of layouts. The table is parsed when the decoder is first used. */
function decoder(width: 1 | 4, text: string): NonNullable<NativeProgram["decode"]> {
  let table: LayoutTable | undefined;
  return (data, accounts) => {
    table ??= layoutTable(width, text);
    return decodeByLayout(table, data, accounts);
  };
}

const decodeTokenInstruction = decoder(1, TOKEN_LAYOUTS);

/**
 * Decodes a token instruction. A `batch` instruction contains other token instructions, each with its number of accounts, its
 * length and its data.
 */
const decodeToken: NonNullable<NativeProgram["decode"]> = (data, accounts) => {
  const decoded = decodeTokenInstruction(data, accounts);
  if (decoded?.name !== "batch") return decoded;
  const instructions: object[] = [];
  const accountNames: (string | undefined)[] = [];
  let at = 1;
  for (let used = 0; at + 1 < data.length; ) {
    const [numAccounts = 0, length = 0] = data.subarray(at, at + 2);
    const part = data.subarray(at + 2, at + 2 + length);
    const its = accounts.slice(used, used + numAccounts);
    const inner = decodeTokenInstruction(part, its);
    instructions.push({ type: inner?.name ?? "unknown", info: inner === undefined ? {} : infoOf(inner, its) });
    accountNames.push(...(inner?.accountNames ?? its.map(() => undefined)));
    at += 2 + length;
    used += numAccounts;
  }
  while (accountNames.length < accounts.length) accountNames.push(undefined);
  return { name: "batch", accountNames, args: { instructions } };
};

/** Combines accounts and arguments in one object, as in `jsonParsed`. */
function infoOf({ accountNames, args }: DecodedInstruction, accounts: readonly AccountUse[]): Record<string, unknown> {
  const info: Record<string, unknown> = {};
  for (const [index, name] of accountNames.entries()) {
    const address = accounts[index]?.address;
    if (name === undefined || address === undefined) continue;
    if (name === "signers" || name === "sourceAccounts") info[name] = [...((info[name] as string[] | undefined) ?? []), address];
    else info[name] = address;
  }
  return { ...info, ...args };
}

const decodeAssociatedTokenInstruction = decoder(1, ASSOCIATED_TOKEN_LAYOUTS);
/** Decodes an instruction of the associated token program. An instruction without data means `create`. */
const decodeAssociatedToken: NonNullable<NativeProgram["decode"]> = (data, accounts) =>
  decodeAssociatedTokenInstruction(data.length === 0 ? Uint8Array.of(0) : data, accounts);

/** Decodes a memo instruction: its data is text, and its accounts are signers. */
const decodeMemo: NonNullable<NativeProgram["decode"]> = (data, accounts) => ({
  name: "memo",
  accountNames: accounts.map(() => "signer"),
  args: { memo: decodeUtf8(data) },
});

const MEMO: NativeProgram = { name: "Memo", rpcName: "spl-memo", decode: decodeMemo };
const token = (name: string): NativeProgram => ({ name, rpcName: "spl-token", decode: decodeToken });
const loaderV2 = (name: string): NativeProgram => ({ name, rpcName: "bpf-loader", decode: decoder(4, LOADER_V2_LAYOUTS) });

const NATIVE_PROGRAMS: ReadonlyMap<string, NativeProgram> = new Map([
  [SYSTEM_PROGRAM, { name: "System", rpcName: "system", decode: decoder(4, SYSTEM_LAYOUTS) }],
  [TOKEN_PROGRAM, token("Token")],
  [TOKEN_2022_PROGRAM, token("Token-2022")],
  [
    ASSOCIATED_TOKEN_PROGRAM,
    { name: "Associated Token", rpcName: "spl-associated-token-account", decode: decodeAssociatedToken },
  ],
  ["ComputeBudget111111111111111111111111111111", { name: "Compute Budget", decode: decoder(1, COMPUTE_BUDGET_LAYOUTS) }],
  ["Memo1UhkJRfHyvLMcVucJwxXeuD728EqVDDwQDxFMNo", MEMO],
  ["MemoSq4gqABAXKb96qnH8TysNcWxMyWCqXgDLGmfcHr", MEMO],
  ["Memo4c2pN8afCj432Lb7RMVKi9PbQnnW7ewFFaV3oAH", MEMO],
  [STAKE_PROGRAM, { name: "Stake", rpcName: "stake", decode: decoder(4, STAKE_LAYOUTS) }],
  ["BPFLoader1111111111111111111111111111111111", loaderV2("BPF Loader v1")],
  ["BPFLoader2111111111111111111111111111111111", loaderV2("BPF Loader")],
  [
    UPGRADEABLE_LOADER,
    { name: "Upgradeable Loader", rpcName: "bpf-upgradeable-loader", decode: decoder(4, UPGRADEABLE_LOADER_LAYOUTS) },
  ],
  ["LoaderV411111111111111111111111111111111111", { name: "Loader v4", decode: decoder(4, LOADER_V4_LAYOUTS) }],
  [
    LOOKUP_TABLE_PROGRAM,
    { name: "Address Lookup Table", rpcName: "address-lookup-table", decode: decoder(4, LOOKUP_TABLE_LAYOUTS) },
  ],
  [VOTE_PROGRAM, { name: "Vote", rpcName: "vote", decode: decoder(4, VOTE_LAYOUTS) }],
  // Precompiles and other programs of the runtime, whose instructions are not decoded.
  [ED25519_PRECOMPILE, { name: "Ed25519 Verification" }],
  [SECP256K1_PRECOMPILE, { name: "Secp256k1 Verification" }],
  [SECP256R1_PRECOMPILE, { name: "Secp256r1 Verification" }],
  ["ZkE1Gama1Proof11111111111111111111111111111", { name: "ZK ElGamal Proof" }],
  ["Config1111111111111111111111111111111111111", { name: "Config" }],
  ["NativeLoader1111111111111111111111111111111", { name: "Native Loader" }],
]);

export function nativeProgram(address: string): NativeProgram | undefined {
  return NATIVE_PROGRAMS.get(address);
}
