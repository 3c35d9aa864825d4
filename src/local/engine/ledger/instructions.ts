import { createHash } from "node:crypto";
import { decodeBase58, encodeBase58 } from "../../../codec/base58.js";
import type { Address, Instruction } from "../../wire/build-transaction.js";
import {
  ASSOCIATED_TOKEN_PROGRAM,
  COMPUTE_BUDGET_PROGRAM,
  MEMO_PROGRAM,
  SYSTEM_PROGRAM,
  TOKEN_2022_PROGRAM,
  TOKEN_PROGRAM,
} from "../litesvm/programs.js";
import { derivedAddress } from "./derived-address.js";

function known(text: string): Address {
  return { text, bytes: decodeBase58(text) as Uint8Array };
}

export const SYSTEM = known(SYSTEM_PROGRAM);
export const TOKEN = known(TOKEN_PROGRAM);
export const TOKEN_2022 = known(TOKEN_2022_PROGRAM);
export const ASSOCIATED_TOKEN = known(ASSOCIATED_TOKEN_PROGRAM);
export const MEMO = known(MEMO_PROGRAM);
export const COMPUTE_BUDGET = known(COMPUTE_BUDGET_PROGRAM);

type Field = ["u8", number] | ["u32", number] | ["u64", bigint] | ["bytes", Uint8Array];

const FIELD_BYTES = { u8: 1, u32: 4, u64: 8 };

/** Encodes the data of an instruction, little-endian. */
function data(...fields: Field[]): Uint8Array {
  const bytes = new Uint8Array(
    fields.reduce((sum, [type, value]) => sum + (type === "bytes" ? value.length : FIELD_BYTES[type]), 0),
  );
  const view = new DataView(bytes.buffer);
  let at = 0;
  for (const [type, value] of fields) {
    if (type === "u8") view.setUint8(at, value);
    else if (type === "u32") view.setUint32(at, value, true);
    else if (type === "u64") view.setBigUint64(at, value, true);
    else bytes.set(value, at);
    at += type === "bytes" ? value.length : FIELD_BYTES[type];
  }
  return bytes;
}

const writable = (address: Address) => ({ address, writable: true });
const signer = (address: Address) => ({ address, signer: true });
const payer = (address: Address) => ({ address, signer: true, writable: true });

export function transferLamports(from: Address, to: Address, lamports: bigint): Instruction {
  return { program: SYSTEM, accounts: [payer(from), writable(to)], data: data(["u32", 2], ["u64", lamports]) };
}

/** Returns the address of an account that a wallet creates with a seed. Only the wallet signs. */
export function seededAddress(base: Address, seed: string, owner: Address): Address {
  const bytes = new Uint8Array(createHash("sha256").update(base.bytes).update(seed).update(owner.bytes).digest());
  return { text: encodeBase58(bytes), bytes };
}

export function createSeededAccount(
  base: Address,
  seed: string,
  { lamports, space, owner }: { lamports: bigint; space: number; owner: Address },
): Instruction {
  const text = new TextEncoder().encode(seed);
  return {
    program: SYSTEM,
    accounts: [payer(base), writable(seededAddress(base, seed, owner))],
    data: data(
      ["u32", 3],
      ["bytes", base.bytes],
      ["u64", BigInt(text.length)],
      ["bytes", text],
      ["u64", lamports],
      ["u64", BigInt(space)],
      ["bytes", owner.bytes],
    ),
  };
}

export function setUnitLimit(units: number): Instruction {
  return { program: COMPUTE_BUDGET, accounts: [], data: data(["u8", 2], ["u32", units]) };
}

/** `price` is in millionths of a lamport per compute unit. */
export function setUnitPrice(price: bigint): Instruction {
  return { program: COMPUTE_BUDGET, accounts: [], data: data(["u8", 3], ["u64", price]) };
}

export function memo(text: string, author: Address): Instruction {
  return { program: MEMO, accounts: [signer(author)], data: new TextEncoder().encode(text) };
}

/** A token account, with its program and its mint. */
export interface Holding {
  program: Address;
  mint: Address;
  account: Address;
}

export function initializeMint(program: Address, mint: Address, decimals: number, authority: Address): Instruction {
  const freezeAuthority = 0;
  return {
    program,
    accounts: [writable(mint)],
    data: data(["u8", 20], ["u8", decimals], ["bytes", authority.bytes], ["u8", freezeAuthority]),
  };
}

export function initializeTokenAccount({ program, mint, account }: Holding, owner: Address): Instruction {
  return { program, accounts: [writable(account), { address: mint }], data: data(["u8", 18], ["bytes", owner.bytes]) };
}

export function transferTokens(from: Holding, to: Address, authority: Address, amount: bigint, decimals: number): Instruction {
  return {
    program: from.program,
    accounts: [writable(from.account), { address: from.mint }, writable(to), signer(authority)],
    data: data(["u8", 12], ["u64", amount], ["u8", decimals]),
  };
}

export function mintTokens(to: Holding, authority: Address, amount: bigint, decimals: number): Instruction {
  return {
    program: to.program,
    accounts: [writable(to.mint), writable(to.account), signer(authority)],
    data: data(["u8", 14], ["u64", amount], ["u8", decimals]),
  };
}

export function closeTokenAccount({ program, account }: Holding, to: Address, authority: Address): Instruction {
  return { program, accounts: [writable(account), writable(to), signer(authority)], data: data(["u8", 9]) };
}

/** Returns the associated token account of a wallet for a mint. */
export function associatedAccount(program: Address, mint: Address, owner: Address): Address {
  return derivedAddress([owner.bytes, program.bytes, mint.bytes], ASSOCIATED_TOKEN);
}

/** Creates the associated token account if it does not exist. */
export function createAssociatedAccount(from: Address, { program, mint, account }: Holding, owner: Address): Instruction {
  return {
    program: ASSOCIATED_TOKEN,
    accounts: [payer(from), writable(account), { address: owner }, { address: mint }, { address: SYSTEM }, { address: program }],
    data: data(["u8", 1]),
  };
}
