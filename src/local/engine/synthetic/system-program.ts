import { encodeBase58 } from "../../../codec/base58.js";
import type { Address, Instruction } from "../../wire/build-transaction.js";
import { accountAt, type Call, InstructionFailure, type Program, u64At, withLamports } from "./call.js";
import { SYSTEM_PROGRAM } from "./synthetic-addresses.js";

const CREATE_ACCOUNT = 0;
const TRANSFER = 2;
const RESULT_WITH_NEGATIVE_LAMPORTS = { Custom: 1 };
const ACCOUNT_ALREADY_IN_USE = { Custom: 0 };
const MAX_SPACE = 10n * 1024n * 1024n;

export const systemProgram: Program = {
  units: 150,
  run(call) {
    if (call.data.length < 4) throw new InstructionFailure("InvalidInstructionData");
    const tag = new DataView(call.data.buffer, call.data.byteOffset).getUint32(0, true);
    if (tag === TRANSFER) {
      transfer(call, accountAt(call, 0), accountAt(call, 1), u64At(call.data, 4));
    } else if (tag === CREATE_ACCOUNT) {
      createAccount(call);
    } else {
      throw new InstructionFailure("InvalidInstructionData");
    }
  },
};

function transfer(call: Call, from: string, to: string, lamports: bigint): void {
  call.needSigner(from);
  const source = call.account(from);
  const held = source?.lamports ?? 0n;
  if (source !== undefined && source.data.length > 0) {
    throw new InstructionFailure("InvalidArgument", "Transfer: `from` must not carry data");
  }
  if (source !== undefined && source.owner !== SYSTEM_PROGRAM.text) {
    throw new InstructionFailure("ExternalAccountLamportSpend");
  }
  if (source === undefined || held < lamports) {
    throw new InstructionFailure(RESULT_WITH_NEGATIVE_LAMPORTS, `Transfer: insufficient lamports ${held}, need ${lamports}`);
  }
  // Writes the source before it reads the target. Otherwise, a transfer from an account to itself would create lamports.
  call.put(from, withLamports(source, held - lamports));
  const target = call.account(to) ?? { lamports: 0n, owner: SYSTEM_PROGRAM.text, executable: false, data: new Uint8Array(0) };
  call.put(to, withLamports(target, target.lamports + lamports));
}

function createAccount(call: Call): void {
  const from = accountAt(call, 0);
  const made = accountAt(call, 1);
  call.needSigner(made);
  const lamports = u64At(call.data, 4);
  const space = u64At(call.data, 12);
  if (call.data.length < 52) throw new InstructionFailure("InvalidInstructionData");
  if (space > MAX_SPACE) throw new InstructionFailure({ Custom: 3 }, `Allocate: requested ${space}, max allowed ${MAX_SPACE}`);
  if (call.account(made) !== undefined) {
    throw new InstructionFailure(ACCOUNT_ALREADY_IN_USE, "Create Account: account already in use");
  }
  transfer(call, from, made, lamports);
  const owner = encodeBase58(call.data.subarray(20, 52));
  call.put(made, { lamports, owner, executable: false, data: new Uint8Array(Number(space)) });
}

/** Encodes the data of the `CreateAccount` instruction. */
export function createAccountData(lamports: bigint, space: number, owner: Uint8Array): Uint8Array {
  const data = new Uint8Array(52);
  const view = new DataView(data.buffer);
  view.setUint32(0, CREATE_ACCOUNT, true);
  view.setBigUint64(4, lamports, true);
  view.setBigUint64(12, BigInt(space), true);
  data.set(owner, 20);
  return data;
}

export function systemTransferData(lamports: bigint): Uint8Array {
  const data = new Uint8Array(12);
  const view = new DataView(data.buffer);
  view.setUint32(0, TRANSFER, true);
  view.setBigUint64(4, lamports, true);
  return data;
}

export function systemTransfer(from: Address, to: Address, lamports: bigint): Instruction {
  return {
    program: SYSTEM_PROGRAM,
    accounts: [
      { address: from, signer: true, writable: true },
      { address: to, writable: true },
    ],
    data: systemTransferData(lamports),
  };
}
