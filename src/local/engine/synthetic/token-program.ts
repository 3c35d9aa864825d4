import { U64_MAX } from "../../../protocol/scalars.js";
import type { Address, Instruction } from "../../wire/build-transaction.js";
import { accountAt, type Call, InstructionFailure, type Program, u64At } from "./call.js";
import { TOKEN_PROGRAM } from "./synthetic-addresses.js";
import { readTokenAccount, withAmount } from "./token.js";

const TRANSFER = 3;
const TRANSFER_CHECKED = 12;
const INSUFFICIENT_FUNDS = { Custom: 1 };
const MINT_MISMATCH = { Custom: 3 };
const OWNER_MISMATCH = { Custom: 4 };
const INVALID_INSTRUCTION = { Custom: 12 };

/** The SPL Token program with only the two transfer instructions. All other instructions fail. */
export const tokenProgram: Program = {
  units: 4_645,
  run(call) {
    const tag = call.data[0];
    if (tag === TRANSFER) {
      call.log("Instruction: Transfer");
      transfer(call, accountAt(call, 0), accountAt(call, 1), accountAt(call, 2));
    } else if (tag === TRANSFER_CHECKED) {
      call.log("Instruction: TransferChecked");
      transfer(call, accountAt(call, 0), accountAt(call, 2), accountAt(call, 3));
    } else {
      throw new InstructionFailure(INVALID_INSTRUCTION, "Error: Invalid instruction");
    }
  },
};

function transfer(call: Call, from: string, to: string, authority: string): void {
  const amount = u64At(call.data, 1);
  const source = call.account(from);
  const sent = readTokenAccount(source);
  const received = readTokenAccount(call.account(to));
  if (source === undefined || sent === undefined || received === undefined) {
    throw new InstructionFailure("InvalidAccountData");
  }
  if (sent.amount < amount) throw new InstructionFailure(INSUFFICIENT_FUNDS, "Error: insufficient funds");
  if (sent.mint !== received.mint) throw new InstructionFailure(MINT_MISMATCH, "Error: Account not associated with this Mint");
  if (sent.owner !== authority) throw new InstructionFailure(OWNER_MISMATCH, "Error: owner does not match");
  call.needSigner(authority);
  call.put(from, withAmount(source, sent.amount - amount));
  const target = call.account(to);
  const held = readTokenAccount(target);
  if (target === undefined || held === undefined || held.amount + amount > U64_MAX) {
    throw new InstructionFailure("ArithmeticOverflow");
  }
  call.put(to, withAmount(target, held.amount + amount));
}

export function tokenTransfer(from: Address, to: Address, authority: Address, amount: bigint): Instruction {
  const data = new Uint8Array(9);
  data[0] = TRANSFER;
  new DataView(data.buffer).setBigUint64(1, amount, true);
  return {
    program: TOKEN_PROGRAM,
    accounts: [
      { address: from, writable: true },
      { address: to, writable: true },
      { address: authority, signer: true },
    ],
    data,
  };
}
